"""What about a service's published ports may surprise, although nothing is wrong yet."""

import re
from collections.abc import Iterator, Mapping

from dpfctl.errors import DpfctlError
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.resources import Resource
from dpfctl.reconcile.destinations import destinations
from dpfctl.reconcile.ports.charts import (
    chart_services,
    named_ports,
    told_names,
    wanted_names,
    wanted_ports,
)
from dpfctl.reconcile.steps import Fault
from dpfctl.reconcile.world import World

_SERVICE_NAME = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
"""RFC 1035 label, at most 63 characters."""


def port_warnings(service: Resource, world: World) -> tuple[str, ...]:
    """Say what may go wrong when a DPUService's ports are published.

    Returns:
        Sentences that start with ``dpuservice/namespace/name: ``. What depends on a DPU cluster
        that cannot be read is not said.

    Source:
        Names of Services: Kubernetes 1.36 ``apimachinery/pkg/util/validation``.
    """
    if service.at("spec", "configPorts") is None or runs_on_host(service):
        return ()
    return tuple(f"{service.ref}: {fact}" for fact in _facts(service, world))


def _facts(service: Resource, world: World) -> Iterator[str]:
    if not _SERVICE_NAME.fullmatch(service.name):
        yield (
            "no Service can have its name, so its ports cannot be published: it needs a letter "
            "first, then letters, digits and '-', 63 at most"
        )
    names = [str(port.get("name")) for port in wanted_ports(service)]
    for name in wanted_names(service):
        if names.count(name) > 1:
            yield f"spec.configPorts.ports has port {name} more than once"
    for made in _made(service, world):
        yield from _differences(service, made)


def _made(service: Resource, world: World) -> Iterator[Resource]:
    """Yield the Services that the chart made in the DPU clusters that can be read."""
    targets = destinations(service, world)
    for place in () if isinstance(targets, Fault) else targets:
        side = world.side(place.cluster)
        if not isinstance(side, DpfctlError):
            yield from chart_services(service, side, world)


def _differences(service: Resource, made: Resource) -> Iterator[str]:
    """Yield where the chart's Service is not what the DPUService asks for."""
    ports = named_ports(made)
    missing = tuple(name for name in wanted_names(service) if name not in ports)
    if missing:
        yield told_names(missing, made)
    for port in wanted_ports(service):
        found = ports.get(str(port.get("name")), {})
        if found and _protocol(found) != _protocol(port):
            yield (
                f"port {port.get('name')} is {_protocol(port)} in spec.configPorts and "
                f'{_protocol(found)} in service "{made.namespace}/{made.name}"'
            )


def _protocol(port: Mapping[str, object]) -> object:
    return port.get("protocol") or "TCP"
