"""``metadata`` as an API server reads it: known fields of the right type, none of them empty.

Source:
    ``ObjectMeta``, Kubernetes 1.36 ``apimachinery/pkg/apis/meta/v1/types.go``; texts as measured.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dpfctl.apiserver.schema_words import quoted
from dpfctl.model.timestamps import parse_time

_OWNER_TEXTS = ("apiVersion", "kind", "name", "uid")


def read_metadata(raw: Any) -> dict[str, Any]:
    """Return metadata as it is stored: known fields that are not empty.

    Raises:
        ValueError: A field has the wrong type; the text is the server's.
    """
    if not isinstance(raw, dict | None):
        raise ValueError(_mistyped(raw, "metadata", "v1.ObjectMeta"))
    found = {
        name: read(name, (raw or {})[name])
        for name, read in _READERS.items()
        if name in (raw or {})
    }
    return {name: value for name, value in found.items() if value not in (None, "", {}, [])}


def _text(name: str, value: Any, wanted: str = "string") -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(_mistyped(value, f"ObjectMeta.{name}", wanted))
    return value


def _moment(name: str, value: Any) -> str:
    text = _text(name, value, "v1.Time")
    if text and parse_time(text) is None:
        raise ValueError(
            f'parsing time {quoted(text)} as "2006-01-02T15:04:05Z07:00": cannot parse'
            f' {quoted(text)} as "2006"'
        )
    return text


def _number(name: str, value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError(_mistyped(value, f"ObjectMeta.{name}", "int64"))


def _texts(name: str, value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(_mistyped(value, f"ObjectMeta.{name}", "map[string]string"))
    return {key: _text(name, child) for key, child in value.items()}


def _names(name: str, value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(_mistyped(value, f"ObjectMeta.{name}", "[]string"))
    return [_text(name, child) for child in value]


def _owners(name: str, value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(_mistyped(value, f"ObjectMeta.{name}", "[]v1.OwnerReference"))
    owners: list[dict[str, Any]] = []
    for raw in value:
        owner = _owner(f"{name}.", raw)
        if owner not in owners:
            owners.append(owner)
    return owners


def _owner(path: str, raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise ValueError(_mistyped(raw, f"ObjectMeta.{path[:-1]}", "v1.OwnerReference"))
    texts = {name: _text(f"{path}{name}", raw.get(name)) for name in _OWNER_TEXTS}
    flags = {name: raw[name] for name in ("controller", "blockOwnerDeletion") if name in raw}
    for name, value in flags.items():
        if not isinstance(value, bool | None):
            raise ValueError(_mistyped(value, f"ObjectMeta.{path}{name}", "bool"))
    return {**texts, **{name: value for name, value in flags.items() if value is not None}}


def _entries(_: str, value: Any) -> Any:
    return value if isinstance(value, list) else None


def _mistyped(value: Any, field: str, wanted: str) -> str:
    words = {bool: "bool", str: "string", list: "array", dict: "object"}
    word = words.get(type(value), "number")
    return f"json: cannot unmarshal {word} into Go struct field {field} of type {wanted}"


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("name", "generateName", "namespace", "uid"), _text),
    "resourceVersion": _text,
    "generation": _number,
    "creationTimestamp": _moment,
    "deletionTimestamp": _moment,
    "deletionGracePeriodSeconds": _number,
    "labels": _texts,
    "annotations": _texts,
    "ownerReferences": _owners,
    "finalizers": _names,
    "managedFields": _entries,
}
"""The fields of ``ObjectMeta``; all others are dropped."""
