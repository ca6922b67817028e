"""Z3, Z4, Z5: the interfaces that services ask for.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``: a service takes its
    interfaces one by one and stops at the first that does not fit.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.documents import shown
from dpfctl.model.resources import Ref, Resource
from dpfctl.zones.anatomy import CONSUMED_BY, SERVICE, interface_field, interface_type
from dpfctl.zones.findings import Code, Finding
from dpfctl.zones.names import LONGEST_INTERFACE
from dpfctl.zones.outlook import Outlook
from dpfctl.zones.zone import Member, Zone

_INTERFACES = ("spec", "interfaces")
_CONFIGURATION = ("spec", "helmChart", "values", "configuration")
_IN_HBN = re.compile(r"\b[A-Za-z0-9]+_if\b")  # how HBN's interfaces are named everywhere
_NAME = ("spec", "template", "spec", "template", "spec", SERVICE, "interfaceName")


def check_interfaces(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that the interfaces of each service exist and are meant for it, and that it is one."""
    for member in zone.of(kinds.DPU_SERVICE):
        service = member.resource
        names = service.texts(*_INTERFACES)
        if names and not service.text("spec", "serviceID"):
            fact, hint = "has interfaces and no serviceID", "set spec.serviceID"
            yield member.error(Code.INTERFACES, fact, hint, _INTERFACES)
        for number, name in enumerate(names):
            ref = Ref(kinds.DPU_SERVICE_INTERFACE, service.namespace, name)
            yield from _fitting(outlook, member, ref, number)
    for member in zone.of(kinds.DPU_SERVICE_INTERFACE):
        is_meant = interface_type(member.resource) == SERVICE
        is_known = outlook.can_tell(kinds.DPU_SERVICE)
        if is_meant and is_known and not _users(outlook, member.resource.ref):
            yield member.warning(Code.INTERFACES, "no service lists it in spec.interfaces")


def check_claims(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that no other service has an interface, or asks for it."""
    for member in zone.of(kinds.DPU_SERVICE):
        for number, name in enumerate(member.resource.texts(*_INTERFACES)):
            ref = Ref(kinds.DPU_SERVICE_INTERFACE, member.resource.namespace, name)
            live = outlook.live(ref)
            holder = live.annotation(CONSUMED_BY) if live is not None else None
            others = {user.name for user in _users(outlook, ref)} | ({holder} if holder else set())
            for other in sorted(others - {member.resource.name}):
                fact = f"dpuserviceinterface/{name} is used by dpuservice/{other}"
                hint = "an interface belongs to one service: give each zone interfaces of its own"
                yield member.error(Code.CLAIMS, fact, hint, (*_INTERFACES, number))


def check_interface_names(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check the names that interfaces have in pods, also against what HBN is told of them."""
    for member in zone.of(kinds.DPU_SERVICE_INTERFACE):
        name = interface_field(member.resource, SERVICE, "interfaceName")
        if interface_type(member.resource) == SERVICE and not 1 <= len(name) <= LONGEST_INTERFACE:
            fact = f'interfaceName "{name}" has {len(name)} characters, 1 to 15 are allowed'
            yield member.error(Code.INTERFACE_NAMES, fact, "", _NAME)
    for member in zone.of(kinds.DPU_SERVICE):
        found = interface_names(outlook, member.resource)
        for name, count in Counter(found).items():
            if count > 1:
                fact = f'{count} of its interfaces have the interfaceName "{name}"'
                yield member.error(Code.INTERFACE_NAMES, fact, "", _INTERFACES)
        yield from _configured(member, found)


def interface_names(outlook: Outlook, service: Resource) -> list[str]:
    """Names that the interfaces of a service have in its pods, in its order."""
    refs = [
        Ref(kinds.DPU_SERVICE_INTERFACE, service.namespace, name)
        for name in service.texts(*_INTERFACES)
    ]
    standing = [found for ref in refs if (found := outlook.find(ref)) is not None]
    return [interface_field(s.resource, SERVICE, "interfaceName") for s in standing]


def _fitting(outlook: Outlook, member: Member, ref: Ref, number: int) -> Iterator[Finding]:
    path = (*_INTERFACES, number)
    standing = outlook.find(ref)
    if standing is None:
        if outlook.can_tell(kinds.DPU_SERVICE_INTERFACE):
            fact = f"dpuserviceinterface/{ref.name}: not found"
            yield member.error(Code.INTERFACES, fact, "add it, or mend the name", path)
        return
    if (found := interface_type(standing.resource)) != SERVICE:
        fact = f"{standing.subject} is of type {found}, not {SERVICE}"
        yield member.error(Code.INTERFACES, fact, "", path)
        return
    wanted = outlook.service_id(member.resource)
    given = interface_field(standing.resource, SERVICE, "serviceID")
    if wanted and wanted != given:
        fact = f"{standing.subject} has serviceID {given}, the service has {wanted}"
        yield member.error(Code.INTERFACES, fact, "the two must be equal", path)


def _users(outlook: Outlook, interface: Ref) -> list[Resource]:
    """Services of the same namespace that list an interface."""
    return [
        standing.resource
        for standing in outlook.standing(kinds.DPU_SERVICE)
        if standing.resource.namespace == interface.namespace
        and interface.name in standing.resource.texts(*_INTERFACES)
    ]


def _configured(member: Member, names: list[str]) -> Iterator[Finding]:
    """Compare names with those in the free text of an HBN configuration."""
    text = "\n".join(_texts(member.resource.at(*_CONFIGURATION)))
    if not _IN_HBN.search(text) and not any(name in text for name in names if name):
        return  # it does not speak of interfaces at all
    for name in names:
        if name not in text:
            fact = f"{shown(_CONFIGURATION)} does not mention the interface {name}"
            yield member.warning(Code.INTERFACE_NAMES, fact, "", _CONFIGURATION)
    for name in sorted(set(_IN_HBN.findall(text)) - set(names)):
        fact = f"{shown(_CONFIGURATION)} mentions {name}, which is no interface of the service"
        yield member.warning(Code.INTERFACE_NAMES, fact, "", _CONFIGURATION)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)
