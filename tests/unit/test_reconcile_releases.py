"""Helm releases of a service in place of its Applications: which are made, kept, and removed."""

from dataclasses import replace
from typing import Any

import pytest

from dpfctl.errors import ExitCode, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.model.releases import description_of
from dpfctl.plan import Action, Change
from dpfctl.reconcile.deploy import plan_deploy
from dpfctl.reconcile.destinations import ON_HOST, Destination
from dpfctl.reconcile.passing import begin
from dpfctl.reconcile.releases.wanted import (
    release_change,
    releases_for_deletion,
    remaining_releases,
    stale_releases,
    wanted_release,
)
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import Engine, HelmRules, World
from tests.builders import Built
from tests.unit.reconcile_fleets import ONE, TWO, deployed, destination, fault_of, service, world
from tests.unit.release_records import record

VALUES = {"image": {"tag": "1"}}
SERVICE = service()
MARKS = {
    "dpu.nvidia.com/dpuservice-name": "dpu-one",
    "dpu.nvidia.com/dpuservice-namespace": "svc-ns",
}
OF_ONE = {"dpu.nvidia.com/cluster": "cluster-one", "dpu.nvidia.com/cluster-namespace": "ns1"}
WANTED = wanted_release(SERVICE.resource, destination(), VALUES)
OURS = description_of(WANTED, "0123456789abcdef" * 4)
DEAD = UnreachableError("no route to host")


def kept(name: str = "cluster-one-dpu-one", marks: Any = MARKS, **info: Any) -> Built:
    """The Secret of a release that was made of the same inputs, as a list of it answers."""
    given = {"description": OURS, **info}
    raw = record(name, labels=marks, namespace="svc-ns", **given).raw
    return Built(kinds.RELEASE_SECRET, dict(raw))


def fleet(*side: Built, host: tuple[Built, ...] = (), rules: Any = None, **more: Any) -> World:
    found = world(SERVICE, *host, **{"dpus": {ONE: side}, "engine": Engine.HELM, **more})
    return replace(found, helm=rules or HelmRules())


def planned(there: World) -> Change | Fault:
    return release_change(SERVICE.resource, destination(), VALUES, there)


def change(there: World) -> Change:
    found = planned(there)
    assert isinstance(found, Change), found
    return found


class TestWanted:
    def test_has_the_name_of_the_application_and_the_namespace_of_the_service(self) -> None:
        assert (WANTED.name, WANTED.namespace, WANTED.labels) == (
            "cluster-one-dpu-one", "svc-ns", MARKS | OF_ONE,
        )  # fmt: skip

    def test_says_which_cluster_it_is_for_unless_a_label_cannot(self) -> None:
        far = wanted_release(SERVICE.resource, Destination("c" * 64, ("ns1", "c" * 64)), VALUES)
        on_host = wanted_release(SERVICE.resource, ON_HOST, VALUES)

        assert (far.labels, on_host.labels) == (MARKS, MARKS)

    def test_has_the_name_that_the_chart_asks_for(self) -> None:
        named = SERVICE.spec(helmChart={"source": {"releaseName": "mine"}})

        assert wanted_release(named.resource, destination(), VALUES).name == "mine"


class TestChange:
    def test_one_that_is_missing_is_installed(self) -> None:
        found = change(fleet())

        assert (found.action, found.done, found.cluster) == (Action.INSTALL, "installed", ONE)
        assert (found.stage, found.reasons) == (Step.DEPLOY, ("is not installed",))

    def test_one_made_of_the_same_inputs_is_left_alone(self) -> None:
        assert change(fleet(kept())).action is Action.NONE

    def test_one_made_of_other_inputs_is_upgraded(self) -> None:
        found = change(fleet(kept(description="Upgrade complete")))

        assert (found.action, found.done) == (Action.INSTALL, "upgraded")
        assert found.before is not None

    def test_one_that_another_run_holds_is_a_conflict(self) -> None:
        fault = fault_of(planned(fleet(kept(status="pending-upgrade"))))

        assert (fault.code, fault.cluster, fault.step) == (ExitCode.CONFLICT, ONE, Step.DEPLOY)
        assert fault.text.startswith("release/svc-ns/cluster-one-dpu-one: ")
        assert fault.text.endswith("; --recover takes it from a run that is dead")

    def test_one_that_a_dead_run_holds_is_unlocked(self) -> None:
        stuck = kept(status="pending-upgrade", last_deployed="2026-03-14T08:00:00Z")
        found = change(fleet(stuck, rules=HelmRules(recovers=True)))

        assert (found.action, found.done) == (Action.INSTALL, "unlocked and upgraded")

    @pytest.mark.parametrize(
        ("source", "fact"),
        [
            pytest.param(
                {"repoURL": "https://x/y.git", "chart": "", "path": "p", "version": "1"},
                "chart https://x/y.git/p 1: an https URL with a path and no chart is a Git",
                id="Git",
            ),
            pytest.param({"repoURL": "http://x"}, "its repository must be an oci:// or", id="http"),
        ],
    )
    def test_a_source_that_helm_cannot_read_is_told_before(
        self, source: dict[str, str], fact: str
    ) -> None:
        built = SERVICE.spec(helmChart={"source": source})
        fault = fault_of(release_change(built.resource, destination(), VALUES, fleet()))

        assert (fault.code, fault.cluster) == (ExitCode.USAGE, ONE)
        assert fact in fault.text

    def test_one_of_somebody_else_is_a_conflict(self) -> None:
        fault = fault_of(planned(fleet(kept(marks={}))))

        assert fault.code is ExitCode.CONFLICT
        assert fault.text == (
            "release/svc-ns/cluster-one-dpu-one: exists, and belongs to no DPUService; "
            "--adopt takes it over"
        )

    def test_one_of_another_service_is_told_as_when_both_ask_for_it(self) -> None:
        named = {"helmChart": {"source": {"releaseName": "same"}}}
        one, two = SERVICE.spec(**named), service("dpu-two").spec(**named)
        there = fleet(host=(two,))
        _, clash = begin([one.resource, two.resource], there).services
        after = fleet(kept("same"), host=(two,))
        fault = fault_of(release_change(two.resource, destination(), VALUES, after))

        assert fault.text == "release/svc-ns/same: belongs to dpuservice/svc-ns/dpu-one"
        assert [found.text for found in clash.faults] == [
            f"ensure application for DPUCluster ns1-cluster-one: {fault.text}"
        ]

    def test_one_of_a_service_that_is_gone_can_be_taken_over(self) -> None:
        gone = kept(marks={**MARKS, "dpu.nvidia.com/dpuservice-name": "gone"})

        assert fault_of(planned(fleet(gone))).text == (
            "release/svc-ns/cluster-one-dpu-one: belongs to dpuservice/svc-ns/gone, gone; "
            "--adopt takes it over"
        )

    def test_one_of_somebody_else_is_taken_over_if_that_is_asked_for(self) -> None:
        found = change(fleet(kept(marks={}), rules=HelmRules(adopts=True)))

        assert found.ref.name == "cluster-one-dpu-one"

    def test_one_that_was_made_for_another_cluster_is_a_conflict(self) -> None:
        """Both DPUClusters lead to one cluster, and the chart asks for one name."""
        side = [kept("mine", MARKS | OF_ONE)]
        named = SERVICE.spec(helmChart={"source": {"releaseName": "mine"}}).resource
        there = fleet(dpus={ONE: side, TWO: side})
        fault = fault_of(release_change(named, Destination("cluster-two", TWO), VALUES, there))

        assert fault.code is ExitCode.CONFLICT
        assert fault.text == (
            "release/svc-ns/mine: belongs to dpucluster/ns1/cluster-one, whose "
            "kubeconfig leads to the same cluster; --adopt takes it over"
        )

    @pytest.mark.parametrize("dpus", [{ONE: DEAD}, {}], ids=["dead", "unknown"])
    def test_a_cluster_out_of_reach_is_a_fault_of_its_own(self, dpus: Any) -> None:
        assert fault_of(planned(fleet(dpus=dpus))).cluster == ONE


class TestArgo:
    def test_an_application_that_is_not_held_keeps_helm_away(self) -> None:
        one = plan_deploy(SERVICE.resource, fleet(host=(deployed(SERVICE),)))
        (fault,) = one.faults

        assert (fault.code, one.changes) == (ExitCode.CONFLICT, ())
        assert "Argo CD deploys this service" in fault.text

    def test_one_that_is_held_does_not(self) -> None:
        one = plan_deploy(SERVICE.resource, fleet(host=(deployed(SERVICE, held="true"),)))

        assert [c.ref.name for c in one.changes if c.action is Action.INSTALL] == [
            "cluster-one-dpu-one"
        ]

    def test_nobody_knows_where_applications_cannot_be_listed(self) -> None:
        lost = {kinds.APPLICATION: (Trouble.FORBIDDEN, "alice may not")}
        one = plan_deploy(SERVICE.resource, fleet(troubles=lost))
        (fault,) = one.faults

        assert (fault.code, one.changes) == (ExitCode.ACCESS, ())
        assert "alice may not" in fault.text

    def test_a_cluster_without_argo_cd_is_helms(self) -> None:
        absent = {kinds.APPLICATION: (Trouble.NOT_SERVED, "404")}

        assert plan_deploy(SERVICE.resource, fleet(troubles=absent)).faults == ()


class TestEnd:
    def test_of_releases_in_clusters_that_are_not_selected(self) -> None:
        there = fleet(dpus={ONE: [kept()], TWO: [kept("cluster-two-dpu-one")]})
        found = stale_releases(SERVICE.resource, (destination(),), there)
        assert not isinstance(found, Fault)

        assert [(c.action, c.cluster, c.ref.name) for c in found] == [
            (Action.UNINSTALL, TWO, "cluster-two-dpu-one")
        ]

    def test_of_a_release_whose_name_has_changed(self) -> None:
        found = stale_releases(SERVICE.resource, (destination(),), fleet(kept("old-name")))
        assert not isinstance(found, Fault)

        assert [c.ref.name for c in found] == ["old-name"]

    def test_each_of_two_that_lead_to_one_cluster_leaves_the_other_its_releases(self) -> None:
        of_two = OF_ONE | {"dpu.nvidia.com/cluster": "cluster-two"}
        both = [kept(marks=MARKS | OF_ONE), kept("cluster-two-dpu-one", MARKS | of_two)]
        there = fleet(dpus={ONE: both, TWO: both})
        places = destination(), Destination("cluster-two", TWO)

        assert stale_releases(SERVICE.resource, places, there) == ()
        ended = releases_for_deletion(SERVICE.resource, there)
        assert not isinstance(ended, Fault)
        assert [(c.cluster, c.ref.name) for c in ended] == [
            (ONE, "cluster-one-dpu-one"),
            (TWO, "cluster-two-dpu-one"),
        ]

    def test_of_a_release_for_a_cluster_that_is_called_otherwise_today(self) -> None:
        old = kept("cluster-old-dpu-one", MARKS | {**OF_ONE, "dpu.nvidia.com/cluster": "old"})
        found = stale_releases(SERVICE.resource, (destination(),), fleet(old))
        assert not isinstance(found, Fault)

        assert [c.ref.name for c in found] == ["cluster-old-dpu-one"]

    @pytest.mark.parametrize("is_deletion", [False, True], ids=["stale", "in deletion"])
    def test_one_that_a_run_of_helm_is_at_work_on_stays(self, is_deletion: bool) -> None:
        there = fleet(kept("old-name", status="pending-upgrade"))
        found = (
            releases_for_deletion(SERVICE.resource, there)
            if is_deletion
            else stale_releases(SERVICE.resource, (destination(),), there)
        )
        assert isinstance(found, Fault)

        assert (found.code, found.cluster, found.step) == (ExitCode.CONFLICT, ONE, Step.STALE)
        assert found.text.startswith("release/svc-ns/old-name: is pending-upgrade in revision 1 ")

    def test_releases_of_others_stay(self) -> None:
        assert stale_releases(SERVICE.resource, (), fleet(kept(marks={}))) == ()

    def test_a_dead_cluster_is_left_alone(self) -> None:
        assert stale_releases(SERVICE.resource, (), fleet(dpus={ONE: DEAD})) == ()

    def test_of_all_for_a_service_in_deletion(self) -> None:
        there = fleet(dpus={ONE: [kept()], TWO: [kept("cluster-two-dpu-one")]})
        found = releases_for_deletion(SERVICE.resource, there)
        assert not isinstance(found, Fault)

        assert [c.cluster for c in found] == [ONE, TWO]

    def test_what_is_left_is_told_with_its_cluster(self) -> None:
        assert remaining_releases(SERVICE.resource, fleet()) == ""
        assert remaining_releases(SERVICE.resource, fleet(kept())).splitlines()[1] == (
            "* ns1/cluster-one: release/svc-ns/cluster-one-dpu-one"
        )

    def test_a_dead_cluster_may_hold_one(self) -> None:
        assert "no route to host" in remaining_releases(SERVICE.resource, fleet(dpus={ONE: DEAD}))
