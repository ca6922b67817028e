"""Documents to a Fleet: what counts as an object, where it belongs, what it lacks.

Three shapes are taken and may be mixed: a ``kind: Fleet`` document, plain manifests, and lists as
``kubectl get -o yaml`` prints them. Only what makes an object an object is insisted upon; all else
is read tolerantly later, by ``dpfctl.model.resources``.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dpfctl.errors import InputError
from dpfctl.model import kinds
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.documents import Document, Path, shown
from dpfctl.model.fleet import API_VERSION, KIND, Entry, Fleet, FleetPart, ObjectKey, SnapshotInfo
from dpfctl.model.inventory import Listing, Trouble
from dpfctl.model.relative_times import resolve_times
from dpfctl.model.timestamps import parse_time

FIRST_VERSION = "1"
"""resourceVersion of an object whose file gives none."""

DEFAULT_NAMESPACE = "default"

_UIDS = uuid.UUID("7d6d6a1e-5c0b-5a3f-9a53-0c9b8f4f2d11")
_FLEET_FIELDS = ("apiVersion", "kind", "metadata", "snapshot", "host", "dpuClusters")
_LIST = "List"
_MAX_DIGITS = 40


def read_fleet(documents: Sequence[Document], now: datetime) -> Fleet:
    """Read a fleet.

    Args:
        documents: All documents of all files, in order; empty ones are passed over.
        now: What ``${NOW}`` stands for in time fields.

    Raises:
        InputError: A document is no object, an object lacks apiVersion, kind or name, or stands
            twice, the Fleet document has an unknown field or the wrong shape. The message starts
            with file and line.
    """
    reader = _Reader(now, documents)
    for index, document in enumerate(documents):
        if document.value is not None:
            reader.read(_Spot(document, index, document.value))
    return reader.fleet()


def stable_uid(cluster: ClusterName, key: ObjectKey, salt: str = "") -> str:
    """Derive the uid of an object whose file gives none: the same name gives the same uid."""
    return str(uuid.uuid5(_UIDS, "\n".join((*cluster, *key, salt))))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A value and the place where it stands."""

    document: Document
    index: int
    value: Any
    path: Path = ()

    def child(self, step: str | int) -> "_Spot":
        return _Spot(self.document, self.index, self.value[step], (*self.path, step))

    def error(self, fact: str, hint: str = "") -> InputError:
        return InputError(f"{self.document.where(self.path)}: {fact}", hint)

    def fields(self) -> dict[str, Any]:
        """The value, which must be a mapping."""
        if not isinstance(self.value, dict):
            raise self.error(f"{_named(self.path)} must be a mapping")
        return self.value

    def entries(self, name: str) -> Iterator["_Spot"]:
        """The entries of the list in a field; none if the field is absent or null."""
        if self.fields().get(name) is None:
            return
        listed = self.child(name)
        if not isinstance(listed.value, list):
            raise listed.error(f"{_named(listed.path)} must be a list")
        for number in range(len(listed.value)):
            yield listed.child(number)

    def text(self, name: str) -> str:
        """The text in a field, empty if the field is absent or null."""
        value = self.fields().get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            spot = self.child(name)
            raise spot.error(f"{_named(spot.path)} must be text", f'quote it: "{value}"')
        return value


@dataclass(slots=True)
class _Reader:
    """Collects what the documents hold."""

    now: datetime
    documents: Sequence[Document]
    parts: dict[ClusterName, dict[ObjectKey, Entry]] = field(default_factory=lambda: {HOST: {}})
    unreadable: dict[ClusterName, dict[str, Listing]] = field(default_factory=dict)
    snapshot: SnapshotInfo | None = None
    latest: int = int(FIRST_VERSION)

    def fleet(self) -> Fleet:
        for cluster in self.unreadable:
            self.parts.setdefault(cluster, {})
        parts = {
            cluster: FleetPart(entries, self.unreadable.get(cluster, {}))
            for cluster, entries in self.parts.items()
        }
        return Fleet(parts, self.latest, self.snapshot)

    def read(self, spot: _Spot) -> None:
        if not isinstance(spot.value, dict):
            raise spot.error("neither a Kubernetes object nor a list of them, nor a fleet")
        fields = spot.fields()
        group = spot.text("apiVersion").partition("/")[0]
        if group != API_VERSION.partition("/")[0]:
            self.read_objects(HOST, spot)
        elif fields["apiVersion"] != API_VERSION or fields.get("kind") != KIND:
            shown = f"{fields['apiVersion']} {fields.get('kind')}"
            raise spot.error(f"{shown} is not a fleet", f"a fleet is {API_VERSION} {KIND}")
        else:
            self.read_fleet(spot)

    def read_fleet(self, spot: _Spot) -> None:
        _check_fields(spot, _FLEET_FIELDS)
        self.note_version(spot.value.get("metadata"))
        if spot.value.get("host") is not None:
            self.read_part(HOST, spot.child("host"), ("items",))
        for part in spot.entries("dpuClusters"):
            name = (part.text("namespace"), part.text("name"))
            if not all(name):
                raise part.error("a DPU cluster needs a namespace and a name")
            if name in self.parts:
                raise part.error(f"dpucluster/{'/'.join(name)} stands here a second time")
            self.parts[name] = {}
            self.read_part(name, part, ("namespace", "name", "items"))
        if spot.value.get("snapshot") is not None:
            self.read_snapshot(spot.child("snapshot"))

    def read_part(self, cluster: ClusterName, spot: _Spot, known: Sequence[str]) -> None:
        _check_fields(spot, known)
        for item in spot.entries("items"):
            self.read_objects(cluster, item)

    def read_snapshot(self, spot: _Spot) -> None:
        taken = parse_time(spot.text("takenAt"))
        self.snapshot = SnapshotInfo(taken, spot.text("context"), spot.text("version"))
        for failed in spot.entries("unreadable"):
            try:
                trouble = Trouble(failed.text("reason"))
            except ValueError:
                known = ", ".join(Trouble)
                raise failed.error(f"reason must be one of {known}") from None
            namespace, _, name = failed.text("dpuCluster").partition("/")
            listing = Listing(trouble=trouble, message=failed.text("message"))
            self.unreadable.setdefault((namespace, name), {})[failed.text("resource")] = listing

    def read_objects(self, cluster: ClusterName, spot: _Spot) -> None:
        """Read one object, or the objects of a list of any kind."""
        kind = spot.text("kind")
        if not kind.endswith(_LIST) or not _is_list(spot.fields()):
            self.add(cluster, spot, spot.value)
            return
        self.note_version(spot.value.get("metadata"))
        for item in spot.entries("items"):
            if kind == _LIST or item.fields().get("kind"):
                self.read_objects(cluster, item)
            else:
                # The API server leaves apiVersion and kind out of the items of a typed list.
                typed = {"apiVersion": spot.text("apiVersion"), "kind": kind.removesuffix(_LIST)}
                self.add(cluster, item, {**typed, **item.value})

    def add(self, cluster: ClusterName, spot: _Spot, raw: Mapping[str, Any]) -> None:
        key = _key(spot, raw)
        entries = self.parts[cluster]
        if key in entries:
            first = entries[key]
            place = self.documents[first.document].where(first.path)
            raise spot.error(f"{key} stands here a second time", f"it stands at {place} already")
        complete = _complete(cluster, key, self.resolved(spot, raw))
        self.note_version(complete["metadata"])
        entries[key] = Entry(complete, spot.index, spot.path)

    def note_version(self, metadata: Any) -> None:
        """Count on from a version; that of a list is the one of its newest object, gone or not."""
        version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
        if isinstance(version, str) and version.isdecimal() and len(version) < _MAX_DIGITS:
            self.latest = max(self.latest, int(version))

    def resolved(self, spot: _Spot, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        if not spot.document.is_relative:
            return raw
        try:
            resolved: Mapping[str, Any] = resolve_times(raw, self.now)
        except ValueError as error:
            hint = "write ${NOW}, ${NOW-4d20h} or ${NOW+30m}"
            raise spot.error(str(error), hint) from None
        return resolved


def _key(spot: _Spot, raw: Mapping[str, Any]) -> ObjectKey:
    kind = raw.get("kind")
    if not isinstance(kind, str) or not kind:
        raise spot.error("an object needs a kind")
    api_version = raw.get("apiVersion")
    if not isinstance(api_version, str) or not api_version:
        raise spot.error(f"{kind.lower()} without an apiVersion")
    if not isinstance(raw.get("metadata"), dict):
        raise spot.error(f"{kind.lower()} without metadata.name")
    metadata = spot.child("metadata")
    name = metadata.text("name")
    if not name:
        raise spot.error(f"{kind.lower()} without metadata.name")
    row = kinds.find(api_version, kind)
    namespace = metadata.text("namespace")
    if row is not None:
        namespace = (namespace or DEFAULT_NAMESPACE) if row.namespaced else ""
    return ObjectKey(api_version.rpartition("/")[0], kind, namespace, name)


def _complete(cluster: ClusterName, key: ObjectKey, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fill in what an API server would have set; the object itself if it lacks nothing."""
    metadata = raw["metadata"]
    missing = {}
    if (metadata.get("namespace") or "") != key.namespace:
        missing["namespace"] = key.namespace
    if not metadata.get("uid"):
        missing["uid"] = stable_uid(cluster, key)
    if not metadata.get("resourceVersion"):
        missing["resourceVersion"] = FIRST_VERSION
    return {**raw, "metadata": {**metadata, **missing}} if missing else raw


def _is_list(fields: Mapping[str, Any]) -> bool:
    return "items" in fields and isinstance(fields["items"], list | None)


def _check_fields(spot: _Spot, known: Sequence[str]) -> None:
    for name in spot.fields():
        if name not in known:
            fact = f"{_named((*spot.path, name))} is not a field of a fleet"
            raise spot.child(name).error(fact, f"the fields here are {', '.join(known)}")


def _named(path: Path) -> str:
    return shown(path) or "a document"
