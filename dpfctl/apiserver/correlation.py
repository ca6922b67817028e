"""What an object was before, place by place: what did not change is not judged anew.

Source:
    Ratcheting, Kubernetes 1.36 ``apiserver/pkg/cel/common/equality.go``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from dpfctl.apiserver.plain_values import ABSENT, same
from dpfctl.apiserver.structural import Schema, field_schema


@dataclass(frozen=True, slots=True)
class Correlated:
    """One place of an object, and the same place of the object before.

    Attributes:
        schema: Schema of the place.
        new: The value that is judged.
        old: The value it had, ``ABSENT`` if there was none.
    """

    schema: Schema
    new: Any
    old: Any

    @property
    def is_same(self) -> bool:
        """Whether nothing changed here; entries of a keyed list may have changed places."""
        return _is_same(self.schema, self.old, self.new)

    def field(self, name: str) -> "Correlated | None":
        """The place of a field, None if one of both has no such field or the schema none."""
        schema = field_schema(self.schema, name)
        if schema is None or not (isinstance(self.new, dict) and isinstance(self.old, dict)):
            return None
        if name not in self.new or name not in self.old:
            return None
        return Correlated(schema, self.new[name], self.old[name])

    def entry(self, index: int) -> "Correlated | None":
        """The place of an entry, found by its key; None in lists without keys."""
        items = self.schema.get("items")
        if not isinstance(items, dict) or not isinstance(self.new, list):
            return None
        old = old_entry(self.schema, self.old, self.new[index])
        return None if old is ABSENT else Correlated(items, self.new[index], old)

    def covers(self, path: Iterable[str | int]) -> bool:
        """Whether the way to a place leads through one where nothing changed."""
        here: Correlated | None = self
        for step in path:
            if here is None or here.is_same:
                break
            here = here.entry(step) if isinstance(step, int) else here.field(step)
        return here is not None and here.is_same


def old_entry(schema: Schema, old: Any, entry: Any) -> Any:
    """Return the entry of the old list that has the same key, ``ABSENT`` if there is none."""
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list):
        return ABSENT
    key = partial(entry_key, schema)
    wanted = key(entry)
    return next((one for one in old if same(key(one), wanted)), ABSENT)


def entry_key(schema: Schema, entry: Any) -> Any:
    """Return the key of an entry of a keyed list: its key fields and their values."""
    names = schema.get("x-kubernetes-list-map-keys") or ()
    fields = entry if isinstance(entry, dict) else {}
    return {name: fields[name] for name in names if name in fields}


def _is_same(schema: Schema, old: Any, new: Any) -> bool:
    if old is ABSENT or new is ABSENT:
        return False
    if isinstance(new, dict) and isinstance(old, dict):
        return len(old) == len(new) and all(
            name in old and _is_same(field_schema(schema, name) or {}, old[name], value)
            for name, value in new.items()
        )
    if isinstance(new, list) and isinstance(old, list):
        if schema.get("x-kubernetes-list-type") != "map" or len(old) != len(new):
            return same(old, new)
        items = schema.get("items") or {}
        return all(_is_same(items, old_entry(schema, old, entry), entry) for entry in new)
    return same(old, new)
