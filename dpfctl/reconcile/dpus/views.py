"""What each DPU cluster says about its DPUs, indexed by node.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dpfctl.errors import DpfctlError, NotFoundError
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import ClusterName
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Resource
from dpfctl.reconcile.dpus.traffic import Traffic, traffic_of
from dpfctl.reconcile.hosts.dpu_side import list_failure
from dpfctl.reconcile.world import World, name_of


@dataclass(frozen=True, slots=True)
class View:
    """What one DPU cluster says about its DPUs.

    Attributes:
        cluster: The DPUCluster.
        side: Its lists.
        nodes: Nodes by name; each has the name of its DPU.
        pods: Name of a node -> pods of services on it.
        traffic: Interfaces and chains.
        owners: Service ID -> DPUServices that pods with this ID may be of, in their order.
    """

    cluster: Resource
    side: Inventory
    nodes: Mapping[str, Resource]
    pods: Mapping[str, Sequence[Resource]]
    traffic: Traffic
    owners: Mapping[str, Sequence[Resource]]


def views_of(world: World) -> dict[ClusterName, View | DpfctlError]:
    """Index every DPU cluster that has a DPUCluster, or say why it cannot be read."""
    return {name_of(cluster): _view(cluster, world) for cluster in world.clusters}


def _view(cluster: Resource, world: World) -> View | DpfctlError:
    side = world.side(name_of(cluster))
    if side is None:
        return NotFoundError(f"{cluster.ref}: nothing is known of this DPU cluster")
    if isinstance(side, DpfctlError):
        return side
    if (error := list_failure(side, kinds.NODE)) is not None:
        return type(error)(f"{cluster.ref}: {error.message}")
    pods: dict[str, list[Resource]] = {}
    for pod in side.list(kinds.POD):
        if pod.label(labels.SERVICE_ID):
            pods.setdefault(pod.text("spec", "nodeName"), []).append(pod)
    nodes = {node.name: node for node in side.list(kinds.NODE)}
    return View(cluster, side, nodes, pods, traffic_of(side), _owners(world))


def _owners(world: World) -> Mapping[str, Sequence[Resource]]:
    found: dict[str, list[Resource]] = {}
    for service in world.host.list(kinds.DPU_SERVICE):
        if not runs_on_host(service):
            for service_id in _ids(service, world):
                found.setdefault(service_id, []).append(service)
    return found


def _ids(service: Resource, world: World) -> frozenset[str]:
    """The IDs by which pods name a service; DPF knows only those that a user gave."""
    given = service.text("spec", "serviceID")
    return frozenset({given} if world.is_upstream else {given, service.text("status", "serviceID")})
