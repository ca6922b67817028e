"""The Cluster protocol over a fleet file: everything dpfctl does, without any cluster.

A file stands for the clusters it describes the way an API server would: objects have versions,
stale writes are refused. It is read again when it changed on disk; what can be read only once,
standard input for one, is kept.
"""

import gc
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

from dpfctl.cluster.atomic_file import locked, replace_file
from dpfctl.cluster.fleet_source import FleetSource, Stamp, find_source, stamp_of
from dpfctl.errors import (
    DpfctlError,
    ForbiddenError,
    InputError,
    KindNotServedError,
    NotFoundError,
    UnreachableError,
)
from dpfctl.model.cluster import ServerInfo
from dpfctl.model.documents import Document, Format
from dpfctl.model.fleet import HOST, ClusterName, Fleet, FleetPart, key_of
from dpfctl.model.fleet_edit import Edit, changes, edit_documents
from dpfctl.model.fleet_reader import read_fleet
from dpfctl.model.fleet_writes import plan_create, plan_status
from dpfctl.model.inventory import Inventory, Listing, Trouble
from dpfctl.model.json_writer import write_json
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.selectors import parse_selector
from dpfctl.model.yaml_writer import write_yaml

_FAILURES: dict[Trouble, type[DpfctlError]] = {
    Trouble.NOT_SERVED: KindNotServedError,
    Trouble.FORBIDDEN: ForbiddenError,
    Trouble.UNREACHABLE: UnreachableError,
}


def open_fleet(source: str, *, stdin: IO[bytes] | IO[str], now: datetime) -> "FleetFile":
    """Open a fleet and read it once, so that a file that cannot be used is told at once.

    Args:
        source: A path to a YAML or JSON file or to a folder of them, ``-``, or ``demo``.
        stdin: What ``-`` reads, to its end.
        now: Timezone-aware moment; what ``${NOW}`` stands for, and the creation time of objects
            that are created.

    Raises:
        InputError: The source does not exist, cannot be read, or holds no fleet.
    """
    fleet = FleetFile(find_source(source, stdin), now)
    fleet.load()
    return fleet


class FleetFile:
    """A fleet on disk: one cluster for the host and one for each DPU cluster it describes."""

    def __init__(self, source: FleetSource, now: datetime) -> None:
        self._source = source
        self._now = now
        self._mutex = threading.RLock()
        self._documents: tuple[Document, ...] = ()
        self._fleet: Fleet | None = None
        self._stamp: Stamp = ()

    @property
    def label(self) -> str:
        """What messages call the fleet."""
        return self._source.label

    @property
    def host(self) -> "FleetCluster":
        """The host cluster."""
        return FleetCluster(self, HOST)

    @property
    def dpu_clusters(self) -> tuple[tuple[ClusterName, "FleetCluster"], ...]:
        """Namespace, name and objects of each DPU cluster, in the order of the file."""
        names = self.load().dpu_clusters
        return tuple((name, FleetCluster(self, name)) for name in names)

    def load(self) -> Fleet:
        """Return the fleet as it is on disk now."""
        with self._mutex:
            stamp = self._source.stamp()
            if self._fleet is None or stamp != self._stamp:
                with _paused_collector():
                    return self._keep(self._source.read(), stamp)
            return self._fleet

    def write(self, plan: Callable[[Fleet, datetime], Edit], *, dry_run: bool) -> Mapping[str, Any]:
        """Make one edit, planned on what the file holds while no one else can write to it.

        Args:
            plan: The fleet and the time to the edit; what it raises leaves the file alone.
            dry_run: Plan only; this also works on what takes no writes.

        Returns:
            The object as it is now stored, or would be.

        Raises:
            InputError: The fleet is no regular file, or the file cannot be written.
            ConflictError: Another process kept the file locked.
        """
        if dry_run:
            return plan(self.load(), self._now).raw
        path = self._source.writable()
        with self._mutex, locked(path):
            fleet = self.load()
            edit = plan(fleet, self._now)
            if changes(fleet, edit):
                documents = edit_documents(self._documents, fleet, edit)
                written = replace_file(path, _text(documents))
                self._keep(documents, stamp_of(written))
            return edit.raw

    def _keep(self, documents: tuple[Document, ...], stamp: Stamp) -> Fleet:
        self._fleet = read_fleet(documents, self._now)
        self._documents = documents
        self._stamp = stamp
        return self._fleet


class FleetCluster:
    """One cluster of a fleet file; keeps the ``Cluster`` protocol."""

    def __init__(self, file: FleetFile, name: ClusterName) -> None:
        self._file = file
        self._name = name

    @property
    def file(self) -> FleetFile:
        """The fleet this cluster belongs to."""
        return self._file

    @property
    def label(self) -> str:
        """The file, or ``dpu cluster ns/name``."""
        return self._file.label if self._name == HOST else f"dpu cluster {'/'.join(self._name)}"

    def read(self, kinds: Iterable[Kind], namespace: str | None = None) -> Inventory:
        """List each kind; what the snapshot could not read is a trouble.

        Raises:
            UnreachableError: The snapshot could read none of them.
        """
        inventory = self._part().inventory(kinds, namespace)
        found = inventory.listings
        if found and all(entry.trouble is Trouble.UNREACHABLE for entry in found.values()):
            raise _error(*next(iter(found.items())))
        return inventory

    def list(
        self, kind: Kind, namespace: str | None = None, selector: str = ""
    ) -> Sequence[Resource]:
        """List one kind; selectors are those of ``kubectl -l``."""
        wanted = parse_selector(selector)
        self._check_served(kind)
        found = self._part().listing(kind, namespace).items
        return tuple(r for r in found if wanted.matches(r.mapping("metadata", "labels")))

    def get(self, ref: Ref) -> Resource:
        """Return one object."""
        self._check_served(ref.kind)
        raw = self._part().find(key_of(ref))
        if raw is None:
            raise NotFoundError(f"{ref}: not found")
        return Resource(ref.kind, raw)

    def create(self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool = False) -> Resource:
        """Add an object, as ``plan_create`` says."""
        self._check_served(kind)
        raw = self._file.write(
            lambda fleet, now: plan_create(fleet, self._name, kind, body, now), dry_run=dry_run
        )
        return Resource(kind, raw)

    def replace_status(
        self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> Resource:
        """Replace the status of an object, as ``plan_status`` says."""
        self._check_served(kind)
        raw = self._file.write(
            lambda fleet, _now: plan_status(fleet, self._name, kind, body), dry_run=dry_run
        )
        return Resource(kind, raw)

    def server(self) -> ServerInfo:
        """Say which API groups the objects belong to, and the version a snapshot was taken of."""
        versions = self._part().api_versions()
        snapshot = self._file.load().snapshot if self._name == HOST else None
        version = snapshot.version if snapshot else ""
        return ServerInfo(
            version, {group: tuple(sorted(versions[group])) for group in sorted(versions)}
        )

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _part(self) -> FleetPart:
        part = self._file.load().parts.get(self._name)
        if part is None:
            raise InputError(f"{self._file.label}: no longer holds {self.label}")
        return part

    def _check_served(self, kind: Kind) -> None:
        failed = self._part().failure(kind)
        if failed is not None:
            raise _error(kind, failed)


@contextmanager
def _paused_collector() -> Iterator[None]:
    # Millions of new containers, none of them garbage: looking for cycles doubles the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _error(kind: Kind, listing: Listing) -> DpfctlError:
    trouble = listing.trouble or Trouble.NOT_SERVED
    return _FAILURES[trouble](listing.message or f"{kind.resource}: {trouble.lower()}")


def _text(documents: Sequence[Document]) -> bytes:
    values = [document.value for document in documents if document.value is not None]
    return write_json(values) if documents[0].format is Format.JSON else write_yaml(values)
