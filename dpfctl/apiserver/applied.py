"""Whether an object already is what a configuration asks for.

Nothing is sent for such an object. The answer may be no where a server would change nothing, which
costs a request; it is never yes where the server would change a value.

Source:
    Server-side apply, Kubernetes 1.36: the entry of ``metadata.managedFields`` with operation
    ``Apply`` lists what the last configuration of a manager held. A field that somebody else
    changed since is no longer in it, and one that the configuration has lost still is.
"""

import json
from collections.abc import Mapping
from typing import Any

from dpfctl.apiserver.field_sets import write_fields
from dpfctl.apiserver.managed_fields import APPLY, Manager, read_managed
from dpfctl.apiserver.plain_values import same
from dpfctl.model.cluster import FIELD_MANAGER
from dpfctl.model.resources import Resource

Defaults = Mapping[str, Any]
"""Field of an entry of a list -> what the API server puts there if it is left out."""

_NO_DEFAULTS: Defaults = {}


def is_applied(
    live: Resource,
    configuration: Mapping[str, Any],
    manager: str = FIELD_MANAGER,
    defaults: Defaults = _NO_DEFAULTS,
    *,
    is_strict: bool = False,
) -> bool:
    """Whether applying a configuration would change nothing.

    Args:
        live: The object as the cluster holds it, with its managedFields.
        configuration: What is to be applied.
        manager: In whose name.
        defaults: What may stand in entries of lists that are one field, besides what was asked.
        is_strict: Whether an object that tells nothing about its managers counts as not applied.

    Returns:
        True if the object has every value of the configuration, and the last apply of the manager
        owned exactly its fields. Without any managedFields, as in files written by hand, the values
        alone decide.
    """
    wanted = _settable(configuration)
    raw = live.metadata.get("managedFields")
    if not raw and not is_strict:
        return _covers(live.raw, wanted)
    owned = read_managed(raw).get(Manager(manager, APPLY, "", ""))
    if owned is None:
        return False
    return _is_held(wanted, live.raw, write_fields(owned.fields), defaults)


def _settable(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without what has no owner: its type and its name."""
    metadata = {
        name: value
        for name, value in configuration["metadata"].items()
        if name not in ("name", "namespace")
    }
    typed = ("apiVersion", "kind", "metadata")
    rest = {name: value for name, value in configuration.items() if name not in typed}
    return {**({"metadata": metadata} if metadata else {}), **rest}


def _is_held(wanted: Any, live: Any, owned: Mapping[str, Any], defaults: Defaults) -> bool:
    """Whether the fields below one place are all there and all the manager's."""
    steps = [step for step in owned if step != "."]
    if not steps:
        return _is_same(wanted, live, defaults)
    if isinstance(wanted, dict) and isinstance(live, dict):
        return {f"f:{name}" for name in wanted} == set(steps) and all(
            name in live and _is_held(value, live[name], owned[f"f:{name}"], defaults)
            for name, value in wanted.items()
        )
    if not isinstance(wanted, list) or not isinstance(live, list) or len(steps) != len(wanted):
        return False
    return all(_is_entry_held(step, wanted, live, owned[step], defaults) for step in steps)


def _is_entry_held(
    step: str, wanted: list[Any], live: list[Any], owned: Mapping[str, Any], defaults: Defaults
) -> bool:
    """Whether the entry of a list that a step names is asked for and there."""
    if step.startswith("v:"):
        value = json.loads(step[2:])
        return _holds(wanted, value) and _holds(live, value)
    if not step.startswith("k:"):
        return False
    keys = json.loads(step[2:])
    asked = [entry for entry in wanted if _is_named(entry, keys)]
    asked = asked or [entry for entry in wanted if _is_named(entry, keys, may_lack=True)]
    there = [entry for entry in live if _is_named(entry, keys)]
    if len(asked) != 1 or len(there) != 1:
        return False
    return _is_held(asked[0], there[0], owned, defaults)


def _is_named(entry: Any, keys: Mapping[str, Any], *, may_lack: bool = False) -> bool:
    """Whether an entry has these keys; what is asked for may leave one to its default."""
    if not isinstance(entry, dict) or not any(name in entry for name in keys):
        return False
    return all(
        same(entry[name], value) if name in entry else may_lack for name, value in keys.items()
    )


def _holds(values: list[Any], value: Any) -> bool:
    return any(same(one, value) for one in values)


def _is_same(wanted: Any, live: Any, defaults: Defaults) -> bool:
    """Whether two values are the same, defaults in entries of lists aside."""
    if isinstance(wanted, list) and isinstance(live, list):
        pairs = zip(wanted, live, strict=False)
        return len(wanted) == len(live) and all(
            _is_same_entry(one, other, defaults) for one, other in pairs
        )
    return same(wanted, live)


def _is_same_entry(wanted: Any, live: Any, defaults: Defaults) -> bool:
    if not isinstance(wanted, dict) or not isinstance(live, dict):
        return same(wanted, live)
    filled = {name: value for name, value in defaults.items() if live.get(name) == value}
    return same({**filled, **wanted}, live)


def _covers(live: Any, wanted: Any) -> bool:
    """Whether a value holds every field that is asked for; lists have as many entries."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        return all(name in live and _covers(live[name], value) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(live, list):
        return len(wanted) == len(live) and all(map(_covers, live, wanted))
    return same(wanted, live)
