"""Where the changes of one plan are made: the host cluster, its DPU clusters, and Helm."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dpfctl.errors import DpfctlError, NotFoundError
from dpfctl.model import kinds
from dpfctl.model.cluster import FIELD_MANAGER, HOST, Cluster, ClusterName
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Change


class Releaser(Protocol):
    """Whoever installs and removes Helm releases."""

    def install(self, change: Change, *, dry_run: bool) -> Resource:
        """Install or upgrade a release and return it as it is now."""
        ...

    def uninstall(self, change: Change, *, dry_run: bool) -> None:
        """Remove a release; one that is gone already is fine."""
        ...


@dataclass(frozen=True, slots=True)
class Places:
    """The clusters that a plan changes.

    Attributes:
        host: The host cluster, which is the only one for most commands.
        dpus: DPU clusters, or why there is no way in.
        releases: Who changes releases, None if no plan has any.
    """

    host: Cluster
    dpus: Mapping[ClusterName, Cluster | DpfctlError] = field(default_factory=dict)
    releases: Releaser | None = None

    def of(self, change: Change) -> Cluster:
        """Return the cluster of a change, as the field manager it is made by.

        Raises:
            DpfctlError: There is no way into the cluster.
        """
        found = self.host if change.cluster == HOST else self.dpus.get(change.cluster)
        if found is None:
            ref = Ref(kinds.DPU_CLUSTER, *change.cluster)
            raise NotFoundError(f"{ref}: nothing is known of this DPU cluster")
        if isinstance(found, DpfctlError):
            raise found
        return found if change.manager == FIELD_MANAGER else found.writing_as(change.manager)

    @property
    def in_flight(self) -> int:
        """How many writes at a time are of use, in all clusters together."""
        ways = (self.host, *(way for way in self.dpus.values() if not isinstance(way, DpfctlError)))
        together = min(_PER_CLUSTER * len(ways), _TOGETHER)
        return self.host.in_flight if self.host.in_flight == 1 else together

    def releaser(self) -> Releaser:
        """Return who changes releases."""
        if self.releases is None:
            raise TypeError("a plan that changes releases needs somebody who can")
        return self.releases


_PER_CLUSTER = 8
_TOGETHER = 128  # as many as 16 clusters take
