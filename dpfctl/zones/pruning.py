"""What ``--prune`` deletes, and how much of it is too much to go without being asked for.

Planning deletes what is chosen here, and the rules judge a cluster without it, so that both always
speak of the same objects.
"""

from collections.abc import Sequence

from dpfctl.errors import RejectedError
from dpfctl.model import kinds, labels
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Plan
from dpfctl.zones.anatomy import node_label_candidates
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.nodes import dpus_of
from dpfctl.zones.zone import Zone


def leftovers(zones: Sequence[Zone], fleet: Inventory) -> tuple[Resource, ...]:
    """Return what was applied with one of these zones and is in none of them any more.

    Args:
        zones: Zones that are applied together.
        fleet: Lists of the four kinds, in all namespaces.
    """
    kept = {member.resource.ref for zone in zones for member in zone.members}
    return tuple(
        live
        for zone in zones
        for kind in PARTS
        for live in fleet.list(kind)
        if is_of_zone(live, zone) and live.ref not in kept and not live.is_deleting
    )


def is_of_zone(live: Resource, zone: Zone) -> bool:
    """Whether an object was applied with this very zone: its name, namespace and node label.

    Two zones may have one name and differ in their node label. So an object that neither gives nor
    asks for the label is nobody's.
    """
    return has_name_of(live, zone) and zone.label in node_label_candidates(live)


def has_name_of(live: Resource, zone: Zone) -> bool:
    """Whether an object was applied with a zone of this name and namespace."""
    return (live.namespace, live.label(labels.ZONE)) == (zone.namespace, zone.name)


def check_prune(plan: Plan, fleet: Inventory, *, allowed: bool) -> None:
    """Refuse a plan that deletes much, which more likely is a file cut short than what is meant.

    Args:
        plan: Of ``plan_zones``.
        fleet: The lists that it was made of.
        allowed: Whether the user has said that much may go.

    Raises:
        RejectedError: It deletes a DPUSet that has DPUs, or more than half of what is there of a
            zone. A set counts as having some if DPUs cannot be listed.
    """
    if allowed:
        return
    going: dict[tuple[str, str], list[Ref]] = {}
    for change in plan.changes:
        if change.action is Action.DELETE and change.before is not None:
            place = change.ref.namespace, change.before.label(labels.ZONE) or ""
            going.setdefault(place, []).append(change.ref)
    facts = [_mass(place, refs, fleet) for place, refs in sorted(going.items())]
    if any(facts):
        fact = f"{plan.command}: --prune would delete {'; '.join(filter(None, facts))}"
        raise RejectedError(fact, _LOOK)


def _mass(place: tuple[str, str], going: Sequence[Ref], fleet: Inventory) -> str:
    """Say how much of a zone goes; empty if it is little."""
    there = [
        live
        for kind in PARTS
        for live in fleet.list(kind)
        if (live.namespace, live.label(labels.ZONE)) == place and not live.is_deleting
    ]
    held = [f"{ref.kind}/{ref.name} with {text}" for ref in going if (text := _dpus(ref, fleet))]
    if not held and 2 * len(going) <= len(there):
        return ""
    among = f", {', '.join(held)} among them" if held else ""
    return f"{len(going)} of {len(there)} objects of zone/{place[1]}{among}"


def _dpus(ref: Ref, fleet: Inventory) -> str:
    """Say which DPUs go with a DPUSet; empty if none do."""
    if ref.kind is not kinds.DPU_SET:
        return ""
    if fleet.listing(kinds.DPU).trouble not in (None, Trouble.NOT_SERVED):
        return "an unknown number of DPUs"
    count = len(dpus_of(ref, fleet))
    return f"{count} DPU{'s' if count > 1 else ''}" if count else ""


_LOOK = "look at them with --dry-run=client; allow it with --allow-mass-prune"
