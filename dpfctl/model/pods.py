"""Pods: whether one is ready, and if not, why."""

from collections.abc import Iterator

from dpfctl.model.conditions import READY, TRUE
from dpfctl.model.resources import Resource

RUNNING = "Running"


def is_ready(pod: Resource) -> bool:
    """Whether a pod counts as ready: not being deleted, phase Running, condition Ready True.

    What its containers say does not matter.

    Source:
        DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
    """
    if pod.is_deleting or pod.text("status", "phase") != RUNNING:
        return False
    return pod.says(READY) == TRUE


def why_not_ready(pod: Resource) -> str:
    """Say in a few words why a pod does not count as ready.

    Returns:
        ``pod is being deleted``, ``pod Pending`` (or another phase) or ``pod not Ready``, with the
        reason of the first container that has one: ``pod Pending: ImagePullBackOff``. For a pod
        that is ready the answer has no meaning.
    """
    if pod.is_deleting:
        return "pod is being deleted"
    phase = pod.text("status", "phase") or "Unknown"
    fact = "pod not Ready" if phase == RUNNING else f"pod {phase}"
    reason = next(_reasons(pod), "")
    return f"{fact}: {reason}" if reason else fact


def _reasons(pod: Resource) -> Iterator[str]:
    """Yield why containers do not run, then why the pod as a whole does not."""
    for field in ("initContainerStatuses", "containerStatuses"):
        for container in pod.items("status", field):
            status = Resource(pod.kind, container)
            for state in ("waiting", "terminated"):
                if (reason := status.text("state", state, "reason")) not in _NO_FAULT:
                    yield reason
    if reason := pod.text("status", "reason"):
        yield reason


_NO_FAULT = frozenset({"", "Completed", "PodInitializing"})
"""Reasons of containers that are done, or that only wait for their turn."""
