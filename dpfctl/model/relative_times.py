"""Times that a fleet file gives relative to now: ``${NOW}``, ``${NOW-4d20h}``, ``${NOW+30m}``.

A demo or a test scenario would age otherwise. Only fields whose name says that they hold a time are
looked at, so that the same words in a message or a value stay what they are.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from dpfctl.model.durations import parse_duration
from dpfctl.model.sharing import map_fields, map_items
from dpfctl.model.timestamps import format_time

MARK = "${NOW"
_FIELD = re.compile(r".*(?:[tT]ime(?:Added)?|[tT]imestamp|At|-at|-until)")
_RELATIVE = re.compile(r"\$\{NOW(?:(?P<sign>[-+])(?P<span>(?:[0-9]{1,9}[smhd])+))?\}")


def resolve_times(value: Any, now: datetime) -> Any:
    """Return a value with its relative times made absolute.

    Args:
        value: Plain values; left unchanged. Parts without relative times are shared.
        now: Timezone-aware moment that ``${NOW}`` stands for.

    Raises:
        ValueError: A time field starts with ``${NOW`` and goes on in another way, or leaves the
            years a date can have; the message names field and text.
    """
    if isinstance(value, dict):
        return map_fields(value, lambda key, child: _field(key, child, now))
    if isinstance(value, list):
        return map_items(value, lambda child: resolve_times(child, now))
    return value


def _field(key: str, value: Any, now: datetime) -> Any:
    if not isinstance(value, str):
        return resolve_times(value, now)
    if not value.startswith(MARK) or not _FIELD.fullmatch(key):
        return value
    moment = _moment(value, now)
    if moment is None:
        raise ValueError(f'{key}: "{value}" is no time relative to now')
    return format_time(moment)


def _moment(text: str, now: datetime) -> datetime | None:
    found = _RELATIVE.fullmatch(text)
    if found is None:
        return None
    seconds = parse_duration(found["span"] or "0s") or 0
    try:
        return now + timedelta(seconds=-seconds if found["sign"] == "-" else seconds)
    except OverflowError:
        return None
