"""Patches of plain values: JSON Patch (RFC 6902) and JSON merge patch (RFC 7386).

Source:
    What the API server does otherwise than the RFC was measured on Kubernetes 1.36: ``replace`` of
    a field that is absent adds it, and a field that is absent passes a ``test`` for null.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any


def json_patched(value: Any, operations: Sequence[Mapping[str, Any]]) -> Any:
    """Apply a JSON Patch.

    Args:
        value: Left as it is.
        operations: Done one after the other; nothing is done if one of them cannot be.

    Raises:
        ValueError: An operation is none, leads nowhere, or is a ``test`` that fails. The text says
            which.
    """
    from jsonpatch import JsonPatch, JsonPatchException
    from jsonpointer import JsonPointerException

    result = copy.deepcopy(value)
    for number, operation in enumerate(operations, 1):
        try:
            tolerant = _tolerant(operation, result)
            result = JsonPatch([tolerant]).apply(result, in_place=True)
        except (JsonPatchException, JsonPointerException, KeyError, TypeError) as error:
            raise ValueError(f"operation {number} of the patch: {_said(operation)}") from error
    return result


def merge_patched(value: Any, patch: Any) -> Any:
    """Apply a merge patch: null takes a field away, lists are replaced as a whole."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            kept.pop(name, None)
        else:
            kept[name] = merge_patched(kept.get(name), change)
    return kept


def _tolerant(operation: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Return what is meant by an operation on a field that is not there."""
    from jsonpointer import JsonPointer

    word, path = operation.get("op"), operation["path"]
    if word in ("replace", "test") and path:
        parent, name = JsonPointer(path).to_last(value)
        if isinstance(parent, dict) and name not in parent:
            if word == "replace":
                return {**operation, "op": "add"}
            if operation["value"] is None:
                return {"op": "test", "path": "", "value": value}
    return dict(operation)


def _said(operation: Mapping[str, Any]) -> str:
    word, path = operation.get("op"), operation.get("path")
    return f"{word} {path} fails" if word == "test" else f"{word} {path} cannot be done"
