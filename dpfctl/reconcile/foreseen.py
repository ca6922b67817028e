"""What clusters will probably hold once changes are made, for the second half of a dry run.

Only the first half of a pass can be planned on what is there; what follows from it is planned on
this. What controllers inside the clusters make of the changes is not foreseen.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from dpfctl.errors import DpfctlError
from dpfctl.model import kinds
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.edits import with_field
from dpfctl.model.inventory import Inventory, Listing, listing_of
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.timestamps import format_time
from dpfctl.plan import Action, Change, expected
from dpfctl.reconcile.world import World

_Objects = dict[Ref, Resource | None]


def foreseen(world: World, changes: Iterable[Change]) -> World:
    """Return a world in which changes have been made.

    Args:
        world: What is there.
        changes: What is going to be changed, in the order of their stages. Helm releases are left
            out: what they become is up to the chart.
    """
    found: dict[ClusterName, _Objects] = {}
    for change in changes:
        if change.action is not Action.NONE and change.ref.kind != kinds.RELEASE:
            found.setdefault(change.cluster, {})[change.ref] = _left(change, world.now)
    dpus = {
        name: side if isinstance(side, DpfctlError) else _changed(side, found.get(name, {}))
        for name, side in world.dpus.items()
    }
    return replace(world, host=_changed(world.host, found.get(HOST, {})), dpus=dpus)


def _left(change: Change, now: datetime) -> Resource | None:
    """What a change leaves, None for nothing: an object with finalizers is only marked."""
    raw, before = expected(change), change.before
    if raw is None and before is not None and before.metadata.get("finalizers"):
        raw = with_field(before.raw, ("metadata", "deletionTimestamp"), format_time(now))
    return None if raw is None else Resource(change.ref.kind, raw)


def _changed(inventory: Inventory, objects: _Objects) -> Inventory:
    touched = {ref.kind for ref in objects}
    listings = {kind: _listing(inventory, kind, objects) for kind in touched}
    return Inventory({**inventory.listings, **listings}) if touched else inventory


def _listing(inventory: Inventory, kind: Kind, objects: _Objects) -> Listing:
    listing = inventory.listing(kind)
    if listing.trouble is not None:
        return listing
    kept = [resource for resource in listing.items if resource.ref not in objects]
    new = [one for ref, one in objects.items() if ref.kind == kind and one is not None]
    return listing_of([*kept, *new])
