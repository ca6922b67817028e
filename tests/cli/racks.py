"""A fleet file with three hosts, for command lines that mark services as critical."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from tests.builders import NS, Built, node
from tests.cli.fleet_on_disk import FleetOnDisk, Objects, service, write_fleet
from tests.unit.hosts import WHERE, cluster, linked, placed, running, worker

SRIOV = "dpuservice.svc.dpu.nvidia.com/sriov"
HBN = "dpuservice.svc.dpu.nvidia.com/hbn"
OWNED = "dpuservice.svc.dpu.nvidia.com/fw-7kq2x"
DEAD = {
    "dpuCluster": f"{WHERE}/cluster-one",
    "resource": "*",
    "reason": "Unreachable",
    "message": f"dpu cluster {WHERE}/cluster-one: no route to host",
}
TITLES = ["HOST", "TAINT", "SERVICE", "DPU", "POD", "WHY"]


def rack(folder: Path, *more: Objects, pods: Sequence[Built] = ()) -> FleetOnDisk:
    """Three hosts with a DPU each; sriov runs on the second DPU only."""
    numbers = (1, 2, 3)
    return write_fleet(
        folder / "fleet.yaml",
        cluster(),
        *(linked(f"w{n}") for n in numbers),
        *(worker(f"w{n}") for n in numbers),
        *(placed(f"dpu-{n}", f"w{n}") for n in numbers),
        service("sriov").status(serviceID="sriov"),
        service("hbn").status(serviceID="hbn").labelled(CRITICAL="yes"),
        service("fw-7kq2x").status(serviceID="fw").owned_by(NS, "edge"),
        *more,
        dpu_clusters={
            (WHERE, "cluster-one"): (
                *(node(f"dpu-{n}") for n in numbers),
                running("sriov-2", "dpu-2").ready(),
                *(running(f"fw-{n}", f"dpu-{n}", "fw").ready() for n in numbers),
                *pods,
            )
        },
    )


def unreadable(fleet: FleetOnDisk, *entries: dict[str, str]) -> FleetOnDisk:
    """The same fleet as a snapshot that could not read everything."""
    document = yaml.safe_load(fleet.path.read_text())
    fleet.path.write_text(yaml.safe_dump({**document, "snapshot": {"unreadable": list(entries)}}))
    return FleetOnDisk(fleet.path, fleet.path.read_bytes())


def marks(fleet: FleetOnDisk, name: str = "sriov") -> dict[str, str]:
    """Labels of a service as the file now holds it."""
    found: dict[str, str] = fleet.service(name)["metadata"].get("labels", {})
    return found
