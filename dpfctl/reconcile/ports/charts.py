"""What a chart exposes in a DPU cluster: the Service that it made, and the ports that it was given.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from collections.abc import Mapping

from dpfctl.model import kinds, labels
from dpfctl.model.dpu_services import marks_of
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Resource
from dpfctl.reconcile.steps import Fault, Step, early
from dpfctl.reconcile.world import World


def wanted_ports(service: Resource) -> tuple[Mapping[str, object], ...]:
    """Return the ports that a DPUService asks to be published, in its order."""
    return service.items("spec", "configPorts", "ports")


def wanted_names(service: Resource) -> tuple[str, ...]:
    """Return the names of these ports, each once."""
    return tuple(dict.fromkeys(str(port.get("name")) for port in wanted_ports(service)))


def belongs_to(resource: Resource, service: Resource) -> bool:
    """Whether an object carries the two labels by which DPF finds what is of a DPUService."""
    return all(resource.label(mark) == value for mark, value in marks_of(service).items())


def chart_services(service: Resource, side: Inventory, world: World) -> tuple[Resource, ...]:
    """Return the Services of a DPUService in a DPU cluster, by namespace and name.

    A Service that we published is none of them, should the DPU cluster be the host cluster.
    """
    return tuple(
        found
        for found in side.labelled(kinds.SERVICE, marks_of(service))
        if world.is_upstream or found.label(labels.EXPOSED_FOR) is None
    )


def chart_ports(
    service: Resource, cluster: str, side: Inventory, world: World
) -> Mapping[str, int] | Fault:
    """Find the node ports that a DPU cluster gave to a service's ports.

    Args:
        service: The DPUService.
        cluster: Name of the DPU cluster, for the fault.
        side: Lists of the DPU cluster.
        world: What the pass knows.

    Returns:
        Name of a port -> its node port, for every name that the service asks for. A fault if the
        chart's Service is not there yet, or lacks one of them.
    """
    if lack := side.lack(kinds.SERVICE):
        return Fault(Step.SLICE, f'list services for cluster "{cluster}": {lack}')
    found = chart_services(service, side, world)
    if not found:
        return early(_not_yet(cluster, "expected 1 service, got 0"))
    if len(found) > 1:
        return _not_yet(cluster, f"expected 1 service, got {len(found)}")
    asked, ports = wanted_names(service), named_ports(found[0])
    known = {name: ports[name].get("nodePort") for name in asked if name in ports}
    if not all(isinstance(port, int) and port for port in known.values()):
        return early(_not_yet(cluster, f'nodePort is not set for service "{found[0].name}"'))
    if len(known) != len(asked):
        missing = tuple(name for name in asked if name not in ports)
        more = "" if world.is_upstream else f": {told_names(missing, found[0])}"
        counts = f"expected {len(asked)} nodePorts, got {len(known)}"
        return _not_yet(cluster, f"creation of Service on DPU not ready yet, {counts}{more}")
    return {name: port for name, port in known.items() if isinstance(port, int)}


def named_ports(found: Resource) -> dict[str, Mapping[str, object]]:
    """Return the ports of a Service by name, in its order."""
    return {str(port.get("name", "")): port for port in found.items("spec", "ports")}


def told_names(missing: tuple[str, ...], found: Resource) -> str:
    """Say which names of ports a chart's Service lacks, and which it has."""
    available = ", ".join(filter(None, named_ports(found))) or "none"
    noun = "port" if len(missing) == 1 else "ports"
    return (
        f"no {noun} {', '.join(missing)} in service "
        f'"{found.namespace}/{found.name}", available are: {available}'
    )


def _not_yet(cluster: str, why: str) -> Fault:
    return Fault(Step.SLICE, f'config ports not ready yet for cluster "{cluster}": {why}')
