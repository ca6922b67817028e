"""What a mark would taint, and why hosts are tainted."""

import pytest

from dpfctl.errors import AccessError, DpfctlError, ForbiddenError, NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.reconcile.hosts import (
    Effect,
    Preview,
    Standing,
    kinds_for_preview,
    preview,
    refuse_unreadable,
    standing,
    why_tainted,
)
from tests.builders import NS, Built, dpu_node, inventory, node, operator_config
from tests.unit.hosts import (
    Site,
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

DEAD = UnreachableError("dpu cluster ns1/cluster-two: no answer")


def asked(fleet: Site, *names: str) -> Preview:
    refs = [fleet.service(name).ref for name in names or ("sriov",)]
    return preview(fleet.host, fleet.sides, refs)


def effects(found: Preview) -> dict[str, str]:
    return {h.verdict.node.name: str(h.effect) for h in found.hosts if h.verdict.node}


def rack(*services: Built, two: DpfctlError | tuple[Built, ...] = ()) -> Site:
    """Four hosts: sriov runs on dpu-2; dpu-4 is alone in another DPU cluster."""
    names = ("worker1", "worker2", "worker3", "worker4")
    cards = [placed(f"dpu-{n}", f"worker{n}") for n in (1, 2, 3)]
    return site(
        cluster("cluster-one"),
        cluster("cluster-two", zone="two"),
        *map(linked, names),
        worker("worker1"),
        worker("worker2"),
        tainted("worker3"),
        worker("worker4"),
        *cards,
        placed("dpu-4", "worker4", "cluster-two"),
        *services,
        sides={
            "cluster-one": (
                *(node(f"dpu-{n}") for n in (1, 2, 3)),
                running("sriov-2", "dpu-2").ready(),
                running("sriov-3", "dpu-3"),
            ),
            "cluster-two": two or (node("dpu-4"), running("sriov-4", "dpu-4").ready()),
        },
    )


def test_r_crit_01_a_host_without_the_pod_would_be_tainted() -> None:
    found = asked(one_host(service()))

    (host,) = found.hosts
    assert host.effect is Effect.NEW
    assert facts(host.verdict) == [("sriov", "dpu-1", "", "no pod")]
    assert (found.added, found.schedulable, found.spared) == (1, 1, 0)


def test_r_crit_02_a_host_with_a_ready_pod_would_not() -> None:
    found = asked(one_host(service(), pods=[running().ready()]))

    assert found.hosts == ()
    assert (found.added, found.schedulable, found.spared) == (0, 1, 1)


def test_a_host_that_is_tainted_for_another_reason_is_not_spared() -> None:
    found = asked(one_host(service(), pods=[running().ready()], node=tainted()))

    assert found.hosts == ()
    assert (found.schedulable, found.spared) == (1, 0)


def test_r_crit_02b_the_pod_that_would_hold_the_host_is_named() -> None:
    (host,) = asked(one_host(service(), pods=[running().status(phase="Pending")])).hosts
    assert facts(host.verdict) == [("sriov", "dpu-1", f"{NS}/sriov-1", "pod Pending")]


def test_r_crit_03_a_service_on_the_host_cluster_would_taint_nothing() -> None:
    assert asked(one_host(service().spec(deployInCluster=True))).hosts == ()


def test_r_crit_03_other_critical_services_are_no_part_of_the_answer() -> None:
    found = asked(one_host(critical("hbn"), service(), pods=[running().ready()]))
    assert found.hosts == ()


def test_r_crit_04_one_unready_dpu_of_two_is_enough() -> None:
    fleet = site(
        cluster(),
        linked(),
        worker(),
        placed("dpu-1"),
        placed("dpu-2"),
        service(),
        sides={"cluster-one": (node("dpu-1"), node("dpu-2"), running().ready())},
    )
    (host,) = asked(fleet).hosts
    assert facts(host.verdict) == [("sriov", "dpu-2", "", "no pod")]


def test_r_crit_05_a_host_that_is_not_linked_is_not_counted() -> None:
    found = asked(
        site(dpu_node("worker1"), worker(), placed(), service(), sides={"cluster-one": ()})
    )
    assert (found.hosts, found.unknown, found.schedulable) == ((), (), 0)


def test_r_crit_05b_with_taints_disabled_nothing_would_be_tainted() -> None:
    off = operator_config().spec(dpuServiceController={"disableDPUReadyTaints": True})
    found = asked(one_host(service(), off).reading("cluster-one", DEAD))
    assert found.is_disabled
    assert (found.hosts, found.unknown, found.unreadable) == ((), (), ())


def test_hosts_that_are_tainted_are_told_from_those_that_would_be() -> None:
    found = asked(rack(service()))
    assert effects(found) == {"worker1": "new", "worker3": "already"}
    assert (found.added, found.schedulable, found.spared) == (1, 4, 2)


def test_a_service_that_is_critical_already_adds_no_taint() -> None:
    found = asked(rack(critical()))
    assert effects(found) == {"worker1": "overdue", "worker3": "already"}
    assert found.added == 0


def test_several_targets_are_previewed_together() -> None:
    found = asked(rack(critical(), service("hbn")), "sriov", "hbn")
    assert effects(found) == {
        "worker1": "new",
        "worker2": "new",
        "worker3": "already",
        "worker4": "new",
    }
    first = found.hosts[0].verdict
    assert [wait.service.name for wait in first.waits] == ["hbn", "sriov"]


@pytest.mark.parametrize(
    ("host", "counts"),
    [
        pytest.param(worker(), True, id="a plain host"),
        pytest.param(worker(unschedulable=False), True, id="a host that is not cordoned"),
        pytest.param(worker(unschedulable=True), False, id="a cordoned host"),
        *(
            pytest.param(
                worker().having(metadata={"labels": {f"node-role.kubernetes.io/{role}": ""}}),
                False,
                id=role,
            )
            for role in ("control-plane", "master")
        ),
    ],
)
def test_which_hosts_take_pods(host: Built, counts: bool) -> None:
    found = asked(one_host(service(), node=host))
    assert effects(found) == {"worker1": "new"}
    assert found.hosts[0].is_schedulable is counts
    assert (found.schedulable, found.added) == (int(counts), int(counts))


def test_a_host_node_that_two_dpu_nodes_link_is_one_host() -> None:
    found = asked(
        site(
            cluster(),
            worker(),
            linked("a", "worker1").deleting(),
            linked("b", "worker1"),
            linked("c", "worker1"),
            placed("dpu-1", "c"),
            service(),
            sides={"cluster-one": (node("dpu-1"),)},
        )
    )
    assert effects(found) == {"worker1": "new"}
    assert (len(found.hosts), found.schedulable) == (1, 1)


class TestUnreadable:
    """A DPU cluster does not answer."""

    def test_it_leaves_open_what_its_hosts_would_become(self) -> None:
        found = asked(rack(service(), two=DEAD))
        assert [v.node.name for v in found.unknown if v.node] == ["worker4"]
        assert found.unreadable == (DEAD,)
        with pytest.raises(AccessError) as raised:
            refuse_unreadable(found)
        assert DEAD.message in raised.value.message
        assert "--force" in raised.value.hint

    def test_the_code_is_that_of_access_whatever_the_reason(self) -> None:
        found = asked(rack(service(), two=NotFoundError("no kubeconfig yet")))
        with pytest.raises(AccessError):
            refuse_unreadable(found)

    def test_it_is_named_once_however_many_hosts_it_serves(self) -> None:
        found = asked(rack(service()).reading("cluster-one", DEAD))
        assert len(found.unknown) == 2
        assert found.unreadable == (DEAD,)

    def test_several_are_counted(self) -> None:
        other = UnreachableError("dpu cluster ns1/cluster-one: no answer")
        fleet = rack(service(), two=DEAD).reading("cluster-one", other)
        with pytest.raises(AccessError, match=r"cluster-one.*\(and 1 more\)"):
            refuse_unreadable(asked(fleet))

    def test_it_does_not_matter_to_a_service_that_does_not_select_it(self) -> None:
        picky = service().spec(
            dpuClusterSelector={"matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]}
        )
        found = asked(rack(picky, two=DEAD))
        assert (found.unknown, found.unreadable) == ((), ())
        refuse_unreadable(found)

    def test_it_does_not_matter_for_a_host_that_is_tainted_anyway(self) -> None:
        found = asked(one_host(service(), node=tainted()).reading("cluster-one", DEAD))
        assert (found.unknown, found.unreadable) == ((), ())

    def test_a_dpu_that_has_not_joined_yet_is_unknown_and_no_reason_to_refuse(self) -> None:
        found = asked(one_host(service()).reading("cluster-one", inventory()))
        assert len(found.unknown) == 1
        refuse_unreadable(found)

    def test_a_list_of_the_host_cluster_leaves_all_open(self) -> None:
        troubles = {kinds.NODE: (Trouble.FORBIDDEN, "not yours")}
        target = service().resource.ref
        found = preview(inventory(service(), troubles=troubles), {}, [target])
        assert (found.hosts, found.schedulable) == ((), 0)
        assert [e.message for e in found.unreadable] == ["nodes: cannot be listed: not yours"]
        with pytest.raises(AccessError):
            refuse_unreadable(found)


class TestWhyTainted:
    """Every tainted host, and every one that should be."""

    def standings(self, fleet: Site) -> dict[str, Standing]:
        found = why_tainted(fleet.host, fleet.sides)
        return {v.node.name: standing(v) for v in found if v.node}

    def test_a_tainted_host_says_what_it_waits_for(self) -> None:
        fleet = one_host(critical(), pods=[running()], node=tainted())
        (verdict,) = why_tainted(fleet.host, fleet.sides)
        assert standing(verdict) is Standing.TAINTED
        assert facts(verdict) == [("sriov", "dpu-1", f"{NS}/sriov-1", "pod not Ready")]

    def test_hosts_that_are_neither_tainted_nor_should_be_are_left_out(self) -> None:
        assert self.standings(rack(critical())) == {
            "worker1": Standing.MISSING,
            "worker3": Standing.TAINTED,
        }

    def test_a_taint_that_outlived_its_reason_is_stale(self) -> None:
        assert self.standings(one_host(service(), node=tainted())) == {"worker1": Standing.STALE}

    def test_a_tainted_host_that_cannot_be_judged_is_shown_with_the_reason(self) -> None:
        fleet = one_host(critical(), node=tainted()).reading("cluster-one", DEAD)
        (verdict,) = why_tainted(fleet.host, fleet.sides)
        assert (standing(verdict), verdict.reason) == (Standing.NOT_JUDGED, DEAD.message)

    def test_an_untainted_host_whose_dpu_cluster_cannot_be_read_is_shown_too(self) -> None:
        fleet = one_host(critical()).reading("cluster-one", DEAD)
        assert self.standings(fleet) == {"worker1": Standing.UNKNOWN}

    def test_an_untainted_host_whose_dpu_has_not_joined_is_left_out(self) -> None:
        assert self.standings(one_host(critical()).reading("cluster-one", inventory())) == {}

    def test_a_tainted_node_that_no_dpu_node_links_comes_last(self) -> None:
        fleet = site(linked("z"), tainted("z"), tainted("lost"), worker("other"), sides={})
        *_, lost = why_tainted(fleet.host, fleet.sides)
        assert (lost.dpu_node, lost.reason) == (None, "no DPUNode links it")
        assert self.standings(fleet) == {"z": Standing.STALE, "lost": Standing.NOT_JUDGED}

    def test_it_needs_the_lists_of_the_host_cluster(self) -> None:
        troubles = {kinds.DPU_SERVICE: (Trouble.FORBIDDEN, "not yours")}
        with pytest.raises(ForbiddenError):
            why_tainted(inventory(tainted(), troubles=troubles), {})


def test_the_number_of_lists_is_fixed() -> None:
    host, side = kinds_for_preview()
    assert len(host) == 6
    assert side == (kinds.NODE, kinds.POD)
