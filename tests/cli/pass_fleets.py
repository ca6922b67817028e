"""A fleet file for passes: one DPU cluster, services in several states, and a host."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from dpfctl.model.applications import SKIP_RECONCILE, application_name
from tests.builders import NS, Built, application, dpu_cluster, node, operator_config
from tests.cli.fleet_on_disk import FleetOnDisk, Objects, service, write_fleet
from tests.command_line import Result
from tests.unit.hosts import DPU_READY, linked

EDGE = ("dpu-cplane", "edge")
FINALIZER = "dpu.nvidia.com/dpuservice"
ARGO = "resources-finalizer.argocd.argoproj.io"
SERVICE = "dpuservice.svc.dpu.nvidia.com"
APPLICATION = "application.argoproj.io"
HEALTHY = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}


def known(name: str, namespace: str = NS) -> Built:
    """A DPUService that the controller has seen."""
    return service(name, namespace).having(metadata={"finalizers": [FINALIZER]})


def leaving(name: str) -> Built:
    """A DPUService in deletion, which its finalizer keeps."""
    return known(name).deleting().having(metadata={"finalizers": [FINALIZER]})


def deployed(built: Built, **metadata: Any) -> Built:
    """Its Application in the DPU cluster, not as it is wanted; Argo CD calls it healthy."""
    app = built.owning(application(application_name(EDGE[1], built.name)))[1]
    marked = app.labelled(CLUSTER_NAME=EDGE[1], CLUSTER_NAMESPACE=EDGE[0])
    spec = {"project": "old", "destination": {"name": "edge", "namespace": built.namespace}}
    meta = {"finalizers": [ARGO], **metadata}
    return marked.having(metadata=meta, status=HEALTHY).spec(**spec)


def pass_fleet(folder: Path, *more: Objects, side: Sequence[Built] = ()) -> FleetOnDisk:
    """Services hbn (new), dts (changed), ptp (suspended), web of tenant; a host that is tainted."""
    dts, ptp = known("dts"), known("ptp").suspended()
    return write_fleet(
        folder / "fleet.yaml",
        operator_config().spec(provisioningController={"bfbPVCName": "bfb"}),
        dpu_cluster(EDGE[1], EDGE[0]),
        service("hbn").having(metadata={"labels": {"app": "hbn"}}),
        dts,
        deployed(dts),
        ptp,
        deployed(ptp),
        known("web", "tenant").having(metadata={"labels": {"app": "web"}}),
        linked("w1"),
        node("w1").spec(taints=[DPU_READY]),
        *more,
        dpu_clusters={EDGE: tuple(side)},
    )


def reconcile(fleet: FleetOnDisk, *args: str, **options: Any) -> Result:
    """Run one pass on the file."""
    return fleet.run("reconcile", "--once", *args, **options)


def item(fleet: FleetOnDisk, kind: str, name: str, namespace: str = NS) -> dict[str, Any] | None:
    """An object of the host cluster as the file now holds it, None if it does not."""
    document = yaml.safe_load(fleet.path.read_text())
    found = (
        one
        for one in document["host"]["items"]
        if (one["kind"], one["metadata"].get("namespace", namespace)) == (kind, namespace)
        and one["metadata"]["name"] == name
    )
    return next(found, None)


def app(fleet: FleetOnDisk, name: str) -> dict[str, Any]:
    """An Application as the file now holds it."""
    found = item(fleet, "Application", name)
    assert found is not None, f"there is no Application {name}"
    return found


def is_held(fleet: FleetOnDisk, name: str) -> bool:
    """Whether Argo CD leaves an Application alone."""
    notes = app(fleet, name)["metadata"].get("annotations", {})
    return bool(notes.get(SKIP_RECONCILE) == "true")


def states(result: Result) -> dict[str, str]:
    """Namespace and name -> how far the service came, as the table says it."""
    rows = result.out.partition("SERVICE")[2].partition("\n\n")[0].splitlines()[1:]
    cells = (row.split() for row in rows)
    return {row[0]: row[1] for row in cells}
