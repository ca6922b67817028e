"""JSON and names of a tree that goes on into the DPU clusters: they tell which one holds what."""

from typing import Any

from dpfctl.describe import Tree
from dpfctl.errors import UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.render.machine import tree_names
from tests.builders import NS, inventory, node
from tests.render.test_machine import VALIDATOR, data
from tests.unit.test_describe_dpu_clusters import BLUE, RED, WHERE, daemon_set, look, service


def alike() -> Tree:
    """Two DPU clusters that hold the same names."""
    side = inventory(node("d1").ready(), daemon_set("hbn", "hbn"))
    return look(BLUE, RED, service("hbn"), sides={"blue": side, "red": side})


def entries(tree: Tree, plural: str) -> list[dict[str, Any]]:
    output = data(tree)
    VALIDATOR.validate(output)
    found: list[dict[str, Any]] = output[plural]
    return found


def test_objects_of_the_same_name_stand_once_for_each_dpu_cluster() -> None:
    for plural in ("nodes", "daemonsets"):
        found = [entry["dpuCluster"] for entry in entries(alike(), plural)]
        assert found == [f"{WHERE}/blue", f"{WHERE}/red"]


def test_objects_of_the_host_cluster_name_none() -> None:
    assert "dpuCluster" not in entries(alike(), "dpuservices")[0]


def test_links_cross_over_into_the_dpu_clusters() -> None:
    tree = alike()
    (hbn,) = entries(tree, "dpuservices")
    blue, _red = entries(tree, "daemonsets")

    assert hbn["children"] == [
        {"kind": "DaemonSet", "namespace": NS, "name": "hbn", "dpuCluster": f"{WHERE}/{name}"}
        for name in ("blue", "red")
    ]
    assert blue["parents"] == [{"kind": "DPUService", "namespace": NS, "name": "hbn"}]


def test_problems_name_the_dpu_cluster() -> None:
    side = inventory(node("d1"), troubles={kinds.POD: (Trouble.FORBIDDEN, "no")})
    dead = UnreachableError("dpu cluster red: no route")
    whole, pods = entries(look(BLUE, RED, sides={"blue": side, "red": dead}), "problems")

    names = ("kind", "namespace", "name", "reason", "dpuCluster")
    assert [whole[n] for n in names] == [
        "DPUCluster",
        WHERE,
        "red",
        "Unreachable",
        f"{WHERE}/red",
    ]
    assert [pods[n] for n in names] == ["Pod", "", "", "Forbidden", f"{WHERE}/blue"]


def test_names_are_those_of_kubectl() -> None:
    assert tree_names(alike()) == [
        "dpfoperatorconfig.operator.dpu.nvidia.com/dpfoperatorconfig",
        "dpucluster.provisioning.dpu.nvidia.com/blue",
        "node/d1",
        "dpucluster.provisioning.dpu.nvidia.com/red",
        "node/d1",
        "dpuservice.svc.dpu.nvidia.com/hbn",
        "daemonset.apps/hbn",
        "daemonset.apps/hbn",
    ]
