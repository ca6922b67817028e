"""Real API servers of hosts and of their DPUs, for command lines about critical services."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dpfctl.model.kinds import Kind
from tests.builders import NS, Built, node, operator_config
from tests.cli.fleet_on_disk import service
from tests.command_line import Result, dpfctl
from tests.controlplane.api import MERGE_PATCH, Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.faults.services import Services
from tests.unit.hosts import WHERE, cluster, linked, placed, running, worker

SECRET = "cluster-one-kubeconfig"


@dataclass(frozen=True, slots=True)
class HostSite:
    """Host worker1 with two DPUs of zone dk, host worker2 with one of zone ga.

    Attributes:
        host: The host cluster.
        side: The DPU cluster ``cluster-one``, which has a Node per DPU.
    """

    host: ControlPlane
    side: ControlPlane

    @property
    def services(self) -> Services:
        """The DPUServices of the operator's namespace."""
        return Services(self.host, NS)

    def run(self, *args: str, token: str = "", **options: Any) -> Result:
        """Run one command line as admin, or as whoever has the token."""
        path = self.host.kubeconfig_for(token) if token else self.host.kubeconfig
        return dpfctl(*args, "--kubeconfig", str(path), **options)

    def preview(self, *names: str) -> list[str]:
        """Lines of a preview that succeeds."""
        result = self.run("mark-critical", *names, "--preview")
        assert (result.code, result.err) == (0, "")
        return result.lines

    def serve(self, name: str, *terms: Json, **labels: str) -> None:
        """Create a DPUService whose DaemonSet is meant for nodes of these terms."""
        built = service(name).status(serviceID=name)
        built = built.labelled(**labels) if labels else built
        if terms:
            chosen = {"nodeSelector": {"nodeSelectorTerms": list(terms)}}
            built = built.spec(serviceDaemonSet=chosen)
        apply_objects(self.host, [built.raw])

    def run_pod(self, service: str, dpu: str, *, phase: str = "Running", ready: str = "") -> str:
        """Create the pod of a service on a DPU, or report another state of it.

        Args:
            service: Name of the service.
            dpu: Name of the DPU.
            phase: Its phase.
            ready: Status of its condition Ready; empty for no such condition.
        """
        name = f"{service}-{dpu}"
        built = running(name, dpu, service).spec(containers=[{"name": "main", "image": "none"}])
        conditions = [{"type": "Ready", "status": ready}] if ready else []
        apply_objects(self.side, [built.status(phase=phase, conditions=conditions).raw])
        return name

    def end_pod(self, name: str, finalizers: Sequence[str] = ()) -> None:
        """Delete a pod; finalizers keep it, in deletion."""
        path = f"/api/v1/namespaces/{NS}/pods/{name}"
        if finalizers:
            body = {"metadata": {"finalizers": list(finalizers)}}
            self.side.api.call("PATCH", path, body, MERGE_PATCH)
        self.side.api.call("DELETE", path, {"gracePeriodSeconds": 0})

    def nodes(self) -> list[Json]:
        """The Nodes of the host cluster as they are stored."""
        return self.host.api.items("/api/v1/nodes")


def make_host_site(host: ControlPlane, side: ControlPlane) -> HostSite:
    """Create the hosts, their DPUs, and the way into the DPU cluster."""
    units = {"dpu-1": "worker1", "dpu-2": "worker1", "dpu-3": "worker2"}
    marks = {"dpu-1": {"bfb": "dk", "rack": "1"}, "dpu-2": {"bfb": "dk"}, "dpu-3": {"bfb": "ga"}}
    objects = [
        operator_config().spec(deploymentMode="host-trusted", provisioningController={}),
        cluster().spec(type="static", kubeconfig=SECRET),
        *(linked(name) for name in ("worker1", "worker2")),
        *(worker(name) for name in ("worker1", "worker2")),
        *(unit(name, where) for name, where in units.items()),
    ]
    apply_objects(host, [secret(side.kubeconfig_text(side.admin_token))])
    apply_objects(host, [built.raw for built in objects])
    apply_objects(side, [node(name, **labels).raw for name, labels in marks.items()])
    return HostSite(host, side)


def unit(name: str, where: str) -> Built:
    """A DPU that its CRD takes."""
    return placed(name, where).spec(
        **{"dpuDeviceName": name, "bfb": "bundle", "dpuFlavor": "hbn", "serialNumber": name},
        nodeEffect={"noEffect": True},
    )


def secret(kubeconfig: str) -> Json:
    """The Secret that leads into the DPU cluster."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": WHERE},
        "stringData": {"super-admin.conf": kubeconfig},
    }


def elsewhere(kubeconfig: str, url: str) -> str:
    """A kubeconfig that leads to a port where nobody listens."""
    assert url in kubeconfig
    return kubeconfig.replace(url, "https://127.0.0.1:9")


def path_of(kind: Kind, name: str, namespace: str = NS) -> str:
    """The path of one object."""
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.api_version}"
    inside = f"/namespaces/{namespace}" if kind.namespaced else ""
    return f"{root}{inside}/{kind.plural}/{name}"
