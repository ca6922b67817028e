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
from dpfctl.reconcile.release_health import RELEASE_NAME, RELEASE_NAMESPACE, releases_ready
from dpfctl.reconcile.releases import (
    release_change,
    releases_for_deletion,
    remaining_releases,
    stale_releases,
    wanted_release,
)
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import Engine, HelmRules, World
from tests.builders import Built, build
from tests.unit.reconcile_fleets import ONE, TWO, deployed, destination, fault_of, service, world
from tests.unit.release_records import record

VALUES = {"image": {"tag": "1"}}
SERVICE = service()
MARKS = {
    "dpu.nvidia.com/dpuservice-name": "dpu-one",
    "dpu.nvidia.com/dpuservice-namespace": "svc-ns",
}
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
            "cluster-one-dpu-one", "svc-ns", MARKS,
        )  # fmt: skip

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

    def test_one_of_somebody_else_is_a_conflict(self) -> None:
        fault = fault_of(planned(fleet(kept(marks={}))))

        assert fault.code is ExitCode.CONFLICT
        assert fault.text == (
            "release/svc-ns/cluster-one-dpu-one: exists, and belongs to no DPUService of this "
            "name; --adopt takes it over"
        )

    def test_one_of_somebody_else_is_taken_over_if_that_is_asked_for(self) -> None:
        found = change(fleet(kept(marks={}), rules=HelmRules(adopts=True)))

        assert found.ref.name == "cluster-one-dpu-one"

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


class TestHealth:
    def test_workloads_that_cannot_be_listed_are_not_good(self) -> None:
        seen = fleet(kept())
        lost = world(troubles={kinds.DAEMON_SET: (Trouble.FORBIDDEN, "alice may not")}).host
        side = seen.dpus[ONE]
        assert not isinstance(side, Exception)
        there = replace(
            seen, dpus={ONE: replace(lost, listings={**side.listings, **lost.listings})}
        )
        status, _, message = releases_ready(SERVICE.resource, there)

        assert (status, "alice may not" in message) == ("False", True)

    def workload(self, ready: int) -> Built:
        notes = {RELEASE_NAME: WANTED.name, RELEASE_NAMESPACE: WANTED.namespace}
        built = build(kinds.DAEMON_SET, "hbn", "svc-ns").having(
            metadata={"annotations": notes, "generation": 1}
        )
        return built.status(
            desiredNumberScheduled=2,
            currentNumberScheduled=2,
            updatedNumberScheduled=2,
            numberReady=ready,
            numberAvailable=ready,
            observedGeneration=1,
        )

    def test_is_good_once_all_is_deployed_and_runs(self) -> None:
        there = fleet(kept(), self.workload(2))

        assert releases_ready(SERVICE.resource, there) == ("True", "Success", "")

    @pytest.mark.parametrize(
        ("side", "told"),
        [
            pytest.param([], "is not yet deployed.", id="no release"),
            pytest.param([kept(status="failed")], "is failed: ", id="a failed one"),
            pytest.param(
                [kept(description="Upgrade complete")],
                "was changed outside of dpfctl in revision 1",
                id="one of somebody else's making",
            ),
        ],
    )
    def test_says_what_is_missing(self, side: list[Built], told: str) -> None:
        status, reason, message = releases_ready(SERVICE.resource, fleet(*side))

        assert (status, reason) == ("False", "Pending")
        assert message.startswith("The following releases are not ready:\n* cluster-one: ")
        assert told in message

    def test_names_the_workload_that_does_not_run(self) -> None:
        message = releases_ready(SERVICE.resource, fleet(kept(), self.workload(1)))[2]

        assert "daemonset/svc-ns/hbn: " in message

    def test_a_list_that_is_forbidden_is_not_good(self) -> None:
        side = world(troubles={kinds.RELEASE_SECRET: (Trouble.FORBIDDEN, "alice may not")}).host
        there = replace(fleet(), dpus={ONE: side})

        assert "alice may not" in releases_ready(SERVICE.resource, there)[2]

    def test_on_the_host(self) -> None:
        local = SERVICE.spec(deployInCluster=True)
        wanted = replace(WANTED, name="in-cluster-dpu-one")
        there = fleet(
            host=(kept("in-cluster-dpu-one", description=description_of(wanted, "0" * 64)),)
        )

        assert releases_ready(local.resource, there)[0] == "True"
