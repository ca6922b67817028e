"""Which hosts are ready for pods: the rules behind the taint ``dpu.nvidia.com/dpu-ready``.

A host is ready when every critical service runs on every DPU of the host that it is meant for.
``judge_hosts`` is the one place that knows; whoever writes taints and whoever foretells them asks
it.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``; what differs is in
    ``docs/explanation/host-taints.md``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dpfctl.errors import DpfctlError, KindNotServedError, NotFoundError
from dpfctl.model import kinds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.dpu_services import is_critical
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.reconcile.hosts.demands import Critical, Demand, demands_of
from dpfctl.reconcile.hosts.dpu_side import DpuClusters, DpuSide, dpu_sides
from dpfctl.reconcile.hosts.verdicts import Gap, HostVerdict, Wait
from dpfctl.reconcile.hosts.wiring import Wiring, cluster_of, linked_node, wiring_of

HOST_KINDS: tuple[Kind, ...] = (
    kinds.DPF_OPERATOR_CONFIG,
    kinds.DPU_CLUSTER,
    kinds.DPU,
    kinds.DPU_NODE,
    kinds.DPU_SERVICE,
    kinds.NODE,
)
"""Kinds of the host cluster, in all namespaces, without which no host can be judged."""


def taints_disabled(host: Inventory) -> bool:
    """Whether the operator's configuration says that taints are neither added nor removed.

    Source:
        ``DPFOperatorConfig.spec.dpuServiceController.disableDPUReadyTaints``, DPF 26.x
        ``api/operator/v1alpha1``.
    """
    return any(
        config.at("spec", "dpuServiceController", "disableDPUReadyTaints") is True
        for config in host.list(kinds.DPF_OPERATOR_CONFIG)
    )


def host_failures(host: Inventory) -> tuple[DpfctlError, ...]:
    """Return why lists of the host cluster are missing without which no host can be judged.

    A kind that is not served is no failure: there are no objects of it.
    """
    found = (host.failure(kind) for kind in HOST_KINDS)
    return tuple(e for e in found if e is not None and not isinstance(e, KindNotServedError))


def judge_hosts(
    host: Inventory,
    dpu_clusters: DpuClusters,
    *,
    critical: Critical = is_critical,
    is_upstream: bool = False,
) -> tuple[HostVerdict, ...]:
    """Judge the host of every DPUNode.

    A DPU is looked at only if a critical service may have to run on it, so a DPU cluster that
    cannot be read matters only then. DPUNodes that link the same host Node are judged by the DPUs
    of all of them, and therefore alike.

    Args:
        host: Lists of ``HOST_KINDS``, all namespaces.
        dpu_clusters: Lists of ``dpu_side.SIDE_KINDS`` of each DPU cluster, or why there are none.
        critical: Which DPUServices count; those on the host cluster never do.
        is_upstream: Whether to judge as the controller does: a ``dpuClusterSelector`` does not
            count, a host waits for a service that is meant for none of its DPUs, and one thing that
            cannot be found out leaves the host open.

    Returns:
        n verdicts for n DPUNodes, by namespace and name.

    Raises:
        DpfctlError: A list of the host cluster could not be read.
    """
    for failure in host_failures(host):
        raise failure
    demands = demands_of(host.list(kinds.DPU_SERVICE), critical, is_upstream=is_upstream)
    sides = dpu_sides(host, dpu_clusters)
    evidence = _Evidence(host, demands, sides, wiring_of(host), is_upstream)
    return tuple(_verdict(evidence, dpu_node) for dpu_node in host.list(kinds.DPU_NODE))


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What hosts are judged by."""

    host: Inventory
    demands: tuple[Demand, ...]
    sides: Mapping[ClusterName, DpuSide]
    wiring: Wiring
    is_upstream: bool


def _verdict(evidence: _Evidence, dpu_node: Resource) -> HostVerdict:
    name = linked_node(dpu_node)
    node = evidence.host.find(Ref(kinds.NODE, "", name)) if name else None
    if exemption := _exemption(evidence.host, dpu_node):
        return HostVerdict(dpu_node, node, exemption=exemption)
    if node is None:
        fact = f"failed to get Node {name}: there is no such node in the host cluster"
        return HostVerdict(dpu_node, None, gaps=(_gap(dpu_node, fact),))
    dpus = evidence.wiring.dpus_of_host(name)
    if evidence.demands and not dpus:
        gap = _gap(dpu_node, f"no DPU found for DPUNode {dpu_node.name}")
        return HostVerdict(dpu_node, node, gaps=(gap,))
    found = [finding for dpu in dpus for finding in _look(evidence, dpu)]
    waits = tuple(finding for finding in found if isinstance(finding, Wait))
    gaps = tuple(finding for finding in found if isinstance(finding, Gap))
    if evidence.is_upstream:
        waits = () if gaps else (*waits, *_nowhere(evidence, dpus))
    return HostVerdict(dpu_node, node, waits, gaps)


def _nowhere(evidence: _Evidence, dpus: Sequence[Resource]) -> Iterator[Wait]:
    """Yield the services that are meant for no DPU of a host; to the controller they are missing.

    Every DPU has a node in a cluster that could be read: without one there would be a gap.
    """
    for demand in evidence.demands:
        places = [(dpu, evidence.sides[cluster_of(dpu)]) for dpu in dpus]
        is_meant = any(demand.is_meant_for(side.nodes[dpu.name]) for dpu, side in places)
        if not (is_meant or demand.nodes.is_unreadable):
            dpu, side = places[0]
            yield Wait(demand.service, dpu.ref, side.ref, None, "meant for no DPU of the host")


def _exemption(host: Inventory, dpu_node: Resource) -> str:
    if dpu_node.is_deleting:
        return "the DPUNode is being deleted"
    if not linked_node(dpu_node):
        return "no host Node is linked (zero-trust)"
    return "taints are disabled in the DPFOperatorConfig" if taints_disabled(host) else ""


def _look(evidence: _Evidence, dpu: Resource) -> Iterator[Wait | Gap]:
    """Yield what is missing, or cannot be found out, on one DPU."""
    if not evidence.demands:
        return
    name = cluster_of(dpu)
    side = evidence.sides.get(name)
    if side is None:
        where = Ref(kinds.DPU_CLUSTER, *name) if all(name) else "a DPU cluster"
        yield _gap(dpu, f"should be in {where}, which does not exist")
        return
    demands = [demand for demand in evidence.demands if demand.reaches(side)]
    if demands:
        yield from _findings(demands, side, dpu)


def _findings(demands: Sequence[Demand], side: DpuSide, dpu: Resource) -> Iterator[Wait | Gap]:
    """Yield what services lack on one DPU of a cluster they are deployed to."""
    if side.error is not None:
        yield Gap(side.error, side.ref)
        return
    node = side.nodes.get(dpu.name)
    if node is None:
        yield _gap(dpu, f"failed to get the dpu node {dpu.name}: not found in {side.ref}")
        return
    for demand in demands:
        if (lack := demand.lack(side, node)) is not None:
            yield Wait(demand.service, dpu.ref, side.ref, lack.pod, lack.why)


def _gap(subject: Resource, fact: str) -> Gap:
    return Gap(NotFoundError(f"{subject.ref}: {fact}"))
