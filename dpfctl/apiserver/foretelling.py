"""What server-side apply will probably make of a configuration, without asking a server.

Good enough for a preview: mappings are merged, lists replaced, and a field goes if the manager's
last apply owned it, the configuration has it no more, and nobody else owns it. Lists with keys are
not looked into; a dry run of the server knows better.

Source:
    ``metadata.managedFields`` and ``fieldsV1``, Kubernetes 1.36.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dpfctl.model.cluster import FIELD_MANAGER

_FIELD = "f:"
Path = tuple[str, ...]


def foretold(
    live: Mapping[str, Any], configuration: Mapping[str, Any], manager: str = FIELD_MANAGER
) -> dict[str, Any]:
    """Return an object as applying a configuration leaves it.

    Args:
        live: The object as it is, with its managedFields; empty if there is none.
        configuration: What is applied.
        manager: Who applies it.
    """
    result = _overlaid(live, configuration)
    metadata = live.get("metadata") or {}
    entries = [e for e in metadata.get("managedFields") or () if isinstance(e, Mapping)]
    ours = [entry for entry in entries if _applied_by(manager, entry)]
    others = {path for e in entries if e not in ours for path in _leaves(e.get("fieldsV1"))}
    for entry in ours:
        for path in _leaves(entry.get("fieldsV1")):
            if path not in others and not _has(configuration, path):
                result = _without(result, path)
    return result


def _applied_by(manager: str, entry: Mapping[str, Any]) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Apply"


def _leaves(fields: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of fields that a manager owns as a whole."""
    if not isinstance(fields, Mapping):
        return
    for key, below in fields.items():
        if key.startswith(_FIELD):
            step = (*path, key.removeprefix(_FIELD))
            if any(name != "." for name in below or ()):
                yield from _leaves(below, step)
            else:
                yield step


def _has(value: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    return True


def _without(value: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return a value without a field, and without mappings that this leaves empty."""
    step, *rest = path
    if step not in value:
        return value
    kept = {key: child for key, child in value.items() if key != step}
    if not rest or not isinstance(value[step], dict):
        return kept if not rest else value
    inner = _without(value[step], tuple(rest))
    return {**value, step: inner} if inner else kept


def _overlaid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        known = result.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            result[key] = _overlaid(known, value)
        else:
            result[key] = value
    return result
