"""The status of a DPUService after a pass: which conditions it speaks about, and what it keeps."""

from dataclasses import replace
from typing import Any

import pytest

from dpfctl.errors import ForbiddenError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.plan import Action
from dpfctl.reconcile.deploy import plan_deploy
from dpfctl.reconcile.follow import plan_follow
from dpfctl.reconcile.service_pass import ServicePass, awaiting, place_of, spot_of
from dpfctl.reconcile.status.planning import SPIFFE_FIELD, plan_status, wanted_status
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World
from dpfctl.report import Outcome, Result
from tests.builders import Built, build, condition
from tests.unit.reconcile_fleets import ONE, TWO, deployed, service, world

IF, PRE, APPS = (
    "DPUServiceInterfaceReconciled",
    "ApplicationPrereqsReconciled",
    "ApplicationsReconciled",
)
PORTS, READY_APPS = "ConfigPortsReconciled", "ApplicationsReady"
HEALTHY = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
SERVICE = service()
NOTHING = Inventory({})
DENIED = ForbiddenError("it is forbidden")


def fleet(*objects: Built, **more: Any) -> World:
    """A host cluster with one DPU cluster, to which the service is deployed and healthy."""
    app = deployed(SERVICE, ONE).having(status=HEALTHY)
    return world(SERVICE, app, *objects, **{"dpus": {ONE: []}, **more})


def passed(built: Built = SERVICE, there: World | None = None) -> ServicePass:
    """The service after a pass in which every write went well."""
    found = there or fleet()
    return plan_follow(plan_deploy(built.resource, found), found)


def conditions(one: ServicePass, there: World | None = None) -> dict[str, tuple[str, str]]:
    """Status and message of its conditions."""
    status = wanted_status(one, there or fleet(), NOTHING)
    return {c["type"]: (c["status"], c["message"]) for c in status["conditions"]}


def states(one: ServicePass, there: World | None = None) -> dict[str, str]:
    return {name: status for name, (status, _) in conditions(one, there).items()}


def faulty(*faults: Fault, **more: Any) -> ServicePass:
    return replace(passed(), faults=faults, **more)


class TestConditions:
    """The table of stop points of DPF's controller."""

    def test_all_good(self) -> None:
        assert set(states(passed()).values()) == {"True"}

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            pytest.param(
                Fault(Step.CLAIM, "x"),
                {IF: "False", PRE: "Unknown", APPS: "Unknown", PORTS: "Unknown"},
                id="interfaces",
            ),
            pytest.param(
                Fault(Step.NAMESPACE, "x"),
                {IF: "True", PRE: "False", APPS: "Unknown", PORTS: "Unknown"},
                id="prerequisites",
            ),
            pytest.param(
                Fault(Step.DEPLOY, "x"),
                {IF: "True", PRE: "True", APPS: "False", PORTS: "Unknown"},
                id="applications",
            ),
            pytest.param(
                Fault(Step.STALE, "x"),
                {IF: "True", PRE: "True", APPS: "False", PORTS: "Unknown"},
                id="stale applications",
            ),
            pytest.param(
                Fault(Step.EXPOSE, "x"),
                {IF: "True", PRE: "True", APPS: "True", PORTS: "False"},
                id="ports",
            ),
            pytest.param(
                Fault(Step.FINALIZER, "x"),
                {IF: "Unknown", PRE: "Unknown", APPS: "Unknown", PORTS: "Unknown"},
                id="the finalizer, before all of them",
            ),
        ],
    )
    def test_stop(self, fault: Fault, expected: dict[str, str]) -> None:
        found = states(faulty(fault))

        assert {name: found[name] for name in expected} == expected
        assert (found[READY_APPS], found["Ready"]) == ("True", "False")

    def test_what_is_behind_the_stop_keeps_what_it_said(self) -> None:
        old = condition(PORTS, "False", "Error", "of yesterday") | {"observedGeneration": 1}
        one = replace(faulty(Fault(Step.CLAIM, "x")), service=SERVICE.conditions(old).resource)

        assert conditions(one)[PORTS] == ("False", "of yesterday")

    def test_faults_of_several_clusters_are_told_together(self) -> None:
        one = faulty(Fault(Step.NAMESPACE, "a", ONE), Fault(Step.NAMESPACE, "b", TWO))

        assert conditions(one)[PRE] == (
            "False",
            "Unable to reconcile application prereq for cluster namespaces: [a, b]",
        )

    def test_a_dead_cluster_leaves_applications_open_and_ports_good(self) -> None:
        found = states(faulty(Fault(Step.NAMESPACE, "no route to host", TWO)))

        assert (found[IF], found[PRE], found[APPS], found[PORTS]) == (
            "True", "False", "Unknown", "True",
        )  # fmt: skip

    def test_a_suspended_service_says_how_its_applications_are_and_no_more(self) -> None:
        held = SERVICE.suspended()
        found = states(passed(held, fleet()))

        assert found.pop(READY_APPS) == "True"
        assert set(found.values()) == {"Unknown", "False"}

    def test_a_service_in_deletion_says_what_it_waits_for(self) -> None:
        leaving = SERVICE.deleting()
        one = replace(passed(leaving), faults=(awaiting("The following: x"),))
        found = {c["type"]: c for c in wanted_status(one, fleet(), NOTHING)["conditions"]}

        assert (found[APPS]["reason"], found[APPS]["message"]) == (
            "AwaitingDeletion",
            "The following: x",
        )
        assert found["Ready"]["reason"] == "AwaitingDeletion"

    def test_spiffe_is_spoken_of_where_the_crd_has_it(self) -> None:
        there = fleet(features={SPIFFE_FIELD})
        asking = SERVICE.spec(security={"spiffe": {"enabled": True}})

        assert states(passed(there=there), there)["SPIFFEEntriesReady"] == "True"
        assert states(passed(asking, there), there)["SPIFFEEntriesReady"] == "Unknown"
        assert "SPIFFEEntriesReady" not in states(passed())


class TestAfterWrites:
    """What a failed or untried write makes of the service it was for."""

    def after(self, step: Step, result: Result, built: Built = SERVICE) -> ServicePass:
        """A pass whose change of a step ended so."""
        one = plan_deploy(built.resource, world(built, dpus={ONE: []}))
        change = next(change for change in one.changes if change.stage == step)
        error = DENIED if result is Result.FAILED else None
        return one.after({spot_of(change): Outcome(change, result, error)})

    @pytest.mark.parametrize(
        ("step", "message", "cluster"),
        [
            (Step.FINALIZER, "it is forbidden", ("", "")),
            (
                Step.NAMESPACE,
                "Unable to reconcile application prereq for cluster namespaces: "
                "namespace for cluster cluster-one: it is forbidden",
                ONE,
            ),
            (
                Step.DEPLOY,
                "Unable to reconcile Applications: "
                "ensure application for DPUCluster ns1-cluster-one: it is forbidden",
                ONE,
            ),
        ],
        ids=["finalizer", "namespace", "application"],
    )
    def test_a_failure_is_a_fault_with_its_code(
        self, step: Step, message: str, cluster: tuple[str, str]
    ) -> None:
        (fault,) = self.after(step, Result.FAILED).faults

        assert (fault.message, fault.cluster, fault.code) == (message, cluster, 7)

    def test_a_failure_to_delete_keeps_a_service_in_deletion(self) -> None:
        leaving = SERVICE.deleting()
        one = plan_deploy(leaving.resource, world(leaving, deployed(SERVICE), dpus={ONE: []}))
        (change,) = one.changes
        (fault,) = one.after({spot_of(change): Outcome(change, Result.FAILED, DENIED)}).faults

        assert (fault.message, fault.reason) == (
            "Error occurred: it is forbidden",
            "AwaitingDeletion",
        )

    @pytest.mark.parametrize("result", [Result.SKIPPED, Result.UNKNOWN])
    def test_what_was_not_tried_is_not_called_good(self, result: Result) -> None:
        one = self.after(Step.DEPLOY, result)
        found = states(plan_follow(one, fleet()))

        assert (one.faults, set(one.untried)) == ((), {Step.DEPLOY})
        assert (found[PRE], found[APPS], found[PORTS]) == ("True", "Unknown", "Unknown")

    def test_a_deployment_needs_the_finalizer(self) -> None:
        one = plan_deploy(SERVICE.resource, world(SERVICE, dpus={ONE: []}))
        changes = {change.stage: change for change in one.changes}

        assert changes[Step.FINALIZER].gives in (changes[Step.DEPLOY].needs or ())

    def test_two_changes_of_one_object_are_kept_apart(self) -> None:
        leaving = SERVICE.deleting()
        there = world(leaving, deployed(SERVICE, held="true"), dpus={ONE: []})
        one = plan_deploy(leaving.resource, there)
        let_go, deletion = one.changes
        made = {
            spot_of(let_go): Outcome(let_go, Result.DONE),
            spot_of(deletion): Outcome(deletion, Result.FAILED, DENIED),
        }

        assert place_of(let_go) == place_of(deletion)
        assert [fault.text for fault in one.after(made).faults] == [
            "Error occurred: it is forbidden"
        ]


class TestOtherFields:
    def published(self, **more: Any) -> dict[str, Any]:
        """The status of a service that publishes a port, as it was."""
        ports = {"cluster-one": [{"name": "http", "port": 80, "protocol": "TCP"}]}
        built = SERVICE.status(configPorts=ports, custom="kept")
        there = fleet(**more)
        one = replace(passed(), service=built.resource)
        return dict(wanted_status(one, there, there.host))

    def test_the_generation_and_the_service_id(self) -> None:
        named = SERVICE.spec(serviceID="one").having(metadata={"generation": 4})
        status = wanted_status(passed(named), fleet(), NOTHING)

        assert (status["observedGeneration"], status["serviceID"]) == (4, "one")

    def test_a_suspended_service_gets_no_service_id(self) -> None:
        assert "serviceID" not in wanted_status(passed(SERVICE.suspended()), fleet(), NOTHING)

    def test_fields_of_others_stay(self) -> None:
        assert self.published()["custom"] == "kept"

    def test_published_ports_go_with_their_service(self) -> None:
        assert self.published()["configPorts"] == {}

    def test_published_ports_stay_if_nothing_is_known_about_them(self) -> None:
        lost = {kinds.SERVICE: (Trouble.FORBIDDEN, "forbidden")}

        assert list(self.published(troubles=lost)["configPorts"]) == ["cluster-one"]

    def test_no_ports_no_field(self) -> None:
        assert "configPorts" not in wanted_status(passed(), fleet(), NOTHING)


class TestChange:
    def test_is_a_status_and_needs_nothing(self) -> None:
        change = plan_status(passed(), fleet(), NOTHING)

        assert (change.action, change.done, change.needs) == (
            Action.STATUS, "status updated", (),
        )  # fmt: skip
        assert change.stage == Step.STATUS

    def test_is_none_once_it_says_so(self) -> None:
        first = plan_status(passed(), fleet(), NOTHING)
        again = replace(passed(), service=Built(kinds.DPU_SERVICE, dict(first.after)).resource)

        assert plan_status(again, fleet(), NOTHING).action is Action.NONE

    def test_one_of_a_service_out_of_a_damaged_file(self) -> None:
        odd = build(kinds.DPU_SERVICE, "dpu-one", "svc-ns").having(status={"conditions": 7})
        one = ServicePass(odd.resource)

        assert plan_status(one, fleet(), NOTHING).after["status"]["observedGeneration"] == 0


def test_a_cluster_that_is_out_of_reach_is_told_in_the_condition() -> None:
    there = world(SERVICE, dpus={ONE: UnreachableError("no route to host")})

    assert conditions(passed(there=there), there)[PRE][1].endswith(
        "get cluster cluster-one: no route to host"
    )
