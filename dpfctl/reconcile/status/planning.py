"""The status of a DPUService after a pass: conditions, service ID and published ports.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory
from dpfctl.plan import Action, Change
from dpfctl.reconcile.applications.health import applications_ready
from dpfctl.reconcile.ports.planning import published_ports
from dpfctl.reconcile.releases.health import releases_ready
from dpfctl.reconcile.service_pass import ServicePass
from dpfctl.reconcile.status.conditions import (
    GOOD,
    SERVICE_TYPES,
    SPIFFE_TYPES,
    State,
    failed,
    set_conditions,
)
from dpfctl.reconcile.steps import (
    APPLICATIONS,
    APPLICATIONS_READY,
    CONDITIONS,
    INTERFACES,
    PORTS,
    PREREQUISITES,
    SPIFFE,
    Fault,
    Step,
    joined,
)
from dpfctl.reconcile.world import Engine, World

DONE = "status updated"
SPIFFE_FIELD = "DPUService.spec.security.spiffe"
SERVICE_ID = "DPUService.status.serviceID"
CONFIG_PORTS = "DPUService.status.configPorts"
_ORDER = (INTERFACES, PREREQUISITES, APPLICATIONS, PORTS, SPIFFE)


def plan_status(one: ServicePass, world: World, host: Inventory) -> Change:
    """Plan the status of one DPUService.

    Args:
        one: The service, read anew, with what went wrong on its way.
        world: What is known after the writes.
        host: The host cluster, of which Services count, as it is then.

    Returns:
        A change of its status; ``NONE`` if it says all of that already.
    """
    service = one.service
    after = {**service.raw, "status": wanted_status(one, world, host)}
    action = Action.NONE if after["status"] == service.mapping("status") else Action.STATUS
    return Change(service.ref, action, DONE, service, after, stage=Step.STATUS, needs=())


def wanted_status(one: ServicePass, world: World, host: Inventory) -> Mapping[str, Any]:
    """Return the status that says what a pass found; what it does not know of is kept."""
    service = one.service
    generation = service.at("metadata", "generation")
    generation = generation if isinstance(generation, int) else 0
    types = SPIFFE_TYPES if SPIFFE_FIELD in world.features else SERVICE_TYPES
    status: dict[str, Any] = dict(service.mapping("status"))
    status["conditions"] = set_conditions(
        status.get("conditions"), types, found_states(one, world), generation, world.now
    )
    status["observedGeneration"] = generation
    if not (one.is_held or one.is_leaving or SERVICE_ID in world.unknown):
        status["serviceID"] = one.service_id
    ports = published_ports(service, host, world)
    is_known = not world.host.lack(kinds.SERVICE, kinds.DPU_CLUSTER)
    is_known = is_known and CONFIG_PORTS not in world.unknown
    if is_known and (ports or "configPorts" in status):
        status["configPorts"] = ports
    return status


def found_states(one: ServicePass, world: World) -> Mapping[str, State]:
    """Return what the pass has to say, by condition type.

    Conditions of steps before the one at which a service stops are good, those behind it are not
    touched, nor those of steps that were not tried. A service that is suspended, or waits for its
    Applications to go, stops before all.
    """
    health = applications_ready if world.engine is Engine.ARGOCD else releases_ready
    judged = health(one.service, world)
    found = {} if judged is None else {APPLICATIONS_READY: State(*judged)}
    if one.is_held:
        return found
    if one.is_leaving:
        return found | {fault_type: _state(one.faults) for fault_type in _types(one.faults)}
    if one.stop is not None and one.stop.step not in CONDITIONS:
        return found
    untried = {CONDITIONS[step] for step in one.untried if step in CONDITIONS}
    for name in _ORDER:
        if name not in one.looked or name in untried:
            continue
        faults = tuple(fault for fault in one.faults if CONDITIONS.get(fault.step) == name)
        if faults:
            found[name] = _state(faults)
        elif name == APPLICATIONS and one.broken:
            continue  # not all of them were looked at
        elif name != SPIFFE or _has_spiffe(one, world):
            found[name] = GOOD
        if any(fault == one.stop for fault in faults):
            break
    return found


def _types(faults: tuple[Fault, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(CONDITIONS[f.step] for f in faults if f.step in CONDITIONS))


def _state(faults: tuple[Fault, ...]) -> State:
    """One condition out of several faults: errors of the same step are told together."""
    first = faults[0]
    texts = tuple(fault.text for fault in faults if fault.step == first.step)
    return failed(first.reason, replace(first, text=joined(texts)).message)


def _has_spiffe(one: ServicePass, world: World) -> bool:
    """Whether the condition is ours to set: SPIFFE is known, and the service does without."""
    asked = one.service.at("spec", "security", "spiffe")
    return SPIFFE_FIELD in world.features and not asked
