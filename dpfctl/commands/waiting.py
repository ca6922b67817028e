"""Waiting for what a cluster makes of a write."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from dpfctl.errors import DpfctlError, ExitCode, TerminatedError, UnreachableError, WaitTimeoutError
from dpfctl.session import Session

if TYPE_CHECKING:
    from dpfctl.report import Report

PAUSE_SECONDS = 1.0
_SHOWN = 3


def wait_for(
    session: Session, report: "Report", lags: Callable[[], tuple[str, ...]], limit: float
) -> "Report":
    """Ask again and again until nothing lags behind.

    Args:
        session: Its clock bounds the waiting; progress goes to stderr when it changes.
        report: What was written.
        lags: Reads the cluster and says what is still to come, in stable order. What it raises
            ends the waiting, unless the cluster did not answer.
        limit: Seconds.

    Returns:
        The report; with ``late`` if time ran out or it cannot be known, or marked as stopped if it
        was interrupted.
    """
    try:
        late = _late(session, lags, session.elapsed() + limit, limit)
    except KeyboardInterrupt:
        return replace(report, stopped=ExitCode.INTERRUPTED)
    except TerminatedError:
        return replace(report, stopped=ExitCode.TERMINATED)
    return replace(report, late=late)


def _late(
    session: Session, lags: Callable[[], tuple[str, ...]], until: float, limit: float
) -> DpfctlError | None:
    told = ""
    while True:
        try:
            line = _listed(lags())
        except UnreachableError as failure:  # it may answer later
            line = failure.message
        except DpfctlError as failure:  # it would say the same again
            return failure
        if not line:
            return None
        if line != told:
            session.note(f"waiting: {line}")
            told = line
        rest = until - session.elapsed()
        if rest <= 0:
            return WaitTimeoutError(f"not done after {limit:g} s: {line}", _HINT)
        session.sleep(min(PAUSE_SECONDS, rest))


def _listed(left: tuple[str, ...]) -> str:
    more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
    return f"{'; '.join(left[:_SHOWN])}{more}"


_HINT = "what was written stays; --timeout sets the limit"
