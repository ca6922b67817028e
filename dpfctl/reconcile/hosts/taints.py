"""Verdicts about hosts to a plan: which taints of ours a host Node gets and loses.

Ours are two, under one key: ``NoSchedule`` while a critical service is missing on a DPU, and, where
the DPFOperatorConfig asks for it, ``NoExecute`` while a DPU has no host network. All others stay as
they are, order and content. Each host Node is written once, and never from a state that is not the
one that was judged.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dpfctl.errors import NotFoundError
from dpfctl.model import kinds
from dpfctl.model.edits import with_field
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.hosts.verdicts import NO_SCHEDULE, TAINT_KEY, HostVerdict, State
from dpfctl.reconcile.hosts.wiring import linked_hosts, one_per_host, wiring_of
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import World

NO_EXECUTE = "NoExecute"
TAINTED = "tainted"
UNTAINTED = "untainted"
CHANGED = "taints changed"

_READY_PHASE = "Ready"
_HOST_NETWORK = "HostNetworkReady"
_SEVERAL = 2

Wishes = Mapping[str, bool]
"""Effect -> whether a host has our taint with it; an effect that is not there is left alone."""


def plan_taints(verdicts: Sequence[HostVerdict], world: World) -> tuple[Change, ...]:
    """Plan the taints of every host that was judged.

    Args:
        verdicts: n verdicts of ``judge_hosts`` and ``with_cut_off``; several about one host Node
            count once.
        world: What the pass knows.

    Returns:
        One change per host Node there is, by name, stage ``TAINT``. ``NONE`` for a host whose
        taints are as they should be, or that is not judged.

    Source:
        ``DPFOperatorConfig.spec.dpuServiceController.disableHostNetworkReadyNoExecuteTaints``, DPF
        26.x ``api/operator/v1alpha1``; unset means true: a ``NoExecute`` of ours is taken away.
    """
    changes = (
        _change(v.node, _wishes(v, world), tuple(_facts(v)))
        for v in one_per_host(verdicts)
        if v.node is not None
    )
    return tuple(sorted(changes, key=lambda change: change.ref.name))


def with_cut_off(verdicts: Sequence[HostVerdict], world: World) -> tuple[HostVerdict, ...]:
    """Return verdicts that tell which DPUs give their hosts no network."""
    lacking = _without_network(verdicts, world)
    return tuple(
        verdict
        if verdict.node is None or verdict.exemption
        else replace(verdict, cut_off=tuple(dpu.ref for dpu in lacking.get(verdict.node.name, ())))
        for verdict in verdicts
    )


def replan_taints(change: Change, fresh: Resource | None) -> Change:
    """Plan the taints of one host again on the Node as it is now.

    What was to be added and removed still is; whatever else became of its taints stays.

    Raises:
        NotFoundError: The Node is gone.
    """
    if fresh is None:
        raise NotFoundError(f"{change.ref}: is gone", "run the command again")
    before = our_effects(change.before) if change.before else frozenset()
    after = our_effects(Resource(change.ref.kind, change.after))
    wishes = {effect: effect in after for effect in _EFFECTS if effect in before ^ after}
    return _change(fresh, wishes, change.reasons)


def our_effects(node: Resource) -> frozenset[str]:
    """Return the effects with which a host Node carries a taint of ours; values do not matter."""
    return frozenset(filter(None, map(_our_effect, _taints(node))))


def mass_taints(changes: Sequence[Change], world: World, start: Inventory | None = None) -> str:
    """Say why a pass taints too many hosts at once, empty if it does not.

    Args:
        changes: The changes of ``plan_taints``.
        world: What the pass knows.
        start: The host cluster as the pass first saw it, where it taints in several rounds.

    Returns:
        A reason if there are two or more hosts, and more than half of them would get a taint that
        they do not have. Hosts are the Nodes that a DPUNode links and that take pods.
    """
    hosts = {node.name for node in linked_hosts(world.host)}
    added = [c for c in changes if c.ref.name in hosts and adds_taint(c, start)]
    if len(hosts) < _SEVERAL or len(added) * 2 <= len(hosts):
        return ""
    return f"would taint {len(added)} of {len(hosts)} schedulable hosts in one pass"


_EFFECTS = (NO_SCHEDULE, NO_EXECUTE)


def adds_taint(change: Change, start: Inventory | None = None) -> bool:
    """Whether a host has a taint afterwards that it had not before, or not at the start."""
    before = start.find(change.ref) if start else change.before
    if before is None:
        return False
    return bool(our_effects(Resource(kinds.NODE, change.after)) - our_effects(before))


def _without_network(verdicts: Sequence[HostVerdict], world: World) -> Mapping[str, list[Resource]]:
    """Host Node -> its DPUs that are provisioned and give it no network; none if nobody asks."""
    if not _asks_for_network(world):
        return {}
    wiring = wiring_of(world.host)
    names = (verdict.node.name for verdict in verdicts if verdict.node is not None)
    return {name: [d for d in wiring.dpus_of_host(name) if _lacks_network(d)] for name in names}


def _asks_for_network(world: World) -> bool:
    path = ("spec", "dpuServiceController", "disableHostNetworkReadyNoExecuteTaints")
    return any(one.at(*path) is False for one in world.host.list(kinds.DPF_OPERATOR_CONFIG))


def _lacks_network(dpu: Resource) -> bool:
    is_there = any(c.type == _HOST_NETWORK and c.is_true for c in dpu.conditions)
    return dpu.text("status", "phase") == _READY_PHASE and not is_there


def _wishes(verdict: HostVerdict, world: World) -> Wishes:
    if verdict.exemption or verdict.node is None or (world.is_upstream and verdict.gaps):
        return {}
    wishes = {NO_EXECUTE: bool(verdict.cut_off)}
    if verdict.state is State.NOT_JUDGED:
        return wishes
    return {NO_SCHEDULE: verdict.should_be_tainted, **wishes}


def _change(node: Resource, wishes: Wishes, reasons: tuple[str, ...]) -> Change:
    after = _with_taints(node, wishes)
    old, new = our_effects(node), our_effects(Resource(node.kind, after))
    action = Action.NONE if after is node.raw else Action.PATCH
    done = _word(old, new)
    return Change(node.ref, action, done, node, after, reasons, Step.TAINT, needs=())


def _word(old: frozenset[str], new: frozenset[str]) -> str:
    if new - old and old - new:
        return CHANGED
    is_tainted = bool(new - old) or (old == new and bool(new))
    return TAINTED if is_tainted else UNTAINTED


def _with_taints(node: Resource, wishes: Wishes) -> Mapping[str, Any]:
    """The Node with our taints as wished for; the object itself if nothing differs."""
    taints = _taints(node)
    kept = [taint for taint in taints if wishes.get(_our_effect(taint), True)]
    present = {_our_effect(taint) for taint in kept}
    added = [
        {"key": TAINT_KEY, "effect": effect}
        for effect in _EFFECTS
        if wishes.get(effect) and effect not in present
    ]
    after = [*kept, *added]
    return node.raw if after == taints else with_field(node.raw, ("spec", "taints"), after)


def _taints(node: Resource) -> list[Any]:
    found = node.at("spec", "taints")
    return found if isinstance(found, list) else []


def _our_effect(taint: Any) -> str:
    """The effect of a taint if it is one of ours, else an empty text."""
    if not isinstance(taint, dict) or taint.get("key") != TAINT_KEY:
        return ""
    effect = taint.get("effect")
    return effect if effect in _EFFECTS else ""


def _facts(verdict: HostVerdict) -> Iterator[str]:
    if verdict.reason:
        yield verdict.reason
    for wait in verdict.waits:
        service = f"{wait.service.namespace}/{wait.service.name}"
        yield f"waits for {service} on dpu/{wait.dpu.name}: {wait.why}"
    for dpu in verdict.cut_off:
        yield f"dpu/{dpu.name} gives it no network: {_HOST_NETWORK} is not True"
