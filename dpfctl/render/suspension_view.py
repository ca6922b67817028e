"""The worklist of suspended services, for people and for machines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dpfctl.marks.pause import UNTIL
from dpfctl.marks.suspensions import Suspension
from dpfctl.model.timestamps import format_time
from dpfctl.render.age import age
from dpfctl.render.listing import lay_out_cells
from dpfctl.render.text import clean

_TITLES = ("NAMESPACE", "NAME", "SINCE", "BY", "MANAGER", "UNTIL", "REASON")


def suspension_lines(suspensions: Sequence[Suspension], now: datetime) -> list[str]:
    """Return a table of suspended services; ages are counted to ``now``."""
    rows = [
        (
            clean(one.service.namespace),
            clean(one.service.name),
            age(one.since, now) if one.since else "-",
            clean(one.by) or "-",
            clean(one.manager) or "-",
            _until(one),
            clean(one.reason) or "-",
        )
        for one in suspensions
    ]
    return lay_out_cells(_TITLES, rows)


def suspension_data(suspensions: Sequence[Suspension]) -> list[dict[str, Any]]:
    """Return suspended services as the envelope lists them."""
    return [
        {
            "namespace": one.service.namespace,
            "name": one.service.name,
            "since": _time(one.since),
            "by": one.by,
            "manager": one.manager,
            "reason": one.reason,
            "until": _time(one.until),
            "overdue": one.overdue is not None,
        }
        for one in suspensions
    ]


def _until(one: Suspension) -> str:
    if one.until is None:
        told = one.service.annotation(UNTIL)
        return f"{clean(told)} (no time)" if told else "-"
    return f"{format_time(one.until)}{' (overdue)' if one.overdue is not None else ''}"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
