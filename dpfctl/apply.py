"""Plan and cluster to Report: the one loop that writes.

Every write is safe by itself. A patch carries the version that was read, so a lost race is answered
409; then the object is read and planned again, at most ``TRIES`` times. An answer that was lost is
settled by reading the object: a change that is no longer necessary has been made. What fails does
not hide the rest, except that a stage waits for the one before it, and that a server which is lost
on the way is not asked for the rest. An interrupt lets the requests under way end, and the report
says what was done and what was not.
"""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, islice
from time import monotonic
from typing import Any

from dpfctl.cluster.crew import side_by_side
from dpfctl.errors import (
    DEBUG,
    AccessError,
    ConflictError,
    DpfctlError,
    ExitCode,
    ForbiddenError,
    LostAnswerError,
    NotFoundError,
    OwnedError,
    RejectedError,
    TerminatedError,
    UnreachableError,
)
from dpfctl.model.cluster import Batch, Cluster
from dpfctl.model.dry_run import DryRun
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change, Plan, Replan
from dpfctl.report import Outcome, Report, Result, planned

TRIES = 8
"""Attempts at one change before a conflict counts as one that never ends."""

LOSSES = 4
"""Lost answers to one change before the cluster counts as unreachable."""

PARTING_SECONDS = 1.5
"""How long requests under way may still take after an interrupt, which ends the run within 2 s."""

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 1.0


def apply_plan(
    cluster: Cluster,
    plan: Plan,
    replan: Replan,
    *,
    sleep: Callable[[float], None],
    dry_run: DryRun = DryRun.NONE,
    is_rehearsed: bool = False,
) -> Report:
    """Carry a plan out, or try it.

    Args:
        cluster: Where the plan's objects are.
        plan: What to do.
        replan: Plans one change again on the object as it is now, after a lost race.
        sleep: Waits for a number of seconds between two tries.
        dry_run: ``CLIENT`` sends nothing; ``SERVER`` has the cluster judge everything and store
            nothing.
        is_rehearsed: Whether the cluster judges the whole plan before the first write; if it
            refuses a part, nothing is written. For changes that are of no use one by one.

    Returns:
        One outcome per change, in the plan's order. An interrupt is told there, not raised.

    Raises:
        InputError: A fleet file that takes no writes, before any; or one that could not be
            written, in which case nothing was.
    """
    if dry_run is DryRun.CLIENT:
        return planned(plan)
    writer = _Writer(cluster, replan, sleep, dry_run is DryRun.SERVER, threading.Event())
    if dry_run is DryRun.SERVER or not plan.pending:
        run = _Run(writer, plan)
        stopped = run.all_stages()
        outcomes = run.outcomes()
        is_refused = is_rehearsed and any(outcome.error for outcome in outcomes)
        report = Report(plan, outcomes, dry_run, stopped, is_refused=is_refused)
    else:
        report = _written(writer, plan, is_rehearsed=is_rehearsed)
    return replace(report, warnings=cluster.warnings)


def _written(writer: "_Writer", plan: Plan, *, is_rehearsed: bool) -> Report:
    """Make the changes of a plan, all at once where the cluster can do that."""
    run = _Run(writer, plan)
    batch: Batch | None = None
    try:
        with writer.cluster.batch() as batch:
            if is_rehearsed and (refused := _rehearsed(replace(writer, is_trial=True), plan)):
                batch.discard()
                return refused
            stopped = run.all_stages()
            is_undone = stopped is not ExitCode.OK and batch.discard()
    except (KeyboardInterrupt, TerminatedError) as end:
        # While a file was waited for or written, which is the old one or the new one.
        stopped = _code_of(end)
        is_undone = batch is not None and batch.discard() and not run.has_lasted()
    return Report(plan, run.outcomes(is_undone=is_undone), stopped=stopped)


def _code_of(end: BaseException) -> ExitCode:
    return ExitCode.TERMINATED if isinstance(end, TerminatedError) else ExitCode.INTERRUPTED


def _rehearsed(writer: "_Writer", plan: Plan) -> Report | None:
    """Have the cluster judge a plan; the report if it refuses a part, or if that was stopped."""
    run = _Run(writer, plan)
    stopped = run.all_stages()
    outcomes = run.outcomes()
    if stopped is ExitCode.OK and not any(outcome.error for outcome in outcomes):
        return None
    left = (replace(o, result=_AFTER_REFUSAL.get(o.result, o.result)) for o in outcomes)
    return Report(plan, tuple(left), stopped=stopped, is_refused=True)


class _Run:
    """The stages of one plan, and what became of each change."""

    def __init__(self, writer: "_Writer", plan: Plan) -> None:
        self._writer = writer
        self._changes = plan.changes
        self._found: dict[int, Outcome] = {}
        self._begun: set[int] = set()
        self._guard = threading.Lock()

    def all_stages(self) -> ExitCode:
        """Make the changes stage by stage; the signal's code if one ended it."""
        try:
            self._make_stages()
        except (KeyboardInterrupt, TerminatedError) as end:
            self._part()
            return _code_of(end)
        return ExitCode.OK

    def has_lasted(self) -> bool:
        """Whether the writes are there, where all of them are or none is."""
        made = (found for found in self._found.values() if found.result is Result.DONE)
        return any(self._writer.is_there(found.change) for found in islice(made, 1))

    def outcomes(self, *, is_undone: bool = False) -> tuple[Outcome, ...]:
        """What became of each change, in the plan's order.

        Args:
            is_undone: Whether the writes were taken back because the run was interrupted.
        """
        with self._guard:
            return tuple(
                self._outcome(number, change, is_undone)
                for number, change in enumerate(self._changes)
            )

    def _outcome(self, number: int, change: Change, is_undone: bool) -> Outcome:
        found = self._found.get(number)
        if found is not None and is_undone and found.result is Result.DONE:
            return replace(found, result=Result.SKIPPED, version="")
        if found is not None:
            return found
        if change.action is Action.NONE:
            return Outcome(change, Result.UNCHANGED)
        is_open = number in self._begun and not is_undone
        return Outcome(change, Result.UNKNOWN if is_open else Result.SKIPPED)

    def _make_stages(self) -> None:
        numbered = sorted(enumerate(self._changes), key=lambda entry: entry[1].stage)
        for _, entries in groupby(numbered, key=lambda entry: entry[1].stage):
            stage = [number for number, _ in entries]
            jobs = [partial(self._make, number) for number in stage]
            side_by_side(jobs, self._writer.cluster.in_flight)
            if self._is_over(stage):
                return

    def _is_over(self, stage: list[int]) -> bool:
        """Whether the stages after this one are left alone."""
        found = [self._found[number] for number in stage if number in self._found]
        is_broken = any(outcome.error for outcome in found) and not self._writer.is_trial
        return self._writer.stop.is_set() or is_broken

    def _make(self, number: int) -> None:
        with self._guard:
            if self._writer.stop.is_set():
                return
            self._begun.add(number)
        outcome = self._writer.make(self._changes[number])
        with self._guard:
            self._found[number] = outcome
            if _is_outage(outcome.error):
                self._writer.stop.set()

    def _part(self) -> None:
        """Begin nothing more, and wait a little for what is under way."""
        until = monotonic() + PARTING_SECONDS
        self._writer.stop.set()
        while monotonic() < until and self._begun - self._found.keys():
            threading.Event().wait(0.02)


@dataclass(slots=True)
class _Tries:
    """How often one change was sent."""

    made: int = 0


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes single changes; called from several threads.

    Attributes:
        cluster: Where to.
        replan: Plans a change again.
        sleep: Waits between two tries.
        is_trial: Whether nothing is stored.
        stop: Set once nothing more is to be begun, not even another try.
    """

    cluster: Cluster
    replan: Replan
    sleep: Callable[[float], None]
    is_trial: bool
    stop: threading.Event

    def make(self, change: Change) -> Outcome:
        """Make one change, however often it has to be planned again."""
        tries = _Tries()
        try:
            return self._until_settled(change, tries)
        except DpfctlError as failure:
            if self.is_trial and change.action is Action.APPLY and _is_absent(failure):
                note = f"not checkable yet: {failure.message}"
                return Outcome(change, Result.PLANNED, note=note)
            is_open = isinstance(failure, LostAnswerError) and failure.hint == _NOBODY_KNOWS
            result = Result.UNKNOWN if is_open else Result.FAILED
            return Outcome(change, result, failure, attempts=tries.made)
        except Exception as bug:  # one broken change must not hide the others
            error = DpfctlError(f"{change.ref}: {type(bug).__name__}: {bug}", _BUG)
            error.__cause__ = bug
            return Outcome(change, Result.FAILED, error)

    def is_there(self, change: Change) -> bool:
        """Whether a change that was made is to be seen."""
        try:
            return self._again(change).action is Action.NONE
        except DpfctlError:
            return False

    def _until_settled(self, change: Change, tries: "_Tries") -> Outcome:
        if change.action is Action.NONE:
            return Outcome(change, Result.UNCHANGED)
        losses = 0
        for attempt in range(1, TRIES + 1):
            tries.made = attempt
            try:
                return self._written(change, self._send(change), attempt)
            except OwnedError:
                raise
            except ConflictError:
                change = self._again(change)
            except LostAnswerError as error:
                losses += 1
                change = self._reread(change, error)
                if losses == LOSSES and change.action is not Action.NONE:
                    raise
            if change.action is Action.NONE:
                return _settled(change, attempt, is_ours=bool(losses) and not self.is_trial)
            if self.stop.is_set():
                result = Result.UNKNOWN if losses else Result.SKIPPED
                return Outcome(change, result, attempts=attempt)
            if attempt < TRIES:
                self.sleep(_pause(attempt))
        raise ConflictError(f"{change.ref}: changed by others {TRIES} times in a row", _BUSY)

    def _send(self, change: Change) -> Resource | None:
        """Send one write; what is now stored, None if nothing is."""
        ref, is_trial = change.ref, self.is_trial
        match change.action:
            case Action.PATCH:
                return self.cluster.patch(ref, change.operations, dry_run=is_trial)
            case Action.APPLY:
                body = _identified(change)
                return self.cluster.apply(ref.kind, body, force=change.force, dry_run=is_trial)
            case _:
                with _absence_is_fine():
                    held = change.preconditions
                    uid, version = held.get("uid", ""), held.get("resourceVersion", "")
                    self.cluster.delete(ref, uid=uid, version=version, dry_run=is_trial)
                return None

    def _written(self, change: Change, stored: Resource | None, attempts: int) -> Outcome:
        result = Result.PLANNED if self.is_trial else Result.DONE
        if stored is None:
            return Outcome(change, result, attempts=attempts)
        shown = stored.raw if self.is_trial else {}
        note = self._judged(change, stored)
        version = stored.resource_version
        return Outcome(change, result, None, note, attempts, version, shown)

    def _judged(self, change: Change, stored: Resource) -> str:
        """Compare what was stored with what was asked for; a remark if it differs a little.

        Raises:
            RejectedError: It differs in more than annotations, which explain and decide nothing.
        """
        if change.action is not Action.PATCH:
            return ""
        paths = [str(operation["path"]) for operation in self.replan(change, stored).operations[1:]]
        if not paths:
            return ""
        fields = ", ".join(paths)
        if all(path.startswith(_ANNOTATIONS) for path in paths):
            return f"{change.done}, but the server changed {fields}"
        raise RejectedError(f"{change.ref}: the server took the change and undid {fields}", _POLICY)

    def _again(self, change: Change) -> Change:
        """Plan a change on the object as it is now."""
        try:
            fresh = self.cluster.get(change.ref)
        except NotFoundError:
            fresh = None
        if change.before is not None and fresh is not None and fresh.uid != change.before.uid:
            raise ConflictError(f"{change.ref}: was deleted and created again meanwhile")
        return self.replan(change, fresh)

    def _reread(self, change: Change, error: LostAnswerError) -> Change:
        """Settle a lost answer by reading; if that fails too, nobody knows."""
        try:
            return self._again(change)
        except AccessError as failure:
            raise LostAnswerError(error.message, _NOBODY_KNOWS) from failure


def _identified(change: Change) -> Mapping[str, Any]:
    """Return what is applied, with the uid of the object that was read: it must be that one."""
    if change.before is None or not change.before.uid:
        return change.after
    metadata = {**change.after["metadata"], "uid": change.before.uid}
    return {**change.after, "metadata": metadata}


def _settled(change: Change, attempts: int, *, is_ours: bool) -> Outcome:
    """What became of a change that need not be made any more.

    Args:
        change: The change as it was planned last.
        attempts: Requests that tried to make it.
        is_ours: Whether an answer was lost on the way, so that the last state is taken for ours.
    """
    version = change.before.resource_version if change.before else ""
    if is_ours:
        return Outcome(change, Result.DONE, note=_READ_BACK, attempts=attempts, version=version)
    return Outcome(change, Result.UNCHANGED, attempts=attempts, version=version)


def _is_outage(failure: DpfctlError | None) -> bool:
    """Whether the server as a whole is lost: neither written to nor read, or busy for too long."""
    if isinstance(failure, LostAnswerError):
        return isinstance(failure.__cause__, UnreachableError)
    return isinstance(failure, AccessError) and not isinstance(failure, ForbiddenError)


def _is_absent(failure: DpfctlError) -> bool:
    """Whether what would hold the object is missing: its namespace, or its kind."""
    return isinstance(failure, NotFoundError)


def _pause(attempt: int) -> float:
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**attempt)
    return max(_FIRST_PAUSE, longest * random.random())


@contextmanager
def _absence_is_fine() -> Iterator[None]:
    try:
        yield
    except NotFoundError:
        return


_AFTER_REFUSAL = {Result.PLANNED: Result.SKIPPED, Result.UNKNOWN: Result.SKIPPED}
_ANNOTATIONS = "/metadata/annotations"
_POLICY = "an admission policy or webhook rewrites this object"
_BUSY = "something else keeps writing it; try again later"
_NOBODY_KNOWS = "whether it was written is not known; run the command again to settle it"
_READ_BACK = "the answer was lost; read again, it is as wanted"
_BUG = f"this is a bug in dpfctl; run again with {DEBUG}=1 and report it"
