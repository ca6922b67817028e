"""A DPU cluster that cannot be read is one row, and the rest of the tree goes on."""

import pytest

from dpfctl.describe import Options, build_tree
from dpfctl.describe.build import kinds_beyond
from dpfctl.errors import AccessError, DpfctlError, ForbiddenError, NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from tests.builders import NOW, inventory, node, operator_config
from tests.unit.test_describe_dpu_clusters import BLUE, RED, WHERE, daemon_set, look, service
from tests.unit.trees import node as row
from tests.unit.trees import options, outline, rows


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        pytest.param(UnreachableError("dpu cluster x: no route"), "Unreachable", id="dead"),
        pytest.param(AccessError("dpucluster/x: 401"), "Forbidden", id="refused"),
        pytest.param(ForbiddenError("dpucluster/x: 403"), "Forbidden", id="forbidden"),
        pytest.param(NotFoundError("dpucluster/x: no kubeconfig"), "Unreachable", id="new"),
    ],
)
def test_one_row_below_its_dpu_cluster(failure: DpfctlError, reason: str) -> None:
    tree = look(
        BLUE,
        RED,
        service("hbn").degraded(),
        sides={"blue": failure, "red": inventory(daemon_set("red-hbn", "hbn"))},
    )

    assert outline(tree) == rows("""
        DPUClusters
          DPUCluster/blue
            DPU cluster blue
          DPUCluster/red
        DPUServices
          DPUService/hbn
            DPU cluster red
              DaemonSet/red-hbn
        """)
    (problem,) = tree.problems
    assert row(tree, "DPU cluster blue").problem == problem
    assert (problem.reason, problem.message) == (reason, failure.message)
    assert problem.is_whole_cluster


def test_where_no_dpu_cluster_is_shown_the_row_stands_below_the_root() -> None:
    dead = UnreachableError("dpu cluster blue: no route")
    tree = look(BLUE, service("hbn"), sides={"blue": dead}, view="dpuservices")

    assert outline(tree) == rows("""
        DPU cluster blue
        DPUServices
          DPUService/hbn
        """)


@pytest.mark.parametrize("trouble", [Trouble.FORBIDDEN, Trouble.UNREACHABLE])
def test_one_list_that_cannot_be_read_is_one_row(trouble: Trouble) -> None:
    side = inventory(node("d1").ready(), troubles={kinds.POD: (trouble, "no pods for you")})
    tree = look(BLUE, sides={"blue": side}, view="dpuclusters")

    assert [n.name for n in row(tree, "DPUCluster/blue").children] == [
        "DPU cluster blue: Pods",
        "Nodes",
    ]
    assert [(p.kind, p.reason, p.dpu_cluster) for p in tree.problems] == [
        ("Pod", trouble.value, f"{WHERE}/blue")
    ]


def test_a_cluster_that_allows_nothing_is_one_row_too() -> None:
    wanted = kinds_beyond(Options(dpu_clusters=True))
    side = inventory(troubles=dict.fromkeys(wanted, (Trouble.FORBIDDEN, "no")))
    tree = look(BLUE, sides={"blue": side}, view="dpuclusters")

    assert [n.name for n in row(tree, "DPUCluster/blue").children] == ["DPU cluster blue"]


def test_a_kind_that_is_not_installed_there_is_no_row() -> None:
    side = inventory(troubles={kinds.SERVICE_CHAIN: (Trouble.NOT_SERVED, "absent")})
    tree = look(BLUE, sides={"blue": side}, view="dpuclusters")

    assert outline(tree) == rows("""
        DPUClusters
          DPUCluster/blue
        """)
    assert [p.is_unreadable_list for p in tree.problems] == [False]


def test_a_dpu_cluster_of_which_nothing_is_known() -> None:
    tree = look(BLUE, sides={}, view="dpuclusters")

    (problem,) = tree.problems
    assert problem.message == f"dpucluster/{WHERE}/blue: nothing is known of its cluster"


def test_dpu_clusters_that_cannot_be_listed() -> None:
    troubles = {kinds.DPU_CLUSTER: (Trouble.FORBIDDEN, "no")}
    host = inventory(operator_config().ready(), service("hbn"), troubles=troubles)
    tree = build_tree(host, options("dpuservices", dpu_clusters=True), NOW)

    assert outline(tree) == rows("""
        DPUClusters
        DPUServices
          DPUService/hbn
        """)
