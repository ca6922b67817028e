"""``--issues``: what is not healthy, and the way to it."""

import pytest

from dpfctl.describe import prune
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from tests.builders import (
    Built,
    Fleet,
    condition,
    dpu,
    dpu_deployment,
    dpu_node,
    dpu_service,
    dpu_set,
    maintenance,
)
from tests.unit.trees import describe, outline, rows


def issues(*objects: Built | Fleet, **flags: bool) -> str:
    pending = flags.get("show_pending", False)
    return outline(prune(describe(*objects, **flags), show_pending=pending))


def test_a_healthy_fleet_is_only_its_root() -> None:
    assert issues(dpu_set("s").ready().owning(dpu("d").ready()), show_storage=True) == ""


def test_the_root_stays_whatever_it_is() -> None:
    tree = describe(dpu_service("s").degraded())
    assert prune(tree, show_pending=False).root.name == tree.root.name


def test_healthy_parents_stay_above_what_is_not() -> None:
    family = dpu_set("s").ready().owning(dpu("bad", node="w1").degraded(), dpu("good").ready())
    held = (dpu_node("w1").ready(), maintenance("m", "bad", node="w1"))
    assert issues(family, *held, dpu_set("t").ready()) == rows("""
        DPUSets
          DPUSet/s
            DPUNodes
              DPUNode/w1
                DPUNodeMaintenance/m
            DPUs
              DPU/bad
        """)


@pytest.mark.parametrize(
    ("built", "pending", "is_kept"),
    [
        pytest.param(dpu("d").degraded(), False, True, id="Ready is False"),
        pytest.param(dpu_service("d").pending(), False, True, id="Ready is pending"),
        pytest.param(dpu_service("d").ready(), False, False, id="Ready is True"),
        pytest.param(dpu_service("d"), False, False, id="no conditions"),
        pytest.param(
            dpu_service("d").conditions(condition("Up", "False", "Error")),
            False,
            True,
            id="no Ready, a failed condition",
        ),
        pytest.param(
            dpu_service("d").conditions(condition("Up", "Unknown", "Pending")),
            False,
            False,
            id="no Ready, a pending condition",
        ),
        pytest.param(
            dpu_service("d").conditions(condition("Up", "Unknown", "Pending")),
            True,
            True,
            id="no Ready, a pending condition that counts",
        ),
        pytest.param(
            dpu_service("d").conditions(condition("Ready"), condition("Up", "False", "Error")),
            False,
            False,
            id="Ready in spite of a failed condition",
        ),
        pytest.param(
            dpu("d")
            .ready()
            .status(operationalConditions=[condition("OperationalReady", "False", "Error")]),
            False,
            False,
            id="a ready DPU that does not work",
        ),
    ],
)
def test_what_is_kept(built: Built, pending: bool, is_kept: bool) -> None:
    assert bool(issues(built, show_pending=pending)) is is_kept
    verdict = describe(built, show_pending=pending).is_healthy
    assert verdict is not is_kept


def test_a_group_is_healthy_whatever_it_hides() -> None:
    (owned_set, broken) = dpu_set("s").ready().owning(dpu("d").degraded())
    fleet = (
        dpu_deployment("east").ready().owning(owned_set),
        broken,
        dpu_deployment("west").ready(),
    )
    assert issues(*fleet) == ""
    assert "DPU/d" in issues(*fleet, grouping=False)


def test_the_verdict_counts_what_groups_hide() -> None:
    (owned_set, broken) = dpu_set("s").ready().owning(dpu("d").degraded())
    edges = (dpu_deployment("east").ready().owning(owned_set), dpu_deployment("west").ready())
    assert not describe(*edges, broken).is_healthy


def test_the_verdict_looks_only_at_what_the_filter_leaves() -> None:
    fleet = (dpu_service("bad").degraded(), dpu_set("good").ready())
    assert not describe(*fleet).is_healthy
    assert describe(*fleet, show_resources="dpuset").is_healthy
    assert describe(*fleet, namespace="elsewhere").is_healthy


def test_a_problem_row_is_always_an_issue() -> None:
    tree = describe(troubles={kinds.DPU_SET: (Trouble.FORBIDDEN, "no")})
    assert outline(prune(tree, show_pending=False)) == "DPUSets\n"


def test_a_missing_object_is_an_issue_if_it_has_a_row() -> None:
    assert issues(dpu_set("s", bfb="gone").ready(), show_missing=True) == rows("""
        DPUSets
          DPUSet/s
            BFB/gone
        """)
