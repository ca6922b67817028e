"""Zones to a plan: what is applied in which order, what is left alone, what goes.

A service finds its interfaces only if they are there, so sets come first and services last; what
is deleted goes the other way round, after everything else. Nothing is sent for an object that
already is as wanted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dpfctl.errors import AccessError, ConflictError, KindNotServedError, OwnedError
from dpfctl.model import labels
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.kinds import Kind
from dpfctl.model.ownership import deployment_of
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change, Plan
from dpfctl.zones.anatomy import node_label_candidates
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.ownership import is_applied
from dpfctl.zones.pruning import leftovers
from dpfctl.zones.reach import impacts_of, warnings_about
from dpfctl.zones.zone import Zone

COMMAND = "apply-zone"
CREATED = "created"
CONFIGURED = "configured"
PRUNED = "pruned"

_STAGES: Mapping[Kind, int] = {kind: stage for stage, kind in enumerate(PARTS)}
_LAST = 2 * len(PARTS) - 1


def plan_zones(zones: Sequence[Zone], fleet: Inventory, *, prune: bool, force: bool) -> Plan:
    """Plan applying zones.

    Args:
        zones: Zones as the cluster takes them.
        fleet: Lists of ``kinds_to_read``, in all namespaces.
        prune: Whether to delete what was applied with one of these zones and is no longer in it.
        force: Whether to take fields over from other managers, and objects from other zones.

    Returns:
        One change per object, DPUSets first, then interfaces, chains and services; deletions last,
        in the opposite order. ``NONE`` for an object that is as wanted. Every object gets the label
        ``dpfctl/zone`` with the name of its zone.

    Raises:
        AccessError: One of the four kinds could not be listed, so that it is not known what is
            there.
        OwnedError: An object belongs to a DPUDeployment, or to another zone.
        ConflictError: An object is being deleted.
    """
    for kind in PARTS:
        _check_listed(kind, fleet)
    changes = [
        _applied(configuration(member.resource, zone.name), fleet.find(member.resource.ref), force)
        for zone in zones
        for member in zone.members
    ]
    if prune:
        changes += [_deleted(live) for live in leftovers(zones, fleet)]
    ordered = tuple(sorted(changes, key=lambda change: (change.stage, *change.ref[1:])))
    warnings = tuple(text for change in ordered for text in warnings_about(change))
    impacts = tuple(impact for change in ordered for impact in impacts_of(change, fleet))
    return Plan(COMMAND, ordered, warnings, impacts)


def replan(change: Change, fresh: Resource | None) -> Change:
    """Plan one change again on the object as it is now.

    Raises:
        OwnedError: It belongs to a DPUDeployment, or to another zone.
        ConflictError: It is being deleted, or is no longer of the zone that it is deleted from: our
            label or its node label is another.
    """
    if change.action is Action.DELETE:
        return _deleted_again(change, fresh)
    if change.action is Action.APPLY:
        return _applied(change.after, fresh, change.force)
    return change


def configuration(resource: Resource, zone: str) -> Mapping[str, Any]:
    """Return what is applied for an object of a zone: its manifest with our label."""
    marks = {**resource.mapping("metadata", "labels"), labels.ZONE: zone}
    return {**resource.raw, "metadata": {**resource.metadata, "labels": marks}}


def _check_listed(kind: Kind, fleet: Inventory) -> None:
    if fleet.listing(kind).trouble is Trouble.NOT_SERVED:
        fact = f"{kind.resource}: not served by this cluster"
        raise KindNotServedError(fact, "install DPF first")
    if lack := fleet.lack(kind):
        hint = "without this list it is not known what would change"
        raise AccessError(f"apply-zone: {lack}", hint)


def _applied(wanted: Mapping[str, Any], live: Resource | None, force: bool) -> Change:
    kind = _kind_of(wanted)
    ref = Resource(kind, wanted).ref
    stage = _STAGES[kind]
    if live is None:
        return Change(ref, Action.APPLY, CREATED, None, wanted, stage=stage, force=force)
    _check_free(live, Resource(kind, wanted).label(labels.ZONE) or "", force)
    if is_applied(live, wanted):
        return Change(ref, Action.NONE, CONFIGURED, live, live.raw, stage=stage)
    return Change(ref, Action.APPLY, CONFIGURED, live, wanted, stage=stage, force=force)


def _check_free(live: Resource, zone: str, force: bool) -> None:
    """Refuse an object that somebody else keeps as it is, or that is going away."""
    owner = deployment_of(live)
    if owner is not None:
        fact = f"{live.ref}: belongs to {owner}, which would undo the change"
        raise OwnedError(fact, f"edit {owner}, or name the object of the zone differently")
    if live.is_deleting:
        fact = f"{live.ref}: is being deleted"
        raise ConflictError(fact, "wait until it is gone, then run the command again")
    other = live.label(labels.ZONE)
    if other and other != zone and not force:
        fact = f"{live.ref}: belongs to zone {other}, not to zone {zone}"
        raise OwnedError(fact, "name it differently, or use --force-conflicts to move it")


def _deleted(live: Resource) -> Change:
    owner = deployment_of(live)
    if owner is not None:
        fact = f"{live.ref}: belongs to {owner}, so it is not pruned"
        raise OwnedError(fact, f"remove its label {labels.ZONE}")
    reason = f"has the label {labels.ZONE}: {live.label(labels.ZONE)} and is no longer in the zone"
    stage = _LAST - _STAGES[live.kind]
    return Change(live.ref, Action.DELETE, PRUNED, live, reasons=(reason,), stage=stage)


def _deleted_again(change: Change, fresh: Resource | None) -> Change:
    if fresh is None or fresh.is_deleting:
        return Change(change.ref, Action.NONE, PRUNED, fresh, stage=change.stage)
    zone = change.before.label(labels.ZONE) if change.before else None
    if change.before is None or zone is None or fresh.label(labels.ZONE) != zone:
        raise ConflictError(f"{change.ref}: no longer has the label {labels.ZONE}: {zone}")
    if node_label_candidates(fresh) != node_label_candidates(change.before):
        raise ConflictError(f"{change.ref}: has another node label than before, so it is kept")
    return _deleted(fresh)


def _kind_of(wanted: Mapping[str, Any]) -> Kind:
    return next(kind for kind in PARTS if kind.name == wanted["kind"])
