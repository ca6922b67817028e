"""A fleet file that command lines write to, and what it holds afterwards."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dpfctl.marks.pause import BY, REASON
from tests.builders import (
    NS,
    Built,
    Fleet,
    application,
    dpu_cluster,
    dpu_service,
    flat,
    operator_config,
    pod,
)
from tests.command_line import Result, dpfctl

Objects = Built | Fleet
FORMS = ("text", "json", "yaml", "name")
SOURCE = {"repoURL": "oci://charts.example.com/dpf", "chart": "service", "version": "1.0.0"}


def service(name: str, namespace: str = NS) -> Built:
    """A DPUService that its CRD takes."""
    return dpu_service(name, namespace).spec(
        helmChart={"source": SOURCE}, security={"privileged": False}
    )


@dataclass(frozen=True, slots=True)
class FleetOnDisk:
    """One file, and the bytes it began with."""

    path: Path
    start: bytes

    def run(self, *args: str, **options: Any) -> Result:
        """Run one command line on the file."""
        return dpfctl(*args, "--from", str(self.path), **options)

    def service(self, name: str, namespace: str = NS) -> dict[str, Any]:
        """A DPUService as the file now holds it."""
        (document,) = yaml.safe_load_all(self.path.read_text())
        (found,) = [
            item
            for item in document["host"]["items"]
            if item["kind"] == "DPUService"
            and (item["metadata"]["namespace"], item["metadata"]["name"]) == (namespace, name)
        ]
        return dict(found)

    def annotations(self, name: str, namespace: str = NS) -> Mapping[str, str]:
        """Annotations of a DPUService as the file now holds it."""
        found: Mapping[str, str] = self.service(name, namespace)["metadata"].get("annotations", {})
        return found

    @property
    def is_untouched(self) -> bool:
        """Whether the file is as it began, byte by byte."""
        return self.path.read_bytes() == self.start


def write_fleet(
    path: Path, *objects: Objects, dpu_clusters: Mapping[tuple[str, str], Objects] | None = None
) -> FleetOnDisk:
    """Write a fleet whose host and DPU clusters hold these objects."""
    document = {
        "apiVersion": "dpfctl/v1",
        "kind": "Fleet",
        "host": {"items": [built.raw for built in flat(objects)]},
        "dpuClusters": [
            {"namespace": namespace, "name": name, "items": [b.raw for b in flat([found])]}
            for (namespace, name), found in (dpu_clusters or {}).items()
        ],
    }
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return FleetOnDisk(path, path.read_bytes())


def busy_fleet(path: Path) -> FleetOnDisk:
    """Write two services to suspend, one that is, one that is owned, one of another namespace."""
    return write_fleet(
        path,
        operator_config().spec(provisioningController={"bfbPVCName": "bfb"}),
        dpu_cluster("edge", "dpu-cplane"),
        dpu_cluster("core", "dpu-cplane"),
        application("edge-hbn").status(sync={"status": "Synced"}, health={"status": "Healthy"}),
        application("edge-dts").status(sync={"status": "OutOfSync"}, health={"status": "Healthy"}),
        service("hbn")
        .having(metadata={"labels": {"app": "hbn"}, "annotations": {"example.com/ticket": "1"}})
        .status(serviceID="hbn"),
        service("dts").having(metadata={"labels": {"app": "dts"}}),
        service("ptp").suspended().having(metadata={"annotations": {BY: "otto", REASON: "GM"}}),
        service("fw-7kq2x").owned_by(NS, "edge-gw"),
        service("hbn", "tenant").having(metadata={"labels": {"app": "hbn"}}),
        dpu_clusters={("dpu-cplane", "edge"): pod("hbn-x", "tenant", node="d1", service="hbn")},
    )


def envelope(result: Result, form: str = "json") -> dict[str, Any]:
    """The one value on stdout; its keys are always the same."""
    load: Callable[[str], Any] = json.loads if form == "json" else yaml.safe_load
    found = dict(load(result.out))
    assert set(found) == {"apiVersion", "command", "status", "exitCode", "data", "errors"}
    assert (found["apiVersion"], found["exitCode"]) == ("dpfctl/v1", result.code)
    return found
