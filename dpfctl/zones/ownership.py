"""Whether an object already is what a configuration asks for, and whose it is.

Source:
    Server-side apply, Kubernetes 1.36: the entry of ``metadata.managedFields`` with operation
    ``Apply`` lists what our last configuration held. A field that somebody else changed since is no
    longer in it, and one that our file has lost still is.
"""

from collections.abc import Mapping
from typing import Any

from dpfctl.apiserver.field_sets import write_fields
from dpfctl.apiserver.managed_fields import APPLY, Manager, read_managed
from dpfctl.apiserver.plain_values import same
from dpfctl.model.cluster import FIELD_MANAGER
from dpfctl.model.resources import Resource

_TOOLS = {
    "app.kubernetes.io/managed-by": "",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}
_DEFAULTS = {"serviceMTU": 1500}
"""Defaults that the four kinds' CRDs put into entries of lists (DPF 26.x)."""


def is_applied(live: Resource, configuration: Mapping[str, Any]) -> bool:
    """Whether applying a configuration would change nothing.

    Args:
        live: The object as the cluster holds it, with its managedFields.
        configuration: What is to be applied.

    Returns:
        True if the object has every value of the configuration, and our last apply owned exactly
        its fields.
    """
    managed = read_managed(live.metadata.get("managedFields"))
    owned = managed.get(Manager(FIELD_MANAGER, APPLY, "", ""))
    if owned is None:
        return False
    return _is_held(_settable(configuration), live.raw, write_fields(owned.fields))


def tool_of(resource: Resource) -> str:
    """Return the program that keeps an object as it is, empty if no label tells of one."""
    for key, name in _TOOLS.items():
        value = resource.label(key)
        if value:
            return name or value
    return ""


def _settable(configuration: Mapping[str, Any]) -> Mapping[str, Any]:
    """A configuration without what has no owner: its type and its name."""
    metadata = {
        name: value
        for name, value in configuration["metadata"].items()
        if name not in ("name", "namespace")
    }
    typed = ("apiVersion", "kind", "metadata")
    rest = {name: value for name, value in configuration.items() if name not in typed}
    return {**({"metadata": metadata} if metadata else {}), **rest}


def _is_held(wanted: Any, live: Any, owned: Mapping[str, Any]) -> bool:
    """Whether the fields below one place are all there and all ours."""
    names = {step[2:] for step in owned if step.startswith("f:")}
    if not names:
        return _is_same(wanted, live)
    if not isinstance(wanted, dict) or not isinstance(live, dict) or names != wanted.keys():
        return False
    return all(
        name in live and _is_held(value, live[name], owned[f"f:{name}"])
        for name, value in wanted.items()
    )


def _is_same(wanted: Any, live: Any) -> bool:
    """Whether two values are the same, defaults in entries of lists aside."""
    if isinstance(wanted, list) and isinstance(live, list):
        return len(wanted) == len(live) and all(map(_is_same_entry, wanted, live))
    return same(wanted, live)


def _is_same_entry(wanted: Any, live: Any) -> bool:
    if not isinstance(wanted, dict) or not isinstance(live, dict):
        return same(wanted, live)
    return same({**_defaults(live), **wanted}, live)


def _defaults(live: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in _DEFAULTS.items() if live.get(name) == value}
