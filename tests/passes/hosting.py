"""A host with a DPU in it, and the pods of services on that DPU."""

from collections.abc import Sequence
from dataclasses import dataclass

from dpfctl.model import kinds
from tests.builders import NS, Built, node, pod
from tests.cluster.host_sites import path_of, unit
from tests.command_line import Result, dpfctl
from tests.controlplane.api import MERGE_PATCH, Json
from tests.controlplane.load import apply_objects
from tests.passes.objects import config, service
from tests.passes.scene import Scene
from tests.unit.hosts import DPU_READY, DPU_TAINT, linked, worker

TAINTED, CLEAN = [DPU_TAINT, DPU_READY], [DPU_TAINT]
NO_EXECUTE = {"key": DPU_READY["key"], "effect": "NoExecute"}
SRIOV = "sriov"


@dataclass(frozen=True, slots=True)
class Hosting:
    """Host worker1 with dpu-1 in it, which is a node of the DPU cluster."""

    scene: Scene

    def judge(self) -> Result:
        """Run one pass that is about taints only, and must succeed."""
        return self.scene.settle("--only", "taints")

    def taints(self, name: str = "worker1") -> list[Json]:
        """The taints of a host Node."""
        found: list[Json] = self.scene.get(kinds.NODE, name)["spec"].get("taints", [])
        return found

    def run_pod(
        self, name: str = SRIOV, dpu: str = "dpu-1", *, ready: str = "True", **more: str
    ) -> None:
        """Create the pod of a service, or report another state of it.

        Args:
            name: Of the pod, and its service ID unless ``service_id`` says otherwise.
            dpu: Where it runs.
            ready: Status of its condition Ready; empty for no such condition.
            more: ``phase``, ``service_id``.
        """
        built = pod(name, NS, node=dpu, service=more.get("service_id", name))
        built = built.spec(containers=[{"name": "main", "image": "none"}])
        conditions = [{"type": "Ready", "status": ready}] if ready else []
        phase = more.get("phase", "Running")
        self.scene.add(built.status(phase=phase, conditions=conditions), on=self.scene.side)

    def end_pod(self, name: str = SRIOV, finalizers: Sequence[str] = ()) -> None:
        """Delete a pod; finalizers keep it, in deletion."""
        api, path = self.scene.side.api, path_of(kinds.POD, name)
        if finalizers:
            api.call("PATCH", path, {"metadata": {"finalizers": list(finalizers)}}, MERGE_PATCH)
        api.call("DELETE", path, {"gracePeriodSeconds": 0})

    def add_dpu(self, name: str, *, phase: str = "", host: str = "worker1", **marks: str) -> None:
        """Create a DPU in a host, and its node in the DPU cluster."""
        built = unit(name, host)
        self.scene.add(built.status(phase=phase) if phase else built)
        self.scene.add(node(name).having(metadata={"labels": marks}), on=self.scene.side)

    def configure(self, **controller: bool) -> None:
        """Have the operator's configuration say something about the controller."""
        body = {"spec": {"dpuServiceController": controller}}
        self.scene.merge(kinds.DPF_OPERATOR_CONFIG, config().name, body, NS)

    def mark(self, *args: str) -> None:
        """Run ``mark-critical``."""
        result = dpfctl("mark-critical", *args, "--kubeconfig", str(self.scene.host.kubeconfig))
        assert result.code == 0, result.err


def critical(name: str = SRIOV, *terms: Json) -> Built:
    """A critical service in the operator's namespace; terms say for which nodes it is meant."""
    return plain(name, *terms).labelled(CRITICAL="")


def plain(name: str = SRIOV, *terms: Json) -> Built:
    """The same, not critical."""
    built = service(name, namespace=NS, serviceID=name).status(serviceID=name)
    if not terms:
        return built
    return built.spec(serviceDaemonSet={"nodeSelector": {"nodeSelectorTerms": list(terms)}})


def host_objects() -> tuple[Built, ...]:
    """The host worker1, linked by the DPUNode worker1."""
    return linked(), worker()


def make_hosting(scene: Scene) -> Hosting:
    """Host worker1 with the DPU dpu-1."""
    scene.add(*host_objects())
    hosting = Hosting(scene)
    hosting.add_dpu("dpu-1", bfb="dk", rack="1")
    return hosting


def set_node_taints(hosting: Hosting, taints: Sequence[Json], name: str = "worker1") -> None:
    """Have somebody say which taints a host Node has."""
    apply_objects(hosting.scene.host, [worker(name).having(spec={"taints": list(taints)}).raw])
