"""What came of a pass: how far each service came, and the exit code that all of it adds up to."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from dpfctl.errors import (
    ConflictError,
    ExitCode,
    ForbiddenError,
    RejectedError,
    UnreachableError,
    WaitTimeoutError,
)
from dpfctl.model import kinds
from dpfctl.model.dry_run import DryRun
from dpfctl.model.inventory import Trouble
from dpfctl.model.resources import Ref
from dpfctl.plan import Action, Change, Plan
from dpfctl.reconcile.hosts.verdicts import HostVerdict
from dpfctl.reconcile.passing import begin
from dpfctl.reconcile.results.report import PassReport, ServiceResult, Standing, one_line
from dpfctl.reconcile.results.summing import (
    hosts_after,
    pass_report,
    service_results,
    unread_of,
    warnings_of,
)
from dpfctl.reconcile.service_pass import ServicePass, awaiting, spot_of
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.report import Outcome, Report, Result
from tests.builders import Built, condition
from tests.unit.hosts import linked, tainted, worker
from tests.unit.reconcile_fleets import ONE, service, world

SERVICE = service()
REF = SERVICE.resource.ref
DENIED = ForbiddenError("application/x: it is forbidden")
DEAD = UnreachableError("dpucluster/ns1/cluster-one: no route to host")
LATE = WaitTimeoutError("not done after 5 s")


def change(step: Step, built: Built = SERVICE, action: Action = Action.PATCH) -> Change:
    found = built.resource
    return Change(found.ref, action, "changed", found, built.raw, stage=step)


def part(*outcomes: Outcome, **more: Any) -> Report:
    return Report(Plan("reconcile", tuple(o.change for o in outcomes)), outcomes, **more)


def done(step: Step = Step.DEPLOY, result: Result = Result.DONE, **more: Any) -> Outcome:
    return Outcome(change(step), result, **more)


def came(built: Built = SERVICE, parts: Iterable[Report] = (), **more: Any) -> ServiceResult:
    """What came of one service."""
    (found,) = service_results([REF], [ServicePass(built.resource, **more)], parts)
    return found


class TestStanding:
    @pytest.mark.parametrize(
        ("built", "more", "standing", "message"),
        [
            pytest.param(SERVICE.ready(), {}, "ready", "", id="ready"),
            pytest.param(
                SERVICE.conditions(condition("ApplicationsReady", "False", "Pending", "not yet")),
                {},
                "waiting",
                "ApplicationsReady: not yet",
                id="a condition that is false",
            ),
            pytest.param(
                SERVICE.conditions(condition("ApplicationsReady", "False", "Pending")),
                {},
                "waiting",
                "ApplicationsReady: Pending",
                id="one that says nothing",
            ),
            pytest.param(SERVICE.suspended().ready(), {}, "suspended", "", id="suspended"),
            pytest.param(
                SERVICE.deleting(),
                {"faults": (awaiting("the Application x"),)},
                "leaving",
                "the Application x",
                id="in deletion",
            ),
            pytest.param(
                SERVICE.deleting(),
                {"faults": (Fault(Step.REMOVE, "Error occurred: it is forbidden"),)},
                "failed",
                "Error occurred: it is forbidden",
                id="in deletion, and failed",
            ),
            pytest.param(
                SERVICE.ready(),
                {"faults": (Fault(Step.DEPLOY, "no"),)},
                "failed",
                "Unable to reconcile Applications: no",
                id="failed although it was ready",
            ),
            pytest.param(
                SERVICE.ready(),
                {"faults": (Fault(Step.SLICE, "not yet", code=ExitCode.OK),)},
                "waiting",
                "Unable to reconcile Config Ports: not yet",
                id="what is foreseen is no failure",
            ),
            pytest.param(
                SERVICE.ready(),
                {"untried": frozenset({Step.DEPLOY})},
                "skipped",
                "not everything was tried",
                id="not tried although it was ready",
            ),
            pytest.param(
                SERVICE.suspended(),
                {"faults": (Fault(Step.HOLD, "it is forbidden"),)},
                "failed",
                "it is forbidden",
                id="suspended, and not held",
            ),
        ],
    )
    def test_of(self, built: Built, more: dict[str, Any], standing: str, message: str) -> None:
        found = came(built, **more)

        assert (found.standing.value, found.message) == (standing, message)

    def test_a_failure_counts_more_than_a_wait(self) -> None:
        wait = Fault(Step.STALE, "not yet", code=ExitCode.OK)
        found = came(faults=(wait, Fault(Step.SLICE, "broken", code=ExitCode.CONFLICT)))

        assert (found.standing, found.code) == (Standing.FAILED, ExitCode.CONFLICT)
        assert found.message.endswith("broken")

    def test_a_service_that_is_not_there_any_more_is_gone(self) -> None:
        assert service_results([REF], [], []) == (ServiceResult(REF, Standing.GONE),)

    @pytest.mark.parametrize("result", [Result.DONE, Result.PLANNED])
    def test_one_that_was_let_go_is_gone(self, result: Result) -> None:
        found = came(SERVICE.deleting(), [part(done(Step.FINISH, result))])

        assert (found.standing, found.message) == (Standing.GONE, "")

    def test_conditions_are_those_that_were_written(self) -> None:
        after = change(Step.STATUS, SERVICE.ready(), Action.STATUS)
        found = came(SERVICE.degraded(), [part(Outcome(after, Result.DONE))])

        assert (found.standing, found.conditions[0]["status"]) == (Standing.READY, "True")

    def test_they_name_where_it_stopped(self) -> None:
        assert came(faults=(Fault(Step.STALE, "x"),)).stop == "ApplicationsReconciled"
        assert came(faults=(Fault(Step.FINALIZER, "x"),)).stop == ""


def results(*standings: Standing, code: ExitCode = ExitCode.FAILED) -> tuple[ServiceResult, ...]:
    return tuple(
        ServiceResult(
            Ref(kinds.DPU_SERVICE, "ns", f"s{number}"),
            one,
            code=code if one is Standing.FAILED else ExitCode.OK,
            message="it broke" if one is Standing.FAILED else "",
        )
        for number, one in enumerate(standings)
    )


def report(*standings: Standing, code: ExitCode = ExitCode.FAILED, **more: Any) -> PassReport:
    return PassReport((part(),), results(*standings, code=code), **more)


OK, BAD, CUT = Standing.READY, Standing.FAILED, Standing.SKIPPED
FAILED = done(result=Result.FAILED, error=DENIED)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        pytest.param(report(), 0, id="nothing at all"),
        pytest.param(report(OK, Standing.WAITING, Standing.SUSPENDED), 0, id="no failure"),
        pytest.param(report(Standing.LEAVING, Standing.GONE), 0, id="going and gone"),
        pytest.param(report(BAD), 1, id="the only one failed"),
        pytest.param(report(BAD, BAD), 1, id="all failed alike"),
        pytest.param(report(BAD, code=ExitCode.CONFLICT), 6, id="the only one is taken"),
        pytest.param(report(BAD, OK), 5, id="one of two failed"),
        pytest.param(report(BAD, CUT), 1, id="one failed, the other one was not tried"),
        pytest.param(
            replace(report(OK), parts=(part(FAILED),)), 5, id="a write failed that is no service's"
        ),
        pytest.param(replace(report(), parts=(part(FAILED),)), 7, id="all there was is forbidden"),
        pytest.param(
            replace(report(BAD, code=ExitCode.ACCESS), parts=(part(FAILED),)),
            7,
            id="the failure of a service and of its write are one",
        ),
        pytest.param(
            replace(report(BAD, BAD), parts=(part(FAILED),)), 5, id="they failed in different ways"
        ),
        pytest.param(report(OK, unread=(DEAD,)), 5, id="a part could not be read"),
        pytest.param(report(OK, late=LATE), 4, id="waiting ran out"),
        pytest.param(report(BAD, OK, late=LATE), 5, id="failures beat waiting"),
        pytest.param(report(OK, unread=(DEAD,), late=LATE), 5, id="so does what was not read"),
        pytest.param(report(BAD, OK, ended=ExitCode.INTERRUPTED), 130, id="interrupted"),
        pytest.param(
            replace(report(OK), parts=(part(stopped=ExitCode.TERMINATED),)), 143, id="terminated"
        ),
    ],
)
def test_exit_code(told: PassReport, code: int) -> None:
    assert told.exit_code == code


class TestErrors:
    def test_a_service_that_stopped_is_an_error_of_its_own(self) -> None:
        (error,) = report(BAD, code=ExitCode.CONFLICT).errors

        assert error.message == "dpuservice/ns/s0: it broke"
        assert isinstance(error, ConflictError)

    def test_what_a_failed_write_says_is_not_said_again(self) -> None:
        message = f"Unable to reconcile Applications: {DENIED.message}"
        told = replace(results(BAD)[0], message=message)
        found = PassReport((part(FAILED),), (told,))

        assert found.errors == (DENIED,)

    def test_come_in_their_order(self) -> None:
        found = replace(report(BAD, unread=(DEAD,), late=LATE), parts=(part(FAILED),))

        assert [type(e) for e in found.errors] == [
            ForbiddenError, RejectedError, UnreachableError, WaitTimeoutError,
        ]  # fmt: skip


class TestHosts:
    def verdict(self, built: Built) -> HostVerdict:
        return HostVerdict(linked().resource, built.resource)

    def outcome(self, before: Built, after: Built, result: Result) -> Report:
        found = before.resource
        made = Change(found.ref, Action.PATCH, "tainted", found, after.raw, stage=Step.TAINT)
        return part(Outcome(made, result))

    @pytest.mark.parametrize(
        ("result", "is_tainted"),
        [(Result.DONE, True), (Result.PLANNED, True), (Result.FAILED, False)],
    )
    def test_are_told_as_they_are_then(self, result: Result, is_tainted: bool) -> None:
        parts = [self.outcome(worker(), tainted(), result)]
        (found,) = hosts_after([self.verdict(worker())], parts)

        assert found.is_tainted is is_tainted

    def test_the_last_write_counts(self) -> None:
        parts = [
            self.outcome(worker(), tainted(), Result.DONE),
            self.outcome(tainted(), worker(), Result.DONE),
        ]
        (found,) = hosts_after([self.verdict(tainted())], parts)

        assert not found.is_tainted

    def test_one_without_a_node_stays_as_it_is(self) -> None:
        alone = HostVerdict(linked().resource, None)

        assert hosts_after([alone], []) == (alone,)


class TestFollows:
    """Dry runs tell what depends on the first half."""

    def told(self, *parts: Report) -> PassReport:
        return pass_report(begin([], world(SERVICE)), parts, (), 0, 0.0)

    def test_changes_of_the_second_half_if_the_first_writes(self) -> None:
        first = part(done(Step.FINALIZER, Result.PLANNED), dry_run=DryRun.CLIENT)
        second = part(done(Step.STATUS, Result.PLANNED), dry_run=DryRun.CLIENT)
        found = self.told(first, second)

        assert found.follows == {spot_of(change(Step.STATUS))}

    def test_nothing_if_the_first_half_writes_nothing(self) -> None:
        first = part(done(Step.DEPLOY, Result.UNCHANGED), dry_run=DryRun.CLIENT)
        second = part(done(Step.STATUS, Result.PLANNED), dry_run=DryRun.CLIENT)

        assert self.told(first, second).follows == frozenset()

    def test_nothing_in_a_real_pass(self) -> None:
        assert self.told(part(done()), part(done(Step.STATUS))).follows == frozenset()


class TestUnread:
    def test_lists_and_clusters_but_no_kind_that_is_not_served(self) -> None:
        troubles = {
            kinds.NODE: (Trouble.FORBIDDEN, "alice may not"),
            kinds.DPU_SERVICE_NAD: (Trouble.NOT_SERVED, ""),
        }
        there = world(dpus={ONE: DEAD}, troubles=troubles)

        assert [error.message for error in unread_of(there)] == [
            "nodes: cannot be listed: alice may not",
            "dpucluster/ns1/cluster-one: no route to host",
        ]

    def test_a_list_of_a_dpu_cluster_names_it(self) -> None:
        side = world(troubles={kinds.POD: (Trouble.FORBIDDEN, "no")}).host
        (error,) = unread_of(replace(world(dpus={ONE: []}), dpus={ONE: side}))

        assert str(error) == "dpucluster/ns1/cluster-one: pods: cannot be listed: no"
        assert isinstance(error, ForbiddenError)


def test_warnings_are_told_once() -> None:
    one = begin([SERVICE.resource], world(SERVICE, dpus={ONE: []}))
    first = replace(one.services[0], notes=("mind the gap",))
    twice = replace(one, services=(first, first))

    assert warnings_of(twice, [part(warnings=("mind the gap", "and this"))]) == (
        "mind the gap",
        "and this",
    )


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("", ""),
        ("plain", "plain"),
        ("The following:\n* a\n* b", "The following: a, b"),
        ("It is not:\n* Sync: x\n  Health: y\nRun this", "It is not: Sync: x Health: y Run this"),
    ],
    ids=["nothing", "one line", "a list", "a list with more"],
)
def test_messages_in_one_line(message: str, line: str) -> None:
    assert one_line(message) == line
