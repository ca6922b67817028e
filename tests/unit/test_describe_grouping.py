"""Ready siblings become one row."""

import pytest

from dpfctl.describe import Node, Role
from dpfctl.model import kinds
from dpfctl.model.conditions import find_ready
from dpfctl.model.timestamps import parse_time
from tests.builders import (
    Built,
    ago,
    application,
    bfb,
    build,
    condition,
    dpu,
    dpu_deployment,
    dpu_device,
    dpu_node,
    dpu_service,
    dpu_service_template,
    dpu_set,
    maintenance,
)
from tests.unit.trees import describe, node, outline, rows

A, B, C = (dpu_service(name).ready() for name in "abc")


def names(*objects: Built, **flags: bool) -> list[str]:
    """Rows below the root's one heading."""
    (header,) = describe(*objects, **flags).root.children
    return [n.name for n in header.children]


def test_two_ready_siblings_make_a_group() -> None:
    assert names(A, B) == ["2 DPUServices..."]


def test_one_ready_object_stays_itself() -> None:
    assert names(A) == ["DPUService/a"]


def test_every_sibling_stands_alone_without_grouping() -> None:
    assert names(A, B, grouping=False) == ["DPUService/a", "DPUService/b"]


@pytest.mark.parametrize(
    "outsider",
    [
        pytest.param(dpu_service("x").degraded(), id="a failed one"),
        pytest.param(dpu_service("x").pending(), id="a pending one"),
        pytest.param(dpu_service("x"), id="one without Ready"),
        pytest.param(dpu_service("x").ready(reason="Other"), id="one with another reason"),
        pytest.param(dpu_service("x").ready().suspended(), id="one that is suspended"),
    ],
)
def test_who_stays_outside(outsider: Built) -> None:
    assert names(A, outsider, B) == ["2 DPUServices...", "DPUService/x"]


def test_one_in_deletion_stays_outside() -> None:
    tree = describe(A, B, dpu_service("x").ready().deleting())
    (header,) = tree.root.children
    assert [n.name for n in header.children] == ["DPUService/x", "2 DPUServices..."]


def test_one_heading_holds_a_group_for_each_reason() -> None:
    other = (dpu_service(n).ready(reason="Other") for n in "xyz")
    assert names(A, *other, B) == ["2 DPUServices...", "3 DPUServices..."]


def test_a_failed_detail_does_not_keep_a_ready_object_out() -> None:
    flawed = (
        dpu("x")
        .conditions(condition("Ready"))
        .status(operationalConditions=[condition("OperationalReady", "False", "Error")])
    )
    assert names(dpu("y").ready(), flawed) == ["2 DPUs..."]


def test_a_group_row_tells_about_its_members() -> None:
    tree = describe(
        dpu_service("zeta", "a-first").ready("1d"),
        dpu_service("beta", "b-second").ready("3d", message="gone"),
        dpu_service("Alpha", "c-third").ready("2d"),
    )
    group = node(tree, "3 DPUServices...")
    assert group.role is Role.GROUP
    assert group.namespace == "b-second"
    (ready,) = group.conditions
    assert (ready.type, ready.status, ready.reason) == ("Ready", "True", "Success")
    assert ready.message == "See Alpha, beta, zeta"
    assert ready.since == parse_time(ago("3d"))
    assert [m.namespace for m in group.members] == ["a-first", "b-second", "c-third"]
    assert group.children == ()


def test_a_member_without_a_time_is_the_oldest() -> None:
    timeless = dpu_service("x").conditions({"type": "Ready", "status": "True", "reason": "Success"})
    ready = find_ready(node(describe(A, timeless), "2 DPUServices...").conditions)
    assert ready is not None
    assert ready.since is None


@pytest.mark.parametrize(
    "kind",
    [
        kinds.DPU_SERVICE_CHAIN,
        kinds.DPU_SERVICE_INTERFACE,
        kinds.DPU_SERVICE_IPAM,
        kinds.DPU_SERVICE_NAD,
        kinds.DPU_SERVICE_CREDENTIAL_REQUEST,
        kinds.DPU,
        kinds.DPU_DEPLOYMENT,
    ],
    ids=lambda k: k.name,
)
def test_kinds_that_are_merged(kind: kinds.Kind) -> None:
    assert names(build(kind, "a").ready(), build(kind, "b").ready()) == [f"2 {kind.title}..."]


def test_ready_bfbs_are_merged_though_their_messages_differ() -> None:
    assert names(bfb("a").spec(url="http://x/1"), bfb("b").spec(url="http://x/2")) == ["2 BFBs..."]


def test_sets_are_never_merged() -> None:
    assert names(dpu_set("a").ready(), dpu_set("b").ready()) == ["DPUSet/a", "DPUSet/b"]


def below_one_set(*objects: Built) -> Node:
    """The heading DPUNodes of a set with a DPU on each of w1, w2 and w3."""
    dpus = (dpu(f"d{n}", node=f"w{n}", device=f"dev{n}").ready() for n in (1, 2, 3))
    nodes = (dpu_node(f"w{n}").ready() for n in (1, 2, 3))
    return node(describe(dpu_set("s").owning(*dpus), *nodes, *objects), "DPUNodes")


def test_nodes_are_merged() -> None:
    assert [n.name for n in below_one_set().children] == ["3 DPUNodes..."]


@pytest.mark.parametrize(
    ("child", "is_merged"),
    [
        pytest.param(maintenance("m", "d1", node="w1"), False, id="an active maintenance"),
        pytest.param(maintenance("m", node="w1"), True, id="a maintenance nobody requests"),
        pytest.param(dpu_device("dev1").ready(), True, id="a ready device"),
        pytest.param(dpu_device("dev1").degraded(), False, id="a failed device"),
        pytest.param(dpu_device("dev1").pending(), False, id="a device with a pending Ready"),
        pytest.param(dpu_device("dev1"), True, id="a device without conditions"),
        pytest.param(
            dpu_device("dev1").conditions(condition("Up", "False", "Error")),
            False,
            id="a device without Ready but with a failed condition",
        ),
        pytest.param(
            dpu_device("dev1").conditions(condition("Up", "Unknown", "Pending")),
            True,
            id="a device without Ready but with a pending condition",
        ),
        pytest.param(
            dpu_device("dev1").conditions(condition("Ready"), condition("Up", "False", "Error")),
            True,
            id="a ready device with a failed condition",
        ),
    ],
)
def test_what_stands_below_decides(child: Built, is_merged: bool) -> None:
    merged, others = ["3 DPUNodes..."], ["2 DPUNodes...", "DPUNode/w1"]
    assert [n.name for n in below_one_set(child).children] == (merged if is_merged else others)


def test_a_pending_detail_below_counts_if_pending_is_shown() -> None:
    device = dpu_device("dev").conditions(condition("Up", "Unknown", "Pending"))
    family = dpu_set("s").owning(dpu("a", node="w1", device="dev").ready(), dpu("b", node="w2"))
    hosts = (dpu_node("w1").ready(), dpu_node("w2").ready())
    assert "2 DPUNodes..." in outline(describe(family, *hosts, device))
    assert "2 DPUNodes..." not in outline(describe(family, *hosts, device, show_pending=True))


def test_a_ready_service_above_an_unhealthy_application_stays_outside() -> None:
    family = A.owning(application("app").status(health={"status": "Degraded"}))
    assert outline(describe(family, B, C, expand_resources="all")) == rows("""
        DPUServices
          2 DPUServices...
          DPUService/a
            Application/app
        """)


def test_deployments_are_merged_with_all_below_them() -> None:
    edges = [dpu_deployment(n).ready() for n in ("east", "west")]
    service = dpu_service("hbn").ready()
    assert outline(describe(edges[0].owning(service), edges[1])) == (
        "DPUDeployments\n  2 DPUDeployments...\n"
    )


@pytest.mark.parametrize(
    "child",
    [dpu_service("x").degraded(), dpu_set("x").degraded()],
    ids=lambda b: b.kind.name,
)
def test_a_deployment_above_something_failed_stays_outside(child: Built) -> None:
    ready = [dpu_deployment(n).ready() for n in ("north", "west")]
    tree = describe(*ready, dpu_deployment("east").ready().owning(child))
    assert [n.name for n in node(tree, "DPUDeployments").children] == [
        "2 DPUDeployments...",
        "DPUDeployment/east",
    ]


def test_what_fails_below_a_ready_set_does_not_keep_its_deployment_out() -> None:
    (owned_set, broken) = dpu_set("s").ready().owning(dpu("d").degraded())
    tree = describe(
        dpu_deployment("east").ready().owning(owned_set), broken, dpu_deployment("west").ready()
    )
    assert "2 DPUDeployments..." in outline(tree)
    assert not tree.is_healthy


def test_a_set_without_conditions_is_looked_through() -> None:
    (owned_set, broken) = dpu_set("s").owning(dpu("d").degraded())
    tree = describe(
        dpu_deployment("east").ready().owning(owned_set), broken, dpu_deployment("west").ready()
    )
    assert "2 DPUDeployments..." not in outline(tree)


def test_a_shared_template_survives_that_its_deployments_are_merged() -> None:
    tree = describe(
        dpu_deployment("a", templates=["t"]).ready(),
        dpu_deployment("b", templates=["t"]).ready(),
        dpu_deployment("c", templates=["t"]).degraded(),
        dpu_service_template("t").ready(),
    )
    assert outline(tree) == rows("""
        DPUDeployments
          2 DPUDeployments...
          DPUDeployment/c
            Services
              DPUServiceTemplates
                DPUServiceTemplate/t
        """)
