"""Fleet files for tests that write to them."""

import io
import json
from pathlib import Path
from typing import Any

from dpfctl.cluster.fleet_file import FleetCluster, FleetFile, open_fleet
from dpfctl.model import kinds
from dpfctl.model.resources import Ref
from tests.builders import NOW

DPU = Ref(kinds.DPU, "ns", "a")
SMALL_FLEET = """\
# a comment that a write loses
apiVersion: dpfctl/v1
kind: Fleet
host:
  items:
  - apiVersion: provisioning.dpu.nvidia.com/v1alpha1
    kind: DPU
    metadata: {name: a, namespace: ns, labels: {tier: "1"}}
    spec: {version: "1e3", text: "no"}
  - apiVersion: provisioning.dpu.nvidia.com/v1alpha1
    kind: DPU
    metadata: {name: b, namespace: ns, creationTimestamp: "${NOW-1d}"}
  - {apiVersion: x.io/v1, kind: Thing, metadata: {name: t}}
dpuClusters:
- namespace: ns
  name: edge
  items:
  - {apiVersion: v1, kind: Node, metadata: {name: n1}}
"""
"""Two DPUs and something of a kind that nobody knows; one DPU cluster with one Node."""


def node(name: str) -> dict[str, Any]:
    """A Node as a body to be created."""
    return {"metadata": {"name": name}}


def open_file(source: str | Path, stdin: str = "") -> FleetFile:
    """The fleet in a file or another source, at the tests' time."""
    return open_fleet(str(source), stdin=io.StringIO(stdin), now=NOW)


def fleet_of(folder: Path, *objects: Any) -> FleetCluster:
    """The host cluster of a new file that holds these objects."""
    path = folder / "fleet.json"
    fleet = {"apiVersion": "dpfctl/v1", "kind": "Fleet", "host": {"items": list(objects)}}
    path.write_text(json.dumps(fleet))
    return open_file(path).host


def empty_fleet(folder: Path) -> FleetCluster:
    """The host cluster of a new file without objects."""
    return fleet_of(folder)
