"""The stages of one plan: what is begun when, and what became of each change."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import groupby, islice
from time import monotonic

from dpfctl.apply.writing import Writer, is_outage
from dpfctl.cluster.crew import side_by_side
from dpfctl.errors import ExitCode, TerminatedError
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.plan import Action, Change, Plan
from dpfctl.report import Outcome, Result

PARTING_SECONDS = 1.5
"""How long requests under way may still take after an interrupt, which ends the run within 2 s."""

_LOST = frozenset({Result.FAILED, Result.SKIPPED, Result.UNKNOWN})


class Run:
    """The stages of one plan, and what became of each change."""

    def __init__(self, writer: Writer, plan: Plan) -> None:
        self._writer = writer
        self._changes = plan.changes
        self._found: dict[int, Outcome] = {}
        self._begun: set[int] = set()
        self._broken: set[str] = set()
        self._has_failed = False
        self._lost_clusters: set[ClusterName] = set()
        self._guard = threading.Lock()

    def all_stages(self) -> ExitCode:
        """Make the changes stage by stage; the signal's code if one ended it."""
        try:
            self._make_stages()
        except (KeyboardInterrupt, TerminatedError) as end:
            self._part()
            return code_of(end)
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
            jobs = [partial(self._make, number) for number in stage if self._may_begin(number)]
            side_by_side(jobs, self._writer.places.in_flight)
            if self._writer.stop.is_set():
                return
            self._learn(stage)

    def _may_begin(self, number: int) -> bool:
        """Whether a change has what it needs of the stages before it; a trial needs nothing."""
        needs = self._changes[number].needs
        if self._writer.is_trial:
            return True
        return not self._has_failed if needs is None else self._broken.isdisjoint(needs)

    def _learn(self, stage: Iterable[int]) -> None:
        """Note what a stage leaves undone, for those that need it."""
        for number in stage:
            change, found = self._changes[number], self._found.get(number)
            if found is None or found.result in _LOST:
                self._broken.add(change.gives)
                self._has_failed = self._has_failed or bool(found and found.error)

    def _make(self, number: int) -> None:
        change = self._changes[number]
        with self._guard:
            if self._writer.stop.is_set() or change.cluster in self._lost_clusters:
                return
            self._begun.add(number)
        outcome = self._writer.make(change)
        with self._guard:
            self._found[number] = outcome
            if is_outage(outcome):
                self._lose(change.cluster)

    def _lose(self, cluster: ClusterName) -> None:
        """Ask a server that is lost for nothing more; without the host cluster all is over."""
        self._lost_clusters.add(cluster)
        if cluster == HOST:
            self._writer.stop.set()

    def _part(self) -> None:
        """Begin nothing more, and wait a little for what is under way."""
        until = monotonic() + PARTING_SECONDS
        self._writer.stop.set()
        while monotonic() < until and self._begun - self._found.keys():
            threading.Event().wait(0.02)


def code_of(end: BaseException) -> ExitCode:
    """Return the exit code of a signal."""
    return ExitCode.TERMINATED if isinstance(end, TerminatedError) else ExitCode.INTERRUPTED
