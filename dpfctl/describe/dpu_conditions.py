"""Conditions of what runs in DPU clusters: one Ready each, made of what the object does say.

Kubernetes has no common condition there. A Node's conditions are good when they are ``False``, a
DaemonSet has none, a pod's do not name the container that is at fault.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from dpfctl.model import kinds
from dpfctl.model.conditions import (
    FALSE,
    PENDING,
    READY,
    TRUE,
    UNKNOWN,
    Condition,
    find_ready,
)
from dpfctl.model.pods import is_ready, why_not_ready
from dpfctl.model.releases import StoredRelease
from dpfctl.model.resources import Resource
from dpfctl.model.workloads import WorkloadState, daemon_set_state, deployment_state

AVAILABLE = "Available"
UNAVAILABLE = "Unavailable"
NONE_DESIRED = "NoneDesired"
CORDONED = "SchedulingDisabled"
TERMINATING = "Terminating"
DEPLOYED = "deployed"


def node_conditions(node: Resource) -> tuple[Condition, ...]:
    """Return the Ready of a Node; if it is ready in spite of something, that is its reason."""
    ready = find_ready(node.conditions)
    if ready is None:
        return (Condition(READY, UNKNOWN, PENDING, since=node.created),)
    faults = [c for c in node.conditions if c.type != READY and c.status != FALSE]
    reasons = [CORDONED] if node.at("spec", "unschedulable") is True else []
    reasons += [c.type for c in faults]
    if not ready.is_true or not reasons:
        return (Condition(READY, ready.status, ready.reason, ready.message, ready.since),)
    told = "\n".join(f"{c.type}: {c.message or c.reason}" for c in faults)
    return (Condition(READY, TRUE, ",".join(reasons), told, ready.since),)


def workload_conditions(workload: Resource, pods: Iterable[Resource]) -> tuple[Condition, ...]:
    """Return the Ready of a DaemonSet or a Deployment, with its counts as the message.

    Args:
        workload: A DaemonSet or a Deployment.
        pods: Its pods, which know since when it is so.
    """
    judge = daemon_set_state if workload.kind is kinds.DAEMON_SET else deployment_state
    state = judge(workload)
    since = _settled(state, pods) or workload.created
    if not state.is_ready:
        return (Condition(READY, FALSE, UNAVAILABLE, state.why, since),)
    counts = f"{state.ready}/{state.desired} ready"
    told = f"{counts}, {state.why}" if state.why else counts
    return (Condition(READY, TRUE, AVAILABLE if state.desired else NONE_DESIRED, told, since),)


def pod_conditions(pod: Resource) -> tuple[Condition, ...]:
    """Return the Ready of a pod that is not ready: why, on which node, and what is said of it."""
    fact, _, fault = why_not_ready(pod).partition(": ")
    node = pod.text("spec", "nodeName")
    lines = (f"{fact} on {node}" if node else fact, _told(pod, fault))
    message = "\n".join(line for line in lines if line)
    return (Condition(READY, FALSE, fault or _reason(pod), message, _unready(pod)),)


def release_conditions(release: StoredRelease) -> tuple[Condition, ...]:
    """Return the Ready of a Helm release: its status as the reason, its revision and chart."""
    status = TRUE if release.status == DEPLOYED else FALSE
    chart = "-".join(part for part in (release.chart_name, release.chart_version) if part)
    told = f"revision {release.revision}" + (f", {chart}" if chart else "")
    return (Condition(READY, status, release.status, told, release.deployed_at),)


def _settled(state: WorkloadState, pods: Iterable[Resource]) -> datetime | None:
    """Since when a workload is ready: its last pod; or is not: the first pod that is not."""
    found = list(pods)
    if not state.is_ready:
        lost = [since for pod in found if not is_ready(pod) and (since := _unready(pod))]
        return min(lost, default=None)
    ready = [find_ready(pod.conditions) for pod in found if is_ready(pod)]
    return max((c.since for c in ready if c and c.since), default=None)


def _unready(pod: Resource) -> datetime | None:
    ready = find_ready(pod.conditions)
    if pod.deleted:
        return pod.deleted
    return ready.since if ready and not ready.is_true and ready.since else pod.created


def _reason(pod: Resource) -> str:
    """A word for a pod of which no container says why."""
    if pod.is_deleting:
        return TERMINATING
    ready = find_ready(pod.conditions)
    return (ready.reason if ready else "") or pod.text("status", "phase")


def _told(pod: Resource, fault: str) -> str:
    """What is said about the container that is at fault, else about the pod."""
    if pod.is_deleting:
        return ""
    ready = find_ready(pod.conditions)
    of_pod = pod.text("status", "message") or (ready.message if ready else "")
    return next(_messages(pod, fault), "") or of_pod


def _messages(pod: Resource, fault: str) -> Iterator[str]:
    for field in ("initContainerStatuses", "containerStatuses"):
        for container in pod.items("status", field):
            status = Resource(pod.kind, container)
            for state in ("waiting", "terminated"):
                if fault and status.text("state", state, "reason") == fault:
                    yield status.text("state", state, "message")
