"""Whose the releases in the clusters are: found by their labels, cluster by cluster."""

from collections.abc import Mapping
from functools import lru_cache

from dpfctl.errors import DpfctlError
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.inventory import Inventory
from dpfctl.model.release_secrets import read_releases
from dpfctl.model.releases import StoredRelease
from dpfctl.model.resources import Ref, Resource
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World

LONGEST_VALUE = 63
"""Characters of the value of a label."""


def stored_releases(
    cluster: ClusterName, world: World
) -> Mapping[tuple[str, str], StoredRelease] | Fault:
    """Return the releases of one cluster by namespace and name, or why they are not known."""
    side: Inventory | DpfctlError | None = world.host if cluster == HOST else world.side(cluster)
    if side is None or isinstance(side, DpfctlError):
        fact = side.message if side is not None else "nothing is known of it"
        return Fault(Step.DEPLOY, fact, cluster)
    if lack := side.lack(kinds.RELEASE_SECRET):
        return Fault(Step.DEPLOY, f"releases cannot be listed: {lack}", cluster)
    return _read(side.list(kinds.RELEASE_SECRET))


@lru_cache(maxsize=64)
def _read(secrets: tuple[Resource, ...]) -> Mapping[tuple[str, str], StoredRelease]:
    """Unpack the releases of a list once, however many services ask."""
    return read_releases(secrets)


def releases_of(service: Resource, world: World) -> tuple[tuple[ClusterName, StoredRelease], ...]:
    """Return all releases of a DPUService in the clusters that could be read.

    Where two DPUClusters lead to one cluster, each has the releases that were made for it.
    """
    return tuple(
        (cluster, one)
        for cluster in (HOST, *world.dpus)
        if not isinstance(found := stored_releases(cluster, world), Fault)
        for one in found.values()
        if is_of(service, one) and not other_cluster(one, cluster, world)
    )


def is_of(service: Resource, stored: StoredRelease) -> bool:
    """Whether a release was made for a DPUService."""
    name = stored.labels.get(labels.DPU_SERVICE_NAME)
    namespace = stored.labels.get(labels.DPU_SERVICE_NAMESPACE)
    return (namespace, name) == (service.namespace, service.name)


def place_marks(cluster: ClusterName) -> dict[str, str]:
    """Return labels that name a DPU cluster: none for the host, or if its name is too long."""
    marks = {labels.CLUSTER_NAMESPACE: cluster[0], labels.CLUSTER_NAME: cluster[1]}
    fits = all(0 < len(value) <= LONGEST_VALUE for value in marks.values())
    return marks if fits else {}


def other_cluster(stored: StoredRelease, cluster: ClusterName, world: World) -> Ref | None:
    """Return the other DPUCluster that a release was made for, None if there is no such one."""
    namespace = stored.labels.get(labels.CLUSTER_NAMESPACE, "")
    name = stored.labels.get(labels.CLUSTER_NAME, "")
    if (namespace, name) == cluster or (namespace, name) not in world.dpus:
        return None
    return Ref(kinds.DPU_CLUSTER, namespace, name)
