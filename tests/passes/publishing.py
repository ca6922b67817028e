"""What it takes to publish a port: a chart's Service, DPUs that are nodes, and their DPUNodes."""

from typing import Any

from dpfctl.model import kinds
from tests.cluster.host_sites import path_of
from tests.controlplane.api import MERGE_PATCH, Json
from tests.passes.objects import (
    HOME,
    ONE,
    PORT,
    belonging,
    chart_service,
    dpu_side_node,
    host_unit,
)
from tests.passes.scene import Scene

KINDS = (kinds.SERVICE, kinds.ENDPOINT_SLICE, kinds.ENDPOINTS)
FIRST = {"addresses": ["192.168.1.10"], "conditions": {"ready": True}, "nodeName": "node-1"}
SECOND = {"addresses": ["192.168.1.11"], "conditions": {"ready": True}, "nodeName": "node-2"}


def offer(scene: Scene, **more: Any) -> None:
    """Let dpu-one ask for port-one, and give it two DPUs, the first of which has the key."""
    scene.change(configPorts={"serviceType": "NodePort", "ports": [PORT], **more})
    scene.add(host_unit("node-1"), host_unit("node-2"))
    scene.add(
        dpu_side_node("dpu-node-1", "192.168.1.10", key="x", **belonging("node-1")),
        dpu_side_node("dpu-node-2", "192.168.1.11", **belonging("node-2")),
        on=scene.side,
    )


def publish(scene: Scene, **more: Any) -> None:
    """The same, with the Service that the chart has made, and the pass that publishes it."""
    offer(scene, **more)
    scene.add(chart_service(), on=scene.side)
    scene.settle()


def published(scene: Scene) -> dict[str, Json | None]:
    """The three objects that publish a port, by kind; None for one that is not there."""
    return {str(kind): scene.find(kind, ONE) for kind in KINDS}


def endpoints(scene: Scene) -> list[Json]:
    """What the EndpointSlice leads to."""
    found: list[Json] = scene.get(kinds.ENDPOINT_SLICE, ONE).get("endpoints") or []
    return found


def mark_node(scene: Scene, name: str, **marks: str | None) -> None:
    """Label a node of the DPU cluster."""
    body = {"metadata": {"labels": marks}}
    scene.side.api.call("PATCH", path_of(kinds.NODE, name), body, MERGE_PATCH)


def renumber(scene: Scene, node_port: int) -> None:
    """Let the chart's Service have another node port."""
    scene.add(chart_service(node_port=node_port), on=scene.side)


def from_chart(scene: Scene, name: str = "from-chart") -> str:
    """The path of the chart's Service in the DPU cluster."""
    return path_of(kinds.SERVICE, name, HOME)
