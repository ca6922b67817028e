"""Waiting for an effect: what is asked how often, what is told, and how it ends."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from dpfctl.commands.waiting import wait_for
from dpfctl.errors import (
    ExitCode,
    ForbiddenError,
    TerminatedError,
    UnreachableError,
    WaitTimeoutError,
)
from dpfctl.plan import Plan
from dpfctl.report import Report
from dpfctl.session import Session
from tests.command_line import NOW

REPORT = Report(Plan("suspend", ()), ())
SILENT = UnreachableError("context site-a: no answer within 10 s")
FORBIDDEN = ForbiddenError("application: cannot be listed: forbidden")

Answer = tuple[str, ...] | BaseException


@dataclass
class World:
    """A cluster that answers one thing after the other, the last one for ever, and its clock."""

    answers: Iterator[Answer]
    last: Answer = ()
    asked: int = 0
    clock: float = 1000.0
    err: io.StringIO = field(default_factory=io.StringIO)

    def ask(self) -> tuple[str, ...]:
        self.asked += 1
        self.last = next(self.answers, self.last)
        if isinstance(self.last, BaseException):
            raise self.last
        return self.last

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.clock += seconds

    def wait(self, limit: float, sleep: Callable[[float], None] | None = None) -> Report:
        stream = io.StringIO()
        session = Session(
            stream, self.err, stream, {}, lambda: NOW, sleep or self.sleep, lambda: self.clock
        )
        return wait_for(session, REPORT, self.ask, limit)

    @property
    def told(self) -> list[str]:
        return self.err.getvalue().splitlines()


def world(*answers: Answer) -> World:
    return World(iter(answers))


def test_what_is_so_already_is_asked_once() -> None:
    here = world(())

    assert here.wait(5.0) == REPORT
    assert (here.asked, here.clock, here.told) == (1, 1000.0, [])


def test_progress_is_told_when_it_changes() -> None:
    here = world(("a", "b"), ("a", "b"), ("b",), ())

    assert here.wait(60.0).late is None
    assert here.told == ["note: waiting: a; b", "note: waiting: b"]
    assert here.clock == 1003.0


@pytest.mark.parametrize(
    ("left", "line"),
    [("ab", "a; b"), ("abc", "a; b; c"), ("abcd", "a; b; c and 1 more")],
)
def test_three_are_named_and_the_others_counted(left: str, line: str) -> None:
    here = world(tuple(left), ())
    here.wait(60.0)

    assert here.told == [f"note: waiting: {line}"]


def test_time_runs_out_with_what_is_still_to_come() -> None:
    here = world(("a", "b"))
    late = here.wait(2.5).late

    assert isinstance(late, WaitTimeoutError)
    assert late.message == "not done after 2.5 s: a; b"
    assert late.hint == "what was written stays; --timeout sets the limit"
    assert (here.asked, here.clock) == (4, 1002.5)


def test_what_happens_at_the_last_moment_counts() -> None:
    assert world(("a",), ()).wait(0.1).late is None


def test_a_cluster_that_does_not_answer_may_do_so_later() -> None:
    here = world(("a",), SILENT, SILENT, ("a",), ())

    assert here.wait(60.0).late is None
    assert here.told == ["note: waiting: a", f"note: waiting: {SILENT.message}",
                         "note: waiting: a"]  # fmt: skip


def test_a_cluster_that_never_answers_is_a_timeout() -> None:
    late = world(SILENT).wait(3.0).late

    assert isinstance(late, WaitTimeoutError)
    assert late.message == f"not done after 3 s: {SILENT.message}"


def test_what_may_not_be_seen_ends_the_waiting_at_once() -> None:
    here = world(("a",), FORBIDDEN)
    report = here.wait(60.0)

    assert (report.late, report.exit_code) == (FORBIDDEN, ExitCode.ACCESS)
    assert here.asked == 2


@pytest.mark.parametrize(("signal", "code"), [(KeyboardInterrupt(), 130), (TerminatedError(), 143)])
def test_a_signal_while_asking_ends_the_waiting(signal: BaseException, code: int) -> None:
    report = world(("a",), signal).wait(60.0)

    assert (report.exit_code, report.late) == (code, None)


def test_a_signal_between_two_questions_ends_the_waiting() -> None:
    def sleep(_seconds: float) -> None:
        raise KeyboardInterrupt

    assert world(("a",)).wait(60.0, sleep).exit_code == ExitCode.INTERRUPTED
