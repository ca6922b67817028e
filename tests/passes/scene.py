"""A host cluster and its DPU cluster, what a pass makes of them, and what others do meanwhile."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from tests.builders import NS, Built
from tests.cluster.host_sites import path_of
from tests.command_line import Result, dpfctl
from tests.controlplane.api import MERGE_PATCH, Answer, Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects, create_namespace
from tests.passes.objects import (
    APP_ONE,
    CLUSTER,
    HOME,
    ONE,
    config,
    dpu_one,
    dpu_two,
    interface,
    side,
    way_in,
)

FAILED, PARTLY = 1, 5
HOLD = "argocd.argoproj.io/skip-reconcile"


@dataclass(frozen=True, slots=True)
class Scene:
    """Two real API servers.

    Attributes:
        host: The host cluster.
        side: The DPU cluster ``cluster-one``.
    """

    host: ControlPlane
    side: ControlPlane

    def reconcile(self, *args: str, **options: Any) -> Result:
        """Run one pass as admin."""
        path = str(self.host.kubeconfig)
        return dpfctl("reconcile", "--once", *args, "--kubeconfig", path, **options)

    def settle(self, *args: str) -> Result:
        """Run one pass that must succeed."""
        result = self.reconcile(*args)
        assert result.code == 0, result.err + result.out
        return result

    def fail(self, *args: str, code: int = PARTLY) -> Result:
        """Run one pass that must fail, for some services unless told otherwise."""
        result = self.reconcile(*args)
        assert result.code == code, result.err + result.out
        return result

    def add(self, *objects: Built, on: ControlPlane | None = None) -> None:
        """Create objects, in the host cluster unless told otherwise."""
        apply_objects(on or self.host, [built.raw for built in objects])

    def find(self, kind: Kind, name: str, namespace: str = HOME) -> Json | None:
        """An object of the host cluster, None if there is none."""
        return found_in(self.host, kind, name, namespace)

    def find_aside(self, kind: Kind, name: str, namespace: str = HOME) -> Json | None:
        """An object of the DPU cluster, None if there is none."""
        return found_in(self.side, kind, name, namespace)

    def get(self, kind: Kind, name: str, namespace: str = HOME) -> Json:
        """An object of the host cluster."""
        return self.host.api.call("GET", path_of(kind, name, namespace))

    def service(self, name: str = ONE, namespace: str = HOME) -> Json:
        """A DPUService as it is stored."""
        return self.get(kinds.DPU_SERVICE, name, namespace)

    def applications(self) -> list[str]:
        """Names of all Applications, in order."""
        path = "/apis/argoproj.io/v1alpha1/applications"
        return sorted(one["metadata"]["name"] for one in self.host.api.items(path))

    def application(self, name: str = APP_ONE) -> Json:
        """An Application as it is stored."""
        return self.get(kinds.APPLICATION, name, NS)

    def values(self, name: str = APP_ONE) -> Json:
        """The Helm values of an Application."""
        found: Json = self.application(name)["spec"]["source"]["helm"]["valuesObject"]
        return found

    def is_held(self, name: str = APP_ONE) -> bool:
        """Whether Argo CD leaves an Application alone."""
        return self.annotations(kinds.APPLICATION, name, NS).get(HOLD) == "true"

    def annotations(self, kind: Kind, name: str, namespace: str = HOME) -> Mapping[str, str]:
        """Annotations of an object of the host cluster."""
        found: Mapping[str, str] = self.get(kind, name, namespace)["metadata"].get(
            "annotations", {}
        )
        return found

    def condition(self, kind: str, name: str = ONE) -> tuple[str, str, str]:
        """Status, reason and message of a condition of a DPUService."""
        return self.conditions(name)[kind]

    def conditions(self, name: str = ONE, namespace: str = HOME) -> dict[str, tuple[str, str, str]]:
        """Status, reason and message of the conditions of a DPUService."""
        found = self.service(name, namespace)["status"]["conditions"]
        return {one["type"]: (one["status"], one["reason"], one["message"]) for one in found}

    def change(self, name: str = ONE, **spec: Any) -> None:
        """Change the spec of a DPUService; None takes a field away."""
        self.merge(kinds.DPU_SERVICE, name, {"spec": spec})

    def merge(self, kind: Kind, name: str, body: Json, namespace: str = HOME) -> None:
        """Have somebody merge something into an object of the host cluster."""
        self.host.api.call("PATCH", path_of(kind, name, namespace), body, MERGE_PATCH)

    def propose(self, built: Built) -> Answer:
        """Ask the API server whether it takes a new object."""
        path = path_of(built.kind, "", built.namespace).rstrip("/")
        raw = {
            **built.raw,
            "metadata": {k: v for k, v in built.raw["metadata"].items() if k != "uid"},
        }
        return self.host.api.request("POST", path, raw, query={"dryRun": "All"})

    def propose_change(self, built: Built) -> Answer:
        """Ask the API server whether it takes another spec of an object."""
        path, body = path_of(built.kind, built.name, built.namespace), {"spec": built.raw["spec"]}
        return self.host.api.request("PATCH", path, body, MERGE_PATCH, {"dryRun": "All"})

    def remove(self, kind: Kind, name: str, namespace: str = HOME) -> None:
        """Have somebody delete an object of the host cluster."""
        self.host.api.call("DELETE", path_of(kind, name, namespace))

    def report(self, name: str = APP_ONE, sync: str = "Synced", health: str = "Healthy") -> None:
        """Say of an Application what Argo CD would say."""
        status = {"sync": {"status": sync}, "health": {"status": health}}
        self.merge(kinds.APPLICATION, name, {"status": status}, NS)

    def end_application(self, name: str = APP_ONE) -> None:
        """Let an Application in deletion go, as Argo CD does once nothing of it runs."""
        assert "deletionTimestamp" in self.application(name)["metadata"]
        self.merge(kinds.APPLICATION, name, {"metadata": {"finalizers": None}}, NS)


def found_in(cluster: ControlPlane, kind: Kind, name: str, namespace: str = HOME) -> Json | None:
    """An object of a cluster, None if there is none."""
    answer = cluster.api.request("GET", path_of(kind, name, namespace))
    assert answer.status in (200, 404), answer.message()
    return answer.json() if answer.status == 200 else None


def empty_scene(host: ControlPlane, side_of: ControlPlane, *more: Built) -> Scene:
    """The operator's configuration, the way into cluster-one, and further objects."""
    scene = Scene(host, side_of)
    create_namespace(host, HOME)
    kubeconfig = side_of.kubeconfig_text(side_of.admin_token)
    scene.add(way_in(CLUSTER, kubeconfig), config(), side(), *more)
    return scene


def common_scene(host: ControlPlane, side_of: ControlPlane) -> Scene:
    """The same with the services dpu-one and dpu-two, and the interface of the former."""
    return empty_scene(host, side_of, dpu_one(), dpu_two(), interface())


def compact(value: Any) -> str:
    """JSON without blanks, keys sorted: what is compared byte by byte."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
