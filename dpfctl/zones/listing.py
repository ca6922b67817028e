"""The zones a cluster has, whether dpfctl made them or not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dpfctl.model import kinds, labels
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.kinds import Kind
from dpfctl.model.ownership import deployment_of
from dpfctl.model.resources import Ref, Resource
from dpfctl.zones.anatomy import own_labels
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.nodes import DpuClusters
from dpfctl.zones.readiness import unready
from dpfctl.zones.zone import NodeLabel

KINDS: tuple[Kind, ...] = (*PARTS, kinds.DPU, kinds.DPU_CLUSTER)
"""Kinds of the host cluster that tell its zones."""


@dataclass(frozen=True, slots=True)
class ZoneState:
    """One zone as a cluster has it.

    Attributes:
        name: Its name: of our label, else the value of the label of its nodes.
        namespace: Where its objects are.
        label: Label of its nodes; None if its objects agree on none.
        objects: Its objects, in the order in which zones are applied.
        dpus: Number of DPUs that are in it.
        nodes: Number of Nodes in DPU clusters that have the label, None if those were not read.
        is_managed: Whether all of its objects were applied with dpfctl.
        not_ready: Its objects that are not ready in their present generation.
        unknown: Kinds of which it may have more, because their list failed.
    """

    name: str
    namespace: str
    label: NodeLabel | None
    objects: tuple[Resource, ...]
    dpus: int
    nodes: int | None
    is_managed: bool
    not_ready: tuple[Ref, ...]
    unknown: frozenset[Kind] = frozenset()

    def of(self, kind: Kind) -> tuple[Resource, ...]:
        """Its objects of one of the four kinds."""
        return tuple(resource for resource in self.objects if resource.kind is kind)

    @property
    def is_ready(self) -> bool:
        """Whether every object is that is known."""
        return not self.not_ready


def list_zones(fleet: Inventory, dpu_clusters: DpuClusters | None) -> tuple[ZoneState, ...]:
    """Find the zones of a cluster.

    Args:
        fleet: Lists of ``KINDS``.
        dpu_clusters: Nodes of DPU clusters, None if none was read.

    Returns:
        By namespace, then name: zones that were applied with dpfctl, and each label that a DPUSet
        gives or a DPUService asks for. What a DPUDeployment generated is no zone.
    """
    objects = [r for kind in PARTS for r in fleet.list(kind) if deployment_of(r) is None]
    found = {**_marked(objects)}
    taken = {(namespace, label) for (namespace, _), label in found.items()}
    for namespace, label in _unmarked(objects):
        if (namespace, label) not in taken:
            found.setdefault((namespace, label.value), label)
    return tuple(
        _state(namespace, name, found[namespace, name], objects, fleet, dpu_clusters)
        for namespace, name in sorted(found)
    )


def _marked(objects: Iterable[Resource]) -> dict[tuple[str, str], NodeLabel | None]:
    """Zones by our label, with the label of their nodes."""
    members: dict[tuple[str, str], list[Resource]] = {}
    for resource in objects:
        if zone := resource.label(labels.ZONE):
            members.setdefault((resource.namespace, zone), []).append(resource)
    return {place: _common_label(found) for place, found in members.items()}


def _common_label(objects: Sequence[Resource]) -> NodeLabel | None:
    """The label that most objects of a zone have in common."""
    votes: dict[NodeLabel, int] = {}
    for resource in objects:
        for label in own_labels(resource):
            votes[label] = votes.get(label, 0) + 1
    return max(sorted(votes), key=votes.__getitem__, default=None)


def _unmarked(objects: Sequence[Resource]) -> Iterator[tuple[str, NodeLabel]]:
    """Labels that a set gives or a service asks for, of objects without our label."""
    asked = {
        (resource.namespace, label)
        for resource in objects
        if resource.kind is not kinds.DPU_SET
        for label in own_labels(resource)
    }
    for resource in objects:
        if resource.label(labels.ZONE):
            continue
        candidates = [(resource.namespace, label) for label in own_labels(resource)]
        if resource.kind is kinds.DPU_SERVICE:
            yield from candidates
        elif resource.kind is kinds.DPU_SET:
            yield from [place for place in candidates if place in asked] or candidates[:1]


def _state(
    namespace: str,
    name: str,
    label: NodeLabel | None,
    objects: Iterable[Resource],
    fleet: Inventory,
    dpu_clusters: DpuClusters | None,
) -> ZoneState:
    members = tuple(r for r in objects if r.namespace == namespace and _is_of(r, name, label))
    sets = {r.name for r in members if r.kind is kinds.DPU_SET}
    dpus = [
        dpu
        for dpu in fleet.list(kinds.DPU)
        if (dpu.label(labels.DPU_SET_NAMESPACE), dpu.label(labels.DPU_SET_NAME))
        in {(namespace, dpu_set) for dpu_set in sets}
        or _has(dpu.mapping("spec", "cluster", "nodeLabels"), label)
    ]
    nodes = None if dpu_clusters is None else _count_nodes(dpu_clusters, label)
    is_ours = all(resource.label(labels.ZONE) for resource in members)
    waiting = tuple(resource.ref for resource in members if unready(resource, fleet))
    unknown = frozenset(kind for kind in KINDS if _is_lost(fleet, kind))
    return ZoneState(name, namespace, label, members, len(dpus), nodes, is_ours, waiting, unknown)


def _is_lost(fleet: Inventory, kind: Kind) -> bool:
    return fleet.listing(kind).trouble not in (None, Trouble.NOT_SERVED)


def _is_of(resource: Resource, name: str, label: NodeLabel | None) -> bool:
    zone = resource.label(labels.ZONE)
    return zone == name if zone else label in own_labels(resource)


def _count_nodes(dpu_clusters: DpuClusters, label: NodeLabel | None) -> int:
    nodes = (node for inventory in dpu_clusters.values() for node in inventory.list(kinds.NODE))
    return sum(_has(node.mapping("metadata", "labels"), label) for node in nodes)


def _has(found: object, label: NodeLabel | None) -> bool:
    return isinstance(found, dict) and label is not None and found.get(label.key) == label.value
