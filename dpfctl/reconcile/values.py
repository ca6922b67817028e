"""The Helm values of a service in one cluster: what its chart gets to know.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go`` and
    ``api/dpuservice/v1alpha1/dpuservice_types.go``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dpfctl.model import labels
from dpfctl.model.dpu_services import marks_of
from dpfctl.model.resources import Resource
from dpfctl.reconcile.destinations import ON_HOST, Destination
from dpfctl.reconcile.identity import service_id_of
from dpfctl.reconcile.interfaces.claims import NO_BINDING, Binding
from dpfctl.reconcile.interfaces.networks import NETWORKS
from dpfctl.reconcile.interfaces.quantities import canonical
from dpfctl.reconcile.ports.charts import wanted_names
from dpfctl.reconcile.steps import Fault, Step

Values = Mapping[str, Any]

_DAEMON_SET = "serviceDaemonSet"
_EXPOSED = "exposedPorts"
_PLAIN = ("nodeSelector", "updateStrategy")


def helm_values(
    service: Resource, service_id: str, binding: Binding, destination: Destination
) -> dict[str, Any] | Fault:
    """Return the values that a service's chart is installed with.

    Args:
        service: The DPUService.
        service_id: Its service ID, which its pods carry as a label.
        binding: The interfaces that it uses.
        destination: The cluster; only charts of DPF's own components get to know which.

    Returns:
        Values of the service, under what DPF says about its DaemonSet, over what it says about
        exposed ports. A fault if the service's values are not an object. Nothing is shared with the
        service that a caller might change.
    """
    given = _given(service)
    if not isinstance(given, dict):
        return Fault(Step.DEPLOY, "spec.helmChart.values is not an object")
    made = _made(service, service_id, binding, destination)
    return _merged(_merged(made, given), _ports(service))


def value_warnings(service: Resource) -> tuple[str, ...]:
    """Say which values of a service are not what they seem.

    Returns:
        Sentences that start with ``dpuservice/namespace/name: ``: values that DPF puts others in
        place of, and exposed ports that the values switch off again.
    """
    given = _given(service)
    if not isinstance(given, dict):
        return ()
    made = _made(service, service_id_of(service), NO_BINDING, ON_HOST)
    facts = [
        f"spec.helmChart.values.{path} is not used: DPF puts an object there"
        for path in _clashes(made, given)
    ]
    facts += _port_facts(service, given)
    return tuple(f"{service.ref}: {fact}" for fact in facts)


def _given(service: Resource) -> Any:
    found = service.at("spec", "helmChart", "values")
    return {} if found is None else found


def _made(
    service: Resource, service_id: str, binding: Binding, destination: Destination
) -> dict[str, Any]:
    """What DPF says, whatever the values are."""
    found = _daemon_set(service, service_id, binding)
    if labels.COMPONENT not in service.mapping("metadata", "labels"):
        return {_DAEMON_SET: found}
    where = {
        labels.CLUSTER_NAME: destination.name,
        labels.CLUSTER_NAMESPACE: service.namespace,  # of the service, as DPF has it
    }
    notes = {**found.get("annotations", {}), **where}
    return {"global": {_DAEMON_SET: {**found, "annotations": notes}}}


def _daemon_set(service: Resource, service_id: str, binding: Binding) -> dict[str, Any]:
    """What DPF says about the DaemonSet: the fields that are set, and what it adds."""
    asked = service.mapping("spec", _DAEMON_SET)
    notes = dict(service.mapping("spec", _DAEMON_SET, "annotations"))
    if binding.networks:
        notes[NETWORKS] = binding.networks
    counts = service.mapping("spec", _DAEMON_SET, "resources")
    resources = {name: canonical(count) for name, count in counts.items()} | dict(binding.resources)
    marks = {**service.mapping("spec", _DAEMON_SET, "labels"), labels.SERVICE_ID: service_id}
    plain = {name: asked[name] for name in _PLAIN if asked.get(name) is not None}
    maps = {"labels": marks, "annotations": notes, "resources": resources}
    return {**plain, **{name: found for name, found in maps.items() if found}}


def _ports(service: Resource) -> dict[str, Any]:
    """What DPF says about ports that are to be exposed; the values win over it."""
    if service.at("spec", "configPorts") is None:
        return {}
    ports = dict.fromkeys(wanted_names(service), True)
    return {_EXPOSED: {"labels": dict(marks_of(service)), "ports": ports}}


def _port_facts(service: Resource, given: Values) -> Iterator[str]:
    """Say why ports of a service will never be found in its DPU cluster."""
    made = _ports(service)
    if not made:
        return
    found = _merged(given, made)[_EXPOSED]
    if not isinstance(found, dict):
        yield f"spec.helmChart.values.{_EXPOSED} is no object, so the chart exposes no port"
        return
    for name in made[_EXPOSED]["ports"]:
        if _at(found, "ports", name) is not True:
            path = f"spec.helmChart.values.{_EXPOSED}.ports"
            yield f"{path} switches off port {name}, which spec.configPorts asks for"
    for key, value in made[_EXPOSED]["labels"].items():
        if _at(found, "labels", key) != value:
            path = f"spec.helmChart.values.{_EXPOSED}.labels"
            yield f"{path} hides the label {key}, by which DPF finds the ports"


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _merged(winner: Values, loser: Values) -> dict[str, Any]:
    """Merge two objects field by field; what is no object on both sides is the winner's."""
    result = {**loser, **winner}
    for name in winner.keys() & loser.keys():
        one, other = winner[name], loser[name]
        if isinstance(one, dict) and isinstance(other, dict):
            result[name] = _merged(one, other)
    return result


def _clashes(winner: Values, loser: Values, path: str = "") -> Iterator[str]:
    """Yield the paths at which the loser has something else than an object, and is not heard."""
    for name in sorted(winner.keys() & loser.keys()):
        one, other = winner[name], loser[name]
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _clashes(one, other, f"{path}{name}.")
        elif isinstance(one, dict):
            yield f"{path}{name}"
