"""Which taints a pass gives to hosts, and takes from them."""

from typing import Any

import pytest

from dpfctl.errors import NotFoundError, UnreachableError
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.hosts.readiness import judge_hosts
from dpfctl.reconcile.hosts.taints import plan_taints, replan_taints, with_cut_off
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import World
from tests.builders import NOW, NS, Built, condition, node, operator_config
from tests.unit.hosts import (
    DPU_READY,
    DPU_TAINT,
    Site,
    cluster,
    critical,
    linked,
    meant_for,
    one_host,
    placed,
    running,
    service,
    site,
    tainted,
    worker,
)

NO_EXECUTE = {**DPU_READY, "effect": "NoExecute"}
DEAD = UnreachableError("dpu cluster ns1/cluster-one: no answer")
ASKING = operator_config().spec(
    dpuServiceController={"disableHostNetworkReadyNoExecuteTaints": False}
)
NETWORK_DOWN = condition("HostNetworkReady", "False")


def world_of(fleet: Site, *, is_upstream: bool = False) -> World:
    return World(fleet.host, fleet.sides, NOW, is_upstream=is_upstream)


def plan(fleet: Site, *, is_upstream: bool = False) -> tuple[Change, ...]:
    verdicts = judge_hosts(fleet.host, fleet.sides, is_upstream=is_upstream)
    world = world_of(fleet, is_upstream=is_upstream)
    return plan_taints(with_cut_off(verdicts, world), world)


def only(fleet: Site, *, is_upstream: bool = False) -> Change:
    (change,) = plan(fleet, is_upstream=is_upstream)
    return change


def taints(change: Change) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = change.after["spec"].get("taints", [])
    return found


def with_network(fleet: Built, *conditions: dict[str, Any], phase: str = "Ready") -> Site:
    """Host worker1 with this Node, and a DPU that says this about the host's network."""
    dpu = placed().status(phase=phase, conditions=list(conditions))
    return site(cluster(), ASKING, linked(), fleet, dpu, sides={"cluster-one": (node("dpu-1"),)})


def test_r_crit_01_a_host_that_waits_gets_the_taint_after_the_others() -> None:
    change = only(one_host(critical()))
    assert (change.action, change.done, change.stage) == (Action.PATCH, "tainted", Step.TAINT)
    assert taints(change) == [DPU_TAINT, DPU_READY]
    assert change.reasons == (f"waits for {NS}/sriov on dpu/dpu-1: no pod",)
    assert change.needs == ()


def test_r_crit_02_a_host_that_is_ready_loses_it() -> None:
    change = only(one_host(critical(), pods=[running().ready()], node=tainted()))
    assert (change.action, change.done) == (Action.PATCH, "untainted")
    assert taints(change) == [DPU_TAINT]


@pytest.mark.parametrize(
    ("fleet", "done"),
    [
        pytest.param(one_host(critical(), node=tainted()), "tainted", id="tainted, and waits"),
        pytest.param(one_host(service()), "untainted", id="not tainted, and ready"),
        pytest.param(
            one_host(critical(), node=worker("worker1", {**DPU_READY, "value": "x"})),
            "tainted",
            id="tainted with a value of somebody else",
        ),
    ],
)
def test_a_host_whose_taints_are_right_is_left_alone(fleet: Site, done: str) -> None:
    change = only(fleet)
    assert (change.action, change.done) == (Action.NONE, done)
    assert change.before is not None
    assert change.after is change.before.raw


def test_every_taint_of_ours_goes_whatever_its_value() -> None:
    twice = worker("worker1", {**DPU_READY, "value": "x"}, DPU_READY)
    assert taints(only(one_host(service(), node=twice))) == [DPU_TAINT]


def test_other_taints_keep_their_order_and_content() -> None:
    noted = {"key": "k", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"}
    same_key = {**DPU_READY, "effect": "PreferNoSchedule"}
    fleet = one_host(service(), node=worker("worker1", noted, DPU_READY, same_key))
    assert taints(only(fleet)) == [DPU_TAINT, noted, same_key]


@pytest.mark.parametrize("host", [worker(), tainted()], ids=["not tainted", "tainted"])
@pytest.mark.parametrize(
    "fleet",
    [
        pytest.param(lambda host: one_host(critical(), node=host), id="a dead DPU cluster"),
        pytest.param(
            lambda host: site(cluster(), linked(), host, critical(), sides={"cluster-one": ()}),
            id="l20 a DPUNode without DPUs",
        ),
        pytest.param(
            lambda host: site(cluster(), linked().deleting(), host, placed(), critical(), sides={}),
            id="a DPUNode in deletion",
        ),
        pytest.param(
            lambda host: one_host(
                critical(),
                operator_config().spec(dpuServiceController={"disableDPUReadyTaints": True}),
                node=host,
            ),
            id="r-crit-05b the kill switch",
        ),
    ],
)
def test_r_crit_07_a_host_that_is_not_judged_keeps_its_taints(fleet: Any, host: Built) -> None:
    change = only(fleet(host).reading("cluster-one", DEAD))
    assert change.action is Action.NONE
    assert change.reasons


def test_l20_without_critical_services_a_host_without_dpus_loses_its_taint() -> None:
    assert taints(only(site(linked(), tainted(), sides={}))) == [DPU_TAINT]


def test_r_crit_05_a_host_that_no_dpu_node_links_is_not_touched() -> None:
    assert plan(site(cluster(), linked(node=""), placed(), critical(), sides={})) == ()
    assert plan(site(cluster(), tainted("other"), critical(), sides={})) == ()


def test_dpu_nodes_that_link_one_host_give_one_change() -> None:
    fleet = site(
        cluster(),
        worker(),
        linked("gone", "worker1").deleting(),
        linked("left", "worker1"),
        linked("right", "worker1"),
        placed("dpu-1", "left"),
        placed("dpu-2", "right"),
        critical(),
        sides={"cluster-one": (node("dpu-1"), node("dpu-2"), running().ready())},
    )
    change = only(fleet)
    assert change.done == "tainted"
    assert change.reasons == (f"waits for {NS}/sriov on dpu/dpu-2: no pod",)


def test_changes_are_in_the_order_of_the_host_nodes() -> None:
    fleet = site(linked("a", "z"), linked("b", "y"), worker("z"), worker("y"), sides={})
    assert [change.ref.name for change in plan(fleet)] == ["y", "z"]


class TestNoExecute:
    """R-CRIT-06: pods are driven off a host whose DPU gives it no network, if that is asked for."""

    def test_r_crit_06_nobody_asks_so_an_old_one_goes_and_the_other_taint_stays(self) -> None:
        both = worker("worker1", DPU_READY, NO_EXECUTE)
        change = only(one_host(critical(), node=both))
        assert taints(change) == [DPU_TAINT, DPU_READY]
        assert change.done == "untainted"

    @pytest.mark.parametrize(
        "conditions",
        [
            pytest.param([NETWORK_DOWN], id="the host has no network"),
            pytest.param([], id="nothing is said of it"),
        ],
    )
    def test_r_crit_06_a_provisioned_dpu_without_it(self, conditions: list[Any]) -> None:
        change = only(with_network(worker(), *conditions))
        assert taints(change) == [DPU_TAINT, NO_EXECUTE]
        assert change.reasons == ("dpu/dpu-1 gives it no network: HostNetworkReady is not True",)

    @pytest.mark.parametrize(
        ("conditions", "phase"),
        [
            pytest.param([NETWORK_DOWN], "OS Installing", id="the DPU is being provisioned"),
            pytest.param([condition("HostNetworkReady")], "Ready", id="the network is there"),
        ],
    )
    def test_r_crit_06_otherwise_it_goes(self, conditions: list[Any], phase: str) -> None:
        fleet = with_network(worker("worker1", NO_EXECUTE), *conditions, phase=phase)
        assert taints(only(fleet)) == [DPU_TAINT]

    def test_dpus_of_a_dpu_node_in_deletion_do_not_count(self) -> None:
        dpu = placed("dpu-2", "gone").status(phase="Ready", conditions=[NETWORK_DOWN])
        gone = linked("gone", "worker1").deleting()
        fleet = site(cluster(), ASKING, linked(), gone, worker(), dpu, sides={})
        assert only(fleet).action is Action.NONE

    def test_one_comes_and_the_other_goes_in_one_change(self) -> None:
        change = only(with_network(worker("worker1", DPU_READY), NETWORK_DOWN))
        assert taints(change) == [DPU_TAINT, NO_EXECUTE]
        assert change.done == "taints changed"

    def test_it_does_not_depend_on_what_cannot_be_read_of_pods(self) -> None:
        fleet = one_host(critical(), node=worker("worker1", DPU_READY, NO_EXECUTE))
        blind = fleet.reading("cluster-one", DEAD)
        assert taints(only(blind)) == [DPU_TAINT, DPU_READY]
        assert only(blind, is_upstream=True).action is Action.NONE


class TestReplanning:
    """A Node that moved between the plan and the write."""

    CHANGE = only(one_host(critical()))

    def test_what_others_did_meanwhile_stays(self) -> None:
        fresh = worker("worker1", {"key": "new", "effect": "NoSchedule"}).resource
        again = replan_taints(self.CHANGE, fresh)
        assert again.action is Action.PATCH
        assert taints(again) == [*fresh.items("spec", "taints"), DPU_READY]
        assert again.reasons == self.CHANGE.reasons

    def test_what_others_did_for_us_is_not_done_again(self) -> None:
        assert replan_taints(self.CHANGE, tainted().resource).action is Action.NONE

    def test_a_taint_that_was_not_judged_stays_as_it_is_now(self) -> None:
        blind = one_host(critical(), node=worker("worker1", NO_EXECUTE)).reading(
            "cluster-one", DEAD
        )
        again = replan_taints(only(blind), worker("worker1", DPU_READY, NO_EXECUTE).resource)
        assert taints(again) == [DPU_TAINT, DPU_READY]

    def test_a_node_that_is_gone_is_told(self) -> None:
        with pytest.raises(NotFoundError, match="node/worker1: is gone"):
            replan_taints(self.CHANGE, None)


class TestUpstream:
    """The controller's own rules."""

    ELSEWHERE = critical().spec(
        serviceDaemonSet={"nodeSelector": {"nodeSelectorTerms": []}},
    )

    def test_r_crit_04c_a_service_that_is_meant_for_no_dpu_taints(self) -> None:
        fleet = one_host(self.ELSEWHERE)
        assert only(fleet).action is Action.NONE
        change = only(fleet, is_upstream=True)
        assert taints(change) == [DPU_TAINT, DPU_READY]
        assert change.reasons == (
            f"waits for {NS}/sriov on dpu/dpu-1: meant for no DPU of the host",
        )

    def test_a_selector_that_cannot_be_read_is_told_once(self) -> None:
        damaged = {"matchExpressions": [{"key": "bfb", "operator": "Like", "values": ["d*"]}]}
        change = only(one_host(meant_for(critical(), damaged)), is_upstream=True)
        assert change.reasons == (
            f"waits for {NS}/sriov on dpu/dpu-1: nodeSelector cannot be read",
        )

    def test_l17_a_dpu_cluster_selector_does_not_count(self) -> None:
        fleet = one_host(critical().spec(dpuClusterSelector={"matchLabels": {"zone": "ga"}}))
        assert only(fleet).action is Action.NONE
        assert only(fleet, is_upstream=True).done == "tainted"

    def test_l19_one_dpu_that_cannot_be_looked_at_leaves_the_host_open(self) -> None:
        fleet = site(
            cluster(),
            linked(),
            worker(),
            placed("dpu-1"),
            placed("dpu-2"),
            critical(),
            sides={"cluster-one": (node("dpu-1"),)},
        )
        assert only(fleet).done == "tainted"
        assert only(fleet, is_upstream=True).action is Action.NONE

    def test_without_critical_services_nothing_is_waited_for(self) -> None:
        fleet = site(linked(), tainted(), placed(), sides={})
        assert taints(only(fleet, is_upstream=True)) == [DPU_TAINT]


def test_the_patch_moves_the_version_that_was_read() -> None:
    host = worker().having(metadata={"resourceVersion": "7"})
    swap, *edits = only(one_host(critical(), node=host)).operations
    assert swap == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert edits == [{"op": "add", "path": "/spec/taints/1", "value": DPU_READY}]


def test_a_node_of_a_damaged_file_is_planned_all_the_same() -> None:
    odd = Resource(worker().kind, {**worker().raw, "spec": {"taints": "none"}})
    change = replan_taints(only(one_host(critical())), odd)
    assert taints(change) == [DPU_READY]
