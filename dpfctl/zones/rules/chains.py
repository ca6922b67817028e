"""Z6, Z13: what the switches of chains join.

Source:
    DPF 26.x ``internal/sfccontroller/controllers/servicechain_controller.go``: each port must match
    exactly one ServiceInterface on its node. The MTU is compared before a chain reaches a node.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dpfctl.model import kinds
from dpfctl.model.resources import Ref, Resource
from dpfctl.zones.anatomy import Port, interface_labels, ports_of, switches_of
from dpfctl.zones.findings import Code, Finding, Severity
from dpfctl.zones.nodes import DpuNode, place_text, some
from dpfctl.zones.outlook import Outlook, Standing
from dpfctl.zones.zone import Member, Zone

DEFAULT_MTU = 1500
_APART = "their nodeSelectors must keep them apart"
_MTU = ("spec", "networking", "highSpeedMTU")


@dataclass(frozen=True, slots=True)
class _Meeting:
    """A port on one node.

    Attributes:
        node: The node.
        sure: Interfaces that it meets there.
        possible: Interfaces of which that cannot be told.
    """

    node: DpuNode
    sure: tuple[Standing, ...]
    possible: tuple[Standing, ...]


def check_ports(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that each port of a chain meets exactly one interface on each node of the zone."""
    for member in zone.of(kinds.DPU_SERVICE_CHAIN):
        for port in ports_of(member.resource):
            yield from _port(outlook, zone, member, port)


def check_live_ports(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that no interface of the zone is one too many for a chain that is there already."""
    mine = {m.resource.ref: m for m in zone.of(kinds.DPU_SERVICE_INTERFACE)}
    for chain in outlook.standing(kinds.DPU_SERVICE_CHAIN):
        if chain.zone is not None:
            continue
        for port in ports_of(chain.resource):
            named = _named(outlook, chain.resource, port)
            if any(one.resource.ref in mine for one in named):
                yield from _broken(outlook, chain, port, named, mine)


def check_mtu(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that no switch wants larger packets than the network takes."""
    configs = outlook.fleet.list(kinds.DPF_OPERATOR_CONFIG)
    if len(configs) != 1:
        return
    found = configs[0].at(*_MTU)
    limit = found if isinstance(found, int) else DEFAULT_MTU
    for member in zone.of(kinds.DPU_SERVICE_CHAIN):
        for path, switch in switches_of(member.resource):
            wanted = switch.get("serviceMTU")
            if isinstance(wanted, int) and wanted > limit:
                fact = f"serviceMTU {wanted} is more than the highSpeedMTU {limit}"
                hint = f"lower it, or raise highSpeedMTU of dpfoperatorconfig/{configs[0].name}"
                yield member.error(Code.MTU, fact, hint, (*path, "serviceMTU"))


def has_labels(interface: Resource, wanted: Mapping[str, str]) -> bool:
    """Whether the ServiceInterfaces of a DPUServiceInterface have all these labels."""
    found = interface_labels(interface)
    return all(found.get(key) == value for key, value in wanted.items())


def _port(outlook: Outlook, zone: Zone, member: Member, port: Port) -> Iterator[Finding]:
    named = _named(outlook, member.resource, port)
    meetings = [_meeting(outlook, node, named) for node in outlook.nodes_of(zone)]
    lonely = [m.node for m in meetings if not m.sure and not m.possible]
    crowded = [m for m in meetings if len(m.sure) > 1]
    if lonely and outlook.can_tell(kinds.DPU_SERVICE_INTERFACE):
        yield _nobody(zone, member, port, named, lonely)
    if doubtful := [m for m in meetings if not m.sure and m.possible]:
        yield _unknown(zone, member, port, doubtful)
    if crowded:
        subjects = some(standing.subject for m in crowded for standing in m.sure)
        where = place_text(zone, [m.node for m in crowded])
        fact = f"port {_text(port)} meets more than one interface {where}: {subjects}"
        yield member.error(Code.CHAIN_PORTS, fact, _APART, port.path)


def _named(outlook: Outlook, chain: Resource, port: Port) -> list[Standing]:
    """Interfaces that have the labels of a port, wherever they are."""
    return [
        standing
        for standing in outlook.standing(kinds.DPU_SERVICE_INTERFACE)
        if standing.resource.namespace == chain.namespace
        and has_labels(standing.resource, port.labels)
    ]


def _broken(
    outlook: Outlook,
    chain: Standing,
    port: Port,
    named: Sequence[Standing],
    mine: Mapping[Ref, Member],
) -> Iterator[Finding]:
    """Blame the first interface of the zone that meets another one in a live chain's port."""
    reached = [n for n in outlook.nodes if n.takes(chain.resource, outlook.keys)]
    meetings = [_meeting(outlook, node, named) for node in reached]
    crowded = [m for m in meetings if len(m.sure) > 1]
    guilty = [mine[s.resource.ref] for m in crowded for s in m.sure if s.resource.ref in mine]
    if guilty:
        subjects = some(standing.subject for m in crowded for standing in m.sure)
        where = some(m.node.name for m in crowded)
        what = f"whose port {_text(port)} then meets more than one interface on {where}"
        fact = f"breaks {chain.subject}, {what}: {subjects}"
        yield guilty[0].error(Code.CHAIN_PORTS, fact, _APART)


def _meeting(outlook: Outlook, node: DpuNode, named: Sequence[Standing]) -> _Meeting:
    verdicts = [(standing, node.takes(standing.resource, outlook.keys)) for standing in named]
    return _Meeting(
        node,
        tuple(standing for standing, verdict in verdicts if verdict),
        tuple(standing for standing, verdict in verdicts if verdict is None),
    )


def _nobody(
    zone: Zone, member: Member, port: Port, named: Sequence[Standing], lonely: Sequence[DpuNode]
) -> Finding:
    where = place_text(zone, lonely)
    if named:
        subjects = some(standing.subject for standing in named)
        fact = f"port {_text(port)} meets no interface {where}; {subjects} is for other nodes"
        hint = f"widen its nodeSelector, or give the zone one of its own with {zone.label}"
    else:
        fact = f"port {_text(port)} meets no interface {where}"
        hint = f"no dpuserviceinterface in {member.resource.namespace} has these labels"
    return member.error(Code.CHAIN_PORTS, fact, hint, port.path)


def _unknown(zone: Zone, member: Member, port: Port, doubtful: Sequence[_Meeting]) -> Finding:
    subjects = some(standing.subject for m in doubtful for standing in m.possible)
    where = place_text(zone, [m.node for m in doubtful])
    fact = f"port {_text(port)}: whether {subjects} is there {where} depends on labels that are"
    hint = "the Nodes of the DPU clusters would tell"
    note = Severity.NOTE
    return member.finding(Code.CHAIN_PORTS, note, f"{fact} not known", hint, port.path)


def _text(port: Port) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(port.labels.items()))
