"""The three objects that publish a service's ports in the host cluster, as they are applied.

A Service without selector, an EndpointSlice that tells it where to send, and the same once more as
Endpoints, which Prometheus and others still read. All three have the name of the DPUService and are
owned by it.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dpfctl.model import kinds, labels
from dpfctl.model.dpu_services import marks_of
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from dpfctl.reconcile.identity import CONTROLLER
from dpfctl.reconcile.ports.charts import wanted_ports
from dpfctl.reconcile.ports.endpoints import Endpoint

NODE_PORT = "NodePort"
HEADLESS = "None"

_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
_SERVICE_NAME = "kubernetes.io/service-name"
_LOCAL = "Local"

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is published of one DPUService.

    Attributes:
        service: The DPUService.
        cluster: Name of the DPU cluster that the ports lead to.
        ports: Name of a port -> node port in that DPU cluster; one for every port asked for.
        endpoints: DPUs that take the traffic.
        recorded: Name of a port -> node port of the host that it had before.
    """

    service: Resource
    cluster: str
    ports: Mapping[str, int]
    endpoints: Sequence[Endpoint]
    recorded: Mapping[str, int]


def slice_body(exposure: Exposure) -> Body:
    """Return the EndpointSlice; without DPUs it has an empty list of endpoints."""
    return {
        **_head(kinds.ENDPOINT_SLICE, exposure.service, _slice_labels(exposure)),
        "addressType": "IPv4",
        "ports": _target_ports(exposure),
        "endpoints": [
            {"addresses": [e.address], "conditions": {"ready": True}, "nodeName": e.node}
            for e in exposure.endpoints
        ],
    }


def endpoints_body(exposure: Exposure) -> Body:
    """Return the Endpoints: one subset, or none without DPUs."""
    marks = {**_slice_labels(exposure), _SKIP_MIRROR: "true"}
    head = _head(kinds.ENDPOINTS, exposure.service, marks)
    if not exposure.endpoints:
        return {**head, "subsets": []}
    addresses = [{"ip": e.address, "nodeName": e.node} for e in exposure.endpoints]
    return {**head, "subsets": [{"addresses": addresses, "ports": _target_ports(exposure)}]}


def service_body(exposure: Exposure) -> Body:
    """Return the Service; node ports that nobody asks for stay with the API server."""
    service = exposure.service
    kind = service.text("spec", "configPorts", "serviceType") or NODE_PORT
    spec: dict[str, Any] = {"internalTrafficPolicy": _LOCAL}
    if kind == NODE_PORT:
        spec["externalTrafficPolicy"] = _LOCAL
    spec |= {"clusterIP": HEADLESS} if kind == HEADLESS else {"type": kind}
    spec["ports"] = [_service_port(port, exposure, kind) for port in wanted_ports(service)]
    marks = _labels(exposure)
    return {**_head(kinds.SERVICE, service, marks), "spec": spec}


def _head(kind: Kind, service: Resource, marks: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"name": service.name, "namespace": service.namespace, "labels": marks}
    owner = {
        "apiVersion": service.kind.api_version,
        "kind": service.kind.name,
        "name": service.name,
        "uid": service.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    owned = {"ownerReferences": [owner]} if service.uid else {}  # a file may leave uids out
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {**metadata, **owned}}


def _labels(exposure: Exposure) -> dict[str, Any]:
    return {**marks_of(exposure.service), labels.EXPOSED_FOR: exposure.cluster}


def _slice_labels(exposure: Exposure) -> dict[str, Any]:
    """Labels of slice and Endpoints; those of the DPUService win."""
    return {
        **_labels(exposure),
        _MANAGED_BY: CONTROLLER,
        _SERVICE_NAME: exposure.service.name,
        **exposure.service.mapping("metadata", "labels"),
    }


def _target_ports(exposure: Exposure) -> list[dict[str, Any]]:
    return [
        {
            "name": port.get("name"),
            "protocol": port.get("protocol"),
            "port": exposure.ports[str(port.get("name"))],
        }
        for port in wanted_ports(exposure.service)
    ]


def _service_port(port: Mapping[str, Any], exposure: Exposure, kind: str) -> dict[str, Any]:
    name = str(port.get("name"))
    body = {
        "name": name,
        "protocol": port.get("protocol"),
        "port": port.get("port"),
        "targetPort": exposure.ports[name],
    }
    number = port.get("nodePort") or exposure.recorded.get(name)
    return {**body, "nodePort": number} if kind == NODE_PORT and number else body
