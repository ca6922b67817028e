"""The Cluster protocol over a fleet file: everything dpfctl does, without any cluster.

A file stands for the clusters it describes the way an API server would: objects have versions,
stale writes are refused. It is read again when it changed on disk; what can be read only once,
standard input for one, is kept.
"""

import gc
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from dpfctl.cluster.atomic_file import locked, replace_file
from dpfctl.cluster.fleet_source import FleetSource, Stamp, find_source, stamp_of
from dpfctl.errors import (
    ConflictError,
    DpfctlError,
    ForbiddenError,
    InputError,
    KindNotServedError,
    NotFoundError,
    UnreachableError,
)
from dpfctl.model.cluster import FIELD_MANAGER, HOST, Batch, ClusterName, ServerInfo
from dpfctl.model.documents import Document, Format
from dpfctl.model.fleet import Fleet, FleetPart, key_of
from dpfctl.model.fleet_draft import FleetDraft
from dpfctl.model.fleet_edit import edit_documents
from dpfctl.model.fleet_reader import read_fleet
from dpfctl.model.inventory import Inventory, Listing, Trouble
from dpfctl.model.json_writer import write_json
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.selectors import parse_selector
from dpfctl.model.yaml_writer import write_yaml

if TYPE_CHECKING:
    from dpfctl.cluster.fleet_schemas import FleetSchemas
    from dpfctl.cluster.fleet_writer import FleetWriter

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
        self._draft: FleetDraft | None = None
        self._given_out = 0
        self._schemas: FleetSchemas | None = None

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

    @property
    def now(self) -> datetime:
        """The moment of all that is written."""
        return self._now

    @property
    def schemas(self) -> "FleetSchemas":
        """What its clusters know of each kind."""
        with self._mutex:
            if self._schemas is None:
                from dpfctl.cluster.fleet_schemas import FleetSchemas

                self._schemas = FleetSchemas()
            return self._schemas

    @property
    def warnings(self) -> tuple[str, ...]:
        """What writes so far were not judged by: rules of CRDs in the file that are not ours."""
        return () if self._schemas is None else self._schemas.warnings

    def load(self) -> Fleet:
        """Return the fleet as it is on disk now, in a batch as it is going to be."""
        with self._mutex:
            if self._draft is not None:
                return self._draft.fleet()
            stamp = self._source.stamp()
            if self._fleet is None or stamp != self._stamp:
                with _paused_collector():
                    return self._keep(self._source.read(), stamp)
            return self._fleet

    def base(self) -> Fleet:
        """Return the fleet as it is on disk, in a batch as it was when that began."""
        with self._mutex:
            return self._drafted().base

    def find(self, cluster: ClusterName, ref: Ref) -> Mapping[str, Any] | None:
        """Return one object; in a batch this costs no list."""
        with self._mutex:
            return self._drafted().find(cluster, key_of(ref))

    @contextmanager
    def editing(self, *, dry_run: bool) -> Iterator[FleetDraft]:
        """Lend the fleet for one write, to no one else meanwhile; it is a batch of its own.

        Args:
            dry_run: Whether nothing is going to be written; this also works on what takes no
                writes.

        Raises:
            InputError: The fleet is no regular file, or the file cannot be written.
            ConflictError: Another process kept the file locked.
        """
        with self._mutex:
            if dry_run or self._draft is not None:
                yield self._drafted()
            else:
                with self.batch():
                    yield self._drafted()

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Collect the writes of all threads and clusters, and write the file once, at the end.

        A batch in a batch is a part of it. What is raised takes back the writes since its
        beginning.

        Raises:
            InputError: The fleet is no regular file, or the file cannot be written; nothing is.
            ConflictError: Another process kept the file locked, or wrote it in spite of the lock.
        """
        with ExitStack() as ending:
            with self._mutex:
                path = None if self._draft else self._source.writable()
                if path is not None:
                    ending.enter_context(locked(path))
                    self._draft = self._drafted()
                    ending.callback(self._close_draft)
                batch = _FleetBatch(self, self._drafted().copy())
            try:
                yield batch
            except BaseException:
                batch.discard()
                raise
            if path is not None and not batch.is_discarded:
                self._commit(path)

    def restore(self, draft: FleetDraft) -> None:
        """Go back to an earlier state of the batch."""
        with self._mutex:
            if self._draft is not None:
                self._draft = draft.copy()

    def _commit(self, path: Path) -> None:
        with self._mutex:
            draft = self._drafted()
            if edits := draft.edits:
                with _paused_collector():
                    documents = edit_documents(self._documents, draft.base, edits, draft.latest)
                    written = replace_file(path, _text(documents), check=self._check_unchanged)
                    self._keep(documents, stamp_of(written))
                self._given_out = draft.latest

    def _check_unchanged(self) -> None:
        """Refuse to write over what a program that knows of no lock has written meanwhile."""
        if self._source.stamp() != self._stamp:
            fact = f"{self.label}: was written by another program meanwhile"
            raise ConflictError(fact, "nothing was written; run the command again")

    def _close_draft(self) -> None:
        with self._mutex:
            self._draft = None

    def _drafted(self) -> FleetDraft:
        """The batch under way, or a new one that nobody writes."""
        return self._draft or FleetDraft(self.load(), self._given_out)

    def _keep(self, documents: tuple[Document, ...], stamp: Stamp) -> Fleet:
        self._fleet = read_fleet(documents, self._now)
        self._documents = documents
        self._stamp = stamp
        return self._fleet


class _FleetBatch:
    """Writes to a file that are not made yet."""

    def __init__(self, file: FleetFile, start: FleetDraft) -> None:
        self._file = file
        self._start = start
        self.is_discarded = False

    def discard(self) -> bool:
        """Take back the writes so far; what a late thread adds is not written either."""
        self.is_discarded = True
        self._file.restore(self._start)
        return True


class FleetCluster:
    """One cluster of a fleet file; keeps the ``Cluster`` protocol."""

    def __init__(self, file: FleetFile, name: ClusterName, manager: str = FIELD_MANAGER) -> None:
        self._file = file
        self._name = name
        self._manager = manager

    @property
    def file(self) -> FleetFile:
        """The fleet this cluster belongs to."""
        return self._file

    @property
    def label(self) -> str:
        """The file, or ``dpu cluster ns/name``."""
        return self._file.label if self._name == HOST else f"dpu cluster {'/'.join(self._name)}"

    @property
    def default_namespace(self) -> str:
        """Empty: a file has no contexts."""
        return ""

    @property
    def in_flight(self) -> int:
        """One: the order of writes decides their versions, and a run gives the same bytes again."""
        return 1

    @property
    def warnings(self) -> tuple[str, ...]:
        """Rules of CRDs in the file that nobody here can ask."""
        return self._file.warnings

    @property
    def requests(self) -> int:
        """None: a file is not asked."""
        return 0

    @property
    def clock(self) -> datetime:
        """The moment of all that is written."""
        return self._file.now

    def writing_as(self, manager: str) -> Self:
        """Return the same cluster for another field manager."""
        return type(self)(self._file, self._name, manager)

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
        raw = self._file.find(self._name, ref)
        if raw is None:
            raise NotFoundError(f"{ref}: not found")
        return Resource(ref.kind, raw)

    def create(self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool = False) -> Resource:
        """Add an object; without a namespace it goes to ``default``."""
        return self._writer(kind).create(kind, body, dry_run=dry_run)

    def replace_status(
        self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> Resource:
        """Replace the status of an object."""
        return self._writer(kind).replace_status(kind, body, dry_run=dry_run)

    def apply(
        self, kind: Kind, body: Mapping[str, Any], *, force: bool = False, dry_run: bool = False
    ) -> Resource:
        """Apply a configuration."""
        return self._writer(kind).apply(kind, body, force=force, dry_run=dry_run)

    def patch(
        self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, dry_run: bool = False
    ) -> Resource:
        """Change an object by a JSON Patch."""
        return self._writer(ref.kind).patch(ref, operations, dry_run=dry_run)

    def merge(self, ref: Ref, body: Mapping[str, Any], *, dry_run: bool = False) -> Resource:
        """Change an object by a merge patch."""
        return self._writer(ref.kind).merge(ref, body, dry_run=dry_run)

    def delete(self, ref: Ref, *, uid: str, version: str = "", dry_run: bool = False) -> None:
        """Delete an object, or mark it while finalizers hold it."""
        self._writer(ref.kind).delete(ref, uid=uid, version=version, dry_run=dry_run)

    def schemas(self, kinds: Iterable[Kind]) -> Mapping[Kind, Mapping[str, Any]]:
        """Return the schema of each kind: of a CRD in the file, else of a packaged one."""
        return self._writer().schemas(kinds)

    def batch(self) -> AbstractContextManager[Batch]:
        """Write the file once, at the end, see ``FleetFile.batch``."""
        return self._file.batch()

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

    def _writer(self, *kinds: Kind) -> "FleetWriter":
        from dpfctl.cluster.fleet_writer import FleetWriter

        for kind in kinds:
            self._check_served(kind)
        return FleetWriter(self._file, self._name, self._manager)

    def _part(self) -> FleetPart:
        return self._part_of(self._file.load())

    def _part_of(self, fleet: Fleet) -> FleetPart:
        part = fleet.parts.get(self._name)
        if part is None:
            raise InputError(f"{self._file.label}: no longer holds {self.label}")
        return part

    def _check_served(self, kind: Kind) -> None:
        failed = self._part_of(self._file.base()).failure(kind)
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
