"""Changes of a status in a dry run: a line per condition in place of its six fields.

What a condition says is what people look for. That its time or its generation moves along with it
goes without saying.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from dpfctl.model.resources import Resource
from dpfctl.plan import Change
from dpfctl.reconcile.results.report import one_line
from dpfctl.render.plan_view import diff_lines

_LISTS = ("conditions", "operationalConditions")


def status_lines(
    change: Change, *, stored: Mapping[str, Any], colour: bool = False
) -> Iterator[str]:
    """Yield what a change does to a status as a unified diff, conditions in one line each.

    Args:
        change: A change of a status.
        stored: What a server made of it in a dry run; empty if none was asked.
        colour: Whether added and removed lines are painted.
    """
    before = change.before
    short = replace(
        change,
        before=None if before is None else Resource(before.kind, _shortened(before.raw)),
        after=_shortened(change.after),
    )
    return diff_lines(short, stored=_shortened(stored) if stored else None, colour=colour)


def _shortened(raw: Mapping[str, Any]) -> dict[str, Any]:
    found = raw.get("status")
    status: dict[str, Any] = found if isinstance(found, dict) else {}
    generation = (raw.get("metadata") or {}).get("generation", 0)
    told = {
        name: {str(c.get("type")): _told(c, generation) for c in status[name]}
        for name in _LISTS
        if _is_list_of_conditions(status.get(name))
    }
    return {**raw, "status": {**status, **told}}


def _is_list_of_conditions(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(entry, dict) for entry in found)


def _told(condition: Mapping[str, Any], generation: int) -> str:
    seen = condition.get("observedGeneration", generation)
    old = f" (of generation {seen})" if seen != generation else ""
    message = one_line(str(condition.get("message") or ""))
    state = f"{condition.get('status')}, {condition.get('reason')}"
    return f"{state}: {message}{old}" if message else f"{state}{old}"
