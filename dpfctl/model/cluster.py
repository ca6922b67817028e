"""The way into one cluster, as every other room sees it.

Two backends keep this protocol: ``dpfctl.cluster.kube`` over HTTPS and
``dpfctl.cluster.fleet_file`` over a file. Callers cannot tell which one they hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self

from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource

FIELD_MANAGER = "dpfctl"
"""Who writes, as API servers note it, unless something else is said."""

ClusterName = tuple[str, str]
"""Namespace and name of a DPUCluster; two empty texts for the host cluster."""

HOST: ClusterName = ("", "")


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a cluster says about itself.

    Attributes:
        version: Kubernetes version such as ``v1.36.3``; empty if there is no server.
        groups: API group -> versions served, preferred one first.
    """

    version: str
    groups: Mapping[str, tuple[str, ...]]


class Batch(Protocol):
    """Writes that belong together, while they are being made."""

    def discard(self) -> bool:
        """Take back all writes, later ones too; False where each is final as soon as it is made."""
        ...


class Cluster(Protocol):
    """Reads and writes of one cluster.

    Every method raises a ``DpfctlError``: ``NotFoundError`` (object absent), ``KindNotServedError``
    (CRD absent), ``ForbiddenError``, ``AccessError``, ``UnreachableError``, ``ConflictError`` (a
    version, uid or field manager that is not the expected one), ``RejectedError`` (admission).
    Objects travel as raw JSON in both directions. A dry run is judged like the real request, and
    stores nothing.
    """

    @property
    def label(self) -> str:
        """What messages call this cluster: a context, a file, ``dpu cluster ns/name``."""
        ...

    @property
    def default_namespace(self) -> str:
        """The namespace that the user's context names, empty if it names none."""
        ...

    @property
    def in_flight(self) -> int:
        """How many requests at a time are of use; 1 where their order decides what is stored."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the writes so far were not judged by, one sentence each; a server judges by all."""
        ...

    @property
    def requests(self) -> int:
        """How many requests were sent so far, repeated ones too."""
        ...

    @property
    def clock(self) -> datetime | None:
        """What time it is there, timezone-aware UTC, as the last answer told; None if none did."""
        ...

    def writing_as(self, manager: str) -> Self:
        """Return the same cluster, over the same connections, for another field manager."""
        ...

    def read(self, kinds: Iterable[Kind], namespace: str | None = None) -> Inventory:
        """LIST each kind once, in parallel, pages aside; a list that fails becomes a trouble."""
        ...

    def list(
        self, kind: Kind, namespace: str | None = None, selector: str = ""
    ) -> Sequence[Resource]:
        """LIST one kind in one namespace or, with None, in all; by namespace, then name."""
        ...

    def get(self, ref: Ref) -> Resource:
        """GET one object."""
        ...

    def create(self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool = False) -> Resource:
        """POST an object; status in the body is dropped where it is a subresource."""
        ...

    def replace_status(
        self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool = False
    ) -> Resource:
        """PUT the status of an object; the body's resourceVersion must be the current one."""
        ...

    def apply(
        self, kind: Kind, body: Mapping[str, Any], *, force: bool = False, dry_run: bool = False
    ) -> Resource:
        """Apply a configuration server-side as field manager ``dpfctl``; creates what is absent.

        ``FieldConflictError`` names fields that other managers own and the body would change; with
        ``force`` they become ours. ``NotFoundError`` if the namespace does not exist.
        """
        ...

    def patch(
        self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, dry_run: bool = False
    ) -> Resource:
        """Change an object by a JSON Patch (RFC 6902).

        An operation that replaces ``/metadata/resourceVersion`` makes it a compare-and-swap:
        ``ConflictError`` if the object has moved, and also if the patch does not fit it as it is
        now, a failed ``test`` included.
        """
        ...

    def merge(self, ref: Ref, body: Mapping[str, Any], *, dry_run: bool = False) -> Resource:
        """Change an object by a JSON merge patch (RFC 7386).

        ``ConflictError`` if the body carries a ``metadata.resourceVersion`` that is not current.
        """
        ...

    def delete(self, ref: Ref, *, uid: str, version: str = "", dry_run: bool = False) -> None:
        """Delete the object if it still has that uid, and that resourceVersion if one is given.

        Otherwise it is a ``ConflictError``.

        While finalizers hold it, the object stays and carries a deletionTimestamp.
        """
        ...

    def schemas(self, kinds: Iterable[Kind]) -> Mapping[Kind, Mapping[str, Any]]:
        """Read the OpenAPI v3 schema of each kind from its CRD; absent CRDs are left out."""
        ...

    def batch(self) -> AbstractContextManager[Batch]:
        """Group writes: a file is written once, at the end; an API server knows no such thing."""
        ...

    def server(self) -> ServerInfo:
        """Ask the server for its version and API groups."""
        ...

    def close(self) -> None:
        """Give back connections, threads and files."""
        ...
