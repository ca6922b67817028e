"""What a cluster will hold once zones are applied: what it holds now, with their objects put in.

What is pruned is left out.

The rules are about that state, not about the file alone: an interface may be there already, and a
zone may collide with one that is not in the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.zones.anatomy import service_id_of
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.nodes import DpuClusters, DpuNode, expected_node, known_nodes
from dpfctl.zones.pruning import leftovers
from dpfctl.zones.zone import Member, Zone


@dataclass(frozen=True, slots=True)
class Standing:
    """One object as it will be.

    Attributes:
        resource: The object; of one that is applied, its configuration.
        zone: The zone it is applied with, None if it is only in the cluster.
        member: The same of its place.
    """

    resource: Resource
    zone: Zone | None = None
    member: Member | None = None

    @property
    def subject(self) -> str:
        """``kind/name``."""
        return f"{self.resource.kind}/{self.resource.name}"


class Outlook:
    """The state after applying.

    Args:
        zones: Zones that are applied.
        fleet: The host cluster now.
        dpu_clusters: DPU clusters now; empty if none was read.
        prune: Whether what has left the zones is deleted.
    """

    def __init__(
        self,
        zones: Sequence[Zone],
        fleet: Inventory,
        dpu_clusters: DpuClusters,
        *,
        prune: bool = False,
    ) -> None:
        self.zones = tuple(zones)
        self.fleet = fleet
        self.pruned = leftovers(zones, fleet) if prune else ()
        self._gone = frozenset(resource.ref for resource in self.pruned)
        self.nodes = known_nodes(fleet, dpu_clusters, zones, self._gone)
        self.keys = frozenset(zone.label.key for zone in zones)
        self._standing = {kind: tuple(self._merged(kind)) for kind in PARTS}
        self._by_ref = {s.resource.ref: s for found in self._standing.values() for s in found}
        self._nodes_of: dict[str, tuple[DpuNode, ...]] = {}

    def standing(self, kind: Kind) -> tuple[Standing, ...]:
        """All objects of one of the four kinds: those of the zones in order, then the others."""
        return self._standing[kind]

    def find(self, ref: Ref) -> Standing | None:
        """The object of that name, None if there will be none."""
        return self._by_ref.get(ref)

    def live(self, ref: Ref) -> Resource | None:
        """The object of that name as it is now."""
        return self.fleet.find(ref)

    def can_tell(self, *wanted: Kind) -> bool:
        """Whether the lists of these kinds could be read."""
        return all(self.fleet.listing(kind).trouble is None for kind in wanted)

    @property
    def hosts(self) -> tuple[Resource, ...]:
        """What DPUSets select from: DPUNodes, or Nodes where there are no DPUNodes yet."""
        is_old = self.fleet.listing(kinds.DPU_NODE).trouble is Trouble.NOT_SERVED
        return self.fleet.list(kinds.NODE if is_old else kinds.DPU_NODE)

    def nodes_of(self, zone: Zone) -> tuple[DpuNode, ...]:
        """Nodes of a zone; if it has none, the one that stands in for those to come."""
        key, value = zone.label
        found = self._nodes_of.get(f"{zone.label}")
        if found is None:
            found = tuple(node for node in self.nodes if node.labels.get(key) == value)
            self._nodes_of[f"{zone.label}"] = found
        return found or (expected_node(zone),)

    def service_id(self, service: Resource) -> str:
        """The serviceID of a DPUService; the one DPF has made up if it says none."""
        live = self.live(service.ref)
        return service_id_of(service) or (service_id_of(live) if live else "")

    def _merged(self, kind: Kind) -> Iterator[Standing]:
        applied = set()
        for zone in self.zones:
            for member in zone.of(kind):
                applied.add(member.resource.ref)
                yield Standing(member.resource, zone, member)
        for resource in self.fleet.list(kind):
            is_there = resource.ref not in self._gone and not resource.is_deleting
            if is_there and resource.ref not in applied:
                yield Standing(resource)
