"""``dpfctl`` on real API servers: the same as on files, with as few requests as there are lists."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dpfctl.describe import Options, View, kinds_to_read
from dpfctl.model import kinds
from dpfctl.model.timestamps import format_time
from tests.bench.fleets import fleet_document
from tests.command_line import NOW, Result, dpfctl
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.crds import crd_documents
from tests.controlplane.fixtures import NewCluster
from tests.controlplane.load import apply_objects, install_crds

READ_SERVICES = ("dpfoperatorconfigs", "dpuservices", "dpuservicecredentialrequests")


def demo_objects() -> list[dict[str, Any]]:
    """The host objects of the demo fleet, its relative times resolved."""
    snapshot = dpfctl("snapshot", "save", "-", "--from", "demo")
    items: list[dict[str, Any]] = json.loads(snapshot.out)["host"]["items"]
    return items


def on(cluster: ControlPlane, *args: str, token: str = "") -> Result:
    path = cluster.kubeconfig_for(token) if token else cluster.kubeconfig
    return dpfctl(*args, "--kubeconfig", str(path))


def grant(cluster: ControlPlane, *plurals: str) -> None:
    """Let the reader list some kinds of DPF, and no other."""
    rules = [{"apiGroups": ["*"], "resources": list(plurals), "verbs": ["list", "get"]}]
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": "read-some"}}
    apply_objects(
        cluster,
        [
            role | {"rules": rules},
            role
            | {
                "kind": "ClusterRoleBinding",
                "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "read-some"},
                "subjects": [{"apiGroup": group, "kind": "Group", "name": "readers"}],
            },
        ],
    )


@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_a_snapshot_of_the_cluster_prints_the_same_bytes(
    leased_cluster: ControlPlane, tmp_path: Path, form: str
) -> None:
    apply_objects(leased_cluster, demo_objects())
    file = str(tmp_path / "fleet.json")
    saved = on(leased_cluster, "snapshot", "save", file, "--host-only")
    args = ("describe", "all", "--show-storage", "--show-conditions=all", "-o", form)

    assert (saved.code, saved.out) == (0, f"{file} saved\n")
    live = on(leased_cluster, *args)
    assert live.code == 0
    assert "flow-inspector" in live.out
    assert live.out == dpfctl(*args, "--from", file).out


def test_requests_do_not_grow_with_the_fleet(leased_cluster: ControlPlane) -> None:
    counts = []
    for dpus in (2, 40):
        apply_objects(leased_cluster, fleet_document(dpus)["host"]["items"])
        with recorded(leased_cluster) as recording:
            assert on(leased_cluster, "describe", "all").code == 0
        counts.append(len(recording.requests()))
        assert all(line.startswith("list ") for line in recording.requests())

    assert counts == [len(kinds_to_read(Options()))] * 2


@pytest.mark.parametrize("view", list(View))
def test_each_view_lists_each_of_its_kinds_once(leased_cluster: ControlPlane, view: View) -> None:
    apply_objects(leased_cluster, fleet_document(1)["host"]["items"])
    with recorded(leased_cluster) as recording:
        assert on(leased_cluster, "describe", view.value).code == 0

    asked = sorted(line.partition("?")[0].rpartition("/")[2] for line in recording.requests())
    assert asked == sorted(kind.plural for kind in kinds_to_read(Options(view=view)))


class TestAccess:
    """What a user may not see is said; what the user may see is shown."""

    def test_nothing_may_be_read(self, host_cluster: ControlPlane) -> None:
        result = on(host_cluster, "describe", "all", token=host_cluster.reader_token)

        assert (result.code, result.out) == (7, "")
        assert "dpfoperatorconfig" in result.err
        assert "forbidden" in result.err

    def test_one_list_is_forbidden(self, leased_cluster: ControlPlane) -> None:
        apply_objects(leased_cluster, demo_objects())
        grant(leased_cluster, *READ_SERVICES)
        token = leased_cluster.reader_token
        result = on(leased_cluster, "describe", "dpuservices", token=token)

        assert result.code == 5
        assert "DPUService/flow-inspector" in result.out
        assert any("─Applications " in line and "Forbidden" in line for line in result.lines)
        assert result.err.startswith("warning: application: cannot be listed: ")

    def test_a_token_nobody_knows(self, host_cluster: ControlPlane) -> None:
        result = on(host_cluster, "describe", "all", token="expired-token")

        assert (result.code, result.out) == (7, "")
        assert "expired-token" not in result.err
        assert result.err.splitlines()[1].startswith("hint: ")

    def test_impersonation_is_asked_of_the_server(self, host_cluster: ControlPlane) -> None:
        result = on(host_cluster, "describe", "all", "--as", "alice", "--as-group", "ops")

        assert (result.code, result.out) == (7, "")
        assert 'User "alice"' in result.err


class TestAbsentKinds:
    """A CRD that is not installed is an empty list, unless it is the root's."""

    def test_no_crd_at_all(self, bare_cluster: ControlPlane) -> None:
        result = on(bare_cluster, "describe", "all")

        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("error: dpfoperatorconfig: ")

    def test_one_crd_is_absent(self, new_cluster: NewCluster) -> None:
        cluster = new_cluster(crds=False)
        absent = f"{kinds.APPLICATION.plural}.{kinds.APPLICATION.group}"
        install_crds(cluster, [c for c in crd_documents() if c["metadata"]["name"] != absent])
        left = [one for one in demo_objects() if one["kind"] != "Application"]
        apply_objects(cluster, left)
        result = on(cluster, "describe", "dpuservices", "-v")

        assert result.code == 0
        assert "DPUService/flow-inspector" in result.out
        assert result.err == "note: application: not installed in this cluster\n"


def test_version_asks_the_server(host_cluster: ControlPlane) -> None:
    data = json.loads(on(host_cluster, "version", "-o", "json").out)["data"]

    assert data["serverVersion"].startswith("v1.")
    assert data["apiVersions"]["svc.dpu.nvidia.com"] == ["v1alpha1"]


def test_snapshot_goes_on_into_the_dpu_clusters(
    lease_cluster: Callable[[], ControlPlane], tmp_path: Path
) -> None:
    host, dpu = lease_cluster(), lease_cluster()
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "dpu-1"}}
    apply_objects(dpu, [node])
    apply_objects(
        host,
        [*fleet_document(1)["host"]["items"], _secret("c", dpu.kubeconfig_text(dpu.admin_token))],
    )
    file = tmp_path / "fleet.json"
    result = on(host, "snapshot", "save", str(file))

    saved = json.loads(file.read_text())
    assert (result.code, result.err) == (0, "")
    assert saved["snapshot"]["takenAt"] == format_time(NOW)
    assert [c["name"] for c in saved["dpuClusters"]] == ["compute"]
    assert "dpu-1" in [one["metadata"]["name"] for one in saved["dpuClusters"][0]["items"]]
    assert dpu.admin_token not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_dpu_cluster_that_is_gone_does_not_hold_up_the_snapshot(
    leased_cluster: ControlPlane, tmp_path: Path
) -> None:
    apply_objects(leased_cluster, fleet_document(1)["host"]["items"])
    file = tmp_path / "fleet.json"
    result = on(leased_cluster, "snapshot", "save", str(file))

    assert result.code == 5
    assert result.err.startswith("warning: dpucluster/dpf-operator-system/compute: ")
    assert dpfctl("describe", "all", "--from", str(file)).code == 0


def _secret(name: str, kubeconfig: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "dpf-operator-system"},
        "stringData": {"super-admin.conf": kubeconfig},
    }
