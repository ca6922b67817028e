"""A fleet in which every command finds something to do of every sort, for whoever may do it."""

import base64
import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import yaml

from dpfctl.cluster.pass_lease import NAME
from dpfctl.model import kinds, labels
from tests.builders import NS, Built, application, build, maintenance
from tests.cluster.host_sites import path_of
from tests.command_line import Result, dpfctl
from tests.controlplane.api import Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.faults.actions import Reply
from tests.faults.proxy import FaultProxy, Upstream
from tests.passes.hosting import critical, make_hosting, plain
from tests.passes.objects import (
    CLUSTER,
    FINALIZER,
    HOME,
    WHERE,
    chart_service,
    dpu_one,
    interface,
    match_labels,
    pull_secret,
    service,
    way_in,
)
from tests.passes.publishing import offer
from tests.passes.scene import Scene, empty_scene
from tests.unit.zone_files import manifests_of, prerequisites

APPLIED = {
    "type": "NodeEffectApplied",
    "status": "True",
    "reason": "Success",
    "message": "",
    "observedGeneration": 1,
    "lastTransitionTime": "2026-11-20T08:00:00Z",
}
QUIET, LEAVING, CHANGED = "quiet", "leaving", "changed"
_GOING = {"deletionTimestamp": "2026-11-20T08:00:00Z", "finalizers": [FINALIZER]}
_WRITE = r"^(?:POST|PUT|PATCH|DELETE) \S*/{plural}(?:[/?]|$)"


@dataclass(frozen=True, slots=True)
class BusyFleet:
    """A host cluster and its DPU cluster behind proxies, for a user of each.

    Attributes:
        scene: The two API servers.
        folder: For kubeconfigs.
    """

    scene: Scene
    folder: Path

    def run(
        self, *lines: Iterable[str], host: str, side: str, raced: Iterable[str] = ()
    ) -> list[Result]:
        """Run command lines, one after the other.

        Args:
            lines: Words of each.
            host: Token of the user in the host cluster.
            side: The same in the DPU cluster.
            raced: Plurals; the first write to each, in each cluster, loses a race.
        """
        with ExitStack() as ends:
            to_host = ends.enter_context(_proxy(self.scene.host, raced))
            to_side = ends.enter_context(_proxy(self.scene.side, raced))
            through = yaml.safe_dump(_kubeconfig(to_side, side))
            self.scene.add(way_in(CLUSTER, through))
            path = to_host.kubeconfig(self.folder / "kubeconfig", {"token": host})
            return [dpfctl(*words, "--kubeconfig", str(path)) for words in lines]

    def untaint(self) -> None:
        """Have the host lose its taints, so that a pass has something to write."""
        self.scene.merge(kinds.NODE, "worker1", {"spec": {"taints": None}}, "")

    def forget_passes(self) -> None:
        """Undo what passes have left: the Lease, and the taint."""
        self.scene.host.api.request("DELETE", path_of(kinds.LEASE, NAME, NS))
        self.untaint()


def make_busy_fleet(host: ControlPlane, side_of: ControlPlane, folder: Path) -> BusyFleet:
    """Create it.

    Returns:
        dpu-one has nothing yet: no finalizer, no claim, no Application, no published port. The
        service ``changed`` has another Application than it asks for, ``leaving`` is being deleted,
        ``quiet`` publishes a port that it does not ask for any more. The critical service ``sriov``
        lacks its pod, ``up`` has its own, and ``upgrade`` waits for it. The namespace of
        ``newcomer`` is not in the DPU cluster yet. What zone dk needs is there, and so are four
        objects that it does not hold any more.
    """
    scene = empty_scene(host, side_of)
    scene.add(dpu_one(), interface())
    offer(scene)
    scene.add(chart_service(), on=scene.side)
    hosting = make_hosting(scene)
    up = plain("up").owned_by("ns", "edge")
    held = maintenance("upgrade", "ns_edge_up", node="worker1").status(conditions=[APPLIED])
    scene.add(critical(), up, plain("free"), plain("held").suspended(), held)
    hosting.run_pod("up")
    scene.add(service(CHANGED), _application(CHANGED), service(QUIET), *_published(QUIET))
    scene.add(service(LEAVING).having(metadata=_GOING), _application(LEAVING))
    scene.add(service("newcomer", namespace="fresh"))
    scene.add(pull_secret("new"), pull_secret("known"))
    scene.add(pull_secret("known", "e30K"), pull_secret("orphan"), on=scene.side)
    apply_objects(host, [*prerequisites().objects.values(), *_left_over()])
    return BusyFleet(scene, folder)


def _application(name: str) -> Built:
    built = application(f"{CLUSTER}-{name}").having(metadata={"labels": dict(match_labels(name))})
    built = built.labelled(CLUSTER_NAME=CLUSTER, CLUSTER_NAMESPACE=WHERE)
    return built.spec(project="default", destination={"name": CLUSTER, "namespace": "elsewhere"})


def _published(name: str) -> tuple[Built, ...]:
    marks = {**match_labels(name), labels.EXPOSED_FOR: CLUSTER}
    ports = [{"name": "web", "port": 80}]
    return tuple(
        built.having(metadata={"labels": marks})
        for built in (
            build(kinds.SERVICE, name, HOME).spec(ports=ports),
            build(kinds.ENDPOINT_SLICE, name, HOME).having(addressType="IPv4", endpoints=[]),
            build(kinds.ENDPOINTS, name, HOME),
        )
    )


def _left_over() -> list[Json]:
    """One object of each kind that zone dk has, under a name that it does not have."""
    found = {raw["kind"]: raw for raw in manifests_of("zone-dk-manifests.yaml").objects.values()}
    metadata = {"name": "left-over", "namespace": NS, "labels": {labels.ZONE: "dk"}}
    bare = dict(found[kinds.DPU_SERVICE.name]["spec"])
    del bare["interfaces"]
    elsewhere = {"dpuNodeSelector": {"matchLabels": {"rack": "gone"}}}
    apart = {
        kinds.DPU_SERVICE.name: bare,  # an interface would have to be there
        kinds.DPU_SET.name: {**found[kinds.DPU_SET.name]["spec"], **elsewhere},
    }
    return [
        {**raw, "metadata": metadata, "spec": apart.get(kind, raw["spec"])}
        for kind, raw in found.items()
    ]


def _proxy(cluster: ControlPlane, raced: Iterable[str]) -> FaultProxy:
    proxy = FaultProxy(Upstream(cluster.url, cluster.ca_file))
    for plural in raced:
        proxy.inject(Reply(409, _CONFLICT), _WRITE.format(plural=plural), times=1)
    return proxy


_CONFLICT = json.dumps(
    {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": "the object has been modified",
        "reason": "Conflict",
        "code": 409,
    }
).encode()


def _kubeconfig(proxy: FaultProxy, token: str) -> Json:
    authority = base64.b64encode(proxy.ca_pem).decode()
    return {
        "clusters": [
            {"name": "c", "cluster": {"server": proxy.url, "certificate-authority-data": authority}}
        ],
        "users": [{"name": "u", "user": {"token": token}}],
    }
