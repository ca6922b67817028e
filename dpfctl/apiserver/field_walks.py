"""Which fields an object has, which of them differ from another object, which are no fields.

Objects of a file need not keep to their schema: what does not fit is one field as a whole.

Source:
    Rules of server-side apply, ``sigs.k8s.io/structured-merge-diff`` v6 ``typed/tofieldset.go``,
    ``typed/compare.go``, ``typed/validate.go``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dpfctl.apiserver.field_sets import FieldPath, FieldSet, field_step, field_text, value_step
from dpfctl.apiserver.plain_values import ABSENT, same
from dpfctl.apiserver.shapes import DEDUCED, ListForm, MapForm, Shape


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one object differs from another, by field."""

    added: FieldSet
    changed: FieldSet
    removed: FieldSet

    @property
    def written(self) -> FieldSet:
        """What is there and was not, or was different."""
        return self.added | self.changed


def fields_of(shape: Shape, value: Any) -> FieldSet:
    """Return the fields of an object: leaves, entries of lists, and members of open mappings."""
    found: set[FieldPath] = set()
    _gather(shape, value, (), found)
    return frozenset(found)


def compare(shape: Shape, old: Any, new: Any) -> Comparison:
    """Compare two objects field by field."""
    walk = _Walk()
    walk.compare(shape, old, new, ())
    return Comparison(frozenset(walk.added), frozenset(walk.changed), frozenset(walk.removed))


def misfits(shape: Shape, value: Any) -> list[str]:
    """Return what in a configuration is no field of the schema, as the API server words it."""
    return [f"{field_text(path)}: {fact}" for path, fact in _misfits(shape, value, ())]


def entries_by_step(form: ListForm, entries: Sequence[Any]) -> dict[str, list[Any]]:
    """Group the entries of a list by their names, in order; a name that is unique has one."""
    groups: dict[str, list[Any]] = {}
    for entry in entries:
        groups.setdefault(_safe_step(form, entry), []).append(entry)
    return groups


def _safe_step(form: ListForm, entry: Any) -> str:
    try:
        return form.step(entry)
    except ValueError:
        return value_step(entry)


def _gather(shape: Shape, value: Any, path: FieldPath, found: set[FieldPath]) -> None:
    form = shape.form(value)
    if not isinstance(form, MapForm | ListForm) or form.is_atomic:
        found.add(path)
    elif isinstance(form, MapForm) and isinstance(value, dict):
        for name, child in value.items():
            below = (*path, field_step(name))
            _gather(form.child(name), child, below, found)
            if child is None or child == {} or not form.names(name):
                found.add(below)
    elif isinstance(form, ListForm) and isinstance(value, list):
        for step, entries in entries_by_step(form, value).items():
            if len(entries) == 1:
                _gather(form.items or DEDUCED, entries[0], (*path, step), found)
            found.add((*path, step))


@dataclass(slots=True)
class _Walk:
    """Two objects side by side, and what has been found so far."""

    added: set[FieldPath] = field(default_factory=set)
    changed: set[FieldPath] = field(default_factory=set)
    removed: set[FieldPath] = field(default_factory=set)

    def compare(self, shape: Shape, old: Any, new: Any, path: FieldPath) -> None:
        if old is new:
            return
        forms = [shape.form(value) for value in (old, new) if value is not ABSENT]
        was_leaf = False
        for form in dict.fromkeys(forms):
            if isinstance(form, MapForm):
                was_leaf = self.mappings(form, old, new, path)
            elif isinstance(form, ListForm):
                was_leaf = self.lists(form, old, new, path)
            else:
                was_leaf = self.leaf(old, new, path)
        if not was_leaf and (old is ABSENT or new is ABSENT):
            self.leaf(old, new, path)

    def leaf(self, old: Any, new: Any, path: FieldPath) -> bool:
        if old is ABSENT:
            self.added.add(path)
        elif new is ABSENT:
            self.removed.add(path)
        elif not same(old, new):
            self.changed.add(path)
        return True

    def mappings(self, form: MapForm, old: Any, new: Any, path: FieldPath) -> bool:
        left = old if isinstance(old, dict) else {}
        right = new if isinstance(new, dict) else {}
        if form.is_atomic or not (left or right):
            return self.leaf(old, new, path)
        for name in left | right:
            one, other = left.get(name, ABSENT), right.get(name, ABSENT)
            self.compare(form.child(name), one, other, (*path, field_step(name)))
        return False

    def lists(self, form: ListForm, old: Any, new: Any, path: FieldPath) -> bool:
        left = old if isinstance(old, list) else []
        right = new if isinstance(new, list) else []
        if form.is_atomic or not (left or right):
            return self.leaf(old, new, path)
        before, after = entries_by_step(form, left), entries_by_step(form, right)
        for step in before | after:
            self.entries(form, before.get(step, []), after.get(step, []), (*path, step))
        return False

    def entries(self, form: ListForm, before: list[Any], after: list[Any], path: FieldPath) -> None:
        """Entries of one name; several of them count as one field."""
        if len(before) > 1 and len(after) > 1:
            self.leaf(before, after, path)
            return
        one = before[0] if len(before) == 1 else ABSENT
        other = after[0] if len(after) == 1 else ABSENT
        if one is not ABSENT or other is not ABSENT:
            self.compare(form.items or DEDUCED, one, other, path)
        if len(before) > 1:
            self.removed.add(path)
        elif len(after) > 1:
            self.added.add(path)


def _misfits(shape: Shape, value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    form = shape.form(value)
    if value is None:
        return
    if isinstance(form, MapForm):
        if isinstance(value, dict):
            yield from _misfit_fields(form, value, path)
        else:
            yield path, f"expected map, got &{{{_go(value)}}}"
    elif isinstance(form, ListForm):
        if isinstance(value, list):
            yield from _misfit_entries(form, value, path)
        else:
            yield path, f"expected list, got &{{{_go(value)}}}"
    elif not form.takes(value):
        yield path, f"expected {form.word}, got &{{{_go(value)}}}"


def _misfit_fields(
    form: MapForm, value: dict[str, Any], path: FieldPath
) -> Iterator[tuple[FieldPath, str]]:
    for name, child in value.items():
        below = (*path, field_step(name))
        if form.declares(name):
            yield from _misfits(form.child(name), child, below)
        else:
            yield below, "field not declared in schema"


def _misfit_entries(
    form: ListForm, value: list[Any], path: FieldPath
) -> Iterator[tuple[FieldPath, str]]:
    seen: set[str] = set()
    for number, entry in enumerate(value):
        step = f"i:{number}"
        if not form.is_atomic:
            try:
                step = form.step(entry)
            except ValueError as error:
                yield path, f"element {number}: {error}"
                return
            if step in seen:
                yield path, f"duplicate entries for key {field_text((step,))}"
            seen.add(step)
        if form.items is not None:
            yield from _misfits(form.items, entry, (*path, step))


def _go(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
