"""One namespace of the environment: what a test puts there, and what becomes of it."""

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.model.release_secrets import read_releases
from dpfctl.model.releases import StoredRelease
from dpfctl.model.resources import Resource
from tests.builders import Built, dpu_service
from tests.cluster.host_sites import path_of
from tests.command_line import Result, dpfctl
from tests.controlplane.api import MERGE_PATCH, Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.controllers import HOLD
from tests.controlplane.load import apply_objects, create_namespace
from tests.controlplane.wipe import contents
from tests.e2e.environment import EAST, WEST, Environment

CHART = "dpf-service"
SECONDS = 20.0
PAUSE = 0.3
"""Seconds between two looks of ``--wait``; nothing here takes longer."""

HELD = {"annotations": {HOLD: "true"}}
"""Of a serviceDaemonSet whose pods do not become ready."""

_NOW = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}


@dataclass(frozen=True, slots=True)
class Site:
    """A namespace.

    Attributes:
        environment: All that runs.
        namespace: The test's own.
        folder: The test's own, too.
    """

    environment: Environment
    namespace: str
    folder: Path

    @property
    def host(self) -> ControlPlane:
        """The host cluster."""
        return self.environment.host

    @property
    def environ(self) -> dict[str, str]:
        """An environment in which Helm is found."""
        path = f"{self.environment.helm.parent}{os.pathsep}{os.defpath}"
        return {"PATH": path, "HOME": str(self.folder)}

    def open(self) -> None:
        """Make the namespace."""
        create_namespace(self.host, self.namespace)

    def close(self) -> None:
        """Take everything away; namespaces follow in their own time."""
        for one in self.host.api.items(path_of(kinds.DPU_SERVICE, "", self.namespace)[:-1]):
            path = path_of(kinds.DPU_SERVICE, one["metadata"]["name"], self.namespace)
            bare = {"metadata": {"finalizers": None}}
            self.host.api.request("DELETE", path)
            self.host.api.request("PATCH", path, bare, MERGE_PATCH)
        for cluster in self.environment.clusters.values():
            cluster.api.request("DELETE", path_of(kinds.NAMESPACE, self.namespace), _NOW)

    def run(self, *args: str, **options: Any) -> Result:
        """Run one command line on the real clock; it waits as briefly as it can."""
        given: dict[str, Any] = {
            "environ": self.environ,
            "now": lambda: datetime.now(UTC),
            "sleep": lambda seconds: time.sleep(min(seconds, PAUSE)),
            **options,
        }
        return dpfctl(*args, "--kubeconfig", str(self.environment.kubeconfig), **given)

    def reconcile(self, *args: str, **options: Any) -> Result:
        """Run one pass over the services of this namespace."""
        return self.run("reconcile", "--once", "-n", self.namespace, *args, **options)

    def settle(self, *args: str, **options: Any) -> Result:
        """Run one pass that must succeed."""
        result = self.reconcile(*args, **options)
        assert result.code == 0, result.err + result.out
        return result

    def ready(self, *args: str, **options: Any) -> Result:
        """Run one pass, and wait until every service of this namespace is ready, or gone."""
        return self.settle("--wait", "--timeout", "30s", *args, **options)

    def service(self, name: str = "web", **spec: Any) -> Built:
        """A DPUService of our chart, from the open registry into all DPU clusters."""
        registry = self.environment.registry.url
        source = {"repoURL": registry, "chart": CHART, "version": "1.0.0"}
        built = dpu_service(name, self.namespace).spec(helmChart={"source": source})
        return built.spec(**{"security": {"privileged": False}, **spec})

    def in_east(self, name: str = "web", **spec: Any) -> Built:
        """The same for one DPU cluster only."""
        return self.service(name, dpuClusterSelector={"matchLabels": {"side": EAST}}, **spec)

    def add(self, *objects: Built) -> None:
        """Create objects in the host cluster."""
        apply_objects(self.host, [built.raw for built in objects])

    def change(self, name: str = "web", **spec: Any) -> None:
        """Change the spec of a DPUService; None takes a field away."""
        path = path_of(kinds.DPU_SERVICE, name, self.namespace)
        self.host.api.call("PATCH", path, {"spec": spec}, MERGE_PATCH)

    def source(self, name: str = "web", **source: Any) -> None:
        """Change where the chart of a DPUService comes from."""
        self.change(name, helmChart={"source": source})

    def delete(self, name: str = "web") -> None:
        """Delete a DPUService."""
        self.host.api.call("DELETE", path_of(kinds.DPU_SERVICE, name, self.namespace))

    def get(self, kind: Kind, name: str = "web", side: str = "host") -> Json:
        """An object of this namespace, or one that is in none."""
        cluster = self.environment.clusters[side]
        return cluster.api.call("GET", path_of(kind, name, self.namespace))

    def find(self, kind: Kind, name: str = "web", side: str = "host") -> Json | None:
        """The same, None if there is none."""
        answer = self.environment.clusters[side].api.request(
            "GET", path_of(kind, name, self.namespace)
        )
        assert answer.status in (200, 404), answer.message()
        return answer.json() if answer.status == 200 else None

    def all_of(self, kind: Kind, side: str = "host") -> dict[str, Json]:
        """Objects of this namespace by name."""
        path = path_of(kind, "", self.namespace).removesuffix("/")
        items = self.environment.clusters[side].api.items(path)
        return {one["metadata"]["name"]: one for one in items}

    def conditions(self, name: str = "web") -> dict[str, tuple[str, str, str]]:
        """Status, reason and message of the conditions of a DPUService."""
        found = self.get(kinds.DPU_SERVICE, name).get("status", {}).get("conditions", ())
        return {one["type"]: (one["status"], one["reason"], one["message"]) for one in found}

    def releases(self, side: str = EAST) -> dict[str, StoredRelease]:
        """The newest revision of each release of this namespace, by name."""
        path = path_of(kinds.SECRET, "", self.namespace).removesuffix("/")
        items = self.environment.clusters[side].api.items(path, {"labelSelector": "owner=helm"})
        found = read_releases([Resource(kinds.SECRET, one) for one in items])
        return {name: stored for (_, name), stored in found.items()}

    def revisions(self, name: str = "web") -> dict[str, int]:
        """Revision of a service's release by DPU cluster; absent where there is none."""
        found = {side: self.releases(side).get(f"{side}-{name}") for side in (EAST, WEST)}
        return {side: one.revision for side, one in found.items() if one is not None}

    def daemon_set(self, name: str = "web", side: str = EAST) -> Json:
        """The DaemonSet of a service's release."""
        return self.get(kinds.DAEMON_SET, f"{side}-{name}-agent", side)

    def taints(self, host: str) -> list[Mapping[str, str]]:
        """The taints of a host, those of Kubernetes itself left out."""
        found = self.get(kinds.NODE, host)["spec"].get("taints", [])
        return [taint for taint in found if taint["key"].startswith("dpu.nvidia.com/")]


@contextmanager
def new_site(environment: Environment, folder: Path) -> Iterator[Site]:
    """Make a namespace, and take it away again."""
    site = Site(environment, f"e2e-{uuid.uuid4().hex[:6]}", folder)
    site.open()
    yield site
    site.close()


def until(is_so: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait for something that controllers and kubelets do."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds:.0f} s"
        time.sleep(0.05)


def leftovers(site: Site, side: str) -> list[str]:
    """What is left in the namespace in one cluster, but for what Kubernetes puts into each."""
    found = contents(site.environment.clusters[side])
    return [f"{one.kind}/{one.name}" for one in sorted(found) if one.namespace == site.namespace]
