"""A host cluster and its DPU cluster, put back to the beginning of a pass before each run."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from dpfctl.cluster.pass_lease import NAME as LEASE_NAME
from dpfctl.cluster.paths import collection_path
from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from tests.builders import NS, Built, pod
from tests.cluster.host_sites import path_of, unit
from tests.command_line import Result, dpfctl
from tests.controlplane.api import MERGE_PATCH, Json, at_once
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.faults.proxy import FaultProxy, Upstream
from tests.faults.services import settled
from tests.faults.workloads import Ground, Workload
from tests.passes.hosting import critical
from tests.passes.objects import (
    CLUSTER,
    HOME,
    ONE,
    PORT,
    belonging,
    chart_service,
    config,
    dpu_one,
    dpu_side_node,
    dpu_two,
    interface,
    on_host,
    pull_secret,
    side,
    way_in,
)
from tests.unit.hosts import linked, worker

SERVICES = ((HOME, ONE), (HOME, "dpu-two"), (HOME, "local"), (NS, "sriov"))
LEASE = path_of(kinds.LEASE, LEASE_NAME, NS)
LONG_AGO = "2020-01-01T00:00:00.000000Z"

_WORDS = ("reconcile", "--once")
_OF_HOST = (
    kinds.DPU_SERVICE,
    kinds.DPU_SERVICE_INTERFACE,
    kinds.APPLICATION,
    kinds.SERVICE,
    kinds.ENDPOINT_SLICE,
    kinds.ENDPOINTS,
    kinds.DPU,
    kinds.DPU_NODE,
    kinds.LEASE,
    kinds.PULL_SECRET,
    kinds.NODE,
)
_OF_SIDE = (kinds.SERVICE, kinds.PULL_SECRET, kinds.POD, kinds.NODE)
_SPACES = (HOME, NS)
_BY_CHANCE = ("clusterIP", "clusterIPs", "nodePort", "lastTransitionTime")
"""What an API server draws, or what depends on the moment; uids stand in names of fields too."""

_UID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class PassGround(Ground):
    """Clusters on which one pass after the other is run; at first they hold nothing of DPF.

    Attributes:
        side: The DPU cluster.
        is_aside: Whether it is before the DPU cluster that proxies stand, and not before the host.
    """

    side: ControlPlane
    is_aside: bool = False

    def reset(self) -> None:
        """Take away what a pass writes and what it reads, and create the latter again."""
        _clear(self.side, _OF_SIDE)
        for space in _SPACES:
            _end_namespace(self.side, space)
        _clear(self.cluster, _OF_HOST)
        apply_objects(self.cluster, [built.raw for built in _host_objects()])
        apply_objects(self.side, [built.raw for built in _side_objects()])
        self.lead()

    def lead(self, proxy: FaultProxy | None = None) -> None:
        """Have the host cluster lead into the DPU cluster, by way of a proxy or directly."""
        text = self.side.kubeconfig_text(self.side.admin_token)
        secret = way_in(CLUSTER, through(proxy, text) if proxy else text)
        apply_objects(self.cluster, [secret.raw])

    def add(self, *objects: Built) -> None:
        """Create more objects in the host cluster."""
        apply_objects(self.cluster, [built.raw for built in objects])

    def remove(self, path: str) -> None:
        """Delete one object of the host cluster."""
        self.cluster.api.call("DELETE", path)

    def state(self) -> tuple[Json, ...]:
        """All objects that a pass may write, but for its Lease, without what chance decides."""
        kept = tuple(kind for kind in _OF_HOST if kind != kinds.LEASE)
        return (*_found(self.cluster, kept), *_found(self.side, (*_OF_SIDE, kinds.NAMESPACE)))

    def open_proxy(self) -> FaultProxy:
        """A proxy before the cluster that this ground is about."""
        cluster = self.side if self.is_aside else self.cluster
        return FaultProxy(Upstream(cluster.url, cluster.ca_file))

    def words_through(self, proxy: FaultProxy) -> tuple[str, ...]:
        """The command line of a pass that goes through a proxy."""
        if self.is_aside:
            self.lead(proxy)
            return (*self.workload.words, "--kubeconfig", str(self.cluster.kubeconfig))
        user = {"token": self.cluster.admin_token}
        path = proxy.kubeconfig(self.folder / "kubeconfig", user)
        return (*self.workload.words, "--kubeconfig", str(path))

    def run_again(self) -> Result:
        """The pass that follows, once the Lease of the one before it has run out."""
        self.lead()
        self.end_lease()
        return self.run()

    def run(self, *more: str, **options: Any) -> Result:
        """One pass as admin, past all proxies."""
        path = str(self.cluster.kubeconfig)
        return dpfctl(*self.workload.words, *more, "--kubeconfig", path, **options)

    def lease(self) -> Json | None:
        """The Lease of passes, None if there never was one."""
        answer = self.cluster.api.request("GET", LEASE)
        return answer.json() if answer.status == 200 else None

    def forget(self) -> None:
        """Delete the Lease, which outlives the cleaning of a cluster."""
        self.cluster.api.request("DELETE", LEASE)

    def end_lease(self) -> None:
        """Let time pass for a Lease that nobody renews any more."""
        if self.lease():
            self.cluster.api.call("PATCH", LEASE, {"spec": {"renewTime": LONG_AGO}}, MERGE_PATCH)


def full_pass(*words: str) -> Workload:
    """A first pass over services that need everything, from claims to ports and taints."""
    return Workload((*_WORDS, *words), ())


def through(proxy: FaultProxy, kubeconfig: str) -> str:
    """A self-contained kubeconfig that leads to its cluster by way of a proxy."""
    document = yaml.safe_load(kubeconfig)
    document["clusters"][0]["cluster"] = {
        "server": proxy.url,
        "certificate-authority-data": base64.b64encode(proxy.ca_pem).decode(),
    }
    return yaml.safe_dump(document)


def _host_objects() -> Iterator[Built]:
    yield config()
    yield side()
    ports = {"serviceType": "NodePort", "ports": [PORT]}
    yield from (dpu_one().spec(configPorts=ports), dpu_two(), on_host("local"), critical())
    yield from (interface(), pull_secret("dpf-secret-one"))
    for number in (1, 2):
        yield from (worker(f"worker{number}"), linked(f"worker{number}"))
        yield unit(f"dpu-{number}", f"worker{number}").status(phase="Ready")


def _side_objects() -> Iterator[Built]:
    """Two DPUs, the pod of the critical service on the second one only, and a chart's Service."""
    for number in (1, 2):
        marks = belonging(f"worker{number}", NS)
        yield dpu_side_node(f"dpu-{number}", f"192.168.1.{number}", key="x", **marks)
    yield chart_service()
    running = pod("sriov-2", HOME, node="dpu-2", service="sriov")
    running = running.spec(containers=[{"name": "main", "image": "none"}])
    yield running.status(phase="Running", conditions=[{"type": "Ready", "status": "True"}])


def _clear(cluster: ControlPlane, wanted: tuple[Kind, ...]) -> None:
    """Delete the objects of some kinds, whatever their finalizers say."""
    found = [one for kind in wanted for one in _listed(cluster, kind)]
    held = [path for path, one in found if "finalizers" in one["metadata"]]
    bare = {"metadata": {"finalizers": None}}
    at_once(lambda path: cluster.api.request("PATCH", path, bare, MERGE_PATCH), held)
    now = {"gracePeriodSeconds": 0}
    at_once(lambda path: cluster.api.request("DELETE", path, now), [path for path, _ in found])


def _end_namespace(cluster: ControlPlane, name: str) -> None:
    """Delete an empty namespace, and do what the controller manager does then."""
    path = f"/api/v1/namespaces/{name}"
    if cluster.api.request("DELETE", path).status == 200:
        done = {"metadata": {"name": name}, "spec": {"finalizers": []}}
        cluster.api.call("PUT", f"{path}/finalize", done)


def _listed(cluster: ControlPlane, kind: Kind) -> list[tuple[str, Json]]:
    """Objects of a kind with their paths; of namespaced ones those that a pass is about."""
    query = {"labelSelector": kind.selector} if kind.selector else None
    items = cluster.api.items(collection_path(kind, None), query)
    named = ((one["metadata"]["name"], one["metadata"].get("namespace", ""), one) for one in items)
    return [
        (path_of(kind, name, space), one)
        for name, space, one in named
        if kind == kinds.NODE or (space or name) in _SPACES
    ]


def _found(cluster: ControlPlane, wanted: tuple[Kind, ...]) -> Iterator[Json]:
    lists = at_once(lambda kind: _listed(cluster, kind), wanted)
    for path, one in (entry for entries in lists for entry in entries):
        metadata = {"managedFields": [], **one["metadata"]}  # objects nobody manages have none
        yield {"path": path, **_without_chance(settled({**one, "metadata": metadata}))}


def _without_chance(one: Json) -> Json:
    def kept(pairs: list[tuple[str, Any]]) -> Json:
        return {key: value for key, value in pairs if key not in _BY_CHANCE}

    text = _UID.sub("uid", json.dumps(one))
    plain: Json = json.loads(text, object_pairs_hook=kept)
    return plain
