"""What is good and bad on one DPU, part by part, in the words of DPF's conditions.

Each part is one condition of ``DPU.status.operationalConditions``: the node, the pods of critical
services and of the others, the interfaces and the chains. ``summary`` adds them up.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
"""

from collections.abc import Iterable, Sequence

from dpfctl.model.conditions import ERROR, FALSE, TRUE, UNKNOWN, Condition
from dpfctl.model.pods import is_ready
from dpfctl.model.resources import Resource
from dpfctl.reconcile.dpus.traffic import Placed

OPERATIONAL = "OperationalReady"
NODE_PROBLEMS = "NodeProblemsReady"
CRITICAL_PODS = "DPUServiceCriticalPodsReady"
OTHER_PODS = "DPUServiceNonCriticalPodsReady"
INTERFACES = "DPUServiceInterfacesReady"
CHAINS = "DPUServiceChainsReady"

SUBJECTS = {
    NODE_PROBLEMS: "node health",
    CRITICAL_PODS: "critical pods",
    OTHER_PODS: "non-critical pods",
    INTERFACES: "service interfaces",
    CHAINS: "service chains",
}
"""The parts in their order, and what each is about."""

PROBLEMS = (
    "KernelDeadlock",
    "ReadonlyFilesystem",
    "OVSvSwitchdHealthy",
    "OVSDBHealthy",
    "OVSHealthy",
    "UplinkHealthy",
    "PFRepresentorsHealthy",
    "MTUConfigured",
)
"""Conditions that the node problem detector sets on a DPU's node; ``False`` is the good news."""

_SHOWN = 5
_LISTS = {
    CRITICAL_PODS: "DPU service pods",
    OTHER_PODS: "DPUServices or Pods",
    INTERFACES: "ServiceInterfaces",
    CHAINS: "ServiceChains",
}


def node_problems(node: Resource) -> Condition:
    """Say whether the node problem detector finds the node of a DPU in order."""
    found = {condition.type: condition for condition in node.conditions}
    problems = [
        f"{name}={found[name].reason if name in found else UNKNOWN}"
        for name in PROBLEMS
        if name not in found or found[name].status != FALSE
    ]
    total = len(PROBLEMS)
    if not problems:
        message = f"All node health checks passing ({total} Conditions)"
        return Condition(NODE_PROBLEMS, TRUE, "NoProblemsDetected", message)
    counts = f"{total - len(problems)}/{total} Conditions"
    message = f"Node problems detected ({counts}): {', '.join(problems)}"
    return Condition(NODE_PROBLEMS, FALSE, "NodeProblemDetectorNotReady", message)


def critical_pods(pods: Sequence[Resource]) -> Condition:
    """Say whether pods of critical services are ready; without any, all are."""
    return _pods(CRITICAL_PODS, "critical Pods are", "Critical Pods", pods)


def other_pods(pods: Sequence[Resource]) -> Condition:
    """Say whether pods of other services are ready; without any, all are."""
    return _pods(OTHER_PODS, "Pods are", "Pods", pods)


def interfaces(found: Sequence[Placed]) -> Condition:
    """Say whether the interfaces that a DPU is to have are ready."""
    return _objects(INTERFACES, "ServiceInterfaces", found)


def chains(found: Sequence[Placed]) -> Condition:
    """Say whether the chains that a DPU is to have are ready."""
    return _objects(CHAINS, "ServiceChains", found)


def unlisted(part: str) -> Condition:
    """Return a part of which nothing is known because a list is missing."""
    return Condition(part, UNKNOWN, ERROR, f"Failed to list or aggregate {_LISTS[part]}")


def summary(parts: Iterable[Condition]) -> Condition:
    """Add the parts up to ``OperationalReady``."""
    conditions = tuple(parts)
    bad = ", ".join(c.type for c in conditions if c.status == FALSE)
    unknown = ", ".join(c.type for c in conditions if c.status not in (TRUE, FALSE))
    match bool(bad), bool(unknown):
        case True, True:
            message = f"Not ready conditions: {bad}, Unknown conditions: {unknown}"
            return Condition(OPERATIONAL, FALSE, "NotReadyAndUnknown", message)
        case True, False:
            return Condition(OPERATIONAL, FALSE, "NotReady", f"Not ready conditions: {bad}")
        case False, True:
            return Condition(OPERATIONAL, UNKNOWN, UNKNOWN, f"Unknown conditions: {unknown}")
    return Condition(OPERATIONAL, TRUE, "AllReady", "All operational conditions are ready")


def _pods(part: str, all_are: str, some: str, pods: Sequence[Resource]) -> Condition:
    unready = [pod.name for pod in pods if not is_ready(pod)]
    if not unready:
        return Condition(part, TRUE, "AllPodsReady", f"All {all_are} ready ({len(pods)})")
    message = f"{some} not ready ({_counts(unready, pods)}): {_names(unready)}"
    return Condition(part, FALSE, "PodsNotReady", message)


def _objects(part: str, noun: str, found: Sequence[Placed]) -> Condition:
    unready = [one.resource.name for one in found if not one.is_ready]
    if not unready:
        return Condition(part, TRUE, f"All{noun}Ready", f"All {noun} are ready ({len(found)})")
    message = f"{noun} not ready ({_counts(unready, found)}): {_names(unready)}"
    return Condition(part, FALSE, f"{noun}NotReady", message)


def _counts(unready: Sequence[object], every: Sequence[object]) -> str:
    return f"{len(every) - len(unready)}/{len(every)}"


def _names(names: Iterable[str]) -> str:
    """The first names in order, and how many more there are."""
    ordered = sorted(names)
    shown, more = ordered[:_SHOWN], len(ordered) - _SHOWN
    return ", ".join([*shown, *([f"... ({more} more)"] if more > 0 else [])])
