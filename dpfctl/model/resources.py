"""Objects of the API, read tolerantly: the only place that digs in raw dicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from dpfctl.model.conditions import Condition, read_conditions
from dpfctl.model.kinds import Kind
from dpfctl.model.timestamps import parse_time

_EMPTY: Mapping[str, Any] = {}


class Ref(NamedTuple):
    """Names one object of one cluster; namespace is empty for cluster-scoped kinds."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind}/{where}{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One object: its kind and the raw JSON the API server sent.

    The raw value is never changed; whoever needs another one copies it. Accessors answer an empty
    value where the object has nothing, or something of the wrong type, at that place.
    """

    kind: Kind
    raw: Mapping[str, Any]

    @property
    def metadata(self) -> Mapping[str, Any]:
        """``metadata``, empty if the object has none."""
        found = self.raw.get("metadata")
        return found if isinstance(found, dict) else _EMPTY

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return _text(self.metadata.get("name"))

    @property
    def namespace(self) -> str:
        """``metadata.namespace``, empty for cluster-scoped objects."""
        return _text(self.metadata.get("namespace"))

    @property
    def uid(self) -> str:
        """``metadata.uid``, empty in files that leave it out."""
        return _text(self.metadata.get("uid"))

    @property
    def ref(self) -> Ref:
        """Name of this object."""
        return Ref(self.kind, self.namespace, self.name)

    @property
    def resource_version(self) -> str:
        """``metadata.resourceVersion``, opaque."""
        return _text(self.metadata.get("resourceVersion"))

    @property
    def created(self) -> datetime | None:
        """``metadata.creationTimestamp`` in UTC."""
        return parse_time(self.metadata.get("creationTimestamp"))

    @property
    def deleted(self) -> datetime | None:
        """``metadata.deletionTimestamp`` in UTC; set while finalizers hold the object."""
        return parse_time(self.metadata.get("deletionTimestamp"))

    @property
    def is_deleting(self) -> bool:
        """Whether the object has a deletion timestamp."""
        return bool(self.metadata.get("deletionTimestamp"))

    @property
    def finalizers(self) -> tuple[str, ...]:
        """``metadata.finalizers``, in their order."""
        return self.texts("metadata", "finalizers")

    def label(self, key: str) -> str | None:
        """Value of a label, None if the object does not carry it."""
        return _entry(self.metadata.get("labels"), key)

    def annotation(self, key: str) -> str | None:
        """Value of an annotation, None if the object does not carry it."""
        return _entry(self.metadata.get("annotations"), key)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """``status.conditions`` in API order."""
        return read_conditions(self.at("status", "conditions"))

    def says(self, condition: str) -> str:
        """Status of the first condition of a type, empty if there is none; reads no other one."""
        found = self.at("status", "conditions")
        for entry in found if isinstance(found, list) else ():
            if isinstance(entry, dict) and entry.get("type") == condition:
                return str(entry.get("status"))
        return ""

    def at(self, *path: str) -> Any:
        """Whatever stands at a path of field names, None if the path ends early."""
        value: Any = self.raw
        for field in path:
            if not isinstance(value, dict):
                return None
            value = value.get(field)
        return value

    def text(self, *path: str) -> str:
        """The string at a path, else an empty one."""
        return _text(self.at(*path))

    def mapping(self, *path: str) -> Mapping[str, Any]:
        """The object at a path, else an empty one."""
        value = self.at(*path)
        return value if isinstance(value, dict) else _EMPTY

    def items(self, *path: str) -> tuple[Mapping[str, Any], ...]:
        """The objects of the list at a path; other entries are passed over."""
        value = self.at(*path)
        return tuple(v for v in value if isinstance(v, dict)) if isinstance(value, list) else ()

    def texts(self, *path: str) -> tuple[str, ...]:
        """The strings of the list at a path; other entries are passed over."""
        value = self.at(*path)
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _entry(texts: Any, key: str) -> str | None:
    value = texts.get(key) if isinstance(texts, dict) else None
    return value if isinstance(value, str) else None
