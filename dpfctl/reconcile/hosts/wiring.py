"""Hosts and what sits in them: which DPUs belong to which host Node, and which hosts take pods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dpfctl.model import kinds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Ref, Resource
from dpfctl.reconcile.hosts.verdicts import HostVerdict

_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the host cluster says about which DPU sits where.

    Attributes:
        dpus: Name of a DPUNode -> its DPUs, by namespace and name.
        dpu_nodes: Name of a host Node -> names of the DPUNodes that link it; those in deletion are
            left out.
    """

    dpus: Mapping[str, tuple[Resource, ...]]
    dpu_nodes: Mapping[str, frozenset[str]]

    def dpus_of_host(self, node: str) -> tuple[Resource, ...]:
        """The DPUs of every DPUNode that links a host Node, by namespace and name."""
        names = self.dpu_nodes.get(node, frozenset())
        dpus = [dpu for name in names for dpu in self.dpus.get(name, ())]
        return tuple(sorted(dpus, key=lambda dpu: (dpu.namespace, dpu.name)))


def wiring_of(host: Inventory) -> Wiring:
    """Read the wiring off the DPUs and DPUNodes of the host cluster.

    Source:
        ``DPU.spec.dpuNodeName`` (matched by name alone) and ``DPUNode.status.kubeNodeRef``, DPF
        26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
    """
    dpus: dict[str, tuple[Resource, ...]] = {}
    for dpu in host.list(kinds.DPU):
        if name := dpu.text("spec", "dpuNodeName"):
            dpus[name] = (*dpus.get(name, ()), dpu)
    dpu_nodes: dict[str, frozenset[str]] = {}
    for dpu_node in host.list(kinds.DPU_NODE):
        if not dpu_node.is_deleting:
            name = linked_node(dpu_node)
            dpu_nodes[name] = dpu_nodes.get(name, frozenset()) | {dpu_node.name}
    return Wiring(dpus, dpu_nodes)


def linked_node(dpu_node: Resource) -> str:
    """Return the name of the host Node that a DPUNode links, empty if there is none."""
    return dpu_node.text("status", "kubeNodeRef")


def cluster_of(dpu: Resource) -> ClusterName:
    """Return the DPU cluster that a DPU belongs to; empty texts where it names none yet."""
    return dpu.text("spec", "cluster", "namespace"), dpu.text("spec", "cluster", "name")


def takes_pods(node: Resource) -> bool:
    """Whether a host Node takes pods but for taints: not cordoned, and no control plane."""
    is_control_plane = any(key in node.mapping("metadata", "labels") for key in _CONTROL_PLANE)
    return node.at("spec", "unschedulable") is not True and not is_control_plane


def one_per_host(verdicts: Sequence[HostVerdict]) -> tuple[HostVerdict, ...]:
    """Keep one verdict of those about one host Node; a DPUNode in deletion gives way."""
    kept: dict[Ref | None, HostVerdict] = {}
    for verdict in verdicts:
        subject = verdict.node or verdict.dpu_node
        ref = subject.ref if subject else None
        if ref not in kept or kept[ref].exemption:
            kept[ref] = verdict
    return tuple(kept.values())


def linked_hosts(host: Inventory) -> tuple[Resource, ...]:
    """Return the host Nodes that a DPUNode links and that take pods, by name."""
    names = {linked_node(dpu_node) for dpu_node in host.list(kinds.DPU_NODE)}
    return tuple(n for n in host.list(kinds.NODE) if n.name in names and takes_pods(n))
