"""The clusters that the other tests rely on: they start, hold what they are given, and end."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import pytest
import yaml

from tests.cluster.running import command_lines, is_alive
from tests.command_line import dpfctl
from tests.controlplane.api import Api, Json
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.controllers import PROGRAMS as CONTROLLERS
from tests.controlplane.fixtures import NewCluster, Pool
from tests.controlplane.load import apply_objects
from tests.controlplane.nodes import add_nodes
from tests.controlplane.required import require_binaries
from tests.controlplane.wipe import contents, wipe

ROOT = Path(__file__).parents[2]
SERVICES = "/apis/svc.dpu.nvidia.com/v1alpha1/namespaces/{}/dpuservices"

STARTS_A_CLUSTER = """\
import time
from tests.controlplane.cluster import start_cluster
from tests.controlplane.processes import scratch

cluster = start_cluster(scratch().folder, "killed")
print(*(child.pid for child in cluster.children), flush=True)
time.sleep(60)
"""

SMALL_FLEET = """\
apiVersion: dpfctl/v1
kind: Fleet
host:
  items:
    - apiVersion: svc.dpu.nvidia.com/v1alpha1
      kind: DPUService
      metadata: {name: hbn, namespace: dpf-operator-system}
      spec:
        helmChart: {source: {repoURL: https://charts.example.com, version: 1.0.0}}
        security: {privileged: true}
    - apiVersion: provisioning.dpu.nvidia.com/v1alpha1
      kind: DPUCluster
      metadata: {name: compute, namespace: dpu-cplane}
      spec: {type: static, maxNodes: 10}
dpuClusters:
  - namespace: dpu-cplane
    name: compute
    items:
      - {apiVersion: v1, kind: Node, metadata: {name: dpu-1}}
  - namespace: dpu-cplane
    name: storage
    items:
      - {apiVersion: v1, kind: Node, metadata: {name: dpu-2}}
"""


def dpu_service(name: str, namespace: str, **metadata: object) -> Json:
    return {
        "apiVersion": "svc.dpu.nvidia.com/v1alpha1",
        "kind": "DPUService",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {
            "helmChart": {"source": {"repoURL": "https://charts.example.com", "version": "1"}},
            "security": {"privileged": False},
        },
    }


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.05)


def test_a_cluster_answers(host_cluster: ControlPlane) -> None:
    assert host_cluster.api.request("GET", "/readyz").body == b"ok"
    assert host_cluster.kubeconfig.stat().st_mode & 0o777 == 0o600
    path = SERVICES.format("default")
    assert host_cluster.api.items(path) == []


def test_the_reader_has_no_rights_of_its_own(host_cluster: ControlPlane, namespace: str) -> None:
    with host_cluster.api_for(host_cluster.reader_token) as reader:
        answer = reader.request("GET", SERVICES.format(namespace))

    assert answer.status == 403
    assert 'User "reader" cannot list resource "dpuservices"' in answer.message()


def test_a_bare_cluster_knows_no_kind_of_ours(bare_cluster: ControlPlane) -> None:
    assert bare_cluster.api.request("GET", SERVICES.format("default")).status == 404


def test_a_namespace_goes_with_its_test(host_cluster: ControlPlane, namespace: str) -> None:
    apply_objects(host_cluster, [dpu_service("held", namespace, finalizers=["example.com/held"])])

    assert len(host_cluster.api.items(SERVICES.format(namespace))) == 1


def test_no_namespace_of_a_test_is_left(host_cluster: ControlPlane, namespace: str) -> None:
    names = [one["metadata"]["name"] for one in host_cluster.api.items("/api/v1/namespaces")]

    assert [name for name in names if name.startswith("test-")] == [namespace]


def test_a_closed_cluster_leaves_no_process(new_cluster: NewCluster) -> None:
    cluster = new_cluster(crds=False)
    pids = [child.pid for child in cluster.children]
    assert all(map(is_alive, pids))

    cluster.close()

    assert not any(map(is_alive, pids))


@pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG")
def test_a_killed_run_leaves_no_process(control_plane_folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_A_CLUSTER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        pids = [int(pid) for pid in run.stdout.readline().split()]
        assert len(pids) == 2
        run.kill()

    wait_until(lambda: not any(map(is_alive, pids)))


def test_what_is_loaded_is_there(host_cluster: ControlPlane, namespace: str) -> None:
    owner = dpu_service("owner", namespace, uid="from-the-file")
    ready: Json = {"type": "Ready", "status": "True", "reason": "Success", "message": ""}
    ready["lastTransitionTime"] = "2026-01-02T03:04:05Z"
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": "owner"}
    owned = dpu_service(
        "owned",
        namespace,
        ownerReferences=[{**reference, "uid": "from-the-file"}],
        creationTimestamp="2020-01-01T00:00:00Z",
        resourceVersion="17",
    )
    owned["status"] = {"conditions": [ready]}

    answers = apply_objects(host_cluster, [owned, owner])

    assert [one["metadata"]["name"] for one in answers] == ["owned", "owner"]
    assert answers[0]["status"] == {"conditions": [ready]}
    assert answers[0]["metadata"]["ownerReferences"][0]["uid"] == answers[1]["metadata"]["uid"]


def test_a_status_without_subresource_is_loaded_too(
    host_cluster: ControlPlane, namespace: str
) -> None:
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "a", "namespace": namespace},
        "spec": {"project": "default", "destination": {}, "source": {"repoURL": "x"}},
        "status": {"sync": {"status": "Synced"}},
    }

    (answer,) = apply_objects(host_cluster, [application])

    assert answer["status"]["sync"] == {"status": "Synced"}


def test_an_object_in_deletion_is_loaded_as_such(
    host_cluster: ControlPlane, namespace: str
) -> None:
    leaving = dpu_service(
        "leaving", namespace, deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["a.b/c"]
    )

    (answer,) = apply_objects(host_cluster, [leaving])

    assert "deletionTimestamp" in answer["metadata"]


def test_loading_twice_is_the_same_as_once(host_cluster: ControlPlane, namespace: str) -> None:
    first = apply_objects(host_cluster, [dpu_service("a", namespace)])

    assert apply_objects(host_cluster, [dpu_service("a", namespace)]) == first


def test_an_unknown_kind_is_named(bare_cluster: ControlPlane) -> None:
    with pytest.raises(LookupError, match="does not know DPUService of svc"):
        apply_objects(bare_cluster, [dpu_service("a", "default")])


def test_a_leased_cluster_is_wiped(cluster_pool: Pool, leased_cluster: ControlPlane) -> None:
    clean = contents(leased_cluster)
    refuses_deletions = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "unreachable"},
        "webhooks": [
            {
                "name": "unreachable.example.com",
                "clientConfig": {"url": "https://127.0.0.1:1/"},
                "rules": [
                    {
                        "apiGroups": ["svc.dpu.nvidia.com"],
                        "apiVersions": ["*"],
                        "operations": ["DELETE"],
                        "resources": ["*"],
                    }
                ],
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
    apply_objects(
        leased_cluster,
        [
            *(dpu_service(f"s{n}", "fleet", finalizers=["a.b/c"]) for n in range(20)),
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "in-default"}},
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}},
            refuses_deletions,
        ],
    )
    assert len(contents(leased_cluster) - clean) >= 24

    wipe(leased_cluster, clean)

    assert contents(leased_cluster) == clean


def test_leases_at_the_same_time_are_different_clusters(
    lease_cluster: Callable[[], ControlPlane],
) -> None:
    assert lease_cluster().url != lease_cluster().url


def test_requests_are_counted_where_they_arrive(host_cluster: ControlPlane, namespace: str) -> None:
    path = SERVICES.format(namespace)
    with recorded(host_cluster) as recording:
        host_cluster.api.items(path)
        apply_objects(host_cluster, [dpu_service("a", namespace)])

    assert recording.requests("list") == [f"list {path}"]
    assert len(recording.requests("patch")) == 2  # the namespace and the service


def test_pods_run_on_simulated_nodes(new_cluster: NewCluster) -> None:
    cluster = new_cluster("nodes", crds=False, with_nodes=True)
    add_nodes(cluster, ["n1", "n2"])
    path = "/apis/apps/v1/namespaces/default/daemonsets/d"

    def daemon_set(**annotations: str) -> Json:
        pod = {"containers": [{"name": "main", "image": "example.com/main"}]}
        labels = {"app": "d"}
        return {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": "d", "namespace": "default"},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels, "annotations": annotations},
                    "spec": pod,
                },
            },
        }

    apply_objects(cluster, [daemon_set()])
    wait_until(lambda: cluster.api.call("GET", path)["status"].get("numberReady") == 2, 30)

    apply_objects(cluster, [daemon_set(**{"controlplane.test/hold": ""})])
    wait_until(lambda: cluster.api.call("GET", path)["status"].get("numberUnavailable") == 1, 30)


def test_the_sandbox_holds_a_fleet_until_ctrl_c(control_plane_folder: Path, tmp_path: Path) -> None:
    require_binaries("etcd", "kube-apiserver", "helm", "registry", *CONTROLLERS)
    (tmp_path / "fleet.yaml").write_text(SMALL_FLEET)
    command = [sys.executable, "-m", "tests.controlplane.sandbox", "--fleet", "fleet.yaml"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as sandbox:
        try:
            assert sandbox.stdout
            said = "".join(takewhile(lambda line: line != "Ctrl-C ends it.\n", sandbox.stdout))
            kubeconfig = Path(re.findall(r"KUBECONFIG=(\S+)", said)[0])
            folder = kubeconfig.parents[1]
            assert len(processes_of(folder)) == 16
            with admin_of(kubeconfig) as host:
                secrets = host.items("/api/v1/namespaces/dpu-cplane/secrets")
                services = host.items(SERVICES.format("dpf-operator-system"))
            sandbox.send_signal(signal.SIGINT)
            _, err = sandbox.communicate(timeout=60)
        finally:
            sandbox.kill()

    assert [one["metadata"]["name"] for one in services] == ["hbn"]
    names = [one["metadata"]["name"] for one in secrets]
    assert names == ["compute-admin-kubeconfig", "storage-admin-kubeconfig"]
    assert list(secrets[0]["data"]) == ["super-admin.conf"]
    told = re.findall(r"dpfctl (.+)$", said, re.MULTILINE)
    assert [words for words in told if dpfctl(*words.split(), "--help").code != 0] == []
    assert "describe all" in told
    assert "\nDPU cluster dpu-cplane/storage: " in said
    assert err.endswith("ended; nothing is left behind\n")
    assert sandbox.returncode == 0
    assert processes_of(folder) == []
    assert not folder.exists()


def processes_of(folder: Path) -> list[str]:
    """Command lines of the programs that work in a folder."""
    return [line for line in command_lines() if f"{folder}/" in line]


def admin_of(kubeconfig: Path) -> Api:
    config = yaml.safe_load(kubeconfig.read_text())
    ca_file = kubeconfig.parent / "certs" / "apiserver.crt"
    return Api(
        config["clusters"][0]["cluster"]["server"], ca_file, config["users"][0]["user"]["token"]
    )
