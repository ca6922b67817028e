"""What a DPU cluster holds, indexed for looking up what runs on a DPU."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dpfctl.errors import DpfctlError, NotFoundError
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import ClusterName
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource

SIDE_KINDS: tuple[Kind, ...] = (kinds.NODE, kinds.POD)
"""Kinds of a DPU cluster, in all namespaces, that tell whether services run on its DPUs."""

DpuClusters = Mapping[ClusterName, Inventory | DpfctlError]
"""What each DPU cluster holds of ``SIDE_KINDS``, or why that is not known."""


@dataclass(frozen=True, slots=True)
class DpuSide:
    """One DPU cluster, as far as it could be read.

    Attributes:
        ref: The DPUCluster.
        labels: Labels of the DPUCluster, by which services select it.
        error: Why the cluster could not be read, None if it could.
        nodes: Nodes by name; each has the name of its DPU.
        pods: Node and service ID -> pods, by namespace and name.
    """

    ref: Ref
    labels: Mapping[str, Any]
    error: DpfctlError | None = None
    nodes: Mapping[str, Resource] = field(default_factory=dict, repr=False)
    pods: Mapping[tuple[str, str], Sequence[Resource]] = field(default_factory=dict, repr=False)


def dpu_sides(host: Inventory, dpu_clusters: DpuClusters) -> dict[ClusterName, DpuSide]:
    """Index every DPU cluster that has a DPUCluster object.

    Returns:
        Namespace and name -> what is known, by namespace and name.
    """
    return {
        (cluster.namespace, cluster.name): _side(cluster, dpu_clusters)
        for cluster in host.list(kinds.DPU_CLUSTER)
    }


def _side(cluster: Resource, dpu_clusters: DpuClusters) -> DpuSide:
    ref, own = cluster.ref, cluster.mapping("metadata", "labels")
    found = dpu_clusters.get((ref.namespace, ref.name))
    if found is None:
        return DpuSide(ref, own, NotFoundError(f"{ref}: nothing is known of this DPU cluster"))
    if isinstance(found, DpfctlError):
        return DpuSide(ref, own, found)
    for kind in SIDE_KINDS:
        if (error := found.failure(kind)) is not None:
            return DpuSide(ref, own, type(error)(f"{ref}: {error.message}"))
    return DpuSide(
        ref, own, None, {n.name: n for n in found.list(kinds.NODE)}, pods_by_place(found)
    )


def pods_by_place(side: Inventory) -> Mapping[tuple[str, str], Sequence[Resource]]:
    """Return the pods of services in a DPU cluster, by their node and their service ID."""
    return side.once(_by_place)


def _by_place(side: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = {}
    for pod in side.list(kinds.POD):
        place = (pod.text("spec", "nodeName"), pod.label(labels.SERVICE_ID) or "")
        if all(place):
            found.setdefault(place, []).append(pod)
    return found
