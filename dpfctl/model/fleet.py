"""A fleet as files describe it: the host cluster, its DPU clusters, and every object in its place.

The values here are what ``dpfctl.model.fleet_reader`` makes of documents and what the fleet file
backend answers from. An object keeps the place it was read from, so that a changed fleet is the
same documents with one value replaced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.documents import Path
from dpfctl.model.inventory import Inventory, Listing, listing_of
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.selectors import parse_selector

API_VERSION = "dpfctl/v1"
KIND = "Fleet"

ALL_RESOURCES = "*"
"""In place of a resource: nothing of that cluster could be read."""


class ObjectKey(NamedTuple):
    """Names one object of one cluster, of a known kind or not."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind.lower()}/{where}{self.name}"


def key_of(ref: Ref) -> ObjectKey:
    """Return the key of an object of a known kind."""
    return ObjectKey(ref.kind.group, ref.kind.name, ref.namespace, ref.name)


@dataclass(frozen=True, slots=True)
class Entry:
    """One object and where it stands.

    Attributes:
        raw: The object as an API server would send it: apiVersion, kind, namespace, uid,
            resourceVersion filled in, relative times resolved.
        document: Index of its document among those the fleet was read from.
        path: Where it stands in the document.
    """

    raw: Mapping[str, Any]
    document: int
    path: Path


@dataclass(frozen=True, slots=True)
class FleetPart:
    """The objects of one cluster.

    Attributes:
        entries: Every object, in the order it was read.
        unreadable: ``plural.group``, or ``ALL_RESOURCES``, -> the empty listing that says why a
            snapshot lacks it.
    """

    entries: Mapping[ObjectKey, Entry]
    unreadable: Mapping[str, Listing]
    _by_kind: dict[tuple[str, str], list[Mapping[str, Any]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def find(self, key: ObjectKey) -> Mapping[str, Any] | None:
        """The object of that name, None if the part does not hold it."""
        entry = self.entries.get(key)
        return None if entry is None else entry.raw

    def failure(self, kind: Kind) -> Listing | None:
        """The listing that says why a kind could not be read, None if it could."""
        return self.unreadable.get(kind.resource) or self.unreadable.get(ALL_RESOURCES)

    def listing(self, kind: Kind, namespace: str | None = None) -> Listing:
        """List one kind; a file is a whole fleet, so a kind without objects is just empty."""
        failed = self.failure(kind)
        if failed is not None:
            return failed
        found = self._kinds().get((kind.group, kind.name), ())
        part = parse_selector(kind.selector)
        resources = (Resource(kind, raw) for raw in found)
        return listing_of(
            r
            for r in resources
            if namespace in (None, r.namespace) and part.matches(r.mapping("metadata", "labels"))
        )

    def inventory(self, kinds: Iterable[Kind], namespace: str | None = None) -> Inventory:
        """List several kinds."""
        return Inventory({kind: self.listing(kind, namespace) for kind in kinds})

    def api_versions(self) -> dict[str, set[str]]:
        """The versions in which objects of each API group are written; the core group is ``""``."""
        versions: dict[str, set[str]] = {}
        for entry in self.entries.values():
            group, _, version = str(entry.raw["apiVersion"]).rpartition("/")
            versions.setdefault(group, set()).add(version)
        return versions

    def _kinds(self) -> Mapping[tuple[str, str], list[Mapping[str, Any]]]:
        if not self._by_kind:
            for key, entry in self.entries.items():
                self._by_kind.setdefault((key.group, key.kind), []).append(entry.raw)
        return self._by_kind


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """What a snapshot says about itself.

    Attributes:
        taken_at: When the fleet was read, UTC; None if the file does not say.
        context: Which kubeconfig context or file it was read from.
        version: Kubernetes version of the host cluster, empty if unknown.
    """

    taken_at: datetime | None
    context: str
    version: str


@dataclass(frozen=True, slots=True)
class Fleet:
    """A host cluster and the DPU clusters it manages.

    Attributes:
        parts: Cluster name -> its objects; the host is always there, DPU clusters follow in the
            order they were read.
        latest: The highest numeric resourceVersion of all parts; the next write counts on.
        snapshot: Where the fleet came from, None if it was written by hand.
    """

    parts: Mapping[ClusterName, FleetPart]
    latest: int
    snapshot: SnapshotInfo | None = None

    @property
    def host(self) -> FleetPart:
        """The host cluster."""
        return self.parts[HOST]

    @property
    def dpu_clusters(self) -> tuple[ClusterName, ...]:
        """Names of the DPU clusters whose objects the fleet holds."""
        return tuple(name for name in self.parts if name != HOST)
