"""Publishing of ports: what a DPUService's ``spec.configPorts`` makes in the host cluster.

The chart makes a Service in the DPU cluster, Kubernetes gives it node ports, and these are
published in the host cluster under the name of the DPUService. Nothing is touched as long as the
DPU cluster does not say which ports they are, and nothing ever that somebody else has put there
under that name.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``; what differs is in
    ``docs/reference/reconcile-differences.md``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dpfctl.errors import DpfctlError
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import ClusterName
from dpfctl.model.dpu_services import marks_of, runs_on_host
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Change
from dpfctl.reconcile.destinations import destinations
from dpfctl.reconcile.ports.changes import (
    KINDS,
    applied,
    deleted,
    lingering,
    linked,
    trouble_with,
    wrapped,
)
from dpfctl.reconcile.ports.charts import belongs_to, chart_ports, wanted_names, wanted_ports
from dpfctl.reconcile.ports.endpoints import Endpoints, endpoints_of
from dpfctl.reconcile.ports.objects import (
    NODE_PORT,
    Exposure,
    endpoints_body,
    service_body,
    slice_body,
)
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World, name_of

_ZERO_TRUST = "zero-trust"


def plan_ports(service: Resource, world: World) -> tuple[Change, ...] | Fault:
    """Plan what publishes the ports of one DPUService.

    Args:
        service: The DPUService, neither suspended nor in deletion.
        world: What the pass knows.

    Returns:
        EndpointSlice, Endpoints and Service, in this order, each only if those before it could be
        written; ``NONE`` for one that is as wanted. Deletions if the service publishes no ports, or
        is in no DPU cluster. A fault if the DPU cluster does not say yet which ports there are, or
        if one of the three belongs to somebody else; then nothing is changed.

    Raises:
        RejectedError: There is not exactly one DPFOperatorConfig.
    """
    targets = _targets(service, world)
    if isinstance(targets, Fault):
        return targets
    for step, kind in KINDS.items():
        if lack := world.host.lack(kind):
            what = "" if targets else f"cleanup config ports: delete {kind.plural}: "
            return Fault(step, f"{what}{lack}")
    if not targets:
        return cleanup(service, world)
    if world.config.text("spec", "deploymentMode") == _ZERO_TRUST:
        return Fault(Step.SLICE, "zero-trust deployment mode is not supported with config ports")
    if len(targets) > 1:
        return Fault(Step.SLICE, "multiple clusters are currently not supported")
    return _exposed(service, targets[0], world)


def cleanup(service: Resource, world: World) -> tuple[Change, ...]:
    """Plan the end of everything that was published for one DPUService.

    Returns:
        Deletions of EndpointSlices, Endpoints and Services, in this order, in the namespace of the
        service. Empty if there are none, or none can be seen: what is left goes with its owner.
    """
    return tuple(
        deleted(found, Step.CLEANUP, "its ports are not published any more")
        for kind in KINDS.values()
        for found in world.host.labelled(kind, marks_of(service))
        if found.namespace == service.namespace
        and found.label(labels.EXPOSED_FOR) is not None
        and not found.is_deleting
    )


def published_ports(
    service: Resource, host: Inventory, world: World
) -> dict[str, list[dict[str, Any]]]:
    """Return what ``status.configPorts`` of a DPUService is to say.

    Args:
        service: The DPUService.
        host: Services of the host cluster as they are after the writes.
        world: What the pass knows.

    Returns:
        Name of a DPU cluster -> its ports in the order of the Service that publishes them; those
        of type ``NodePort`` with their number. Ports that are not asked for are left out, and such
        as have no number yet.
    """
    clusters = {cluster.name for cluster in world.clusters}
    found: dict[str, list[dict[str, Any]]] = {}
    for live in host.labelled(kinds.SERVICE, marks_of(service)):
        cluster = live.label(labels.EXPOSED_FOR)
        if cluster in clusters:
            entries = [_entry(port, live) for port in live.items("spec", "ports")]
            known = [e for e in entries if e and e["name"] in wanted_names(service)]
            if known:
                found[cluster] = [*found.get(cluster, ()), *known]
    return found


def _entry(port: Mapping[str, Any], live: Resource) -> dict[str, Any]:
    """One published port, empty if it has no number yet."""
    entry = {name: port.get(name) for name in ("name", "port", "protocol")}
    if live.text("spec", "type") != NODE_PORT:
        return entry
    number = port.get("nodePort")
    return {**entry, "nodePort": number} if number else {}


def _targets(service: Resource, world: World) -> tuple[ClusterName, ...] | Fault:
    """The DPU clusters that ports are published of; none if none are to be published."""
    if service.at("spec", "configPorts") is None or runs_on_host(service):
        return ()
    if world.is_upstream and not world.host.lack(kinds.DPU_CLUSTER):
        return tuple(name_of(cluster) for cluster in world.clusters)
    found = destinations(service, world)
    if isinstance(found, Fault):
        return replace(found, step=Step.SLICE)
    return tuple(place.cluster for place in found)


def _exposed(service: Resource, cluster: ClusterName, world: World) -> tuple[Change, ...] | Fault:
    if not wanted_ports(service) and not world.is_upstream:
        return _withdrawn(service, world, KINDS)
    side = world.side(cluster)
    if isinstance(side, DpfctlError):
        return Fault(Step.SLICE, f'get client for cluster "{cluster[1]}": {side.message}')
    ports = _ports(service, cluster[1], side, world)
    if isinstance(ports, Fault):
        return ports
    if not ports:
        return _withdrawn(service, world, (Step.SLICE, Step.EXPOSE))
    places = endpoints_of(service, side, world)
    if isinstance(places, Fault):
        return replace(places, text=wrapped(Step.SLICE, cluster[1], places.text))
    exposure = Exposure(service, cluster[1], ports, places.found, _recorded(service, cluster[1]))
    return _published(exposure, places, world)


def _ports(
    service: Resource, cluster: str, side: Inventory, world: World
) -> Mapping[str, int] | Fault:
    """The node ports of all ports asked for; a name that stands twice cannot be published."""
    names = [str(port.get("name")) for port in wanted_ports(service)]
    twice = [name for name in wanted_names(service) if names.count(name) > 1]
    if twice and not world.is_upstream:
        fact = f"spec.configPorts.ports has port {twice[0]} more than once"
        return Fault(Step.SLICE, wrapped(Step.SLICE, cluster, fact))
    return chart_ports(service, cluster, side, world)


def _recorded(service: Resource, cluster: str) -> dict[str, int]:
    """The node ports that the Service had, by which it is found although it was deleted."""
    entries = Resource(service.kind, service.mapping("status", "configPorts")).items(cluster)
    numbers = ((str(entry.get("name")), entry.get("nodePort")) for entry in entries)
    return {name: number for name, number in numbers if isinstance(number, int)}


def _published(exposure: Exposure, places: Endpoints, world: World) -> tuple[Change, ...] | Fault:
    bodies = {
        Step.SLICE: slice_body(exposure),
        Step.ENDPOINTS: endpoints_body(exposure),
        Step.EXPOSE: service_body(exposure),
    }
    changes: list[Change] = []
    for step, kind in KINDS.items():
        live = world.host.find(Ref(kind, exposure.service.namespace, exposure.service.name))
        if live is not None and (trouble := trouble_with(live, bodies[step])):
            text = wrapped(step, exposure.cluster, trouble.message)
            return Fault(step, text, code=trouble.exit_code)
        body = lingering(bodies[step], live) if world.is_upstream else bodies[step]
        notes = places.notes if step is Step.SLICE else ()
        changes.append(applied(body, live, step, notes))
    return tuple(changes)


def _withdrawn(service: Resource, world: World, steps: Iterable[Step]) -> tuple[Change, ...]:
    """Take away what was published before the list of ports became empty."""
    found = (
        (step, world.host.find(Ref(KINDS[step], service.namespace, service.name))) for step in steps
    )
    return tuple(
        linked(deleted(live, step, "spec.configPorts.ports is empty"))
        for step, live in found
        if live is not None and belongs_to(live, service) and not live.is_deleting
    )
