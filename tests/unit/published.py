"""A service whose ports are published: the chart's Service, DPU nodes and what the host holds."""

from collections.abc import Iterable
from typing import Any

from dpfctl.model import kinds, labels
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from dpfctl.plan import Change
from dpfctl.reconcile.ports.planning import plan_ports
from dpfctl.reconcile.steps import Fault
from dpfctl.reconcile.world import World
from tests.builders import Built, build, dpu_node, node
from tests.unit.reconcile_fleets import ONE, SVC_NS, service, world

TCP = {"name": "port-one", "port": 8080, "protocol": "TCP"}
UDP = {"name": "port-two", "port": 8081, "protocol": "UDP"}
HAS_KEY = {"matchExpressions": [{"key": "key", "operator": "Exists"}]}


def exposing(*ports: dict[str, Any], kind: str = "NodePort") -> Built:
    """Service dpu-one, meant for nodes with the label ``key``, with published ports."""
    return service(
        serviceID="service-one",
        configPorts={"serviceType": kind, "ports": list(ports or (TCP,))},
        serviceDaemonSet={"nodeSelector": {"nodeSelectorTerms": [HAS_KEY]}},
    )


def chart_service(*ports: dict[str, Any], name: str = "chart", namespace: str = SVC_NS) -> Built:
    """The Service that the chart makes in the DPU cluster."""
    built = marked(build(kinds.SERVICE, name, namespace))
    return built.spec(type="NodePort", ports=list(ports or (given(TCP, 30111),)))


def given(port: dict[str, Any], number: int) -> dict[str, Any]:
    """A port as Kubernetes returns it: with a node port."""
    return {**port, "nodePort": number}


def marked(built: Built) -> Built:
    """An object with the labels of dpu-one."""
    return built.labelled(DPU_SERVICE_NAME="dpu-one", DPU_SERVICE_NAMESPACE=SVC_NS)


def dpu(number: int, address: str = "", **more: str) -> Built:
    """A node of the DPU cluster that belongs to DPUNode ``node-<number>``."""
    marks = {labels.DPU_NODE_NAME: f"node-{number}", labels.DPU_NODE_NAMESPACE: SVC_NS}
    built = node(f"dpu-node-{number}", **marks, **more)
    return built.status(addresses=[{"type": "InternalIP", "address": address}] if address else [])


DPUS = (dpu(1, "192.168.1.10", key="x"), dpu(2, "192.168.1.11"))
DPU_NODES = (dpu_node("node-1", SVC_NS), dpu_node("node-2", SVC_NS))
SIDE = (chart_service(), *DPUS)


def published(kind: Kind, name: str = "dpu-one", **fields: Any) -> Built:
    """An object of the host that publishes a port of dpu-one."""
    return marked(build(kind, name, SVC_NS)).labelled(EXPOSED_FOR="cluster-one").having(**fields)


def host_service(*ports: dict[str, Any], kind: str = "NodePort") -> Built:
    return published(kinds.SERVICE).spec(type=kind, ports=list(ports))


def known(built: Built, *objects: Built, side: Iterable[Built] = SIDE, **options: Any) -> World:
    """What a pass knows: the service, its DPUNodes, one DPU cluster, and more on the host."""
    return world(built, *DPU_NODES, *objects, dpus={ONE: tuple(side)}, **options)


def planned(built: Built, *objects: Built, **options: Any) -> tuple[Change, ...] | Fault:
    return plan_ports(built.resource, known(built, *objects, **options))


def changes(built: Built, *objects: Built, **options: Any) -> tuple[Change, ...]:
    found = planned(built, *objects, **options)
    assert not isinstance(found, Fault), found.message
    return found


def applied(found: Iterable[Change]) -> dict[str, Resource]:
    """Kind -> what is applied."""
    return {c.ref.kind.name: Resource(c.ref.kind, c.after) for c in found if c.after}


def error(built: Built, *objects: Built, **options: Any) -> str:
    """The message of the condition."""
    found = planned(built, *objects, **options)
    assert isinstance(found, Fault), found
    return found.message
