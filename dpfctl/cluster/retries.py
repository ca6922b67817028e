"""When a request is sent again, and after how long: a table, without a clock and without I/O."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from dpfctl.cluster.faults import Cause, FaultError
from dpfctl.cluster.transport import Answer

ATTEMPTS = 5
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
LONGEST_WAIT = 30.0
"""Seconds a Retry-After is obeyed where the request itself has no limit."""

READS = frozenset({"GET", "HEAD"})
_BUSY = frozenset({429, 500, 502, 503, 504})
_NOT_TAKEN = frozenset({429, 503})


def next_pause(
    method: str,
    attempt: int,
    outcome: Answer | FaultError,
    left: float,
    roll: float,
    connects: int = ATTEMPTS,
) -> float | None:
    """Return how long to wait before the next attempt, None if there is to be none.

    Args:
        method: HTTP method.
        attempt: Attempts made so far, from 1.
        outcome: What the last one brought.
        left: Seconds until the request as a whole must be over.
        roll: From 0 to 1: how much of the longest pause to take ("full jitter").
        connects: How many times to knock at a door that nobody opens.

    Returns:
        Seconds, at least the server's Retry-After; never as long as what is left.
    """
    if attempt >= ATTEMPTS or not may_repeat(method, outcome, attempt < connects):
        return None
    asked = retry_after(outcome.retry_after) if isinstance(outcome, Answer) else 0.0
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempt - 1))
    pause = max(asked, longest * roll)
    return pause if pause < min(left, LONGEST_WAIT) else None


def may_repeat(method: str, outcome: Answer | FaultError, may_knock: bool = True) -> bool:
    """Whether sending again can neither do harm nor is pointless.

    Reads repeat what a busy or restarting server answers. Everything else repeats only what the
    server says it has not taken, or what never reached it: an answer that was lost is settled by
    reading, not by sending again.
    """
    if isinstance(outcome, FaultError):
        if outcome.cause is Cause.REFUSED:
            return may_knock
        return outcome.cause is Cause.BROKEN and method in READS
    if method in READS:
        return outcome.status in _BUSY
    return outcome.status in _NOT_TAKEN and bool(outcome.retry_after)


def retry_after(header: str, now: datetime | None = None) -> float:
    """Return the seconds a Retry-After header asks for, 0 for one that cannot be read.

    Args:
        header: Seconds or an HTTP date.
        now: The time for a date; None for the real one.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        then = parsedate_to_datetime(text)
        moment = then if then.tzinfo else then.replace(tzinfo=UTC)
        return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
