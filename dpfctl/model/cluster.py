"""The way into one cluster, as every other room sees it.

Two backends keep this protocol: ``dpfctl.cluster.kube`` over HTTPS and
``dpfctl.cluster.fleet_file`` over a file. Callers cannot tell which one they hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a cluster says about itself.

    Attributes:
        version: Kubernetes version such as ``v1.36.3``; empty if there is no server.
        groups: API group -> versions served, preferred one first.
    """

    version: str
    groups: Mapping[str, tuple[str, ...]]


class Cluster(Protocol):
    """Reads and writes of one cluster.

    Every method raises a ``DpfctlError``: ``NotFoundError`` (object absent), ``KindNotServedError``
    (CRD absent), ``ForbiddenError``, ``AccessError``, ``UnreachableError``, ``ConflictError``,
    ``RejectedError``. Objects travel as raw JSON in both directions.
    """

    @property
    def label(self) -> str:
        """What messages call this cluster: a context, a file, ``dpu cluster ns/name``."""
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

    def server(self) -> ServerInfo:
        """Ask the server for its version and API groups."""
        ...

    def close(self) -> None:
        """Give back connections, threads and files."""
        ...
