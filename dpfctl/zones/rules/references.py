"""Z12, Z14: what a zone refers to, and the DPU clusters it is meant for."""

from collections.abc import Iterator

from dpfctl.model import kinds
from dpfctl.model.resources import Ref
from dpfctl.zones.anatomy import SERVICE, cluster_selection_of, interface_field
from dpfctl.zones.findings import Code, Finding
from dpfctl.zones.outlook import Outlook
from dpfctl.zones.rules.networks import IP_REQUEST
from dpfctl.zones.zone import Member, Zone

PREDEFINED = frozenset({"mybrhbn", "mybrsfc", IP_REQUEST})
"""Networks that DPF itself puts into every DPU cluster, beside those of DPUServiceNADs."""

_TEMPLATE = ("spec", "dpuTemplate", "spec")
_NETWORK = ("spec", "template", "spec", "template", "spec", SERVICE, "network")


def check_references(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that BFB, flavor and networks exist."""
    for member in zone.of(kinds.DPU_SET):
        yield from _bfb(outlook, member)
        name = member.resource.text(*_TEMPLATE, "dpuFlavor")
        ref = Ref(kinds.DPU_FLAVOR, member.resource.namespace, name)
        if name and outlook.can_tell(kinds.DPU_FLAVOR) and outlook.live(ref) is None:
            fact = f"dpuflavor/{name}: not found"
            yield member.warning(
                Code.REFERENCES, fact, "create it first", (*_TEMPLATE, "dpuFlavor")
            )
    for member in zone.of(kinds.DPU_SERVICE_INTERFACE):
        yield from _network(outlook, member)


def check_clusters(_outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that services, interfaces and chains are meant for the same DPU clusters."""
    members = [m for m in zone.members if m.resource.kind is not kinds.DPU_SET]
    wanted = [m for m in zone.of(kinds.DPU_SERVICE) if m.resource.texts("spec", "interfaces")]
    if not wanted:
        return
    service = wanted[0]
    usual = cluster_selection_of(service.resource)
    for member in members:
        found = cluster_selection_of(member.resource)
        is_free = member.resource.kind is kinds.DPU_SERVICE and member not in wanted
        if found != usual and not is_free:
            mine, theirs = found.text("DPU cluster"), usual.text("DPU cluster")
            fact = f"selects {mine}, {service.subject} selects {theirs}"
            hint = "give all of them the same dpuClusterSelector"
            yield member.warning(Code.CLUSTERS, fact, hint, ("spec", "dpuClusterSelector"))


def _bfb(outlook: Outlook, member: Member) -> Iterator[Finding]:
    name = member.resource.text(*_TEMPLATE, "bfb", "name")
    if not name or not outlook.can_tell(kinds.BFB):
        return
    path = (*_TEMPLATE, "bfb", "name")
    found = outlook.live(Ref(kinds.BFB, member.resource.namespace, name))
    if found is None:
        yield member.warning(Code.REFERENCES, f"bfb/{name}: not found", "create it first", path)
    elif found.text("status", "phase") == "Error":
        fact = f"bfb/{name} is in phase Error"
        yield member.warning(Code.REFERENCES, fact, "see dpfctl describe dpusets", path)


def _network(outlook: Outlook, member: Member) -> Iterator[Finding]:
    network = interface_field(member.resource, SERVICE, "network")
    namespace, _, name = network.rpartition("/")
    known = (kinds.DPU_SERVICE_NAD, kinds.NETWORK_ATTACHMENT_DEFINITION)
    if not name or name in PREDEFINED or not outlook.can_tell(kinds.DPU_SERVICE_NAD):
        return
    place = namespace or member.resource.namespace
    if not any(outlook.live(Ref(kind, place, name)) for kind in known):
        fact = f"dpuservicenad/{name}: not found"
        yield member.warning(Code.REFERENCES, fact, "create it first", _NETWORK)
