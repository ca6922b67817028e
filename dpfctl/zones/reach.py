"""How far a change of a zone reaches: which DPUs, which hosts, and what may surprise.

Source:
    DPF 26.x ``internal/provisioning/controllers/dpuset/dpuset_controller.go``: a DPUSet makes a DPU
    for each device that it selects, deletes those it no longer selects, and replaces outdated ones
    as its strategy says.
"""

from collections.abc import Iterator
from itertools import chain

from dpfctl.apiserver.managed_fields import APPLY, Manager, read_managed
from dpfctl.apiserver.plain_values import same
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change, Impact
from dpfctl.zones.anatomy import NODE_LABELS, host_selection_of
from dpfctl.zones.nodes import dpus_of
from dpfctl.zones.ownership import tool_of

_TEMPLATE = ("spec", "dpuTemplate", "spec")
_REPLACING = ("bfb", "blueFieldSoftware", "dpuFlavor", "dpuFlavorTemplate", "secureBoot")
_PRIVILEGED = ("spec", "security", "privileged")
_CLAIMER = "dpuservice-manager"


def impacts_of(change: Change, fleet: Inventory) -> Iterator[Impact]:
    """Yield what a change of a DPUSet does to DPUs and hosts; other kinds only touch themselves."""
    yield from (found for found in _impacts(change, fleet) if found.names or not found.is_known)


def warnings_about(change: Change) -> Iterator[str]:
    """Yield what a user should know before a change is made; each starts with its ref."""
    if change.action is Action.NONE or change.before is None:
        return
    facts = chain(_claims(change), _facts(change.before, Resource(change.ref.kind, change.after)))
    if change.action is Action.DELETE:
        is_set = change.ref.kind is kinds.DPU_SET
        facts = chain(["deleting it deletes its DPUs"] if is_set else [])
    yield from (f"{change.ref}: {fact}" for fact in facts)


def _claims(change: Change) -> Iterator[str]:
    """Say that DPF made itself an owner: it claims an interface by applying all that it found."""
    before = change.before
    if before is None or change.force or change.ref.kind is not kinds.DPU_SERVICE_INTERFACE:
        return
    managed = read_managed(before.metadata.get("managedFields"))
    if Manager(_CLAIMER, APPLY, "", "") in managed:
        yield "is owned by DPF as well since a service claimed it; --force-conflicts takes it over"


def _facts(before: Resource, after: Resource) -> Iterator[str]:
    if tool := tool_of(before):
        yield f"is managed by {tool} as well, which may undo the change"
    if before.at("spec", "paused") is True:
        yield "is suspended, so nothing is rolled out until it is resumed"
    if before.at(*_PRIVILEGED) is True and after.at(*_PRIVILEGED) is False:
        yield "its pods may no longer be privileged"
    if not same(before.mapping(*NODE_LABELS), after.mapping(*NODE_LABELS)):
        yield "its nodes get other labels; before DPF 26.x only once they are provisioned anew"


def _impacts(change: Change, fleet: Inventory) -> Iterator[Impact]:
    if change.ref.kind is not kinds.DPU_SET or change.action is Action.NONE:
        return
    trouble = fleet.lack(kinds.DPU, kinds.DPU_NODE)
    if trouble:
        yield Impact(change.ref, "DPUs concerned", is_known=False, note=trouble)
        return
    owned = dpus_of(change.ref, fleet)
    if change.action is Action.DELETE:
        yield _impact(change, "DPUs to be deleted", [dpu.name for dpu in owned])
        return
    hosts = _selected(change, fleet)
    busy = {dpu.text("spec", "dpuNodeName") for dpu in owned}
    yield _impact(change, "hosts whose DPUs are provisioned", sorted(hosts - busy))
    lost = [dpu.name for dpu in owned if dpu.text("spec", "dpuNodeName") not in hosts]
    yield _impact(change, "DPUs to be deleted", lost)
    if _replaces(change):
        kept = [dpu.name for dpu in owned if dpu.name not in lost]
        yield _impact(change, "DPUs to be provisioned anew", kept, _pace(change))


def _impact(change: Change, what: str, names: list[str], note: str = "") -> Impact:
    return Impact(change.ref, what, tuple(names), note=note)


def _selected(change: Change, fleet: Inventory) -> set[str]:
    selection = host_selection_of(Resource(change.ref.kind, change.after))
    hosts = fleet.list(kinds.DPU_NODE)
    return {h.name for h in hosts if selection.matches(h.mapping("metadata", "labels"), h.name)}


def _replaces(change: Change) -> bool:
    """Whether DPUs are outdated by a change."""
    if change.before is None:
        return False
    after = Resource(change.ref.kind, change.after)
    return any(
        not same(change.before.at(*_TEMPLATE, name), after.at(*_TEMPLATE, name))
        for name in _REPLACING
    )


def _pace(change: Change) -> str:
    after = Resource(change.ref.kind, change.after)
    if after.text("spec", "strategy", "type") == "RollingUpdate":
        found = after.at("spec", "strategy", "rollingUpdate", "maxUnavailable")
        return f"at most {found} at a time" if found is not None else "a few at a time"
    return "each when its DPU object is deleted"
