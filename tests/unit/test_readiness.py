"""Which hosts wait for a critical service, and what they wait for."""

from typing import ClassVar

import pytest

from dpfctl.model.dpu_services import is_critical
from dpfctl.reconcile.hosts import State, judge_hosts
from tests.builders import NS, Built, dpu_service, node
from tests.unit.hosts import (
    DPU_READY,
    cluster,
    critical,
    facts,
    linked,
    meant_for,
    one_host,
    placed,
    running,
    service,
    site,
    tainted,
    with_label,
    worker,
)

IS_DK = with_label("bfb", "dk")
IS_GA = with_label("bfb", "ga")


def test_r_crit_01_a_host_without_the_pod_of_a_critical_service_is_to_be_tainted() -> None:
    verdict = one_host(critical()).verdict

    assert verdict.state is State.NOT_READY
    assert (verdict.is_tainted, verdict.should_be_tainted) == (False, True)
    assert facts(verdict) == [("sriov", "dpu-1", "", "no pod")]


def test_r_crit_02_a_ready_pod_clears_the_host() -> None:
    verdict = one_host(critical(), pods=[running().ready()], node=tainted()).verdict

    assert verdict.state is State.READY
    assert (verdict.is_tainted, verdict.should_be_tainted) == (True, False)


@pytest.mark.parametrize(
    ("pod", "why"),
    [
        pytest.param(running().degraded(), "pod not Ready", id="running but not ready"),
        pytest.param(running().ready().status(phase="Pending"), "pod Pending", id="pending"),
        pytest.param(running(), "pod not Ready", id="no Ready condition"),
        pytest.param(running().ready().deleting(), "pod is being deleted", id="in deletion"),
    ],
)
def test_r_crit_02b_a_pod_that_is_not_ready_does_not(pod: Built, why: str) -> None:
    verdict = one_host(critical(), pods=[pod], node=tainted()).verdict

    assert verdict.should_be_tainted
    assert facts(verdict) == [("sriov", "dpu-1", f"{NS}/sriov-1", why)]


@pytest.mark.parametrize(
    ("built", "waits"),
    [
        pytest.param(service(), False, id="a service that is not critical is not waited for"),
        pytest.param(critical(value="false"), True, id="the value of the label does not matter"),
        pytest.param(
            service().having(metadata={"labels": {"svc.dpu.nvidia.com/critical": True}}),
            True,
            id="nor does its type in a file",
        ),
        pytest.param(
            critical().spec(deployInCluster=True), False, id="a service on the host is left out"
        ),
        pytest.param(critical().suspended(), True, id="a suspended service counts"),
        pytest.param(critical().deleting(), True, id="a service in deletion counts"),
        pytest.param(critical(namespace="elsewhere"), True, id="every namespace counts"),
    ],
)
def test_r_crit_03_which_services_are_waited_for(built: Built, waits: bool) -> None:
    assert one_host(built).verdict.should_be_tainted is waits


def test_a_service_without_an_id_yet_is_waited_for() -> None:
    unnamed = dpu_service("sriov").labelled(CRITICAL="")
    (fact,) = facts(one_host(unnamed, pods=[running(service="").ready()]).verdict)
    assert fact == ("sriov", "dpu-1", "", "no status.serviceID yet")


def test_l18_the_id_that_counts_is_that_of_the_status() -> None:
    renamed = critical().spec(serviceID="old").status(serviceID="new")
    assert one_host(renamed, pods=[running(service="old").ready()]).verdict.should_be_tainted
    assert not one_host(renamed, pods=[running(service="new").ready()]).verdict.should_be_tainted


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(running(dpu="dpu-2").ready(), id="on another DPU"),
        pytest.param(running(service="hbn").ready(), id="of another service"),
        pytest.param(running(service="").ready(), id="of no service"),
    ],
)
def test_other_pods_do_not_count(pod: Built) -> None:
    assert one_host(critical(), pods=[pod]).verdict.should_be_tainted


def test_one_ready_pod_of_several_is_enough() -> None:
    old, new = running("a").ready().deleting(), running("c").ready()
    assert not one_host(critical(), pods=[old, running("b"), new]).verdict.should_be_tainted


def test_of_several_pods_the_one_that_stays_is_named() -> None:
    old, new = running("a").ready().deleting(), running("b").status(phase="Pending")
    (fact,) = facts(one_host(critical(), pods=[old, new]).verdict)
    assert fact == ("sriov", "dpu-1", f"{NS}/b", "pod Pending")


class TestTwoDpus:
    """One host, two DPUs in one DPU cluster; the service runs on the first only."""

    HOST = (cluster(), linked(), worker(), placed("dpu-1"), placed("dpu-2"))
    SIDE = (node("dpu-1", bfb="dk"), node("dpu-2", bfb="ga"), running().ready())

    def test_r_crit_04_both_must_run_the_service(self) -> None:
        verdict = site(*self.HOST, critical(), sides={"cluster-one": self.SIDE}).verdict
        assert facts(verdict) == [("sriov", "dpu-2", "", "no pod")]

    @pytest.mark.parametrize(
        ("selected", "waiting"),
        [
            pytest.param(meant_for(critical(), IS_DK), [], id="it is meant for the first only"),
            pytest.param(
                meant_for(critical(), IS_GA), ["dpu-2"], id="it is meant for the second only"
            ),
            pytest.param(
                meant_for(critical(), with_label("bfb", "se")), [], id="it is meant for neither"
            ),
            pytest.param(meant_for(critical()), [], id="a selector without terms picks neither"),
            pytest.param(meant_for(critical(), {}), [], id="nor does one with an empty term"),
            pytest.param(
                meant_for(
                    critical(),
                    {
                        "matchFields": [
                            {"key": "metadata.name", "operator": "In", "values": ["dpu-1"]}
                        ]
                    },
                ),
                [],
                id="a DPU can be picked by name",
            ),
            pytest.param(
                meant_for(critical(), IS_GA, IS_DK), ["dpu-2"], id="terms are alternatives"
            ),
        ],
    )
    def test_r_crit_04b_l25_only_dpus_it_is_meant_for_count(
        self, selected: Built, waiting: list[str]
    ) -> None:
        verdict = site(*self.HOST, selected, sides={"cluster-one": self.SIDE}).verdict
        assert [wait.dpu.name for wait in verdict.waits] == waiting
        assert verdict.state is (State.NOT_READY if waiting else State.READY)

    def test_a_node_selector_that_cannot_be_read_leaves_the_service_waited_for(self) -> None:
        damaged = {"matchExpressions": [{"key": "bfb", "operator": "Like", "values": ["d*"]}]}
        verdict = site(
            *self.HOST, meant_for(critical(), damaged), sides={"cluster-one": self.SIDE}
        ).verdict
        assert {why for *_, why in facts(verdict)} == {"nodeSelector cannot be read"}


class TestTwoClusters:
    """Hosts worker1 and worker2 with a DPU each, in DPU clusters of different labels."""

    HOST = (
        cluster("cluster-one", zone="dk"),
        cluster("cluster-two", zone="ga"),
        linked("worker1"),
        linked("worker2"),
        worker("worker1"),
        worker("worker2"),
        placed("dpu-1", "worker1", "cluster-one"),
        placed("dpu-2", "worker2", "cluster-two"),
    )
    SIDES: ClassVar = {"cluster-one": (node("dpu-1"),), "cluster-two": (node("dpu-2"),)}

    @pytest.mark.parametrize(
        ("selector", "hosts"),
        [
            pytest.param(None, ["worker1", "worker2"], id="no selector means every DPU cluster"),
            pytest.param({}, ["worker1", "worker2"], id="an empty selector means every one, too"),
            pytest.param({"matchLabels": {"zone": "ga"}}, ["worker2"], id="one is picked"),
            pytest.param({"matchLabels": {"zone": "se"}}, [], id="none is picked"),
            pytest.param(
                {"matchExpressions": [{"key": "zone", "operator": "Like"}]},
                ["worker1", "worker2"],
                id="a selector that cannot be read widens nothing and saves nobody",
            ),
        ],
    )
    def test_l17_a_cluster_that_a_service_does_not_select_does_not_wait_for_it(
        self, selector: object, hosts: list[str]
    ) -> None:
        built = critical() if selector is None else critical().spec(dpuClusterSelector=selector)
        verdicts = site(*self.HOST, built, sides=self.SIDES).judge()
        assert [v.node.name for v in verdicts if v.node and v.should_be_tainted] == hosts


class TestServicesOfOneName:
    """L17: a service is its namespace and its name, and so are its pods."""

    BOTH = (critical(namespace="n1"), critical(namespace="n2"))

    def test_l17_each_needs_a_pod_in_its_own_namespace(self) -> None:
        pods = [running(namespace="n1").ready()]
        verdict = one_host(*self.BOTH, pods=pods).verdict
        assert [wait.service.namespace for wait in verdict.waits] == ["n2"]

    def test_l17_with_a_pod_each_the_host_is_ready(self) -> None:
        pods = [running(namespace=namespace).ready() for namespace in ("n1", "n2")]
        assert one_host(*self.BOTH, pods=pods).verdict.state is State.READY

    def test_a_service_that_is_not_critical_keeps_its_pods_to_itself_as_well(self) -> None:
        services = (critical(namespace="n1"), service(namespace="n2"))
        pods = [running(namespace="n2").ready()]
        assert one_host(*services, pods=pods).verdict.should_be_tainted

    def test_a_chart_may_put_the_pods_of_a_single_service_elsewhere(self) -> None:
        pods = [running(namespace="sriov-system").ready()]
        assert not one_host(critical(), pods=pods).verdict.should_be_tainted


@pytest.mark.parametrize(
    ("taint", "is_tainted"),
    [
        pytest.param(DPU_READY, True, id="without value"),
        pytest.param({**DPU_READY, "value": "x"}, True, id="with any value"),
        pytest.param({**DPU_READY, "effect": "NoExecute"}, False, id="with another effect"),
        pytest.param({**DPU_READY, "key": "dpu"}, False, id="under another key"),
    ],
)
def test_which_taint_is_the_one(taint: dict[str, str], is_tainted: bool) -> None:
    assert one_host(critical(), node=worker("worker1", taint)).verdict.is_tainted is is_tainted


def test_verdicts_are_in_the_order_of_the_dpu_nodes() -> None:
    nodes = [linked("b"), linked("a"), linked("c", namespace="a-namespace")]
    verdicts = site(*nodes, sides={}).judge()
    assert [v.dpu_node.name for v in verdicts if v.dpu_node] == ["c", "a", "b"]


def test_dpu_nodes_that_link_one_host_node_are_judged_alike() -> None:
    verdicts = site(
        cluster(),
        worker("worker1"),
        linked("left", "worker1"),
        linked("right", "worker1"),
        linked("gone", "worker1").deleting(),
        placed("dpu-1", "left"),
        placed("dpu-2", "right"),
        placed("dpu-3", "gone"),
        critical(),
        sides={"cluster-one": (node("dpu-1"), node("dpu-2"), running().ready())},
    ).judge()

    gone, left, right = verdicts
    assert gone.state is State.NOT_JUDGED
    assert facts(left) == facts(right) == [("sriov", "dpu-2", "", "no pod")]
    assert left.gaps == right.gaps == ()


def test_the_caller_can_say_which_services_count() -> None:
    fleet = one_host(critical("hbn"), service("sriov"))
    (verdict,) = judge_hosts(fleet.host, fleet.sides, critical=lambda one: not is_critical(one))
    assert [wait.service.name for wait in verdict.waits] == ["sriov"]
