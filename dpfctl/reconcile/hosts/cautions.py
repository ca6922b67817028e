"""What about a mark as critical may surprise, service by service."""

from collections.abc import Iterator

from dpfctl.model import kinds
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.inventory import Inventory
from dpfctl.model.node_selectors import EVERY_NODE
from dpfctl.model.resources import Resource
from dpfctl.reconcile.hosts.demands import Demand, demand_of
from dpfctl.reconcile.hosts.dpu_side import DpuClusters, DpuSide, dpu_sides
from dpfctl.reconcile.hosts.readiness import taints_disabled


def critical_warnings(
    service: Resource, host: Inventory, dpu_clusters: DpuClusters
) -> tuple[str, ...]:
    """Say why marking a DPUService may do less than expected, or more.

    Args:
        service: The DPUService.
        host: Lists of the host cluster; what depends on one that failed is not said.
        dpu_clusters: What each DPU cluster holds, or why that is not known.

    Returns:
        Sentences that start with ``dpuservice/namespace/name: ``, the most important one first.
    """
    if runs_on_host(service):
        facts: Iterator[str] = iter(("runs on the host cluster; the label has no effect",))
    else:
        facts = _facts(service, host, dpu_clusters)
    return tuple(f"{service.ref}: {fact}" for fact in facts)


def _facts(service: Resource, host: Inventory, dpu_clusters: DpuClusters) -> Iterator[str]:
    if taints_disabled(host):
        yield "taints are disabled in the DPFOperatorConfig; no host is tainted or untainted"
    if host.listing(kinds.DPU_NODE).trouble is None and not _is_linked(host):
        yield "no host Node is linked to a DPUNode (zero-trust); no host is tainted"
    demand = demand_of(service)
    if not demand.service_id:
        yield "has no status.serviceID yet; every host that it is meant for counts as not ready"
    if host.listing(kinds.DPU_CLUSTER).trouble is None:
        sides = dpu_sides(host, dpu_clusters).values()
        yield from _reach(demand, [side for side in sides if demand.reaches(side)])
    if service.at("spec", "paused") is True:
        yield "is suspended, and counts all the same; no update reaches its pods"


def _reach(demand: Demand, reached: list[DpuSide]) -> Iterator[str]:
    """Say whether selectors leave any DPU for a service to run on."""
    if not reached and demand.clusters.requirements:
        yield "its dpuClusterSelector picks no DPU cluster; no host is tainted for it"
    elif demand.nodes.is_unreadable:
        yield "its nodeSelector cannot be read; DPUs that it does not pick count as not ready"
    elif demand.nodes != EVERY_NODE and not any(side.error for side in reached):
        nodes = (node for side in reached for node in side.nodes.values())
        if not any(demand.is_meant_for(node) for node in nodes):
            yield "its nodeSelector matches no DPU node; no host is tainted for it"


def _is_linked(host: Inventory) -> bool:
    return any(node.text("status", "kubeNodeRef") for node in host.list(kinds.DPU_NODE))
