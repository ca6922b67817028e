"""Ages as Kubernetes writes them: ``5m10s``, ``3h``, ``2d4h``."""

from datetime import datetime

NEVER = "292y"
"""Age of the zero time: what Go's longest duration comes to."""

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY
_LONGEST = 2**63 // 10**9


def age(since: datetime | None, now: datetime) -> str:
    """Write the time from ``since`` to ``now``, both timezone-aware.

    None, a time the object does not carry, reads ``292y``, as does whatever is older; more than a
    second in the future reads ``<invalid>``.

    Source:
        ``HumanDuration`` of apimachinery ``pkg/util/duration`` (0.35).
    """
    if since is None:
        return NEVER
    seconds = int((now - since).total_seconds())
    if seconds < -1:
        return "<invalid>"
    return _human(min(max(seconds, 0), _LONGEST))


def _human(s: int) -> str:
    if s < 2 * _MINUTE:
        return f"{s}s"
    if s < 10 * _MINUTE:
        return _two(s, _MINUTE, "m", 1, "s")
    if s < 3 * _HOUR:
        return f"{s // _MINUTE}m"
    if s < 8 * _HOUR:
        return _two(s, _HOUR, "h", _MINUTE, "m")
    if s < 2 * _DAY:
        return f"{s // _HOUR}h"
    if s < 8 * _DAY:
        return _two(s, _DAY, "d", _HOUR, "h")
    if s < 2 * _YEAR:
        return f"{s // _DAY}d"
    if s < 8 * _YEAR:
        return _two(s, _YEAR, "y", _DAY, "d")
    return f"{s // _YEAR}y"


def _two(s: int, unit: int, letter: str, small: int, small_letter: str) -> str:
    rest = s % unit // small
    return f"{s // unit}{letter}{rest}{small_letter}" if rest else f"{s // unit}{letter}"
