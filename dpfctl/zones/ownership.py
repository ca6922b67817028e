"""Whether an object of a zone already is what its zone asks for, and whose it is."""

from collections.abc import Mapping
from typing import Any

from dpfctl.apiserver import applied
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
        live: The object as the cluster holds it, with its managedFields; without any it was never
            applied by us.
        configuration: What is to be applied.

    Returns:
        True if the object has every value of the configuration, and our last apply owned exactly
        its fields.
    """
    return applied.is_applied(live, configuration, defaults=_DEFAULTS, is_strict=True)


def tool_of(resource: Resource) -> str:
    """Return the program that keeps an object as it is, empty if no label tells of one."""
    for key, name in _TOOLS.items():
        value = resource.label(key)
        if value:
            return name or value
    return ""
