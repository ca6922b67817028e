"""The operational conditions of one DPU, judged by what its cluster says.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
"""

from collections.abc import Iterator, Mapping

from dpfctl.model import kinds
from dpfctl.model.conditions import AWAITING_DELETION, ERROR, FALSE, PENDING, UNKNOWN, Condition
from dpfctl.model.resources import Resource
from dpfctl.reconcile.dpus import parts
from dpfctl.reconcile.dpus.traffic import wanted_on
from dpfctl.reconcile.dpus.views import View
from dpfctl.reconcile.world import World

_READY_PHASE = "Ready"


def operational_conditions(dpu: Resource, view: View, world: World) -> tuple[Condition, ...]:
    """Judge one DPU.

    Returns:
        Six conditions: the summary, then its parts in their order.
    """
    node = view.nodes.get(dpu.name)
    if dpu.is_deleting or (node is not None and node.is_deleting):
        return _alike(UNKNOWN, AWAITING_DELETION, _DELETED)
    if node is None:
        is_missing = dpu.text("status", "phase") == _READY_PHASE
        return _alike(FALSE, ERROR, _MISSING) if is_missing else _alike(UNKNOWN, PENDING, _AWAITED)
    found = (parts.node_problems(node), *_pods(node, view, world), *_traffic(node, view, world))
    return (parts.summary(found), *found)


def _alike(status: str, reason: str, wording: Mapping[str, str]) -> tuple[Condition, ...]:
    """All conditions with one status, where there is no node to look at."""
    return tuple(Condition(name, status, reason, text) for name, text in wording.items())


def _assessing(summary: str, fact: str) -> Mapping[str, str]:
    texts = {name: f"Cannot assess {subject}: {fact}" for name, subject in parts.SUBJECTS.items()}
    return {parts.OPERATIONAL: summary, **texts}


_DELETED = _assessing(
    "Cannot assess operational readiness: node is being deleted", "node is being deleted"
)
_MISSING = _assessing("Node is missing from cluster", "node is missing from cluster")
_AWAITED = {
    parts.OPERATIONAL: "Waiting for node to join the cluster",
    **{
        name: f"Waiting for node to join before assessing {subject}"
        for name, subject in parts.SUBJECTS.items()
    },
    parts.NODE_PROBLEMS: "Node has not joined the cluster yet",
}


def _pods(node: Resource, view: View, world: World) -> Iterator[Condition]:
    """Judge the pods of services."""
    if view.side.lack(kinds.POD) or world.host.lack(kinds.DPU_SERVICE):
        yield parts.unlisted(parts.CRITICAL_PODS)
        yield parts.unlisted(parts.OTHER_PODS)
        return
    yield parts.critical_pods(view.critical.get(node.name, ()))
    yield parts.other_pods(view.others.get(node.name, ()))


def _traffic(node: Resource, view: View, world: World) -> Iterator[Condition]:
    for kind, part, judged in (
        (kinds.DPU_SERVICE_INTERFACE, parts.INTERFACES, parts.interfaces),
        (kinds.DPU_SERVICE_CHAIN, parts.CHAINS, parts.chains),
    ):
        wanted = wanted_on(node, view.cluster, kind, view.traffic, world)
        is_open = world.host.lack(kind) or (wanted and view.traffic.lack.get(kind))
        yield parts.unlisted(part) if is_open else judged(wanted)
