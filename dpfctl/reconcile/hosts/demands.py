"""What a critical service asks for: on which DPUs it must run, and which pods are its own."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.node_selectors import NodeSelector, node_selector
from dpfctl.model.pods import is_ready, why_not_ready
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.selectors import EVERYTHING, Selector, label_selector
from dpfctl.reconcile.hosts.dpu_side import DpuSide

Critical = Callable[[Resource], bool]
"""Whether a DPUService counts as critical."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What a service lacks on a DPU.

    Attributes:
        pod: The pod that should be ready, None if there is none.
        why: In a few words: ``no pod``, ``pod Pending: ImagePullBackOff``.
    """

    pod: Ref | None
    why: str


@dataclass(frozen=True, slots=True)
class Demand:
    """A service that must run on the DPUs it is meant for.

    Attributes:
        service: The DPUService.
        service_id: Its ``status.serviceID``, by which pods name it; empty until it has one.
        clusters: DPU clusters it is deployed to, by labels of the DPUCluster.
        nodes: Nodes of these that its DaemonSet is meant for.
        taken: Namespaces whose pods belong to another service with the same service ID.
    """

    service: Ref
    service_id: str
    clusters: Selector
    nodes: NodeSelector
    taken: frozenset[str] = frozenset()

    def reaches(self, side: DpuSide) -> bool:
        """Whether the service may have to run on DPUs of a cluster.

        A selector that cannot be understood leaves that open, so it counts as yes.
        """
        return self.clusters.is_impossible or self.clusters.matches(side.labels)

    def is_meant_for(self, node: Resource) -> bool:
        """Whether the service's DaemonSet is meant for a node of a DPU cluster."""
        return self.nodes.matches(node.mapping("metadata", "labels"), node.name)

    def lack(self, side: DpuSide, node: Resource) -> Lack | None:
        """Return what is missing on a node; None if nothing is, or if it is not meant for it.

        One ready pod is enough: during an update a node has an old and a new one.
        """
        if not self.is_meant_for(node):
            return Lack(None, "nodeSelector cannot be read") if self.nodes.is_unreadable else None
        if not self.service_id:
            return Lack(None, "no status.serviceID yet")
        pods = [
            pod
            for pod in side.pods.get((node.name, self.service_id), ())
            if pod.namespace not in self.taken
        ]
        if any(is_ready(pod) for pod in pods):
            return None
        pod = min(pods, key=lambda p: (p.is_deleting, p.namespace, p.name), default=None)
        return Lack(pod.ref, why_not_ready(pod)) if pod else Lack(None, "no pod")


def demands_of(
    services: Iterable[Resource], critical: Critical, *, is_upstream: bool = False
) -> tuple[Demand, ...]:
    """Return what the critical ones among DPUServices ask for, in their order.

    Those that run on the host cluster ask for nothing. Services that are suspended or being
    deleted count like any other.

    Source:
        DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
    """
    on_dpus = [service for service in services if not runs_on_host(service)]
    if is_upstream:
        demands = (demand_of(service) for service in on_dpus if critical(service))
        return tuple(replace(demand, clusters=EVERYTHING) for demand in demands)
    namespaces: dict[str, set[str]] = {}
    for service in on_dpus:
        namespaces.setdefault(_service_id(service), set()).add(service.namespace)
    return tuple(
        demand_of(service, namespaces[_service_id(service)] - {service.namespace})
        for service in on_dpus
        if critical(service)
    )


def demand_of(service: Resource, taken: Collection[str] = ()) -> Demand:
    """Read what one DPUService asks for.

    Args:
        service: A DPUService.
        taken: Other namespaces that hold a DPUService with the same service ID.
    """
    picked = service.at("spec", "dpuClusterSelector")
    return Demand(
        service.ref,
        _service_id(service),
        EVERYTHING if picked is None else label_selector(picked),
        node_selector(service.at("spec", "serviceDaemonSet", "nodeSelector")),
        frozenset(taken),
    )


def _service_id(service: Resource) -> str:
    return service.text("status", "serviceID")
