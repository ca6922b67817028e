"""Why hosts are tainted now, and whether they should be."""

from enum import StrEnum

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory
from dpfctl.reconcile.hosts.dpu_side import DpuClusters
from dpfctl.reconcile.hosts.readiness import judge_hosts
from dpfctl.reconcile.hosts.verdicts import HostVerdict, State, has_taint


class Standing(StrEnum):
    """How the taint of a host agrees with what is known about it."""

    TAINTED = "tainted"
    """It is tainted and waits for something."""
    STALE = "stale"
    """It is tainted although it waits for nothing."""
    MISSING = "missing"
    """It waits for something and is not tainted."""
    NOT_JUDGED = "not judged"
    """It is tainted, and whether rightly cannot be said."""
    UNKNOWN = "unknown"
    """It is not tainted, and a DPU cluster that would say whether it should be cannot be read."""
    CLEAR = "clear"
    """It is not tainted, and nothing says that it should be."""


def why_tainted(host: Inventory, dpu_clusters: DpuClusters) -> tuple[HostVerdict, ...]:
    """Return every host that is tainted, should be, or may have to be, with what it waits for.

    Returns:
        Verdicts by DPUNode, then host Nodes that carry the taint although no DPUNode links them,
        by name. ``standing`` says of each how the taint agrees with the verdict.

    Raises:
        DpfctlError: A list of the host cluster could not be read.
    """
    verdicts = judge_hosts(host, dpu_clusters)
    linked = {one.text("status", "kubeNodeRef") for one in host.list(kinds.DPU_NODE)}
    orphans = (
        HostVerdict(None, node, exemption="no DPUNode links it")
        for node in host.list(kinds.NODE)
        if node.name not in linked and has_taint(node)
    )
    return tuple(v for v in (*verdicts, *orphans) if standing(v) is not Standing.CLEAR)


def standing(verdict: HostVerdict) -> Standing:
    """Compare the taint of a host with the verdict about it."""
    match verdict.state, verdict.is_tainted:
        case State.NOT_READY, tainted:
            return Standing.TAINTED if tainted else Standing.MISSING
        case State.READY, True:
            return Standing.STALE
        case State.NOT_JUDGED, True:
            return Standing.NOT_JUDGED
    is_open = any(gap.cluster for gap in verdict.gaps)
    return Standing.UNKNOWN if is_open else Standing.CLEAR
