"""Changing parts of plain values while the rest stays shared: a fleet is large, an edit small."""

from collections.abc import Callable
from typing import Any


def map_fields(value: dict[str, Any], change: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Return a mapping with every value changed, or the mapping itself if none was."""
    result = value
    for key, child in value.items():
        changed = change(key, child)
        if changed is not child:
            if result is value:
                result = value.copy()
            result[key] = changed
    return result


def map_items(value: list[Any], change: Callable[[Any], Any]) -> list[Any]:
    """Return a list with every entry changed, or the list itself if none was."""
    result = value
    for index, child in enumerate(value):
        changed = change(child)
        if changed is not child:
            if result is value:
                result = value.copy()
            result[index] = changed
    return result
