"""What the operational conditions of DPUs say, and when they are written."""

from typing import Any

import pytest

from dpfctl.errors import NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.resources import Resource
from dpfctl.plan import Action
from dpfctl.reconcile.dpus.planning import (
    operational_warnings,
    plan_operational,
    replan_operational,
)
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import World
from tests.builders import NOW, NS, Built, ago, condition, node
from tests.unit.hosts import critical, placed, running, service
from tests.unit.operational import READY, healthy, known, only, said
from tests.unit.reconcile_fleets import ONE

TYPES = (
    "OperationalReady",
    "NodeProblemsReady",
    "DPUServiceCriticalPodsReady",
    "DPUServiceNonCriticalPodsReady",
    "DPUServiceInterfacesReady",
    "DPUServiceChainsReady",
)


def test_r_op_01_a_healthy_dpu() -> None:
    pods = (running().ready(), running("a", service="a").ready())
    seen = known(critical().spec(serviceID="sriov"), service("a"), side=(healthy(), *pods))
    assert said(seen) == dict(
        zip(
            TYPES,
            (
                ("True", "AllReady", "All operational conditions are ready"),
                ("True", "NoProblemsDetected", "All node health checks passing (8 Conditions)"),
                ("True", "AllPodsReady", "All critical Pods are ready (1)"),
                ("True", "AllPodsReady", "All Pods are ready (1)"),
                ("True", "AllServiceInterfacesReady", "All ServiceInterfaces are ready (0)"),
                ("True", "AllServiceChainsReady", "All ServiceChains are ready (0)"),
            ),
            strict=True,
        )
    )


@pytest.mark.parametrize(
    ("found", "message"),
    [
        pytest.param(
            healthy(OVSHealthy="OVSDown"),
            "Node problems detected (7/8 Conditions): OVSHealthy=OVSDown",
            id="r-op-01b one problem",
        ),
        pytest.param(
            healthy(MTUConfigured="M", KernelDeadlock="K"),
            "Node problems detected (6/8 Conditions): KernelDeadlock=K, MTUConfigured=M",
            id="in their usual order",
        ),
        pytest.param(
            node("dpu-1").conditions(*healthy().raw["status"]["conditions"][1:]),
            "Node problems detected (7/8 Conditions): KernelDeadlock=Unknown",
            id="one that nothing is said of",
        ),
    ],
)
def test_r_op_01b_problems_of_the_node(found: Built, message: str) -> None:
    conditions = said(known(side=(found,)))
    assert conditions["NodeProblemsReady"] == ("False", "NodeProblemDetectorNotReady", message)
    assert conditions["OperationalReady"] == (
        "False",
        "NotReady",
        "Not ready conditions: NodeProblemsReady",
    )


class TestPods:
    """Pods of services, critical ones and others."""

    def test_r_op_01c_the_first_five_are_named(self) -> None:
        pods = [running(f"p{number}", service="a") for number in (7, 6, 5, 4, 3, 2, 1)]
        found = said(known(service("a").spec(serviceID="a"), side=(healthy(), *pods)))
        assert found["DPUServiceNonCriticalPodsReady"] == (
            "False",
            "PodsNotReady",
            "Pods not ready (0/7): p1, p2, p3, p4, p5, ... (2 more)",
        )

    def test_a_critical_one(self) -> None:
        pods = (running("up").ready(), running("down"))
        found = said(known(critical().spec(serviceID="sriov"), side=(healthy(), *pods)))
        assert found["DPUServiceCriticalPodsReady"] == (
            "False",
            "PodsNotReady",
            "Critical Pods not ready (1/2): down",
        )

    @pytest.mark.parametrize(
        ("is_upstream", "count"), [(False, 1), (True, 0)], ids=["ours", "upstream"]
    )
    def test_l18_an_id_that_nobody_gave_counts_as_well(self, is_upstream: bool, count: int) -> None:
        seen = known(critical(), side=(healthy(), running().ready()), is_upstream=is_upstream)
        _, _, message = said(seen)["DPUServiceCriticalPodsReady"]
        assert message == f"All critical Pods are ready ({count})"

    @pytest.mark.parametrize(
        "pod",
        [
            pytest.param(running(dpu="dpu-2"), id="of another DPU"),
            pytest.param(running(service="nobody"), id="of no service that is known"),
            pytest.param(running(service=""), id="of no service"),
            pytest.param(running(service="host"), id="of a service on the host"),
        ],
    )
    def test_other_pods_do_not_count(self, pod: Built) -> None:
        host = service("host").spec(serviceID="host", deployInCluster=True)
        found = said(known(critical(), host, side=(healthy(), pod)))
        assert found["OperationalReady"][0] == "True"

    def test_a_chart_may_put_pods_elsewhere_and_names_are_in_order(self) -> None:
        pods = (running("b", namespace="n1"), running("a", namespace="n2"))
        found = said(known(critical(), side=(healthy(), *pods)))
        assert found["DPUServiceCriticalPodsReady"][2] == "Critical Pods not ready (0/2): a, b"

    def test_of_services_with_one_id_that_of_the_namespace_counts(self) -> None:
        services = (critical("a", "n1").status(serviceID="x"), service("b", "n2"))
        services = (services[0], services[1].status(serviceID="x"))
        pods = (running("p", service="x", namespace="n2"),)
        found = said(known(*services, side=(healthy(), *pods)))
        assert found["DPUServiceCriticalPodsReady"][0] == "True"
        assert found["DPUServiceNonCriticalPodsReady"][0] == "False"


class TestNoNode:
    """R-OP-02: there is no node to look at, or none for long."""

    @pytest.mark.parametrize(
        ("dpu", "side", "status", "texts"),
        [
            pytest.param(
                READY,
                (),
                ("False", "Error"),
                (
                    "Node is missing from cluster",
                    "Cannot assess node health: node is missing from cluster",
                    "Cannot assess critical pods: node is missing from cluster",
                    "Cannot assess non-critical pods: node is missing from cluster",
                    "Cannot assess service interfaces: node is missing from cluster",
                    "Cannot assess service chains: node is missing from cluster",
                ),
                id="r-op-02 it is missing",
            ),
            pytest.param(
                placed().status(phase="OS Installing"),
                (),
                ("Unknown", "Pending"),
                (
                    "Waiting for node to join the cluster",
                    "Node has not joined the cluster yet",
                    "Waiting for node to join before assessing critical pods",
                    "Waiting for node to join before assessing non-critical pods",
                    "Waiting for node to join before assessing service interfaces",
                    "Waiting for node to join before assessing service chains",
                ),
                id="r-op-02 it has not joined",
            ),
            *(
                pytest.param(
                    dpu,
                    (found,),
                    ("Unknown", "AwaitingDeletion"),
                    (
                        "Cannot assess operational readiness: node is being deleted",
                        "Cannot assess node health: node is being deleted",
                        "Cannot assess critical pods: node is being deleted",
                        "Cannot assess non-critical pods: node is being deleted",
                        "Cannot assess service interfaces: node is being deleted",
                        "Cannot assess service chains: node is being deleted",
                    ),
                    id=name,
                )
                for name, dpu, found in (
                    ("r-op-02 the DPU is being deleted", READY.deleting(), healthy()),
                    ("the node is being deleted", READY, healthy().deleting()),
                )
            ),
        ],
    )
    def test_r_op_02_all_conditions_say_so(
        self, dpu: Built, side: Any, status: tuple[str, str], texts: tuple[str, ...]
    ) -> None:
        found = said(known(dpu=dpu, side=side))
        assert tuple(found) == TYPES
        assert tuple(found.values()) == tuple((*status, text) for text in texts)


class TestWrites:
    """When a status is written, and what stays in it."""

    def test_it_is_a_status_and_tells_nothing_of_generations(self) -> None:
        change = only(known(side=(healthy(),)))
        assert (change.action, change.stage, change.needs) == (Action.STATUS, Step.STATUS, ())
        found = change.after["status"]["operationalConditions"]
        assert {tuple(entry) for entry in found} == {
            ("type", "status", "reason", "message", "lastTransitionTime")
        }
        assert {entry["lastTransitionTime"] for entry in found} == {ago("0s")}
        assert change.after["status"]["phase"] == "Ready"

    def test_a_second_pass_writes_nothing(self) -> None:
        stored = Built(kinds.DPU, dict(only(known(side=(healthy(),))).after))
        assert only(known(dpu=stored, side=(healthy(),))).action is Action.NONE

    def test_the_time_moves_only_with_the_status_and_others_stay_in_place(self) -> None:
        old = [
            condition("Foreign", age="3d"),
            condition("NodeProblemsReady", "False", age="2d"),
            condition("DPUServiceChainsReady", "False", age="2d"),
        ]
        dpu = READY.status(operationalConditions=old)
        change = only(known(dpu=dpu, side=(healthy(OVSHealthy="Down"),)))
        found = change.after["status"]["operationalConditions"]
        assert [(entry["type"], entry["lastTransitionTime"]) for entry in found[:4]] == [
            ("Foreign", ago("3d")),
            ("NodeProblemsReady", ago("2d")),
            ("DPUServiceChainsReady", ago("0s")),
            ("OperationalReady", ago("0s")),
        ]

    def test_planned_again_on_a_dpu_that_moved(self) -> None:
        change = only(known(side=(healthy(),)))
        fresh = READY.status(phase="Error", operationalConditions=[condition("Foreign")])
        again = replan_operational(change, fresh.resource, NOW)
        assert again.action is Action.STATUS
        assert again.after["status"]["phase"] == "Error"
        kept = [entry["type"] for entry in again.after["status"]["operationalConditions"]]
        assert kept == ["Foreign", *TYPES]
        stored = Resource(kinds.DPU, change.after)
        assert replan_operational(change, stored, NOW).action is Action.NONE
        with pytest.raises(NotFoundError, match=f"dpu/{NS}/dpu-1: is gone"):
            replan_operational(change, None, NOW)

    def test_an_old_release_has_no_such_field(self) -> None:
        seen = known(side=(healthy(),))
        old = World(seen.host, seen.dpus, NOW)
        assert plan_operational(old) == ()
        assert operational_warnings(old) == ()


def test_a_dpu_whose_cluster_cannot_be_read_is_left_and_told() -> None:
    seen = known(side=(healthy(),))
    dead = World(seen.host, {ONE: UnreachableError("no answer")}, NOW, features=seen.features)
    assert plan_operational(dead) == ()
    assert operational_warnings(dead) == (
        f"dpu/{NS}/dpu-1: its operational conditions are left as they are: no answer",
    )


def test_a_dpu_in_no_cluster_is_told_and_one_of_no_dpu_node_is_not_ours() -> None:
    lost = known(dpu=placed(cluster="gone"))
    assert plan_operational(lost) == ()
    (warning,) = operational_warnings(lost)
    assert warning.endswith("it is in no DPU cluster that is known")
    other = known(dpu=placed(node="worker2"), side=(healthy(),))
    assert plan_operational(other) == ()
    assert operational_warnings(other) == ()


def test_dpus_are_in_order() -> None:
    seen = known(placed("dpu-0"), side=(healthy(), healthy("dpu-0")))
    assert [change.ref.name for change in plan_operational(seen)] == ["dpu-0", "dpu-1"]
