"""What an API server makes of an object while reading it, by its schema, before it judges it.

Fields that the schema does not know are dropped, nulls that may not be null vanish, defaults are
filled in. Objects are left as they are: what does not change is shared with the result.

Source:
    Kubernetes 1.36 ``apiextensions-apiserver/pkg/apiserver/schema``: ``pruning``, ``defaulting``.
"""

import copy
from collections.abc import Mapping
from typing import Any

from dpfctl.apiserver.plain_values import ABSENT, same
from dpfctl.model.sharing import map_fields, map_items

Schema = Mapping[str, Any]
"""One node of an ``openAPIV3Schema``."""

_HEAD = ("apiVersion", "kind", "metadata")
_ANYTHING: Schema = {}


def decoded(schema: Schema, value: dict[str, Any], stored: Any = ABSENT) -> dict[str, Any]:
    """Return an object as the API server reads it.

    Args:
        schema: ``openAPIV3Schema`` of its kind.
        value: The object.
        stored: The object that stands in the file, if there is one. A field that is not in the
            schema stays where it stands there already with that value: whoever wrote it may know a
            later release, and a write of something else must not lose it.
    """
    head = {name: value[name] for name in _HEAD if name in value}
    body = {name: child for name, child in value.items() if name not in head}
    known = _known_fields(schema, body, stored)
    filled = with_defaults(schema, _without_nulls(schema, {**head, **known}))
    return {**filled, **head}


def with_defaults(schema: Schema, value: Any) -> Any:
    """Fill in the defaults of fields that are absent, or null without being nullable."""
    if not schema:
        return value
    if isinstance(value, dict):
        missing = {
            name: copy.deepcopy(child["default"])
            for name, child in _properties(schema).items()
            if "default" in child
            and (name not in value or (value[name] is None and not _is_nullable(child)))
        }
        full = {**value, **missing} if missing else value
        return map_fields(full, lambda name, child: with_defaults(_field(schema, name), child))
    if isinstance(value, list):
        return map_items(value, lambda entry: with_defaults(_items(schema), entry))
    return value


def field_schema(schema: Schema, name: str) -> Schema | None:
    """Return the schema of a field, None if there is none."""
    found = _properties(schema).get(name)
    if found is None:
        found = schema.get("additionalProperties")
    return found if isinstance(found, dict) else None


def _known(schema: Schema, value: Any, stored: Any) -> Any:
    if isinstance(value, dict):
        return _known_fields(schema, value, stored)
    if isinstance(value, list):
        kept = stored if isinstance(stored, list) and len(stored) == len(value) else ()
        pairs = zip(value, kept or [ABSENT] * len(value), strict=True)
        result = [_known(_items(schema), entry, before) for entry, before in pairs]
        return result if any(a is not b for a, b in zip(result, value, strict=True)) else value
    return value


def _known_fields(schema: Schema, value: dict[str, Any], stored: Any) -> dict[str, Any]:
    keeps_unknown = schema.get("x-kubernetes-preserve-unknown-fields") is True
    before = stored if isinstance(stored, dict) else {}
    result = value
    for name, child in value.items():
        below = field_schema(schema, name)
        old = before.get(name, ABSENT)
        if below is not None:
            kept = _known(below, child, old)
        elif keeps_unknown or schema.get("additionalProperties") is True or same(child, old):
            kept = child
        else:
            kept = ABSENT
        if kept is not child:
            result = result.copy() if result is value else result
            result[name] = kept
    return _without_absent(result) if result is not value else value


def _without_absent(value: dict[str, Any]) -> dict[str, Any]:
    return {name: child for name, child in value.items() if child is not ABSENT}


def _without_nulls(schema: Schema, value: Any) -> Any:
    if not schema:
        return value
    if isinstance(value, dict):
        kept = map_fields(value, lambda name, child: _not_null(_field(schema, name), child))
        return _without_absent(kept) if kept is not value else value
    if isinstance(value, list):
        return map_items(value, lambda entry: _without_nulls(_items(schema), entry))
    return value


def _not_null(schema: Schema, value: Any) -> Any:
    if value is None and schema and not _is_nullable(schema) and "default" not in schema:
        return ABSENT
    return _without_nulls(schema, value)


def _field(schema: Schema, name: str) -> Schema:
    return field_schema(schema, name) or _ANYTHING


def _properties(schema: Schema) -> Mapping[str, Any]:
    return schema.get("properties") or {}


def _items(schema: Schema) -> Schema:
    found = schema.get("items")
    return found if isinstance(found, dict) else _ANYTHING


def _is_nullable(schema: Schema) -> bool:
    return schema.get("nullable") is True
