"""Single writes: each safe by itself, planned again when its object has moved."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dpfctl.apply.places import Places
from dpfctl.errors import (
    DEBUG,
    AccessError,
    ConflictError,
    DpfctlError,
    ForbiddenError,
    LostAnswerError,
    NotFoundError,
    OwnedError,
    RejectedError,
    UnreachableError,
)
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change, Replan
from dpfctl.report import Outcome, Result

TRIES = 8
"""Attempts at one change before a conflict counts as one that never ends."""

LOSSES = 4
"""Lost answers to one change before the cluster counts as unreachable."""

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 1.0


@dataclass(slots=True)
class _Tries:
    """How often one change was sent."""

    made: int = 0


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes single changes; called from several threads.

    Attributes:
        places: Where to.
        replan: Plans a change again.
        sleep: Waits between two tries.
        is_trial: Whether nothing is stored.
        stop: Set once nothing more is to be begun, not even another try.
        watch: Told of each change as it is begun; called from several threads.
    """

    places: Places
    replan: Replan
    sleep: Callable[[float], None]
    is_trial: bool
    stop: threading.Event
    watch: Callable[[Change], None] = lambda _change: None

    def make(self, change: Change) -> Outcome:
        """Make one change, however often it has to be planned again."""
        tries = _Tries()
        if change.action is not Action.NONE:
            self.watch(change)
        try:
            return self._until_settled(change, tries)
        except DpfctlError as failure:
            if self.is_trial and _is_absent(change, failure):
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
            except ConflictError as error:
                if _is_lasting(error, change):
                    raise
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
            case Action.INSTALL:
                return self.places.releaser().install(change, dry_run=is_trial)
            case Action.UNINSTALL:
                self.places.releaser().uninstall(change, dry_run=is_trial)
                return None
        cluster = self.places.of(change)
        match change.action:
            case Action.PATCH:
                return cluster.patch(ref, change.operations, dry_run=is_trial)
            case Action.STATUS:
                return cluster.replace_status(ref.kind, change.after, dry_run=is_trial)
            case Action.APPLY:
                body = _identified(change)
                return cluster.apply(ref.kind, body, force=change.force, dry_run=is_trial)
        with _absence_is_fine():
            held = change.preconditions
            uid, version = held.get("uid", ""), held.get("resourceVersion", "")
            cluster.delete(ref, uid=uid, version=version, dry_run=is_trial)
        return None

    def _written(self, change: Change, stored: Resource | None, attempts: int) -> Outcome:
        result = Result.PLANNED if self.is_trial else Result.DONE
        if stored is None:
            return Outcome(change, result, attempts=attempts)
        if change.action is Action.INSTALL and change.before is not None:
            is_same = stored.resource_version == change.before.resource_version
            result = Result.UNCHANGED if is_same else result
        note = self._judged(change, stored)
        version = stored.resource_version
        return Outcome(change, result, None, note, attempts, version, stored.raw)

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
            fresh = self.places.of(change).get(change.ref)
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


def is_outage(outcome: Outcome) -> bool:
    """Whether the server as a whole is lost: neither written to nor read, or busy for too long.

    Where Helm fails it may as well be the repository of the chart that does not answer.
    """
    failure = outcome.error
    if outcome.change.action in _RELEASING:
        return False
    if isinstance(failure, LostAnswerError):
        return isinstance(failure.__cause__, UnreachableError)
    return isinstance(failure, AccessError) and not isinstance(failure, ForbiddenError)


def _is_lasting(conflict: ConflictError, change: Change) -> bool:
    """Whether trying again is no use; Helm looks at a release itself before it gives up."""
    return isinstance(conflict, OwnedError) or change.action in _RELEASING


def _is_absent(change: Change, failure: DpfctlError) -> bool:
    """Whether what would hold the object is missing: its namespace, or its kind.

    Of a release only its namespace is meant, not its chart.
    """
    if not isinstance(failure, NotFoundError):
        return False
    is_release = change.action is Action.INSTALL
    is_namespace = failure.message.startswith(f"{change.ref}: namespace")
    return change.action is Action.APPLY or (is_release and is_namespace)


def _pause(attempt: int) -> float:
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**attempt)
    return max(_FIRST_PAUSE, longest * random.random())


@contextmanager
def _absence_is_fine() -> Iterator[None]:
    try:
        yield
    except NotFoundError:
        return


_RELEASING = frozenset({Action.INSTALL, Action.UNINSTALL})
_ANNOTATIONS = "/metadata/annotations"
_POLICY = "an admission policy or webhook rewrites this object"
_BUSY = "something else keeps writing it; try again later"
_NOBODY_KNOWS = "whether it was written is not known; run the command again to settle it"
_READ_BACK = "the answer was lost; read again, it is as wanted"
_BUG = f"this is a bug in dpfctl; run again with {DEBUG}=1 and report it"
