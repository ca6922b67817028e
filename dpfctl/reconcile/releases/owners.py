"""Whose the releases in the clusters are: found by their labels, cluster by cluster."""

from collections.abc import Mapping
from functools import lru_cache

from dpfctl.errors import DpfctlError
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.release_secrets import read_releases
from dpfctl.model.releases import StoredRelease
from dpfctl.model.resources import Ref, Resource
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World

LONGEST_VALUE = 63
"""Characters of the value of a label."""

_Name = tuple[str, str]
"""A namespace and a name in it."""


def stored_releases(cluster: ClusterName, world: World) -> Mapping[_Name, StoredRelease] | Fault:
    """Return the releases of one cluster by namespace and name, or why they are not known."""
    side = world.side(cluster)
    if isinstance(side, DpfctlError):
        return Fault(Step.DEPLOY, side.message, cluster)
    if lack := side.lack(kinds.RELEASE_SECRET):
        return Fault(Step.DEPLOY, f"releases cannot be listed: {lack}", cluster)
    return _read(side.list(kinds.RELEASE_SECRET))


@lru_cache(maxsize=64)
def _read(secrets: tuple[Resource, ...]) -> Mapping[_Name, StoredRelease]:
    """Unpack the releases of a list once, however many services ask."""
    return read_releases(secrets)


def releases_of(service: Resource, world: World) -> tuple[tuple[ClusterName, StoredRelease], ...]:
    """Return all releases of a DPUService in the clusters that could be read.

    Where two DPUClusters lead to one cluster, each has the releases that were made for it.
    """
    return tuple(world.once(_by_service).get((service.namespace, service.name), ()))


def _by_service(world: World) -> Mapping[_Name, list[tuple[ClusterName, StoredRelease]]]:
    """Namespace and name of a DPUService -> its releases, by cluster."""
    found: dict[_Name, list[tuple[ClusterName, StoredRelease]]] = {}
    for cluster in (HOST, *world.dpus):
        stored = stored_releases(cluster, world)
        for one in () if isinstance(stored, Fault) else stored.values():
            if not other_cluster(one, cluster, world):
                found.setdefault(service_of(one), []).append((cluster, one))
    return found


def service_of(stored: StoredRelease) -> _Name:
    """Return namespace and name of the DPUService that a release names, empty if it names none."""
    namespace = stored.labels.get(labels.DPU_SERVICE_NAMESPACE, "")
    return namespace, stored.labels.get(labels.DPU_SERVICE_NAME, "")


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
