"""What a write does to the owners of fields.

A write that sets values makes its manager the owner of what it changed, and takes that from all
others. An apply says which fields its manager cares about: others that own one of them and would
see it changed are a conflict, fields that nobody cares about any longer vanish.

Source:
    Kubernetes 1.36 ``apimachinery/pkg/util/managedfields/internal`` and
    ``sigs.k8s.io/structured-merge-diff`` v6 ``merge/update.go``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dpfctl.apiserver.field_merges import merged, pruned
from dpfctl.apiserver.field_sets import (
    NO_FIELDS,
    FieldSet,
    field_step,
    field_text,
    ordered,
    without_roots,
)
from dpfctl.apiserver.field_walks import Comparison, compare, fields_of
from dpfctl.apiserver.managed_fields import APPLY, UPDATE, Managed, Manager, Owned, seconds_of
from dpfctl.apiserver.plain_values import same
from dpfctl.apiserver.shapes import Shape
from dpfctl.errors import FieldConflict
from dpfctl.model.timestamps import format_time

BEFORE_FIRST_APPLY = "before-first-apply"
"""Owner of what stood in an object without managedFields when it was applied first."""

ANCIENT_CHANGES = "ancient-changes"
MOST_UPDATERS = 10

_NEVER_OWNED = frozenset(
    (
        *(((field_step(name),)) for name in ("apiVersion", "kind", "metadata")),
        *(
            (field_step("metadata"), field_step(name))
            for name in (
                *("name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName"),
                *("generation", "managedFields", "resourceVersion"),
            )
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, how and when.

    Attributes:
        name: The field manager.
        api_version: Version of the object.
        now: Moment of the write.
        subresource: ``status``, or empty.
        ignored: Fields at the root of the object that this kind of write cannot change.
    """

    name: str
    api_version: str
    now: datetime
    subresource: str = ""
    ignored: tuple[str, ...] = ()

    def manager(self, operation: str) -> Manager:
        """The entry of this writer."""
        version = "" if operation == APPLY else self.api_version
        return Manager(self.name, operation, version, self.subresource)

    def owned(self, fields: FieldSet) -> Owned:
        """Fields that this writer sets now."""
        return Owned(fields, self.api_version, format_time(self.now))


class ConflictingFieldsError(Exception):
    """Other managers own fields that an apply would change.

    Attributes:
        conflicts: The fields, by manager.
    """

    def __init__(self, conflicts: tuple[FieldConflict, ...]) -> None:
        super().__init__(f"{len(conflicts)} conflicts")
        self.conflicts = conflicts


def updated(shape: Shape, managed: Managed, old: Any, new: Any, writer: Writer) -> Managed:
    """Note a create, patch or update.

    Args:
        shape: Shape of the object.
        managed: Owners so far; without any, only a creation is noted.
        old: The object as it was, empty on creation.
        new: The object as it is to be.
        writer: Who writes.

    Returns:
        Owners afterwards: what changed belongs to the writer alone.
    """
    if not managed and old:
        return {}
    difference = _relevant(compare(shape, old, new), writer)
    left = _taken(managed, difference.written | difference.removed)
    set_now = difference.written - _NEVER_OWNED
    if not set_now:
        return _capped(left)
    manager = writer.manager(UPDATE)
    before = left[manager].fields if manager in left else NO_FIELDS
    return _capped({**left, manager: writer.owned(before | set_now)})


def applied(
    shape: Shape, managed: Managed, live: Any, config: Any, writer: Writer, *, force: bool
) -> tuple[Any, Managed]:
    """Apply a configuration.

    Args:
        shape: Shape of the object.
        managed: Owners so far.
        live: The object as it is, without managedFields; apiVersion and kind only on creation.
        config: The configuration; all its fields are declared by the schema.
        writer: Who applies.
        force: Whether fields of others are taken over.

    Returns:
        The object, the live one itself if nothing in it changes; its owners.

    Raises:
        ConflictingFieldsError: Others own fields that would change, and they are not to be taken.
    """
    if not managed:
        first = replace(writer, name=BEFORE_FIRST_APPLY)
        managed = updated(shape, {}, {}, live, first)
    manager = writer.manager(APPLY)
    before = managed.get(manager, Owned(NO_FIELDS, ""))
    fields = without_roots(fields_of(shape, config), writer.ignored)
    others = {name: owned for name, owned in managed.items() if name != manager}
    new = merged(shape, live, config)
    if before.fields:
        everyone = fields.union(*(owned.fields for owned in others.values()))
        new = pruned(shape, new, before.fields, everyone)
    difference = _relevant(compare(shape, live, new), writer)
    if not force and (conflicts := tuple(_conflicts(others, difference))):
        raise ConflictingFieldsError(conflicts)
    left = _taken(others, difference.written | difference.removed)
    is_same = same(live, new)
    time = before.time if is_same else format_time(writer.now)
    if kept := fields - _NEVER_OWNED:
        left = {**left, manager: Owned(kept, writer.api_version, time)}
    return live if is_same else new, left


def _relevant(found: Comparison, writer: Writer) -> Comparison:
    return Comparison(
        without_roots(found.added, writer.ignored),
        without_roots(found.changed, writer.ignored),
        without_roots(found.removed, writer.ignored),
    )


def _conflicts(others: Managed, difference: Comparison) -> Iterator[FieldConflict]:
    for manager, owned in sorted(others.items()):
        for path in ordered(owned.fields & difference.written):
            yield FieldConflict(field_text(path), manager.name)


def _taken(managed: Managed, fields: FieldSet) -> dict[Manager, Owned]:
    """Owners once these fields are no longer theirs; whoever has none left is gone."""
    left = {
        manager: owned if owned.fields.isdisjoint(fields) else _less(owned, fields)
        for manager, owned in managed.items()
    }
    return {manager: owned for manager, owned in left.items() if owned.fields}


def _less(owned: Owned, fields: FieldSet) -> Owned:
    return replace(owned, fields=owned.fields - fields)


def _capped(managed: dict[Manager, Owned]) -> dict[Manager, Owned]:
    """Put the oldest updaters together where there are too many."""
    updaters = [entry for entry in managed.items() if entry[0].operation == UPDATE]
    surplus = len(updaters) - MOST_UPDATERS
    if surplus <= 0:
        return managed
    oldest = sorted(updaters, key=lambda entry: (seconds_of(entry[1].time), entry[0]))
    buckets: dict[str, list[tuple[Manager, Owned]]] = {}
    for manager, owned in oldest:
        bucket = buckets.setdefault(owned.api_version, [])
        if bucket and surplus:
            surplus -= 1
        elif bucket:
            continue
        bucket.append((manager, owned))
    return _bundled(managed, buckets)


def _bundled(
    managed: dict[Manager, Owned], buckets: Mapping[str, list[tuple[Manager, Owned]]]
) -> dict[Manager, Owned]:
    result = dict(managed)
    for version, bucket in buckets.items():
        if len(bucket) > 1:
            for manager, _ in bucket:
                del result[manager]
            fields = NO_FIELDS.union(*(owned.fields for _, owned in bucket))
            name = Manager(ANCIENT_CHANGES, UPDATE, version, "")
            result[name] = Owned(fields, version, bucket[-1][1].time)
    return result
