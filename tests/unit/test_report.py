"""The exit code that the outcomes of a plan add up to."""

import pytest

from dpfctl.errors import (
    ConflictError,
    DpfctlError,
    ExitCode,
    ForbiddenError,
    NotFoundError,
    OwnedError,
    RejectedError,
    UnreachableError,
    WaitTimeoutError,
)
from dpfctl.model.dry_run import DryRun
from dpfctl.plan import Action, Change, Plan
from dpfctl.report import Outcome, Report, Result, planned
from tests.builders import dpu_service

LATE = WaitTimeoutError("not done after 5 s")
ABSENT = NotFoundError("dpuservice/ns/a: not found")
REFUSED = RejectedError("dpuservice/ns/a: denied")
MOVED = ConflictError("dpuservice/ns/a: changed")
OWNED = OwnedError("dpuservice/ns/a: belongs to dpudeployment/ns/d")
SECRET = ForbiddenError("dpuservice/ns/a: forbidden")
SILENT = UnreachableError("no answer")


def change(name: str, action: Action = Action.PATCH) -> Change:
    built = dpu_service(name).resource
    return Change(built.ref, action, "suspended", built, built.raw)


def report(
    *ends: Result | DpfctlError,
    stopped: ExitCode = ExitCode.OK,
    late: DpfctlError | None = None,
    is_refused: bool = False,
) -> Report:
    """A report of targets that ended so, or failed with such an error."""
    outcomes = []
    for number, end in enumerate(ends):
        error = end if isinstance(end, DpfctlError) else None
        result = end if isinstance(end, Result) else Result.FAILED
        outcomes.append(Outcome(change(f"s{number}"), result, error))
    plan = Plan("suspend", tuple(outcome.change for outcome in outcomes))
    return Report(plan, tuple(outcomes), stopped=stopped, late=late, is_refused=is_refused)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        pytest.param(report(), 0, id="nothing to do"),
        pytest.param(report(Result.DONE, Result.DONE), 0, id="all done"),
        pytest.param(report(Result.UNCHANGED), 0, id="so already"),
        pytest.param(report(Result.DONE, Result.UNCHANGED), 0, id="done and so already"),
        pytest.param(report(Result.PLANNED, Result.UNCHANGED), 0, id="dry run"),
        pytest.param(report(ABSENT), 1, id="one target, not found"),
        pytest.param(report(MOVED), 6, id="one target, conflict"),
        pytest.param(report(SECRET, SECRET), 7, id="all failing alike"),
        pytest.param(report(ABSENT, REFUSED), 1, id="different errors of one code are alike"),
        pytest.param(report(MOVED, OWNED), 6, id="conflict and owner are alike"),
        pytest.param(report(SECRET, SILENT), 7, id="forbidden and silent are alike"),
        pytest.param(report(ABSENT, MOVED), 5, id="failing differently"),
        pytest.param(report(Result.DONE, MOVED), 5, id="some failing"),
        pytest.param(report(Result.UNCHANGED, SECRET), 5, id="some failing, the rest so already"),
        pytest.param(report(Result.PLANNED, REFUSED), 5, id="some failing in a dry run"),
        pytest.param(report(REFUSED, Result.SKIPPED), 1, id="one failed, the rest not tried"),
        pytest.param(report(Result.DONE, REFUSED, Result.SKIPPED), 5, id="done, failed, not tried"),
        pytest.param(report(REFUSED, Result.UNCHANGED), 5, id="one refused, the rest so already"),
        pytest.param(
            report(REFUSED, Result.UNCHANGED, is_refused=True), 1, id="one refused, so nothing done"
        ),
        pytest.param(
            report(REFUSED, MOVED, is_refused=True), 5, id="refused for different reasons"
        ),
        pytest.param(report(Result.DONE, late=LATE), 4, id="late"),
        pytest.param(report(Result.DONE, late=SECRET), 7, id="waiting that became impossible"),
        pytest.param(report(Result.DONE, MOVED, late=LATE), 5, id="5 beats 4"),
        pytest.param(report(MOVED, MOVED, late=LATE), 6, id="failing alike beats late"),
        pytest.param(
            report(Result.DONE, Result.SKIPPED, stopped=ExitCode.INTERRUPTED), 130, id="interrupted"
        ),
        pytest.param(
            report(Result.DONE, MOVED, stopped=ExitCode.INTERRUPTED), 130, id="interrupted wins"
        ),
        pytest.param(
            report(Result.UNKNOWN, stopped=ExitCode.TERMINATED), 143, id="terminated, outcome open"
        ),
        pytest.param(
            report(Result.DONE, stopped=ExitCode.INTERRUPTED, late=LATE),
            130,
            id="interrupted while waiting",
        ),
    ],
)
def test_exit_code(told: Report, code: int) -> None:
    assert told.exit_code == code


def test_failures_keep_the_order_of_the_plan() -> None:
    assert report(MOVED, Result.DONE, ABSENT).failures == (MOVED, ABSENT)


def test_outcomes_by_how_they_ended() -> None:
    told = report(Result.DONE, Result.SKIPPED, Result.UNKNOWN)

    found = told.having(Result.SKIPPED, Result.UNKNOWN)
    assert [outcome.change.ref.name for outcome in found] == ["s1", "s2"]


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        pytest.param(report(), True, id="nothing to do"),
        pytest.param(report(Result.DONE, Result.UNCHANGED), True, id="all as wanted"),
        pytest.param(report(Result.DONE, MOVED), False, id="one failed"),
        pytest.param(report(Result.DONE, Result.SKIPPED), False, id="one not tried"),
        pytest.param(report(Result.UNKNOWN), False, id="one open"),
        pytest.param(report(Result.DONE, stopped=ExitCode.INTERRUPTED), False, id="interrupted"),
    ],
)
def test_whole_is_what_can_be_waited_for(told: Report, whole: bool) -> None:
    assert told.is_whole is whole


def test_a_client_side_dry_run_sends_nothing() -> None:
    plan = Plan("suspend", (change("a"), change("b", Action.NONE), change("c", Action.DELETE)))
    told = planned(plan)

    assert [o.result for o in told.outcomes] == [Result.PLANNED, Result.UNCHANGED, Result.PLANNED]
    assert [o.attempts for o in told.outcomes] == [0, 0, 0]
    assert (told.plan, told.dry_run, told.exit_code) == (plan, DryRun.CLIENT, 0)
