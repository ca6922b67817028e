"""A cluster that zones are applied to, as a value: plans are carried out by the rules of apply."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from dpfctl.apiserver.field_ownership import Writer, applied
from dpfctl.apiserver.managed_fields import read_managed, write_managed
from dpfctl.apiserver.shapes import object_shape
from dpfctl.model.inventory import Inventory, listing_of
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from dpfctl.zones.adapting import adapt
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.zone import Zone
from tests.unit.zone_files import NOW, packaged_schemas

Json = dict[str, Any]


def suited(zones: Iterable[Zone]) -> tuple[Zone, ...]:
    """Zones as the newest release takes them."""
    found = adapt(tuple(zones), packaged_schemas())
    assert found.findings == ()
    return found.zones


def carried_out(host: Inventory, changes: Iterable[Change], manager: str = "dpfctl") -> Inventory:
    """The cluster once changes are made, by whichever manager."""
    objects = {r.ref: r for kind in PARTS for r in host.list(kind)}
    for change in changes:
        if change.action is Action.DELETE:
            del objects[change.ref]
        elif change.action is Action.APPLY:
            objects[change.ref] = apply(objects.get(change.ref), change, manager)
    lists = {k: listing_of(r for r in objects.values() if r.kind is k) for k in PARTS}
    return Inventory({**host.listings, **lists})


def apply(live: Resource | None, change: Change, manager: str = "dpfctl") -> Resource:
    """One object after an apply of that manager, which takes what it wants."""
    kind = change.ref.kind
    before: Json = dict(live.raw) if live else {"apiVersion": kind.api_version, "kind": kind.name}
    metadata = dict(before.get("metadata", {}))
    managed = read_managed(metadata.pop("managedFields", None))
    bare = {**before, "metadata": metadata} if metadata else before
    after, owners = applied(
        object_shape(packaged_schemas()[kind]),
        managed,
        bare,
        copy.deepcopy(dict(change.after)),
        Writer(manager, kind.api_version, NOW),
        force=True,
    )
    names: Json = {"uid": f"uid-{change.ref.name}", "resourceVersion": "2"}
    metadata = {**after["metadata"], **names, "managedFields": write_managed(owners)}
    return Resource(kind, {**after, "metadata": metadata})


def edited(host: Inventory, resource: Resource, **fields: Mapping[str, Any]) -> Inventory:
    """The cluster with top-level fields of one object replaced, by someone without a name."""
    changed = Resource(resource.kind, {**resource.raw, **fields})
    others = [r for r in host.list(resource.kind) if r.ref != resource.ref]
    return Inventory({**host.listings, resource.kind: listing_of([*others, changed])})
