"""Small edits of raw objects: copies along the way, everything else shared."""

from collections.abc import Mapping, Sequence
from typing import Any


def with_field(raw: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return an object with another value at a path; what the path lacks is made."""
    step, *rest = path
    if rest:
        inner = raw.get(step)
        value = with_field(inner if isinstance(inner, dict) else {}, rest, value)
    return {**raw, step: value}


def annotated(raw: Mapping[str, Any], values: Mapping[str, str | None]) -> Mapping[str, Any]:
    """Return an object with other annotations; None takes one away."""
    return _with_entries(raw, "annotations", values)


def labelled(raw: Mapping[str, Any], values: Mapping[str, str | None]) -> Mapping[str, Any]:
    """Return an object with other labels; None takes one away."""
    return _with_entries(raw, "labels", values)


def _with_entries(
    raw: Mapping[str, Any], field: str, values: Mapping[str, str | None]
) -> Mapping[str, Any]:
    """Change a map of the metadata; the object itself if nothing differs.

    A map that loses its last entry stays as an empty one: the API server drops it. What is no map,
    as only a file can hold it, counts as none.
    """
    found = (raw.get("metadata") or {}).get(field)
    found = found if isinstance(found, dict) else {}
    changed = {**found, **values}
    kept = {key: value for key, value in changed.items() if values.get(key, "") is not None}
    return raw if kept == found else with_field(raw, ("metadata", field), kept)
