"""Sets of fields, in the notation of ``metadata.managedFields`` (``fieldsV1``).

A field is the way to it from the root of an object, one text per step: ``f:spec`` for a field,
``k:{"name":"a"}`` for the entry of a list that has this key, ``v:"a"`` for the entry of a set.
Sets of them are plain Python sets, so that union, difference and intersection need no code.

Source:
    ``FieldsV1``, Kubernetes 1.36 ``apimachinery/pkg/apis/meta/v1/types.go``.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

FieldPath = tuple[str, ...]
"""Steps from the root of an object to one of its fields."""

FieldSet = frozenset[FieldPath]

NO_FIELDS: FieldSet = frozenset()

_ITSELF = "."
_ESCAPES = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}
_RANKS = "fkvi"


def field_step(name: str) -> str:
    """Return the step to a field of a mapping."""
    return f"f:{name}"


def key_step(keys: Mapping[str, Any]) -> str:
    """Return the step to the entry of a list that has these keys."""
    return f"k:{_compact(dict(sorted(keys.items())))}"


def value_step(value: Any) -> str:
    """Return the step to an entry of a set."""
    return f"v:{_compact(value)}"


def read_fields(raw: Any) -> FieldSet:
    """Read a ``fieldsV1``.

    Raises:
        ValueError: It is none.
    """
    found: set[FieldPath] = set()
    _collect(raw, (), found)
    return frozenset(found)


def write_fields(fields: Iterable[FieldPath]) -> dict[str, Any]:
    """Return the ``fieldsV1`` of a set: steps in the order in which the API server writes them."""
    tree: dict[str, Any] = {}
    for path in sorted(fields, key=_order):
        node = tree
        for step in path[:-1]:
            if step not in node:
                node[step] = {}
            elif not node[step]:
                node[step] = {_ITSELF: {}}
            node = node[step]
        node[path[-1]] = {}
    return tree


def without_roots(fields: FieldSet, roots: Iterable[str]) -> FieldSet:
    """Leave out the fields of that name at the root of the object, and all below them."""
    left_out = {field_step(name) for name in roots}
    return frozenset(path for path in fields if path[0] not in left_out)


def field_text(path: FieldPath) -> str:
    """Write a field as the API server names it in a conflict: ``.spec.ports[name="web"].port``."""
    return "".join(_step_text(step) for step in path)


def ordered(fields: Iterable[FieldPath]) -> list[FieldPath]:
    """Sort fields as the API server lists them: at each place leaves before what goes deeper."""
    return sorted(fields, key=_leaves_first)


def _collect(raw: Any, path: FieldPath, found: set[FieldPath]) -> None:
    if not isinstance(raw, dict):
        raise ValueError(f"no fields at {field_text(path)}")
    if path and not raw:
        found.add(path)
    for step, below in raw.items():
        if step == _ITSELF:
            found.add(path)
        else:
            _collect(below, (*path, _canonical(step)), found)


def _canonical(step: str) -> str:
    kind, colon, rest = step[:1], step[1:2], step[2:]
    if colon != ":" or kind not in _RANKS:
        raise ValueError(f"no step of a field: {step}")
    if kind == "k":
        return key_step(json.loads(rest))
    return value_step(json.loads(rest)) if kind == "v" else step


def _step_text(step: str) -> str:
    kind, rest = step[0], step[2:]
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        pairs = json.loads(rest).items()
        return f"[{','.join(f'{name}={_compact(value)}' for name, value in pairs)}]"
    return f"[={rest}]" if kind == "v" else f"[{rest}]"


def _order(path: FieldPath) -> tuple[tuple[int, str], ...]:
    return tuple((_RANKS.index(step[0]), step[2:]) for step in path)


def _leaves_first(path: FieldPath) -> tuple[tuple[bool, tuple[int, str]], ...]:
    last = len(path) - 1
    return tuple((depth < last, _order((step,))[0]) for depth, step in enumerate(path))


def _compact(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES)
