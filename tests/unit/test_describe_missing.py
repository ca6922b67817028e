"""What is named but not there, and what cannot be read."""

import pytest

from dpfctl.describe import Problem, Role
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.model.kinds import Kind
from tests.builders import (
    NS,
    Built,
    Fleet,
    application,
    dpu,
    dpu_cluster,
    dpu_deployment,
    dpu_node,
    dpu_service,
    dpu_set,
    dpu_virtual_network,
    dpu_vpc,
)
from tests.unit.trees import describe, node, outline

ON_W1 = dpu_set("s").ready().owning(dpu("d", node="w1", device="d1").ready())

MISSING = [
    pytest.param((dpu_set("s", bfb="gone"),), ("BFB", NS, "gone"), id="a BFB"),
    pytest.param((ON_W1,), ("DPUNode", NS, "w1"), id="a node"),
    pytest.param((ON_W1, dpu_node("w1").ready()), ("DPUDevice", NS, "d1"), id="a device"),
    pytest.param(
        (dpu_deployment("e", templates=["t"]).ready(),),
        ("DPUServiceTemplate", NS, "t"),
        id="a template",
    ),
    pytest.param(
        (dpu_vpc("v", isolation="iso").ready(),),
        ("IsolationClass", "", "iso"),
        id="an isolation class",
    ),
]


@pytest.mark.parametrize(("fleet", "expected"), MISSING)
def test_a_missing_object_is_a_problem_but_no_row(
    fleet: tuple[Built | Fleet, ...], expected: tuple[str, str, str]
) -> None:
    tree = describe(*fleet)
    (problem,) = tree.problems
    assert (problem.kind, problem.namespace, problem.name) == expected
    assert problem.reason == "NotFound"
    assert f"{expected[0]}/{expected[2]}\n" not in outline(tree)
    assert tree.is_healthy


@pytest.mark.parametrize(("fleet", "expected"), MISSING)
def test_a_missing_object_has_a_row_if_asked_for(
    fleet: tuple[Built | Fleet, ...], expected: tuple[str, str, str]
) -> None:
    tree = describe(*fleet, show_missing=True)
    row = node(tree, f"{expected[0]}/{expected[2]}")
    assert row.role is Role.PROBLEM
    assert row.namespace == expected[1]
    assert row.problem == tree.problems[0]


def test_groups_do_not_swallow_the_rows_that_were_asked_for() -> None:
    dpus = (dpu(n, node=f"w-{n}", device=f"dev-{n}").ready() for n in "ab")
    hosts = (dpu_node("w-a").ready(), dpu_node("w-b").ready())
    fleet = (dpu_set("s").ready().owning(*dpus), *hosts)
    assert "2 DPUNodes..." in outline(describe(*fleet))
    shown = outline(describe(*fleet, show_missing=True))
    assert "DPUDevice/dev-a\n" in shown
    assert "DPUDevice/dev-b\n" in shown


def test_problems_are_sorted_and_told_once() -> None:
    twice = (dpu(n, node="w1").ready() for n in "ab")
    tree = describe(
        dpu_set("s", bfb="z").owning(*twice), dpu_set("t", bfb="y"), dpu_set("u", "a", bfb="z")
    )
    assert [(p.kind, p.namespace, p.name) for p in tree.problems] == [
        ("BFB", "a", "z"),
        ("BFB", NS, "y"),
        ("BFB", NS, "z"),
        ("DPUNode", NS, "w1"),
    ]


def test_what_the_filter_leaves_out_cannot_be_missing() -> None:
    fleet = (dpu_set("s", bfb="gone"), dpu_vpc("v", isolation="iso"))
    assert describe(*fleet, show_resources="dpuservice,dpuvpc").problems == ()


@pytest.mark.parametrize("trouble", [Trouble.FORBIDDEN, Trouble.UNREACHABLE])
@pytest.mark.parametrize(
    ("kind", "fleet"),
    [
        pytest.param(kinds.DPU_SET, (), id="a kind of the root"),
        pytest.param(kinds.APPLICATION, (dpu_service("s").degraded(),), id="Applications"),
        pytest.param(kinds.DPU_NODE, (ON_W1,), id="nodes"),
        pytest.param(kinds.DPU_DEVICE, (ON_W1, dpu_node("w1").ready()), id="devices"),
        pytest.param(kinds.DPU_NODE_MAINTENANCE, (ON_W1, dpu_node("w1")), id="maintenances"),
        pytest.param(
            kinds.DPU_SERVICE_TEMPLATE, (dpu_deployment("e", templates=["t"]),), id="templates"
        ),
        pytest.param(kinds.TENANT_CONTROL_PLANE, (dpu_cluster("c"),), id="control planes"),
        pytest.param(kinds.ISOLATION_CLASS, (dpu_vpc("v", isolation="i"),), id="classes"),
        pytest.param(kinds.DPU_VIRTUAL_NETWORK, (dpu_vpc("v"),), id="networks"),
        pytest.param(
            kinds.DPU_SERVICE_INTERFACE,
            (dpu_vpc("v"), dpu_virtual_network("n", vpc="v")),
            id="interfaces",
        ),
    ],
)
def test_a_list_that_cannot_be_read_is_a_row(
    kind: Kind, fleet: tuple[Built | Fleet, ...], trouble: Trouble
) -> None:
    tree = describe(*fleet, troubles={kind: (trouble, "go away")})
    expected = Problem(kind.name, "", "", trouble.value, "go away")
    assert expected in tree.problems
    assert not any(p.is_missing_object and p.kind == kind.name for p in tree.problems)
    (row,) = [n for n in tree.root.children if n.role is Role.PROBLEM]
    assert (row.name, row.problem) == (kind.title, expected)


@pytest.mark.parametrize(
    ("kind", "fleet"),
    [
        pytest.param(kinds.APPLICATION, (dpu_service("s").ready(),), id="all services are ready"),
        pytest.param(
            kinds.TENANT_CONTROL_PLANE, (dpu_cluster("c", kind="static"),), id="static clusters"
        ),
        pytest.param(kinds.DPU_NODE, (dpu_set("s"),), id="no DPU names a node"),
        pytest.param(kinds.ISOLATION_CLASS, (dpu_vpc("v"),), id="no VPC names a class"),
        pytest.param(kinds.DPU_VOLUME, (), id="storage is not shown"),
    ],
)
def test_a_list_that_no_row_needs_may_fail(kind: Kind, fleet: tuple[Built, ...]) -> None:
    tree = describe(*fleet, troubles={kind: (Trouble.FORBIDDEN, "no")})
    assert tree.problems == ()


def test_a_list_the_filter_leaves_out_may_fail() -> None:
    tree = describe(
        dpu_set("s"),
        troubles={kinds.DPU_SERVICE: (Trouble.FORBIDDEN, "no")},
        show_resources="dpuset",
    )
    assert tree.problems == ()


def test_a_kind_that_is_not_installed_is_silent() -> None:
    tree = describe(
        dpu_service("s").degraded(),
        troubles={
            kinds.APPLICATION: (Trouble.NOT_SERVED, "404"),
            kinds.BFB: (Trouble.NOT_SERVED, ""),
        },
    )
    assert outline(tree) == "DPUServices\n  DPUService/s\n"
    assert not any(p.is_unreadable_list or p.is_missing_object for p in tree.problems)


def test_a_reference_to_a_kind_that_is_not_installed_is_silent() -> None:
    tree = describe(
        dpu_set("s", bfb="b"), troubles={kinds.BFB: (Trouble.NOT_SERVED, "")}, show_missing=True
    )
    assert outline(tree) == "DPUSets\n  DPUSet/s\n"


def test_the_rest_of_the_tree_goes_on() -> None:
    tree = describe(
        dpu_service("s").degraded().owning(application("a")),
        troubles={
            kinds.APPLICATION: (Trouble.UNREACHABLE, "timeout"),
            kinds.DPU_SET: (Trouble.FORBIDDEN, "no"),
        },
    )
    assert outline(tree) == "Applications\nDPUServices\n  DPUService/s\nDPUSets\n"
