"""What became of a plan: one outcome per target, and the exit code they add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dpfctl.errors import DpfctlError, ExitCode
from dpfctl.model.dry_run import DryRun
from dpfctl.plan import Action, Change, Plan


class Result(StrEnum):
    """What became of one change."""

    DONE = "done"
    UNCHANGED = "unchanged"
    PLANNED = "planned"
    """A dry run: this is what would be done."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not tried: something before it failed, or the run was interrupted."""
    UNKNOWN = "unknown"
    """Sent, and interrupted before the answer came."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change.

    Attributes:
        change: The change as it was made last: planned anew if the object had moved.
        result: What became of it.
        error: Why it failed, None if it did not.
        note: A remark for the user, may be empty.
        attempts: Requests that tried to write.
        version: resourceVersion after it; empty if nothing was written.
        stored: The object as the server answered it, of a dry run too; empty if none did.
    """

    change: Change
    result: Result
    error: DpfctlError | None = None
    note: str = ""
    attempts: int = 0
    version: str = ""
    stored: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a plan.

    Attributes:
        plan: The plan as it was shown.
        outcomes: One per change, in the plan's order.
        dry_run: Whether and how it was only tried.
        stopped: ``INTERRUPTED`` or ``TERMINATED`` if the user ended the run, else ``OK``.
        is_refused: Whether the cluster refused the plan as a whole, so that nothing was written.
        warnings: What the cluster says about how it judged the writes.
        late: What was waited for afterwards and did not happen, None if all did.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...]
    dry_run: DryRun = DryRun.NONE
    stopped: ExitCode = ExitCode.OK
    is_refused: bool = False
    warnings: tuple[str, ...] = ()
    late: DpfctlError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The code of the whole: 0, that of targets that all failed alike, else 5.

        A run that was interrupted has the code of the signal, whatever else happened. 5 beats 4.
        """
        if self.stopped is not ExitCode.OK:
            return self.stopped
        failed = self.failures
        codes = {error.exit_code for error in failed}
        is_total = self.is_refused or all(o.result in _LOST for o in self.outcomes)
        if len(codes) == 1 and is_total:
            return codes.pop()
        if codes:
            return ExitCode.PARTIAL
        return self.late.exit_code if self.late else ExitCode.OK

    @property
    def failures(self) -> tuple[DpfctlError, ...]:
        """Why targets failed, in order."""
        return tuple(outcome.error for outcome in self.outcomes if outcome.error is not None)

    @property
    def is_whole(self) -> bool:
        """Whether every target is as wanted, so that its effect can be waited for."""
        return not self.stopped and not self.having(Result.FAILED, Result.SKIPPED, Result.UNKNOWN)

    def having(self, *results: Result) -> tuple[Outcome, ...]:
        """The outcomes that ended so."""
        return tuple(outcome for outcome in self.outcomes if outcome.result in results)


_LOST = frozenset({Result.FAILED, Result.SKIPPED, Result.UNKNOWN})


def planned(plan: Plan) -> Report:
    """Return the report of a client-side dry run: nothing is sent."""
    outcomes = (_planned(change) for change in plan.changes)
    return Report(plan, tuple(outcomes), DryRun.CLIENT)


def _planned(change: Change) -> Outcome:
    is_done = change.action is Action.NONE
    return Outcome(change, Result.UNCHANGED if is_done else Result.PLANNED)
