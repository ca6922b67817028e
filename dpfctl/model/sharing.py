"""Changing parts of plain values while the rest stays shared: a fleet is large, an edit small."""

from collections.abc import Callable
from typing import Any


def map_fields(value: dict[str, Any], change: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Return a mapping with every value changed, or the mapping itself if none was."""
    changed = {key: change(key, child) for key, child in value.items()}
    return changed if any(changed[key] is not value[key] for key in value) else value


def map_items(value: list[Any], change: Callable[[Any], Any]) -> list[Any]:
    """Return a list with every entry changed, or the list itself if none was."""
    changed = [change(child) for child in value]
    same = all(new is old for new, old in zip(changed, value, strict=True))
    return value if same else changed
