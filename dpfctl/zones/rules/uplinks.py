"""Z7: interfaces that zones share, such as uplinks: on every node of a zone, and once."""

from collections.abc import Iterator

from dpfctl.model import kinds
from dpfctl.zones.anatomy import (
    PHYSICAL,
    SERVICE,
    interface_field,
    interface_type,
    ports_of,
)
from dpfctl.zones.findings import Code, Finding, Severity
from dpfctl.zones.nodes import DpuNode, place_text, some
from dpfctl.zones.outlook import Outlook, Standing
from dpfctl.zones.rules.chains import has_labels
from dpfctl.zones.zone import Zone


def check_uplinks(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that shared interfaces its chains use cover the zone, and no port of a DPU has two."""
    shared = [s for s in outlook.standing(kinds.DPU_SERVICE_INTERFACE) if _is_shared(s)]
    nodes = outlook.nodes_of(zone)
    for standing in (s for s in shared if _is_used(zone, s)):
        verdicts = [(node, node.takes(standing.resource, outlook.keys)) for node in nodes]
        if any(verdict for _, verdict in verdicts):
            missing = [node for node, verdict in verdicts if verdict is False]
            yield from _gaps(zone, standing, missing)
    yield from _twice(outlook, zone, [s for s in shared if _is_physical(s)])


def _gaps(zone: Zone, standing: Standing, missing: list[DpuNode]) -> Iterator[Finding]:
    named = [node.name for node in missing if node.name]
    if named:
        fact = f"{standing.subject} covers the zone without {some(named)}"
        hint = "widen its nodeSelector"
        yield zone.finding(Code.PORTS, Severity.WARNING, fact, hint)


def _twice(outlook: Outlook, zone: Zone, physical: list[Standing]) -> Iterator[Finding]:
    """Find physical ports that stand in two interfaces on one node."""
    clashes: dict[tuple[str, str], list[DpuNode]] = {}
    for node in outlook.nodes_of(zone):
        ports: dict[str, list[str]] = {}
        for standing in physical:
            if node.takes(standing.resource, outlook.keys):
                ports.setdefault(_port(standing), []).append(standing.subject)
        for port, found in ports.items():
            if len(found) > 1:
                clashes.setdefault((port, some(found)), []).append(node)
    for (port, subjects), nodes in clashes.items():
        fact = f"port {port} stands in several interfaces {place_text(zone, nodes)}: {subjects}"
        hint = "a physical port belongs to one interface per node"
        yield zone.finding(Code.PORTS, Severity.WARNING, fact, hint)


def _is_used(zone: Zone, standing: Standing) -> bool:
    """Whether a port of one of the zone's chains asks for the interface."""
    return any(
        has_labels(standing.resource, port.labels)
        for chain in zone.of(kinds.DPU_SERVICE_CHAIN)
        for port in ports_of(chain.resource)
    )


def _is_shared(standing: Standing) -> bool:
    return interface_type(standing.resource) not in (SERVICE, "")


def _is_physical(standing: Standing) -> bool:
    return interface_type(standing.resource) == PHYSICAL


def _port(standing: Standing) -> str:
    return interface_field(standing.resource, PHYSICAL, "interfaceName")
