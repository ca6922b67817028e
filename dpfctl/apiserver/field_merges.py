"""An object with a configuration merged into it, or with some of its fields taken away.

Source:
    Rules of server-side apply, ``sigs.k8s.io/structured-merge-diff`` v6 ``typed/merge.go``,
    ``typed/remove.go``, ``merge/update.go``.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dpfctl.apiserver.field_sets import FieldPath, FieldSet, field_step, write_fields
from dpfctl.apiserver.field_walks import entries_by_step, fields_of
from dpfctl.apiserver.plain_values import ABSENT
from dpfctl.apiserver.shapes import DEDUCED, ListForm, MapForm, Shape


def merged(shape: Shape, live: Any, applied: Any) -> Any:
    """Return the live object with what is applied.

    Fields are added and changed, never removed. Entries of a list that are new stand where the
    configuration has them; those it does not name keep their place before their next neighbour.
    """
    if live is ABSENT or applied is ABSENT:
        return live if applied is ABSENT else applied
    form = shape.form(applied)
    if isinstance(form, MapForm) and not form.is_atomic and isinstance(live, dict):
        return _merged_mapping(form, live, applied or {}) if live or applied else applied
    if isinstance(form, ListForm) and not form.is_atomic and isinstance(live, list):
        return _merged_list(form, live, applied or []) if live or applied else applied
    return applied


def pruned(shape: Shape, value: Any, before: FieldSet, owned: FieldSet) -> Any:
    """Return the object without what its applier has given up.

    Args:
        shape: Shape of the object.
        value: The live object with the new configuration merged into it.
        before: Fields that the applier owned so far.
        owned: Fields that anybody owns now, the applier's new ones included.

    Returns:
        The object without the fields of ``before`` that nobody owns any more. What is below such a
        field and was never the applier's stays, and so does what holds it.
    """
    former = with_parents(shape, before)
    everything = with_parents(shape, fields_of(shape, value))
    bare = with_parents(shape, fields_of(shape, without(shape, value, former)))
    kept = without(shape, value, everything - (bare | with_parents(shape, owned)))
    left = with_parents(shape, fields_of(shape, kept))
    return without(shape, value, (everything - left) & former)


def without(shape: Shape, value: Any, fields: Iterable[FieldPath]) -> Any:
    """Take fields away; a mapping or list that lost all it had becomes null."""
    tree = write_fields(fields)
    return _without(shape, value, tree) if tree else value


def with_parents(shape: Shape, fields: FieldSet) -> FieldSet:
    """Add the declared fields that the given ones stand in: they have no owners of their own."""
    found = set(fields)
    for path in fields:
        here: Shape | None = shape
        for depth, step in enumerate(path[:-1], 1):
            if here is None:
                break
            here = _below(here, step, path[:depth], found)
    return frozenset(found)


def _below(shape: Shape, step: str, path: FieldPath, found: set[FieldPath]) -> Shape | None:
    """Shape one step further down; on the way a declared field is added."""
    kind, name = step[0], step[2:]
    if kind == "f" and shape.mapping is not None:
        if shape.mapping.names(name):
            found.add(path)
        return shape.mapping.child(name)
    if kind == "k" and shape.listing is not None:
        return shape.listing.items
    return None


def _merged_mapping(
    form: MapForm, live: Mapping[str, Any], applied: Mapping[str, Any]
) -> dict[str, Any]:
    names = dict.fromkeys((*live, *applied))
    return {
        name: merged(form.child(name), live.get(name, ABSENT), applied.get(name, ABSENT))
        for name in names
    }


def _merged_list(form: ListForm, live: Sequence[Any], applied: Sequence[Any]) -> list[Any]:
    before, after = entries_by_step(form, live), entries_by_step(form, applied)
    result = []
    for step in _interleaved(tuple(before), tuple(after)):
        entries = before.get(step, [])
        if step not in after:
            result += entries
            continue
        old = entries[0] if len(entries) == 1 else ABSENT
        result.append(merged(form.items or DEDUCED, old, after[step][0]))
    return result


def _interleaved(live: Sequence[str], applied: Sequence[str]) -> Iterator[str]:
    """Names of both lists: applied ones in their order, the others before their next neighbour."""
    known, named = set(live), set(applied)
    rest = deque(live)
    shared = deque(step for step in applied if step in known)
    for step in applied:
        following = shared[0] if shared else None
        while rest and rest[0] != following:
            if (first := rest.popleft()) not in named:
                yield first
        if step == following:
            shared.popleft()
        yield step
    yield from (step for step in rest if step not in named)


def _without(shape: Shape, value: Any, tree: Mapping[str, Any]) -> Any:
    form = shape.form(value)
    if isinstance(form, MapForm) and isinstance(value, dict):
        return None if form.is_atomic else _without_fields(form, value, tree)
    if isinstance(form, ListForm) and isinstance(value, list):
        return None if form.is_atomic else _without_entries(form, value, tree)
    return value


def _without_fields(form: MapForm, value: dict[str, Any], tree: Mapping[str, Any]) -> Any:
    result = {}
    for name, child in value.items():
        node = tree.get(field_step(name))
        if node is None:
            result[name] = child
        elif not _is_member(node):
            result[name] = _without(form.child(name), child, node)
    return result or None


def _without_entries(form: ListForm, value: list[Any], tree: Mapping[str, Any]) -> Any:
    result = []
    for step, entries in entries_by_step(form, value).items():
        node = tree.get(step)
        if node is None:
            result += entries
        elif not _is_member(node):
            result += [_without(form.items or DEDUCED, entry, node) for entry in entries]
    return result or None


def _is_member(node: Mapping[str, Any]) -> bool:
    return not node or "." in node
