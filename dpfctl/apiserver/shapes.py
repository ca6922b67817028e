"""How a schema divides objects into fields that have owners of their own.

Server-side apply asks three things of a schema: whether a mapping is a field as a whole or field
by field, whether a list is one field, a set, or entries with keys, and what a value without a
schema counts as. A ``Shape`` answers them; everything else of a schema is left to admission.

Source:
    ``x-kubernetes-list-type``, ``x-kubernetes-map-type``: Kubernetes 1.36,
    ``kube-openapi/pkg/schemaconv/openapi.go``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from dpfctl.apiserver.field_sets import key_step, value_step


class Relation(StrEnum):
    """What the entries of a list are to each other; the words of ``x-kubernetes-list-type``."""

    ATOMIC = "atomic"
    """The list is one field."""
    SET = "set"
    """Each entry is a field, and its own name."""
    MAP = "map"
    """Each entry has a key."""


@dataclass(frozen=True, slots=True, eq=False)
class MapForm:
    """A value that is a mapping.

    Attributes:
        fields: Declared fields.
        rest: Shape of all others, None if the schema gives none.
        is_atomic: Whether the mapping is one field as a whole.
        is_open: Whether fields that are not declared are allowed without a schema.
        is_loose: Whether they count as declared ones: a mapping in them has no owner of its own.
    """

    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    rest: "Shape | None" = None
    is_atomic: bool = False
    is_open: bool = False
    is_loose: bool = False

    def names(self, name: str) -> bool:
        """Whether a field is one of those that belong to whoever owns something in them."""
        return self.is_loose or name in self.fields

    def declares(self, name: str) -> bool:
        """Whether a field of that name may be there."""
        return name in self.fields or self.rest is not None or self.is_open

    def child(self, name: str) -> "Shape":
        """Shape of a field; what is not declared counts as it looks."""
        return self.fields.get(name) or self.rest or (LOOSE if self.is_loose else DEDUCED)


@dataclass(frozen=True, slots=True, eq=False)
class ListForm:
    """A value that is a list.

    Attributes:
        items: Shape of its entries, None for any.
        relation: What the entries are to each other.
        keys: Fields that together are the key of an entry, for ``MAP``.
        defaults: What a key that is missing counts as.
    """

    items: "Shape | None" = None
    relation: Relation = Relation.ATOMIC
    keys: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_atomic(self) -> bool:
        """Whether the list is one field as a whole."""
        return self.relation is Relation.ATOMIC

    def step(self, entry: Any) -> str:
        """Return the name of an entry.

        Raises:
            ValueError: An entry of this list cannot look like that.
        """
        if self.relation is Relation.SET:
            if entry is None or isinstance(entry, dict | list):
                raise ValueError("a set holds plain values")
            return value_step(entry)
        if not isinstance(entry, dict):
            raise ValueError("associative list with keys may not have non-map elements")
        keys = {name: entry[name] for name in self.keys if name in entry}
        keys = {name: self.defaults[name] for name in self.keys if name in self.defaults} | keys
        if not keys:
            named = " ".join(f'"{name}"' for name in self.keys)
            raise ValueError(
                f"associative list with keys has an element that omits all key fields [{named}]"
                " (and doesn't have default values for any key fields)"
            )
        return key_step(keys)


@dataclass(frozen=True, slots=True, eq=False)
class ScalarForm:
    """A value that is neither a mapping nor a list.

    Attributes:
        word: What the server calls it where another value stands: ``string``, ``boolean``,
            ``numeric (int or float)``, ``any scalar``.
        types: What it is in Python.
    """

    word: str
    types: tuple[type, ...]

    def takes(self, value: Any) -> bool:
        """Whether a value is one of these; a truth value is no number."""
        return isinstance(value, self.types) and (bool in self.types or not isinstance(value, bool))


Form = MapForm | ListForm | ScalarForm


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What stands at one place of an object; several forms where the schema leaves it open."""

    mapping: MapForm | None = None
    listing: ListForm | None = None
    scalar: ScalarForm | None = None

    def form(self, value: Any) -> Form:
        """Return the form that a value has here, or should have had if it is none of them."""
        if isinstance(value, dict):
            found: Form | None = self.mapping
        elif isinstance(value, list):
            found = self.listing
        else:
            found = self.scalar if isinstance(value, str | int | float) else None
        return found or self.mapping or self.scalar or self.listing or _ANY_SCALAR


_ANY_SCALAR = ScalarForm("any scalar", (str, bool, int, float))
_NUMBER = ScalarForm("numeric (int or float)", (int, float))
_SCALARS = {
    "string": ScalarForm("string", (str,)),
    "boolean": ScalarForm("boolean", (bool,)),
    "integer": _NUMBER,
    "number": _NUMBER,
}

TEXT = Shape(scalar=_SCALARS["string"])
NUMBER = Shape(scalar=_SCALARS["integer"])
DEDUCED = Shape(MapForm(is_open=True), ListForm(), _ANY_SCALAR)
"""Without a schema: mappings field by field, lists as a whole."""
LOOSE = Shape(MapForm(is_open=True, is_loose=True), ListForm(), _ANY_SCALAR)
"""The same for kinds of which we have no schema, though the server has one."""

_OWNER = Shape(
    MapForm(
        dict.fromkeys(("apiVersion", "kind", "name", "uid"), TEXT)
        | dict.fromkeys(("controller", "blockOwnerDeletion"), Shape(scalar=_SCALARS["boolean"])),
        is_atomic=True,
    )
)
_TEXTS = Shape(MapForm(rest=TEXT))
METADATA = Shape(
    MapForm(
        {
            **dict.fromkeys(
                (
                    *("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion"),
                    *("creationTimestamp", "deletionTimestamp"),
                ),
                TEXT,
            ),
            "generation": NUMBER,
            "deletionGracePeriodSeconds": NUMBER,
            "labels": _TEXTS,
            "annotations": _TEXTS,
            "finalizers": Shape(listing=ListForm(TEXT, Relation.SET)),
            "ownerReferences": Shape(listing=ListForm(_OWNER, Relation.MAP, ("uid",))),
            "managedFields": Shape(listing=ListForm()),
        }
    )
)
"""``ObjectMeta``, the same for every kind."""

_HEAD = {"apiVersion": TEXT, "kind": TEXT, "metadata": METADATA}

UNKNOWN_OBJECT = Shape(MapForm(_HEAD, is_open=True, is_loose=True))
"""An object of a kind without a schema."""


def object_shape(schema: Mapping[str, Any]) -> Shape:
    """Return the shape of the objects of a CRD.

    Args:
        schema: ``openAPIV3Schema`` of a version; it need not describe ``metadata``.
    """
    found = _shape(schema, keeps_unknown=False)
    form = found.mapping or MapForm()
    return Shape(MapForm({**form.fields, **_HEAD}, form.rest, form.is_atomic, form.is_open))


def _shape(schema: Mapping[str, Any], keeps_unknown: bool) -> Shape:
    keeps = keeps_unknown or schema.get("x-kubernetes-preserve-unknown-fields") is True
    match schema.get("type"):
        case "object":
            return Shape(_map_form(schema, keeps))
        case "array":
            return Shape(listing=_list_form(schema, keeps))
        case "string" if schema.get("format", "") not in ("", "byte"):
            return Shape(scalar=_ANY_SCALAR)
        case str(word):
            return Shape(scalar=_SCALARS[word])
        case _:
            return Shape(_map_form(schema, keeps), _list_form(schema, keeps), _ANY_SCALAR)


def _map_form(schema: Mapping[str, Any], keeps_unknown: bool) -> MapForm:
    below = partial(_shape, keeps_unknown=keeps_unknown)
    fields = {name: below(child) for name, child in (schema.get("properties") or {}).items()}
    rest = schema.get("additionalProperties")
    is_open = rest is True or (rest is None and (keeps_unknown or not fields))
    is_atomic = schema.get("x-kubernetes-map-type") == Relation.ATOMIC
    return MapForm(fields, below(rest) if isinstance(rest, dict) else None, is_atomic, is_open)


def _list_form(schema: Mapping[str, Any], keeps_unknown: bool) -> ListForm:
    items = schema.get("items")
    if not isinstance(items, dict):
        return ListForm()
    relation = Relation(schema.get("x-kubernetes-list-type") or Relation.ATOMIC)
    fields = items.get("properties") or {}
    return ListForm(
        _shape(items, keeps_unknown),
        relation,
        tuple(schema.get("x-kubernetes-list-map-keys") or ()),
        {name: fields[name]["default"] for name in fields if "default" in fields[name]},
    )
