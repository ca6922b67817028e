"""Operational conditions: what ``DPU.status.operationalConditions`` is going to say of each DPU.

They tell people why a DPU is of no use, and decide nothing. A DPU whose cluster cannot be read
keeps what it says.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dpfctl.errors import DpfctlError, NotFoundError
from dpfctl.model import kinds
from dpfctl.model.conditions import Condition
from dpfctl.model.edits import with_field
from dpfctl.model.resources import Resource
from dpfctl.model.timestamps import format_time
from dpfctl.plan import Action, Change
from dpfctl.reconcile.dpus import parts
from dpfctl.reconcile.dpus.judging import operational_conditions
from dpfctl.reconcile.dpus.views import View, views_of
from dpfctl.reconcile.hosts.wiring import cluster_of
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import World

FEATURE = "DPU.status.operationalConditions"
DONE = "conditions updated"

_FIELD = "operationalConditions"


def plan_operational(world: World) -> tuple[Change, ...]:
    """Plan the operational conditions of every DPU of a DPUNode.

    Args:
        world: What the pass knows.

    Returns:
        One change of a status per DPU whose cluster can be read, by namespace and name; ``NONE`` if
        it says all of that already. Empty where the CRD has no such field.
    """
    if FEATURE not in world.features:
        return ()
    views, stamp = views_of(world), format_time(world.now)
    found = ((dpu, views.get(cluster_of(dpu))) for dpu in _dpus(world))
    return tuple(
        _change(dpu, operational_conditions(dpu, view, world), stamp)
        for dpu, view in found
        if isinstance(view, View)
    )


def operational_warnings(world: World) -> tuple[str, ...]:
    """Say of which DPUs the conditions are left as they are, and why, by namespace and name."""
    if FEATURE not in world.features:
        return ()
    views = views_of(world)
    return tuple(
        f"{dpu.ref}: its operational conditions are left as they are: {error.message}"
        for dpu in _dpus(world)
        if isinstance(error := views.get(cluster_of(dpu), _NOWHERE), DpfctlError)
    )


def replan_operational(change: Change, fresh: Resource | None, now: datetime) -> Change:
    """Plan the conditions of one DPU again on the object as it is now.

    Raises:
        NotFoundError: The DPU is gone.
    """
    if fresh is None:
        raise NotFoundError(f"{change.ref}: is gone", "run the command again")
    stamp = format_time(now)
    wanted = Resource(change.ref.kind, change.after).items("status", _FIELD)
    ours = {parts.OPERATIONAL, *parts.SUBJECTS}
    return _changed(fresh, [entry for entry in wanted if entry.get("type") in ours], stamp)


def _dpus(world: World) -> tuple[Resource, ...]:
    names = {dpu_node.name for dpu_node in world.host.list(kinds.DPU_NODE)}
    dpus = world.host.list(kinds.DPU)
    return tuple(dpu for dpu in dpus if dpu.text("spec", "dpuNodeName") in names)


_NOWHERE = NotFoundError("it is in no DPU cluster that is known")


def _change(dpu: Resource, found: Sequence[Condition], stamp: str) -> Change:
    wanted = [
        {"type": c.type, "status": c.status, "reason": c.reason, "message": c.message}
        for c in found
    ]
    return _changed(dpu, wanted, stamp)


def _changed(dpu: Resource, wanted: Sequence[Mapping[str, Any]], stamp: str) -> Change:
    """Put conditions into a DPU by type: old ones in their place, then new ones."""
    entries = dpu.items("status", _FIELD)
    by_type = {entry.get("type"): entry for entry in entries}
    for new in wanted:
        by_type[new["type"]] = _moved(by_type.get(new["type"], {}), new, stamp)
    after = list(by_type.values())
    action = Action.NONE if after == list(entries) else Action.STATUS
    raw = dpu.raw if action is Action.NONE else with_field(dpu.raw, ("status", _FIELD), after)
    return Change(dpu.ref, action, DONE, dpu, raw, stage=Step.STATUS, needs=())


def _moved(old: Mapping[str, Any], new: Mapping[str, Any], stamp: str) -> Mapping[str, Any]:
    """One condition; the time of its transition moves only with the status."""
    is_same = old.get("status") == new["status"] and old.get("lastTransitionTime")
    since = old["lastTransitionTime"] if is_same else stamp
    return {**old, **new, "lastTransitionTime": since}
