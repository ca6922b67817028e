"""Points in time as the Kubernetes API writes them: RFC 3339, always meant as UTC here."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any


def parse_time(raw: Any) -> datetime | None:
    """Return a timezone-aware UTC time, or None for anything that is not a timestamp.

    Takes ``2026-01-02T03:04:05Z`` with or without a fraction or an offset. A time without an
    offset is read as UTC.
    """
    return _parse(raw) if isinstance(raw, str) else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_time(moment: datetime) -> str:
    """Write a time as ``metav1.Time`` does: UTC, whole seconds, ``Z``."""
    whole = moment.astimezone(UTC).isoformat(timespec="seconds")
    return whole.replace("+00:00", "Z")
