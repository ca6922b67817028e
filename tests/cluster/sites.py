"""A whole cluster with DPF's own objects on it, for command lines that suspend and resume."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dpfctl.model.applications import SKIP_RECONCILE
from dpfctl.model.kinds import SERVICES
from tests.builders import NS, Built, application, dpu_cluster, operator_config
from tests.command_line import Result, dpfctl
from tests.controlplane.api import MERGE_PATCH, Answer, Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.faults.services import Services

EFFECT_SECONDS = 30.0
_RBAC = "rbac.authorization.k8s.io"
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_READERS = "readers"


@dataclass(frozen=True, slots=True)
class Site:
    """A whole cluster with DPF's own objects, its services in the operator's namespace."""

    cluster: ControlPlane
    services: Services

    def run(self, *args: str, token: str = "", **options: Any) -> Result:
        """Run one command line as admin, or as whoever has the token."""
        path = self.cluster.kubeconfig_for(token) if token else self.cluster.kubeconfig
        return dpfctl(*args, "--kubeconfig", str(path), **options)

    def application(self, name: str) -> Json:
        """An Application as it is stored."""
        return self.cluster.api.call("GET", _application_path(name))

    def hold(self, name: str, value: str | None = "true") -> None:
        """Hold an Application as the controller does, or let it go."""
        body = {"metadata": {"annotations": {SKIP_RECONCILE: value}}}
        self.cluster.api.call("PATCH", _application_path(name), body, MERGE_PATCH)

    def report_ready(self, generation: int) -> None:
        """Report the service ready as the controller does, for one generation."""
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "Success",
            "message": "",
            "lastTransitionTime": "2026-11-20T09:00:00Z",
            "observedGeneration": generation,
        }
        body = {"status": {"conditions": [ready]}}
        self.cluster.api.call("PATCH", f"{self.services.path('hbn')}/status", body, MERGE_PATCH)


def make_site(cluster: ControlPlane) -> Site:
    """Create a service ``hbn`` that has an Application in one of two DPU clusters."""
    objects: tuple[Built, ...] = (
        operator_config().spec(deploymentMode="host-trusted", provisioningController={}),
        dpu_cluster("edge", "dpu-cplane", "static"),
        dpu_cluster("core", "dpu-cplane", "static"),
        application("edge-hbn").spec(
            project="default", destination={"name": "edge", "namespace": "x"}
        ),
    )
    apply_objects(cluster, [built.raw for built in objects])
    services = Services(cluster, NS)
    services.create("hbn")
    return Site(cluster, services)


def acts(steps: Sequence[Callable[[], None]]) -> Callable[[float], None]:
    """A sleep in which something happens: one step per pause, and no pause after the last."""
    left = iter(steps)

    def sleep(_seconds: float) -> None:
        next(left)()

    return sleep


def let(cluster: ControlPlane, namespace: str, verbs: Sequence[str], user: str = "") -> None:
    """Let a user, by default the readers, do something with the DPUServices of one namespace."""
    rule = {"apiGroups": [SERVICES], "resources": ["dpuservices"], "verbs": list(verbs)}
    name = {"name": "some-verbs", "namespace": namespace}
    subject = {"kind": "User", "name": user} if user else {"kind": "Group", "name": _READERS}
    role = {"apiVersion": f"{_RBAC}/v1", "kind": "Role", "metadata": name, "rules": [rule]}
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": name,
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": "some-verbs"},
        "subjects": [{"apiGroup": _RBAC, **subject}],
    }
    apply_objects(cluster, [role, binding])
    asked = {"group": SERVICES, "resource": "dpuservices", "namespace": namespace, "verb": verbs[0]}
    spec = {"user": user or "reader", "groups": [_READERS], "resourceAttributes": asked}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    wait_until(lambda: bool(cluster.api.call("POST", _REVIEWS, review)["status"]["allowed"]))


def may_pause(services: Services) -> bool:
    """Whether a suspension would be stored as it is asked for."""
    answer = try_merge(services, {"spec": {"paused": True}})
    return answer.status == 200 and answer.json()["spec"]["paused"] is True


def try_merge(services: Services, body: Json) -> Answer:
    """Ask what a merge patch of a service would lead to."""
    api, query = services.cluster.api, {"dryRun": "All"}
    return api.request("PATCH", services.path("hbn"), body, MERGE_PATCH, query)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Policies and schemas take effect a moment after they are stored."""
    deadline = time.monotonic() + EFFECT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "the API server never came to it"
        time.sleep(0.05)


def _application_path(name: str) -> str:
    return f"/apis/argoproj.io/v1alpha1/namespaces/{NS}/applications/{name}"
