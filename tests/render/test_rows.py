"""Tree lines, cells, and the further lines of a message."""

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.render.tree_view import tree_rows
from tests.builders import (
    NOW,
    Built,
    application,
    condition,
    dpu,
    dpu_node,
    dpu_service,
    dpu_set,
    dpu_vpc,
    isolation_class,
    system_service,
)
from tests.render.tables import names, table
from tests.unit.trees import describe, rows


def cells(built: Built, **flags: str | bool) -> tuple[str, str, str, str, str]:
    """NAMESPACE to MESSAGE of the object's own row."""
    (row,) = [r for r in tree_rows(describe(built, **flags), NOW) if r.name.endswith("/x")]
    return (row.namespace, row.status, row.reason, row.since, row.message)


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        pytest.param(
            dpu_service("x", "ns").ready("3h", "Fine", "all well"),
            ("ns", "Ready: True", "Fine", "3h", "all well"),
            id="a ready object speaks for itself",
        ),
        pytest.param(
            dpu_service("x", "ns").pending("5m"),
            ("ns", "Ready: Unknown", "Pending", "5m", ""),
            id="so does a fresh one",
        ),
        pytest.param(
            dpu_service("x", "ns").degraded("Error", "why"),
            ("ns", "", "", "", ""),
            id="a listed object leaves it to its conditions",
        ),
        pytest.param(dpu_set("x", "ns"), ("ns", "", "", "", ""), id="no conditions, no cells"),
        pytest.param(
            dpu_set("x", "ns").conditions(condition("Other")),
            ("ns", "", "", "", ""),
            id="no Ready, no cells",
        ),
        pytest.param(
            dpu("x", "ns"), ("ns", "", "", "", ""), id="a DPU without Ready is listed with one"
        ),
    ],
)
def test_cells(built: Built, expected: tuple[str, ...]) -> None:
    assert cells(built) == expected


def test_an_object_can_be_listed_and_have_no_rows() -> None:
    assert names(describe(dpu_set("x"), show_conditions="dpuset")) == [
        "DPFOperatorConfig/dpfoperatorconfig",
        "└─DPUSets",
        "  └─DPUSet/x",
    ]


def test_a_condition_row_has_the_bare_status() -> None:
    tree = describe(dpu_service("x").degraded("Error", "why", "7m14s"))
    row = tree_rows(tree, NOW)[-1]
    assert (row.name, row.namespace) == ("Ready", "")
    assert (row.status, row.reason, row.since, row.message) == ("False", "Error", "7m14s", "why")


def test_a_dpu_without_any_time_is_as_old_as_time() -> None:
    assert tree_rows(describe(dpu("x")), NOW)[-1].since == "292y"


@pytest.mark.parametrize(
    ("built", "name"),
    [
        (dpu_service("x").ready(), "DPUService/x"),
        (dpu_service("x").ready().suspended(), "DPUService/x (suspended)"),
        (dpu_service("x").ready().deleting(), "!! IN DELETION !! DPUService/x"),
        (
            dpu_service("x").ready().deleting().suspended(),
            "!! IN DELETION !! DPUService/x (suspended)",
        ),
        (dpu_set("x").spec(paused=False), "DPUSet/x"),
        (dpu_service("x").spec(paused="true"), "DPUService/x"),
    ],
)
def test_row_names(built: Built, name: str) -> None:
    assert names(describe(built))[-1].endswith(f"─{name}")


def test_only_services_are_suspended() -> None:
    assert names(describe(dpu_set("x").ready().spec(paused=True)))[-1] == "  └─DPUSet/x"


def test_tree_lines_with_conditions_between() -> None:
    tree = describe(
        dpu_set("s").degraded().owning(dpu("d", node="w").degraded()),
        dpu_node("w").ready(),
        dpu_set("t").conditions(condition("A", "False"), condition("Ready", "False")),
        system_service("flannel").degraded().owning(application("app")),
    )
    assert "\n".join(names(tree)) + "\n" == rows("""
        DPFOperatorConfig/dpfoperatorconfig
        ├─DPUSets
        │ ├─DPUSet/s
        │ │ │           └─Ready
        │ │ ├─DPUNodes
        │ │ │ └─DPUNode/w
        │ │ └─DPUs
        │ │   └─DPU/d
        │ │                 └─Ready
        │ └─DPUSet/t
        │               ├─A
        │               └─Ready
        └─System Components
          └─DPUServices
            └─DPUService/flannel
              │           └─Ready
              └─Application/app
                            └─Ready
        """)


def messages(*objects: Built) -> str:
    """The table without the columns between NAME and MESSAGE."""
    lines = table(describe(*objects)).splitlines()
    name, message = lines[0].index("NAMESPACE"), lines[0].index("MESSAGE")
    return "".join(f"{line[:name].rstrip()}|{line[message:]}\n" for line in lines[1:])


def test_further_lines_of_a_condition() -> None:
    shown = messages(
        dpu_service("a").conditions(
            condition("Ready", "False", "E", "one\ntwo"),
            condition("Z", "False", "E", "three\nfour"),
        ),
        dpu_set("s"),
    )
    assert shown == rows("""
        DPFOperatorConfig/dpfoperatorconfig|
        ├─DPUServices|
        │ └─DPUService/a|
        │               ├─Ready|one
        │               │|two
        │               └─Z|three
        │|four
        └─DPUSets|
          └─DPUSet/s|
        """)


def test_further_lines_of_an_object() -> None:
    shown = messages(
        dpu_set("a").ready(message="one\ntwo").owning(dpu("d").ready())[0],
        dpu_set("a").owning(dpu("d").ready())[1],
        dpu_set("b").ready(message="three\nfour"),
        dpu_vpc("v").ready(message="five\nsix"),
    )
    assert shown == rows("""
        DPFOperatorConfig/dpfoperatorconfig|
        ├─DPUSets|
        │ ├─DPUSet/a|one
        │ │ │|two
        │ │ └─DPUs|
        │ │   └─DPU/d|
        │ └─DPUSet/b|three
        │|four
        └─DPUVPCs|
          └─DPUVPC/v|five
        |six
        """)


def test_a_problem_row_says_what_happened() -> None:
    tree = describe(troubles={kinds.DPU_SET: (Trouble.FORBIDDEN, "user x may not\nlist dpusets")})
    row = tree_rows(tree, NOW)[-1]
    assert (row.name, row.reason, row.status) == ("DPUSets", "Forbidden", "")
    assert row.message == "user x may not\nlist dpusets"


def test_a_missing_object_says_who_names_it() -> None:
    tree = describe(dpu_vpc("v", "ns", isolation="iso").ready(), show_missing=True)
    row = tree_rows(tree, NOW)[-1]
    assert (row.name, row.reason) == ("IsolationClass/iso", "NotFound")
    assert "dpuvpc/ns/v" in row.message


def test_the_isolation_class_of_an_unmarked_namespace() -> None:
    tree = describe(dpu_vpc("v", isolation="iso").ready(), isolation_class("iso"))
    (row,) = [r for r in tree_rows(tree, NOW) if r.name == "IsolationClass/iso"]
    assert row.namespace == ""
