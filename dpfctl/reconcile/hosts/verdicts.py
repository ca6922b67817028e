"""What is known about a host: whether it is ready for pods, what it waits for, what is unclear.

Source:
    The taint is that of DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
"""

from dataclasses import dataclass
from enum import StrEnum

from dpfctl.errors import DpfctlError
from dpfctl.model.resources import Ref, Resource

TAINT_KEY = "dpu.nvidia.com/dpu-ready"
NO_SCHEDULE = "NoSchedule"


class State(StrEnum):
    """What is known about a host."""

    READY = "ready"
    NOT_READY = "not ready"
    NOT_JUDGED = "not judged"
    """It is exempt, or something could not be found out: its taint stays as it is."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that a host waits for.

    Attributes:
        service: The critical DPUService.
        dpu: The DPU on which it does not run.
        cluster: The DPUCluster of that DPU.
        pod: The pod in that DPU cluster, None if there is none.
        why: In a few words: ``no pod``, ``pod Pending: ImagePullBackOff``.
    """

    service: Ref
    dpu: Ref
    cluster: Ref
    pod: Ref | None
    why: str


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that could not be found out about a host.

    Attributes:
        error: Why not.
        cluster: The DPUCluster that could not be read, None if the reason is another one.
    """

    error: DpfctlError
    cluster: Ref | None = None


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """What is known about the host of one DPUNode.

    Attributes:
        dpu_node: The DPUNode; None for a host Node that none links (any more).
        node: The host Node it links, None if it links none or there is none of that name.
        waits: By DPU, then by service.
        gaps: By DPU.
        exemption: Why taints of this host are left alone, empty if they are not.
        cut_off: DPUs that give it no network, where that closes it with ``NoExecute``; by name.
    """

    dpu_node: Resource | None
    node: Resource | None
    waits: tuple[Wait, ...] = ()
    gaps: tuple[Gap, ...] = ()
    exemption: str = ""
    cut_off: tuple[Ref, ...] = ()

    @property
    def state(self) -> State:
        """One thing waited for decides; without one, a gap leaves it open."""
        if self.exemption or (self.gaps and not self.waits):
            return State.NOT_JUDGED
        return State.NOT_READY if self.waits else State.READY

    @property
    def reason(self) -> str:
        """Why the host was not judged, empty if it was."""
        if self.state is not State.NOT_JUDGED:
            return ""
        return self.exemption or "; ".join(gap.error.message for gap in self.gaps)

    @property
    def is_tainted(self) -> bool:
        """Whether the host Node carries the taint now."""
        return self.node is not None and has_taint(self.node)

    @property
    def should_be_tainted(self) -> bool:
        """Whether the host Node is to carry the taint; if not judged, as it does now."""
        if self.state is State.NOT_JUDGED:
            return self.is_tainted
        return self.state is State.NOT_READY


def has_taint(node: Resource) -> bool:
    """Whether a host Node is closed to pods until its DPUs are ready; the value does not matter."""
    return any(
        taint.get("key") == TAINT_KEY and taint.get("effect") == NO_SCHEDULE
        for taint in node.items("spec", "taints")
    )
