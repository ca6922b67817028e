"""Z2: a label of its own, and DPUs of its own."""

from collections.abc import Iterator

from dpfctl.model import kinds
from dpfctl.model.resources import Ref, Resource
from dpfctl.zones.anatomy import (
    device_selection_of,
    given_labels,
    host_selection_of,
    own_labels,
    runs_on_dpus,
)
from dpfctl.zones.findings import Code, Finding, Severity
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.names import is_managed, label_flaw
from dpfctl.zones.nodes import some
from dpfctl.zones.outlook import Outlook, Standing
from dpfctl.zones.pruning import has_name_of, is_of_zone
from dpfctl.zones.zone import Member, NodeLabel, Zone

_HOSTS = ("spec", "dpuNodeSelector")
_EVERY_HOST = "selects every host, now and in future: it has no dpuNodeSelector, or an empty one"


def check_label(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that the label may be one, and that no other zone has it."""
    if flaw := label_flaw(*zone.label):
        yield zone.finding(Code.OVERLAP, Severity.ERROR, f"node label: {flaw}")
    if is_managed(zone.label.key):
        fact = f"node label: DPF itself sets {zone.label.key}"
        yield zone.finding(Code.OVERLAP, Severity.ERROR, fact, "choose a key of your own")
    for other in outlook.zones:
        is_before = (other.namespace, other.name) < (zone.namespace, zone.name)
        if other.label == zone.label and is_before:
            fact = f"zone/{other.name} has the label {zone.label} too"
            yield zone.finding(Code.OVERLAP, Severity.ERROR, fact, "zones differ in the value")
    for standing in outlook.standing(kinds.DPU_SET):
        if standing.zone is None and _gives(standing.resource, zone):
            yield from _same_label(outlook, standing, zone)
    yield from _namesake(outlook, zone)


def check_hosts(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that each DPUSet has DPUs, and that no other one has the same."""
    for member in zone.of(kinds.DPU_SET):
        selection = host_selection_of(member.resource)
        hosts = outlook.hosts
        if selection.is_everything and device_selection_of(member.resource).is_everything:
            yield member.warning(Code.OVERLAP, _EVERY_HOST, "give it labels of hosts", _HOSTS)
        if hosts and not _selected(outlook, member.resource):
            fact = f"selects none of {len(hosts)} hosts: {selection.text('host')}"
            yield member.warning(Code.OVERLAP, fact, "label the hosts", _HOSTS)
        for other in _others(outlook, member):
            yield from _overlap(outlook, zone, member, other)


def _gives(dpu_set: Resource, zone: Zone) -> bool:
    return given_labels(dpu_set).get(zone.label.key) == zone.label.value


def _same_label(outlook: Outlook, standing: Standing, zone: Zone) -> Iterator[Finding]:
    fact = f"{standing.subject} gives nodes the label {zone.label} too"
    if not is_of_zone(standing.resource, zone):
        yield zone.finding(Code.OVERLAP, Severity.ERROR, fact, "zones differ in the value")
        return
    mine = [member.resource for member in zone.of(kinds.DPU_SET)]
    if all(_shared(outlook, one, standing.resource) is None for one in mine):
        yield zone.finding(Code.OVERLAP, Severity.WARNING, fact, _PRUNE)


def _namesake(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Another zone of this name: its objects carry our label, and its nodes another one."""
    found = {
        label: standing.subject
        for kind in reversed(PARTS)
        for standing in reversed(outlook.standing(kind))
        if standing.zone is None and has_name_of(standing.resource, zone)
        for label in _foreign(standing.resource, zone)
    }
    for label, subject in sorted(found.items()):
        fact = f"another zone of this name has the label {label}: {subject}"
        hint = f"name one of them differently, or delete what is left: {subject}"
        yield zone.finding(Code.OVERLAP, Severity.ERROR, fact, hint)


def _foreign(resource: Resource, zone: Zone) -> tuple[NodeLabel, ...]:
    """Labels that tie an object to other nodes; none if it is tied to those of the zone."""
    is_elsewhere = resource.kind is kinds.DPU_SERVICE and not runs_on_dpus(resource)
    found = () if is_elsewhere else own_labels(resource)
    return () if zone.label in found else found


def _others(outlook: Outlook, member: Member) -> Iterator[Standing]:
    """Sets to compare with: those only in the cluster, pruned or not, and those before in the file.

    Sets are pruned last, so for a while one is there beside the one that takes its place.
    """
    is_before = True
    for standing in outlook.standing(kinds.DPU_SET):
        if standing.member is member:
            is_before = False
        elif standing.zone is None or is_before:
            yield standing
    yield from (Standing(live) for live in outlook.pruned if live.kind is kinds.DPU_SET)


def _overlap(outlook: Outlook, zone: Zone, member: Member, other: Standing) -> Iterator[Finding]:
    shared = _shared(outlook, member.resource, other.resource)
    if shared is None:
        return
    where = f": {some(shared)}" if shared else ""
    fact = f"selects the same DPUs as {other.subject}{where}"
    is_renamed = other.zone is None and is_of_zone(other.resource, zone)
    hint = _RENAMED if is_renamed else _APART
    yield member.error(Code.OVERLAP, fact, hint, _HOSTS)


def _shared(outlook: Outlook, one: Resource, other: Resource) -> list[str] | None:
    """Hosts with DPUs that both sets select; empty if they surely will, None if they do not."""
    common = _selected(outlook, one).keys() & _selected(outlook, other).keys()
    hosts = {host.name: host for host in outlook.hosts}
    found = [name for name in common if _share_devices(outlook, hosts[name], one, other)]
    if found:
        return found
    mine, theirs = host_selection_of(one), host_selection_of(other)
    is_sure = (mine.implies(theirs) or theirs.implies(mine)) and _same_devices(one, other)
    return [] if is_sure and not common else None


def _selected(outlook: Outlook, dpu_set: Resource) -> dict[str, Resource]:
    selection = host_selection_of(dpu_set)
    return {
        host.name: host
        for host in outlook.hosts
        if selection.matches(host.mapping("metadata", "labels"), host.name)
    }


def _share_devices(outlook: Outlook, host: Resource, one: Resource, other: Resource) -> bool:
    mine, theirs = device_selection_of(one), device_selection_of(other)
    names = [str(entry.get("name")) for entry in host.items("spec", "dpus")]
    refs = (Ref(kinds.DPU_DEVICE, host.namespace, name) for name in names)
    devices = [device for ref in refs if (device := outlook.live(ref)) is not None]
    if not devices:
        return _same_devices(one, other)
    marks = (device.mapping("metadata", "labels") for device in devices)
    return any(mine.matches(found) and theirs.matches(found) for found in marks)


def _same_devices(one: Resource, other: Resource) -> bool:
    mine, theirs = device_selection_of(one), device_selection_of(other)
    return mine.implies(theirs) or theirs.implies(mine)


_PRUNE = "it was applied with this zone before and is no longer in the file: --prune deletes it"
_RENAMED = "it was applied with this zone before: keep its name, or delete the old one first"
_APART = "a DPU belongs to one DPUSet: make the selectors exclude each other"
