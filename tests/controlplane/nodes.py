"""Simulated nodes, for clusters that were started with nodes."""

import time
from collections.abc import Iterable, Mapping

from tests.controlplane.api import Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects

READY_SECONDS = 30.0
ROOM = {"cpu": "16", "memory": "64Gi", "pods": "110"}


def node(name: str, labels: Mapping[str, str] | None = None) -> Json:
    """A node with room for 110 pods."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "status": {"capacity": ROOM, "allocatable": ROOM},
    }


def add_nodes(
    cluster: ControlPlane, names: Iterable[str], labels: Mapping[str, str] | None = None
) -> None:
    """Create nodes and wait until they are Ready (a second or two).

    Raises:
        TimeoutError: One did not become Ready.
    """
    wanted = set(names)
    apply_objects(cluster, [node(name, labels) for name in sorted(wanted)])
    deadline = time.monotonic() + READY_SECONDS
    while missing := wanted - ready_nodes(cluster):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nodes not ready after {READY_SECONDS:.0f} s: {sorted(missing)}")
        time.sleep(0.05)


def ready_nodes(cluster: ControlPlane) -> set[str]:
    """Names of the nodes that are Ready and take pods."""
    return {
        one["metadata"]["name"]
        for one in cluster.api.items("/api/v1/nodes")
        if not one["spec"].get("taints") and is_ready(one)
    }


def is_ready(one: Json) -> bool:
    """Whether an object has the condition Ready."""
    conditions = one.get("status", {}).get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
