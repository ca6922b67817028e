"""DPU clusters as the tree sees them: what each one holds, or why that is not known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dpfctl.describe.joins import Joins, Key
from dpfctl.describe.tree import Problem
from dpfctl.errors import AccessError, DpfctlError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.kinds import Kind
from dpfctl.model.release_secrets import read_releases
from dpfctl.model.releases import StoredRelease
from dpfctl.model.resources import Ref, Resource

DpuSides = Mapping[ClusterName, Inventory | DpfctlError]
"""Namespace and name of a DPUCluster -> what its cluster holds, or why that is not known."""

WORKLOADS = (kinds.DAEMON_SET, kinds.DEPLOYMENT, kinds.POD, kinds.RELEASE_SECRET)
INTERFACES = (kinds.SERVICE_INTERFACE_SET, kinds.SERVICE_INTERFACE)
CHAINS = (kinds.SERVICE_CHAIN_SET, kinds.SERVICE_CHAIN)


class DpuSide:
    """One DPU cluster that could be read.

    Args:
        cluster: The DPUCluster.
        inventory: Lists of its cluster; those that failed count as empty.
    """

    def __init__(self, cluster: Resource, inventory: Inventory) -> None:
        self.cluster = cluster
        self._inventory = inventory
        self._joins = Joins(inventory.list)

    @property
    def name(self) -> str:
        """``namespace/name`` of the DPUCluster."""
        return name_of(self.cluster)

    @cached_property
    def releases(self) -> Mapping[tuple[str, str], StoredRelease]:
        """The newest revision of each Helm release, by namespace and name."""
        return read_releases(self.objects(kinds.RELEASE_SECRET))

    def objects(self, kind: Kind) -> Sequence[Resource]:
        """Objects of a kind in list order."""
        return self._inventory.list(kind)

    def find(self, ref: Ref) -> Resource | None:
        """The object of that name, None if the cluster does not hold it."""
        return self._inventory.find(ref)

    def joined(self, kind: Kind, by: str, value: str, key: Key) -> Sequence[Resource]:
        """Objects of a kind whose ``key`` is ``value``, in list order; ``by`` names the key."""
        return self._joins.find(kind, by, value, key)


@dataclass(frozen=True, slots=True)
class Beyond:
    """Everything behind the DPUClusters of a fleet.

    Attributes:
        sides: DPU clusters that could be read, by namespace and name.
        problems: What could not be read of them, and of the others.
    """

    sides: tuple[DpuSide, ...] = ()
    problems: tuple[Problem, ...] = ()


NOTHING = Beyond()
"""Where nobody looks beyond the host cluster."""


def look_beyond(clusters: Iterable[Resource], found: DpuSides) -> Beyond:
    """Sort out which DPU clusters can be looked into.

    A cluster of which no list could be read is one problem, however many lists there are.

    Args:
        clusters: The DPUClusters, by namespace and name.
        found: What was read of their clusters.
    """
    sides = []
    problems: list[Problem] = []
    for cluster in clusters:
        inventory = found.get((cluster.namespace, cluster.name), _NOTHING_KNOWN)
        whole = _problem_of_cluster(cluster, inventory)
        if whole is not None:
            problems.append(whole)
        elif isinstance(inventory, Inventory):
            sides.append(DpuSide(cluster, inventory))
            problems += _problems_of_lists(cluster, inventory)
    return Beyond(tuple(sides), tuple(problems))


def name_of(cluster: Resource) -> str:
    """Return ``namespace/name`` of a DPUCluster."""
    return f"{cluster.namespace}/{cluster.name}"


def _problem_of_cluster(cluster: Resource, found: Inventory | DpfctlError) -> Problem | None:
    if isinstance(found, DpfctlError):
        known = f"{cluster.ref}: nothing is known of its cluster"
        message = known if found is _NOTHING_KNOWN else found.message
        return _lost(cluster, _trouble_of(found), message)
    lists = tuple(found.listings.values())
    if lists and all(one.trouble in (Trouble.FORBIDDEN, Trouble.UNREACHABLE) for one in lists):
        return _lost(cluster, lists[0].trouble or Trouble.UNREACHABLE, lists[0].message)
    return None


def _lost(cluster: Resource, trouble: Trouble, message: str) -> Problem:
    names = (kinds.DPU_CLUSTER.name, cluster.namespace, cluster.name)
    return Problem(*names, trouble.value, message, name_of(cluster))


def _problems_of_lists(cluster: Resource, inventory: Inventory) -> Iterator[Problem]:
    for kind, listing in inventory.listings.items():
        if listing.trouble is not None:
            reason = listing.trouble.value
            yield Problem(kind.name, "", "", reason, listing.message, name_of(cluster))


def _trouble_of(failure: DpfctlError) -> Trouble:
    """``Forbidden`` if somebody says no: the server, or dpfctl to what the kubeconfig asks for."""
    is_refused = isinstance(failure, AccessError) and not isinstance(failure, UnreachableError)
    return Trouble.FORBIDDEN if is_refused else Trouble.UNREACHABLE


_NOTHING_KNOWN = DpfctlError("nothing is known of the DPU cluster")
