"""Conditions that are derived from other fields of an object."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from dpfctl.describe.synthetic import conditions_of, maintenance_conditions
from dpfctl.model import kinds
from dpfctl.model.conditions import Condition
from dpfctl.model.timestamps import parse_time
from tests.builders import (
    NOW,
    Built,
    ago,
    application,
    bfb,
    build,
    condition,
    dpu,
    dpu_set,
    isolation_class,
    maintenance,
    tenant_control_plane,
)


def of(built: Built) -> list[Condition]:
    return list(conditions_of(built.resource, NOW))


def made(kind: str, status: str, reason: str = "", message: str = "", age: str = "1d") -> Condition:
    return Condition(kind, status, reason, message, parse_time(ago(age)))


READY_BFB = bfb("b").created("3d").spec(url="https://host/dir/bundle.bfb?x=1")


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        pytest.param(
            READY_BFB,
            made("Ready", "True", "Ready", "File: bundle.bfb?x=1", "3d"),
            id="ready, DOCA version unknown",
        ),
        pytest.param(
            READY_BFB.status(versions={"doca": "3.2.1"}),
            made("Ready", "True", "Ready", "File: bundle.bfb?x=1, DOCA: 3.2.1", "3d"),
            id="ready, DOCA version known",
        ),
        pytest.param(
            READY_BFB.status(phase="Downloading", versions={"doca": "3.2.1"}),
            made("Ready", "False", "Downloading", age="3d"),
            id="the phase is the reason",
        ),
        pytest.param(
            READY_BFB.status(phase=""), made("Ready", "False", age="3d"), id="no phase yet"
        ),
        pytest.param(
            READY_BFB.status(phase="Error").ready(),
            made("Ready", "False", "Error", age="3d"),
            id="real conditions do not count",
        ),
    ],
)
def test_bfb(built: Built, expected: Condition) -> None:
    assert of(built) == [expected]


def plane(service: Iterable[Mapping[str, Any]], deployment: Iterable[Mapping[str, Any]]) -> Built:
    parts = {"service": {"conditions": service}, "deployment": {"conditions": deployment}}
    return tenant_control_plane("p").created("2d").status(kubernetesResources=parts)


def test_a_control_plane_lists_service_then_deployment_then_ready() -> None:
    built = plane(
        [condition("LoadBalancer", message="up", age="1h")],
        [condition("Available", age="2h"), condition("Progressing", age="3h")],
    ).degraded()
    assert of(built) == [
        made("Service/LoadBalancer", "True", "Success", "up", "1h"),
        made("Deployment/Available", "True", "Success", age="2h"),
        made("Deployment/Progressing", "True", "Success", age="3h"),
        made("Ready", "True", "Ready", age="2d"),
    ]


def test_a_control_plane_with_a_failed_part_is_not_ready() -> None:
    built = plane([condition("Up", "Unknown", "Lost")], [condition("Available")])
    assert of(built)[-1] == made(
        "Ready", "False", "Unknown", "The TenantControlPlane is not ready", "2d"
    )


def test_a_control_plane_without_parts_is_ready() -> None:
    bare = tenant_control_plane("p").created("2d")
    assert of(bare) == [made("Ready", "True", "Ready", age="2d")]


def test_a_dpu_adds_operational_and_agent_conditions_behind_its_own() -> None:
    built = (
        dpu("d")
        .conditions(condition("Ready"), condition("Initialized"))
        .status(
            operationalConditions=[condition("OperationalReady", "False", "Error")],
            agentStatus={"conditions": [condition("Alive")]},
        )
    )
    assert of(built) == [
        made("Ready", "True", "Success"),
        made("Initialized", "True", "Success"),
        made("Operational/OperationalReady", "False", "Error"),
        made("Agent/Alive", "True", "Success"),
    ]


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        pytest.param(
            dpu("d").conditions(condition("Initialized", age="3h")).status(phase="Ready"),
            made("Ready", "True", "Ready", age="3h"),
            id="the phase Ready makes it ready",
        ),
        pytest.param(
            dpu("d")
            .conditions(condition("Initialized", age="3h"))
            .status(phase="OS Installing", operationalConditions=[condition("Up", age="2h")]),
            made("Ready", "False", "OS Installing", age="2h"),
            id="the newest time of all counts",
        ),
        pytest.param(
            dpu("d").status(phase="Error", agentStatus={"conditions": [condition("X", age="5m")]}),
            made("Ready", "False", "Error", age="5m"),
            id="times of the agent count",
        ),
        pytest.param(
            dpu("d").conditions(condition("A", age="1h")).status(phase="Deleting").deleting("9m"),
            made("Ready", "False", "Deleting", age="9m"),
            id="a later deletion counts",
        ),
        pytest.param(
            dpu("d").conditions(condition("A", age="1m")).status(phase="Deleting").deleting("9m"),
            made("Ready", "False", "Deleting", age="1m"),
            id="an earlier deletion does not",
        ),
        pytest.param(
            dpu("d").status(operationalConditions=[condition("Ready", age="1h")]),
            made("Ready", "False", age="1h"),
            id="an operational Ready is none of its own",
        ),
        pytest.param(
            dpu("d").created("1h"), Condition("Ready", "False"), id="without any time it has none"
        ),
    ],
)
def test_a_dpu_without_ready_gets_one_at_the_end(built: Built, expected: Condition) -> None:
    assert of(built)[-1] == expected
    assert sum(c.type == "Ready" for c in of(built)) == 1


@pytest.mark.parametrize(
    ("requestor", "owner", "dpus", "shown"),
    [
        pytest.param("ns_edge_set1", "", (), "ns/edge/set1: ns/set1", id="the set has no owner"),
        pytest.param("ns_edge_set1", "ns_edge", ("x",), "ns/edge/set1: ns/set1", id="its owner"),
        pytest.param("ns_edge_set1", "ns_west", (), None, id="another owner"),
        pytest.param("ns_edge_a_b_c", "ns_edge", (), "ns/edge/a_b_c: ns/a_b_c", id="many parts"),
        pytest.param("dpu1", "", (), "DPU/dpu1: DPU dpu1", id="the set has no DPUs"),
        pytest.param("dpu1", "ns_edge", ("dpu1",), "DPU/dpu1: DPU dpu1", id="a DPU of the set"),
        pytest.param("dpu1", "", ("dpu2",), None, id="a DPU of another set"),
        pytest.param("two_parts", "", (), "DPU/two_parts: DPU two_parts", id="two parts"),
        pytest.param("two_parts", "two_parts", ("x",), None, id="two parts name no deployment"),
    ],
)
def test_requestors(requestor: str, owner: str, dpus: tuple[str, ...], shown: str | None) -> None:
    held = maintenance("m", requestor, node="w1").created("5m").ready()
    if shown is None:
        expected = Condition("Ready", "True", "Success", since=NOW)
    else:
        kind, who = shown.split(": ")
        message = f"Maintenance requested by {who}"
        expected = made(f"Requestor/{kind}", "False", "MaintenanceInProgress", message, "5m")
    assert maintenance_conditions(held.resource, owner, dpus, NOW) == (expected,)


def test_requestors_keep_their_order_and_bring_no_ready() -> None:
    held = maintenance("m", "b", "a", node="w1").resource
    types = [c.type for c in maintenance_conditions(held, "", ("a", "b"), NOW)]
    assert types == ["Requestor/DPU/b", "Requestor/DPU/a"]


def test_a_maintenance_without_requestors_is_ready_now() -> None:
    held = maintenance("m", node="w1").degraded().created("9d").resource
    assert maintenance_conditions(held, "", (), NOW) == (
        Condition("Ready", "True", "Success", since=NOW),
    )


def workload(kind: str, sync: str = "Synced", **health: str) -> dict[str, Any]:
    return {"kind": kind, "name": "w", "status": sync, **({"health": health} if health else {})}


HEALTHY = application("a").status(health={"status": "Healthy"}, reconciledAt=ago("31s"))


def test_a_healthy_application_is_ready() -> None:
    assert of(HEALTHY) == [made("Ready", "True", "Success", age="31s")]


def test_an_application_shows_complaints_then_workloads_then_ready() -> None:
    built = HEALTHY.conditions(
        {"type": "ComparisonError", "message": "no chart"}, {"type": "SyncError", "message": ""}
    ).status(
        resources=[
            workload("Service"),
            workload("DaemonSet", "OutOfSync", status="Progressing", message="1 of 2"),
            workload("Deployment"),
        ]
    )
    assert of(built) == [
        made("ComparisonError", "False", "ComparisonError", "no chart", "31s"),
        made("SyncError", "False", "SyncError", "", "31s"),
        Condition("DaemonSet/w", "OutOfSync", "Progressing", "1 of 2", parse_time(ago("31s"))),
        made("Deployment/w", "Synced", age="31s"),
        made(
            "Ready",
            "False",
            "Healthy",
            "The following conditions are not ready:\n* ComparisonError\n* SyncError",
            "31s",
        ),
    ]


def test_an_unhealthy_application_without_complaints_has_no_message() -> None:
    built = HEALTHY.status(health={"status": "Degraded"})
    assert of(built) == [made("Ready", "False", "Degraded", age="31s")]


@pytest.mark.parametrize(
    ("kind", "is_workload"),
    [
        *((k, True) for k in ("Deployment", "StatefulSet", "DaemonSet")),
        *((k, True) for k in ("Job", "CronJob", "ReplicaSet")),
        *((k, False) for k in ("Pod", "ConfigMap", "deployment", "")),
    ],
)
def test_only_workloads_are_listed(kind: str, is_workload: bool) -> None:
    built = HEALTHY.status(resources=[workload(kind)])
    assert [c.type for c in of(built)] == ([f"{kind}/w"] if is_workload else []) + ["Ready"]


def test_an_application_that_was_never_reconciled_counts_from_now() -> None:
    assert of(application("a")) == [Condition("Ready", "False", since=NOW)]


def test_an_application_survives_damaged_entries() -> None:
    built = HEALTHY.status(resources=[{"kind": ["Job"]}, {"kind": {}}, None, "x"])
    assert [c.type for c in of(built)] == ["Ready"]


def test_an_isolation_class_is_always_available() -> None:
    built = isolation_class("c", "ovn.example").created("3d").degraded()
    assert of(built) == [made("Ready", "True", "Available", "Provisioner: ovn.example", "3d")]


@pytest.mark.parametrize("kind", [kinds.DPU_SET, kinds.DPU_NODE, kinds.DPU_SERVICE])
def test_other_kinds_keep_their_conditions_in_api_order(kind: kinds.Kind) -> None:
    built = build(kind, "x").conditions(condition("Z", "False", "Error"), condition("Ready"))
    assert of(built) == [made("Z", "False", "Error"), made("Ready", "True", "Success")]


def test_an_object_without_status_has_no_conditions() -> None:
    assert of(dpu_set("s")) == []
