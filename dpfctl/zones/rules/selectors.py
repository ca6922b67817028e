"""Z1: one label, given by the DPUSet, asked for by every other object, and by all alike."""

from collections import Counter
from collections.abc import Iterator

from dpfctl.model import kinds
from dpfctl.model.resources import Ref
from dpfctl.zones.anatomy import (
    NODE_LABELS,
    given_labels,
    node_selection_of,
    runs_on_dpus,
    selects_path,
)
from dpfctl.zones.findings import Code, Finding, Severity
from dpfctl.zones.outlook import Outlook
from dpfctl.zones.selection import Selection, labels_selection
from dpfctl.zones.zone import Member, Zone


def check_selectors(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that nodes get the label, and that every object asks for it."""
    yield from _giving(outlook, zone)
    asking = [m for m in zone.members if m.resource.kind is not kinds.DPU_SET]
    asking = [m for m in asking if m.resource.kind is not kinds.DPU_SERVICE or _is_on_dpus(m)]
    for member in asking:
        yield from _asking(member, zone)
    yield from _asking_alike([m for m in asking if _asks(m, zone) and _is_tied(m)], zone)
    for member in zone.of(kinds.DPU_SERVICE):
        yield from _away(outlook, zone, member)


def _giving(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    key, value = zone.label
    for member in zone.of(kinds.DPU_SET):
        if given_labels(member.resource).get(key) != value:
            fact = f"gives its nodes no label {zone.label}"
            hint = f"set dpuTemplate.spec.cluster.nodeLabels: {{{key}: {value}}}"
            yield member.error(Code.SELECTORS, fact, hint, NODE_LABELS)
    sets = outlook.standing(kinds.DPU_SET)
    if zone.of(kinds.DPU_SET) or not outlook.can_tell(kinds.DPU_SET):
        return
    if any(given_labels(s.resource).get(key) == value for s in sets):
        return
    is_there = any(node.labels.get(key) == value for node in outlook.nodes)
    severity = Severity.WARNING if is_there else Severity.ERROR
    fact = f"no DPUSet gives nodes the label {zone.label}"
    yield zone.finding(Code.SELECTORS, severity, fact, "add its DPUSet, or mend the label")


def _asking(member: Member, zone: Zone) -> Iterator[Finding]:
    selection = node_selection_of(member.resource)
    if _asks(member, zone):
        return
    path = selects_path(member.resource)
    if selection.is_everything:
        fact = "selects every node, those of other zones too"
    else:
        fact = f"selects {selection}, not {zone.label}"
    yield member.error(Code.SELECTORS, fact, _hint(member, zone), path)


def _asking_alike(members: list[Member], zone: Zone) -> Iterator[Finding]:
    """Objects that only work together must be on the same nodes."""
    found = [(member, node_selection_of(member.resource)) for member in members]
    counted = Counter(selection for _, selection in found)
    if len(counted) < 2:
        return
    plain = labels_selection({"matchLabels": {zone.label.key: zone.label.value}})
    usual = plain if plain in counted else counted.most_common(1)[0][0]
    for member, selection in found:
        if selection != usual:
            yield _odd(member, selection, usual)


def _away(outlook: Outlook, zone: Zone, member: Member) -> Iterator[Finding]:
    """Interfaces of a service that are not in its zone, and not on its nodes either."""
    service = member.resource
    for name in service.texts("spec", "interfaces"):
        standing = outlook.find(Ref(kinds.DPU_SERVICE_INTERFACE, service.namespace, name))
        if standing is None or standing.zone is zone:
            continue
        nodes = [n for n in outlook.nodes_of(zone) if n.takes(service, outlook.keys)]
        if any(node.takes(standing.resource, outlook.keys) is False for node in nodes):
            mine, theirs = node_selection_of(service), node_selection_of(standing.resource)
            fact = f"selects {mine}, its {standing.subject} selects {theirs}"
            yield member.error(Code.SELECTORS, fact, _TOGETHER, selects_path(service))


def _odd(member: Member, selection: Selection, usual: Selection) -> Finding:
    fact = f"selects {selection}, the other objects of the zone select {usual}"
    return member.error(Code.SELECTORS, fact, _TOGETHER, selects_path(member.resource))


def _asks(member: Member, zone: Zone) -> bool:
    return node_selection_of(member.resource).requires(*zone.label)


def _is_on_dpus(member: Member) -> bool:
    return runs_on_dpus(member.resource)


def _is_tied(member: Member) -> bool:
    """Whether an object must be wherever the others are; a service without interfaces need not."""
    is_service = member.resource.kind is kinds.DPU_SERVICE
    return not is_service or bool(member.resource.texts("spec", "interfaces"))


def _hint(member: Member, zone: Zone) -> str:
    key, value = zone.label
    if member.resource.kind is kinds.DPU_SERVICE:
        term = f"{{key: {key}, operator: In, values: [{value}]}}"
        return (
            f"set spec.serviceDaemonSet.nodeSelector with nodeSelectorTerms: "
            f"[{{matchExpressions: [{term}]}}]"
        )
    return f"set spec.template.spec.nodeSelector: {{matchLabels: {{{key}: {value}}}}}"


_TOGETHER = "a service, its interfaces and its chains must be on the same nodes"
