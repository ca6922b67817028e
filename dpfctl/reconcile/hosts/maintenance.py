"""Maintenance of hosts: who no longer has to be waited for.

Before an upgrade disturbs a host, everything that has a say in it asks for a maintenance by name.
Once it is ready again on the DPUs of that host its name is taken off, and nothing else is changed.

Source:
    ``DPUNodeMaintenance.spec.requestor``, DPF 26.x
    ``internal/dpuservice/controllers/dpuready_controller.go``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dpfctl.errors import DpfctlError, NotFoundError
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import ClusterName
from dpfctl.model.edits import with_field
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.dpus.traffic import Placed, Traffic, traffic_of, wanted_on
from dpfctl.reconcile.hosts.demands import Demand, demands_of
from dpfctl.reconcile.hosts.dpu_side import DpuSide, dpu_sides
from dpfctl.reconcile.hosts.wiring import cluster_of, wiring_of
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import World

DONE = "requestors removed"

_APPLIED = "NodeEffectApplied"


def plan_requestors(world: World) -> tuple[Change, ...]:
    """Plan taking ready services and chains off the maintenance of their hosts.

    Args:
        world: What the pass knows.

    Returns:
        One change per DPUNodeMaintenance that is in effect, by namespace and name. ``NONE`` if
        everything it waits for still is to be waited for, or a DPU of the host cannot be looked at.
    """
    evidence = _evidence(world)
    return tuple(
        _change(one, _ready_on(one.text("spec", "dpuNodeName"), evidence))
        for one in world.host.list(kinds.DPU_NODE_MAINTENANCE)
        if _is_in_effect(one) and one.text("spec", "dpuNodeName") in evidence.dpu_nodes
    )


def replan_requestors(change: Change, fresh: Resource | None) -> Change:
    """Plan one maintenance again as it is now: the same names are taken off, new ones stay.

    Raises:
        NotFoundError: The maintenance is gone.
    """
    if fresh is None:
        raise NotFoundError(f"{change.ref}: is gone", "run the command again")
    before = change.before.texts("spec", "requestor") if change.before else ()
    kept = Resource(change.ref.kind, change.after).texts("spec", "requestor")
    return _change(fresh, frozenset(before) - frozenset(kept))


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is asked; DPUs by the name of their DPUNode, DPUNodes without those in deletion."""

    world: World
    dpu_nodes: frozenset[str]
    dpus: Mapping[str, Sequence[Resource]]
    sides: Mapping[ClusterName, DpuSide]
    demands: Sequence[Demand]
    traffic: Mapping[ClusterName, Traffic]


def _evidence(world: World) -> _Evidence:
    host = world.host
    if not host.list(kinds.DPU_NODE_MAINTENANCE):
        return _Evidence(world, frozenset(), {}, {}, (), {})
    services = host.list(kinds.DPU_SERVICE)
    return _Evidence(
        world,
        frozenset(one.name for one in host.list(kinds.DPU_NODE) if not one.is_deleting),
        wiring_of(host).dpus,
        dpu_sides(host, world.dpus),
        demands_of(services, lambda _: True, is_upstream=world.is_upstream),
        {n: traffic_of(s) for n, s in world.dpus.items() if not isinstance(s, DpfctlError)},
    )


def _is_in_effect(maintenance: Resource) -> bool:
    """Whether the host is disturbed already, as of the present generation."""
    generation = maintenance.at("metadata", "generation") or 0
    return any(
        c.type == _APPLIED and c.is_true and c.observed_generation == generation
        for c in maintenance.conditions
    )


def _ready_on(dpu_node: str, evidence: _Evidence) -> frozenset[str]:
    """The names under which those ask that are ready on every DPU of a host they are meant for."""
    places = _places(dpu_node, evidence)
    if places is None:
        return frozenset()
    names = (*_services(places, evidence), *_chains(places, evidence))
    return frozenset(names)


_Place = tuple[DpuSide, Resource]
"""A DPU cluster, and the node of a DPU in it."""


def _places(dpu_node: str, evidence: _Evidence) -> list[_Place] | None:
    """Where the DPUs of a host are; None if one of them cannot be looked at."""
    found: list[_Place] = []
    for dpu in evidence.dpus.get(dpu_node, ()):
        side = evidence.sides.get(cluster_of(dpu))
        node = side.nodes.get(dpu.name) if side else None
        if side is None or node is None:
            return None
        found.append((side, node))
    return found


def _services(places: Sequence[_Place], evidence: _Evidence) -> Iterator[str]:
    for demand in evidence.demands:
        meant = [(s, n) for s, n in places if demand.reaches(s) and demand.is_meant_for(n)]
        if meant and all(demand.lack(side, node) is None for side, node in meant):
            service = evidence.world.host.find(demand.service)
            if service is not None:
                yield _requestor(service)


def _chains(places: Sequence[_Place], evidence: _Evidence) -> Iterator[str]:
    found = [placed for place in places for placed in _placed(place, evidence)]
    unready = {placed.resource.ref for placed in found if not placed.is_ready}
    for placed in found:
        if placed.resource.ref not in unready:
            yield _requestor(placed.resource)


def _placed(place: _Place, evidence: _Evidence) -> tuple[Placed, ...]:
    """The chains that a DPU is to have."""
    side, node = place
    cluster = evidence.world.host.find(side.ref)
    traffic = evidence.traffic.get((side.ref.namespace, side.ref.name))
    if cluster is None or traffic is None:
        return ()
    return wanted_on(node, cluster, kinds.DPU_SERVICE_CHAIN, traffic, evidence.world)


def _requestor(resource: Resource) -> str:
    return f"{resource.label(labels.OWNED_BY_DPU_DEPLOYMENT) or ''}_{resource.name}"


def _change(maintenance: Resource, ready: Collection[str]) -> Change:
    asked = maintenance.texts("spec", "requestor")
    done = [name for name in asked if name in ready]
    reasons = tuple(f"{name} is ready on every DPU it is meant for" for name in done)
    raw, action = maintenance.raw, Action.NONE
    if done:
        kept = [name for name in asked if name not in ready]
        raw, action = with_field(raw, ("spec", "requestor"), kept), Action.PATCH
    return Change(
        maintenance.ref, action, DONE, maintenance, raw, reasons, Step.REQUESTOR, needs=()
    )
