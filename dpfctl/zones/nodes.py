"""Nodes of DPU clusters, as far as they are known.

A cluster that was read tells all labels of its Nodes. Otherwise a DPU on the host tells the name of
its Node and the labels DPF gives it, and a zone that has no DPU yet at least the ones it will give.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dpfctl.model import kinds, labels
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Ref, Resource
from dpfctl.zones.anatomy import cluster_selection_of, given_labels, node_selection_of
from dpfctl.zones.zone import Zone

DpuClusters = Mapping[tuple[str, str], Inventory]
"""Inventories of DPU clusters by namespace and name of their DPUCluster."""

_SHOWN = 3
_KUBELET = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"}


@dataclass(frozen=True, slots=True)
class DpuNode:
    """One Node of a DPU cluster.

    Attributes:
        name: Its name, which is that of its DPU; empty for one that is still to come.
        labels: Labels that it surely has.
        cluster: Its DPUCluster, None if that is not known.
        is_complete: Whether it has no other labels.
    """

    name: str
    labels: Mapping[str, str]
    cluster: Resource | None
    is_complete: bool

    def takes(self, resource: Resource, known: Iterable[str]) -> bool | None:
        """Tell whether a service, interface or chain is meant for this node.

        Args:
            resource: The object.
            known: Label keys of which it is known whether the node has them.

        Returns:
            None if that depends on labels that are not known.
        """
        if self.cluster is not None:
            found = self.cluster.mapping("metadata", "labels")
            if not cluster_selection_of(resource).matches(found):
                return False
        selection = node_selection_of(resource)
        if self.is_complete:
            return selection.matches(self.labels, self.name)
        return selection.judges(self.labels, known, self.name)


def known_nodes(
    fleet: Inventory,
    dpu_clusters: DpuClusters,
    zones: Sequence[Zone],
    pruned: Iterable[Ref] = (),
) -> tuple[DpuNode, ...]:
    """Return the Nodes of all DPU clusters with the labels they have once the zones are applied.

    Args:
        fleet: The host cluster: its DPUs and DPUClusters.
        dpu_clusters: DPU clusters that were read.
        zones: Zones whose DPUSets may give other labels to the Nodes of their DPUs.
        pruned: Objects that are deleted; with a DPUSet its DPUs go, and with them their Nodes.
    """
    given = {
        (member.resource.namespace, member.resource.name): given_labels(member.resource)
        for zone in zones
        for member in zone.of(kinds.DPU_SET)
    }
    dpus = {(_cluster_of(dpu), dpu.name): dpu for dpu in fleet.list(kinds.DPU)}
    gone = {(ref.namespace, ref.name) for ref in pruned if ref.kind is kinds.DPU_SET}
    nodes = (*_read(fleet, dpu_clusters), *_derived(fleet, dpu_clusters))
    return tuple(
        replace(node, labels={**node.labels, **given.get(_set_of(dpus.get(place)), {})})
        for place, node in nodes
        if _set_of(dpus.get(place)) not in gone
    )


def dpus_of(dpu_set: Ref, fleet: Inventory) -> tuple[Resource, ...]:
    """Return the DPUs that a DPUSet has made."""
    owner = (dpu_set.namespace, dpu_set.name)
    return tuple(dpu for dpu in fleet.list(kinds.DPU) if _set_of(dpu) == owner)


def expected_node(zone: Zone) -> DpuNode:
    """Return a node as the zone is going to have it: what stands in for all that are not there."""
    given = [given_labels(member.resource) for member in zone.of(kinds.DPU_SET)]
    found = {**_KUBELET, **(given[0] if given else {}), zone.label.key: zone.label.value}
    return DpuNode("", found, None, is_complete=False)


def some(names: Iterable[str]) -> str:
    """Write the first names and how many more there are."""
    found = sorted(set(names))
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{', '.join(found[:_SHOWN])}{more}"


def place_text(zone: Zone, nodes: Iterable[DpuNode]) -> str:
    """Say on which nodes of a zone."""
    names = [node.name for node in nodes if node.name]
    return f"on {some(names)}" if names else f"on nodes with {zone.label}"


def _read(
    fleet: Inventory, dpu_clusters: DpuClusters
) -> Iterator[tuple[tuple[tuple[str, str], str], DpuNode]]:
    for name, inventory in dpu_clusters.items():
        cluster = fleet.find(Ref(kinds.DPU_CLUSTER, *name))
        for node in inventory.list(kinds.NODE):
            marks = node.mapping("metadata", "labels")
            yield (name, node.name), DpuNode(node.name, marks, cluster, is_complete=True)


def _derived(
    fleet: Inventory, dpu_clusters: DpuClusters
) -> Iterator[tuple[tuple[tuple[str, str], str], DpuNode]]:
    for dpu in fleet.list(kinds.DPU):
        name = _cluster_of(dpu)
        if name in dpu_clusters and dpu_clusters[name].listing(kinds.NODE).trouble is None:
            continue
        found = {**_KUBELET, **dpu.mapping("spec", "cluster", "nodeLabels")}
        cluster = fleet.find(Ref(kinds.DPU_CLUSTER, *name))
        yield (name, dpu.name), DpuNode(dpu.name, found, cluster, is_complete=False)


def _cluster_of(dpu: Resource) -> tuple[str, str]:
    return dpu.text("spec", "cluster", "namespace"), dpu.text("spec", "cluster", "name")


def _set_of(dpu: Resource | None) -> tuple[str, str]:
    if dpu is None:
        return ("", "")
    return dpu.label(labels.DPU_SET_NAMESPACE) or "", dpu.label(labels.DPU_SET_NAME) or ""
