"""What each DPU cluster says about its DPUs, indexed by node.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dpfctl.errors import DpfctlError
from dpfctl.model import kinds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.dpu_services import is_critical, runs_on_host
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Resource
from dpfctl.reconcile.dpus.traffic import Traffic, traffic_of
from dpfctl.reconcile.hosts.dpu_side import pods_by_place
from dpfctl.reconcile.world import World, name_of

Pods = Mapping[str, Sequence[Resource]]
"""Name of a node -> pods on it, by their service ID."""


@dataclass(frozen=True, slots=True)
class View:
    """What one DPU cluster says about its DPUs.

    Attributes:
        cluster: The DPUCluster.
        side: Its lists.
        nodes: Nodes by name; each has the name of its DPU.
        critical: Name of a node -> pods of critical services on it.
        others: Name of a node -> pods of other services on it; those of none that is known are
            left out.
        traffic: Interfaces and chains.
    """

    cluster: Resource
    side: Inventory
    nodes: Mapping[str, Resource]
    critical: Pods
    others: Pods
    traffic: Traffic


def views_of(world: World) -> dict[ClusterName, View | DpfctlError]:
    """Index every DPU cluster that has a DPUCluster, or say why it cannot be read."""
    return {name_of(cluster): _view(cluster, world) for cluster in world.clusters}


def _view(cluster: Resource, world: World) -> View | DpfctlError:
    side = world.side(name_of(cluster))
    if isinstance(side, DpfctlError):
        return side
    if (error := side.failure(kinds.NODE)) is not None:
        return type(error)(f"{cluster.ref}: {error.message}")
    nodes = {node.name: node for node in side.list(kinds.NODE)}
    return View(cluster, side, nodes, *_pods(side, world), traffic_of(side))


def _pods(side: Inventory, world: World) -> tuple[Pods, Pods]:
    """Tell pods of critical services from those of others."""
    services = _by_id(world)
    critical: dict[str, list[Resource]] = {}
    others: dict[str, list[Resource]] = {}
    known: dict[tuple[str, str], dict[str, list[Resource]] | None] = {}
    for (node, service_id), found in pods_by_place(side).items():
        for pod in found:
            namespace = pod.namespace
            # A fleet has many pods and few services.
            if (service_id, namespace) not in known:
                owners = _owners(services.get(service_id, ()), namespace)
                group = critical if any(map(is_critical, owners)) else others
                known[service_id, namespace] = group if owners else None
            if (pods := known[service_id, namespace]) is not None:
                pods.setdefault(node, []).append(pod)
    return critical, others


def _owners(found: Sequence[Resource], namespace: str) -> Sequence[Resource]:
    """The services with an ID that pods of a namespace may be of: its own, else all of them."""
    return [service for service in found if service.namespace == namespace] or found


def _by_id(world: World) -> Mapping[str, Sequence[Resource]]:
    """DPUServices by service ID, in their order."""
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
