"""Hosts that are not judged: taints stay as they are, and it is said why."""

import pytest

from dpfctl.errors import AccessError, DpfctlError, ForbiddenError, NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.model.kinds import Kind
from dpfctl.reconcile.hosts import HostVerdict, State, judge_hosts, taints_disabled
from tests.builders import NS, Built, dpu, dpu_node, inventory, node, operator_config
from tests.unit.hosts import (
    cluster,
    critical,
    facts,
    linked,
    one_host,
    placed,
    running,
    service,
    site,
    tainted,
    worker,
)

DEAD = UnreachableError("dpu cluster ns1/cluster-one: no answer")
SWITCHED_OFF = operator_config().spec(dpuServiceController={"disableDPUReadyTaints": True})
HOSTS = [
    pytest.param(worker(), id="not tainted"),
    pytest.param(tainted(), id="tainted"),
]


def assert_left_alone(verdict: HostVerdict, reason: str) -> None:
    assert verdict.state is State.NOT_JUDGED
    assert verdict.should_be_tainted is verdict.is_tainted
    assert verdict.reason == reason
    assert verdict.waits == ()


@pytest.mark.parametrize("host", HOSTS)
def test_r_crit_05_without_a_linked_host_node_nothing_is_judged(host: Built) -> None:
    for unlinked in (dpu_node("worker1"), dpu_node("worker1").status(kubeNodeRef="")):
        fleet = site(cluster(), unlinked, host, placed(), critical(), sides={"cluster-one": ()})
        assert_left_alone(fleet.verdict, "no host Node is linked (zero-trust)")
        assert fleet.verdict.node is None
        assert fleet.verdict.gaps == ()


@pytest.mark.parametrize("host", HOSTS)
def test_r_crit_05b_the_kill_switch_leaves_every_taint_as_it_is(host: Built) -> None:
    fleet = one_host(critical(), SWITCHED_OFF, node=host)
    assert taints_disabled(fleet.host)
    assert_left_alone(fleet.verdict, "taints are disabled in the DPFOperatorConfig")


@pytest.mark.parametrize(
    "config",
    [
        pytest.param((), id="no configuration"),
        pytest.param((operator_config(),), id="no field"),
        pytest.param(
            (operator_config().spec(dpuServiceController={"disableDPUReadyTaints": False}),),
            id="false",
        ),
    ],
)
def test_the_kill_switch_is_off_by_default(config: tuple[Built, ...]) -> None:
    fleet = one_host(critical(), *config)
    assert not taints_disabled(fleet.host)
    assert fleet.verdict.should_be_tainted


@pytest.mark.parametrize("host", HOSTS)
def test_r_crit_07_l19_a_dpu_that_is_no_node_of_its_cluster(host: Built) -> None:
    fleet = one_host(critical(), node=host).reading("cluster-one", inventory(node("dpu-2")))
    assert_left_alone(
        fleet.verdict,
        f"dpu/{NS}/dpu-1: failed to get the dpu node dpu-1: "
        "not found in dpucluster/ns1/cluster-one",
    )
    assert [gap.cluster for gap in fleet.verdict.gaps] == [None]


@pytest.mark.parametrize("host", HOSTS)
def test_r_crit_07b_l20_a_dpu_node_without_dpus(host: Built) -> None:
    fleet = site(cluster(), linked(), host, critical(), sides={"cluster-one": ()})
    assert_left_alone(fleet.verdict, f"dpunode/{NS}/worker1: no DPU found for DPUNode worker1")
    assert isinstance(fleet.verdict.gaps[0].error, NotFoundError)


@pytest.mark.parametrize("host", HOSTS)
def test_a_dpu_cluster_that_cannot_be_read(host: Built) -> None:
    verdict = one_host(critical(), node=host).reading("cluster-one", DEAD).verdict
    assert_left_alone(verdict, DEAD.message)
    (gap,) = verdict.gaps
    assert gap.error is DEAD
    assert gap.cluster == cluster().resource.ref


@pytest.mark.parametrize("kind", [kinds.NODE, kinds.POD], ids=str)
def test_a_dpu_cluster_in_which_a_list_is_forbidden(kind: Kind) -> None:
    side = inventory(node("dpu-1"), troubles={kind: (Trouble.FORBIDDEN, "not yours")})
    verdict = one_host(critical()).reading("cluster-one", side).verdict
    assert_left_alone(
        verdict, f"dpucluster/ns1/cluster-one: {kind.plural}: cannot be listed: not yours"
    )
    assert isinstance(verdict.gaps[0].error, ForbiddenError)


def test_a_dpu_cluster_of_which_nothing_was_read() -> None:
    fleet = site(cluster(), linked(), worker(), placed(), critical(), sides={})
    assert_left_alone(
        fleet.verdict, "dpucluster/ns1/cluster-one: nothing is known of this DPU cluster"
    )


@pytest.mark.parametrize(
    ("built", "where"),
    [
        pytest.param(placed(cluster="gone"), "dpucluster/ns1/gone", id="a cluster that is gone"),
        pytest.param(dpu("dpu-1", node="worker1"), "a DPU cluster", id="no cluster yet"),
    ],
)
def test_a_dpu_whose_cluster_does_not_exist(built: Built, where: str) -> None:
    fleet = site(cluster(), linked(), worker(), built, critical(), sides={"cluster-one": ()})
    assert_left_alone(fleet.verdict, f"dpu/{NS}/dpu-1: should be in {where}, which does not exist")


def test_a_host_node_that_is_gone() -> None:
    fleet = site(cluster(), linked(), placed(), critical(), sides={"cluster-one": ()})
    assert_left_alone(
        fleet.verdict,
        f"dpunode/{NS}/worker1: failed to get Node worker1: "
        "there is no such node in the host cluster",
    )


@pytest.mark.parametrize("host", HOSTS)
def test_a_dpu_node_in_deletion(host: Built) -> None:
    fleet = site(
        cluster(), linked().deleting(), host, placed(), critical(), sides={"cluster-one": ()}
    )
    assert_left_alone(fleet.verdict, "the DPUNode is being deleted")


class TestWhatNobodyAsksAbout:
    """A DPU on which no critical service has to run is not looked at."""

    def test_without_critical_services_a_host_is_ready_whatever_cannot_be_read(self) -> None:
        verdict = one_host(service(), node=tainted()).reading("cluster-one", DEAD).verdict
        assert (verdict.state, verdict.should_be_tainted) == (State.READY, False)

    def test_without_critical_services_a_host_without_dpus_is_ready(self) -> None:
        verdict = site(linked(), tainted(), sides={}).verdict
        assert (verdict.state, verdict.should_be_tainted) == (State.READY, False)

    def test_without_critical_services_a_dpu_may_be_in_no_cluster_yet(self) -> None:
        verdict = site(linked(), tainted(), dpu("dpu-1", node="worker1"), sides={}).verdict
        assert (verdict.state, verdict.should_be_tainted) == (State.READY, False)

    def test_a_dead_cluster_that_no_critical_service_selects_does_not_matter(self) -> None:
        elsewhere = critical().spec(dpuClusterSelector={"matchLabels": {"zone": "ga"}})
        verdict = one_host(elsewhere).reading("cluster-one", DEAD).verdict
        assert verdict.state is State.READY


def test_one_unready_dpu_decides_whatever_the_other_one_would_say() -> None:
    verdict = site(
        cluster(),
        cluster("cluster-two"),
        linked(),
        worker(),
        placed("dpu-1"),
        placed("dpu-2", cluster="cluster-two"),
        critical(),
        sides={"cluster-one": (node("dpu-1"),), "cluster-two": DEAD},
    ).verdict
    assert (verdict.state, verdict.should_be_tainted) == (State.NOT_READY, True)
    assert facts(verdict) == [("sriov", "dpu-1", "", "no pod")]
    assert [gap.error for gap in verdict.gaps] == [DEAD]


def test_one_ready_dpu_decides_nothing_if_the_other_one_cannot_be_read() -> None:
    verdict = site(
        cluster(),
        cluster("cluster-two"),
        linked(),
        tainted(),
        placed("dpu-1"),
        placed("dpu-2", cluster="cluster-two"),
        critical(),
        sides={"cluster-one": (node("dpu-1"), running().ready()), "cluster-two": DEAD},
    ).verdict
    assert_left_alone(verdict, DEAD.message)


@pytest.mark.parametrize(
    "kind",
    [
        kinds.DPF_OPERATOR_CONFIG,
        kinds.DPU_CLUSTER,
        kinds.DPU,
        kinds.DPU_NODE,
        kinds.DPU_SERVICE,
        kinds.NODE,
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("trouble", "failure"),
    [(Trouble.FORBIDDEN, ForbiddenError), (Trouble.UNREACHABLE, UnreachableError)],
    ids=str,
)
def test_no_host_is_judged_without_a_list_of_the_host_cluster(
    kind: Kind, trouble: Trouble, failure: type[DpfctlError]
) -> None:
    host = inventory(linked(), worker(), troubles={kind: (trouble, "not today")})
    with pytest.raises(failure) as raised:
        judge_hosts(host, {})
    assert raised.value.message == f"{kind.resource}: cannot be listed: not today"
    assert isinstance(raised.value, AccessError)


def test_a_kind_that_is_not_served_has_no_objects() -> None:
    troubles = {kinds.DPU_NODE: (Trouble.NOT_SERVED, "404")}
    assert judge_hosts(inventory(worker(), troubles=troubles), {}) == ()
