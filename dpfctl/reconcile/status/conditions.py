"""Conditions of DPF's objects as its controllers write them: which change, and when, and the sum.

Source:
    DPF 26.x ``api/operator/v1alpha1/conditions.go`` and ``pkg/conditions``; ``SetStatusCondition``
    of Kubernetes 1.36 ``apimachinery/pkg/api/meta/conditions.go``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dpfctl.model.conditions import (
    AWAITING_DELETION,
    FAILURE,
    FALSE,
    PENDING,
    READY,
    SUCCESS,
    TRUE,
    UNKNOWN,
)
from dpfctl.model.timestamps import format_time
from dpfctl.reconcile.steps import (
    APPLICATIONS,
    APPLICATIONS_READY,
    INTERFACES,
    PORTS,
    PREREQUISITES,
    SPIFFE,
)

SERVICE_TYPES = (READY, PREREQUISITES, APPLICATIONS, APPLICATIONS_READY, INTERFACES, PORTS)
"""Condition types of a DPUService, in their order."""

SPIFFE_TYPES = (*SERVICE_TYPES, SPIFFE)
"""The same where DPF knows SPIFFE, from 26.x on."""

_SEVERITY = {AWAITING_DELETION: 3, FAILURE: 2}
_LISTED = "The following conditions are not ready:"
_LONGEST = 32_768
"""Characters that a condition's message may have (``metav1.Condition``)."""
_ROOM = 40
_STALE = "Reconciliation is in progress"


@dataclass(frozen=True, slots=True)
class State:
    """What a condition is going to say.

    Attributes:
        status: ``True``, ``False`` or ``Unknown``.
        reason: CamelCase word.
        message: Text for humans, may span lines.
    """

    status: str
    reason: str
    message: str = ""


GOOD = State(TRUE, SUCCESS)
_UNSEEN = State(UNKNOWN, PENDING)


def failed(reason: str, message: str) -> State:
    """Return a condition that says what is wrong."""
    return State(FALSE, reason, message)


def set_conditions(
    raw: Any, types: Sequence[str], found: Mapping[str, State], generation: int, now: datetime
) -> list[dict[str, Any]]:
    """Return conditions with what was found, and ``Ready`` as their sum.

    Args:
        raw: ``status.conditions`` as it is.
        types: n types that are to be there; those that are missing become ``Unknown``.
        found: Type -> what it is going to say; the others stay as they are.
        generation: ``metadata.generation`` of the object.
        now: Time of a transition.

    Returns:
        What was there, in its order, then what was missing, in that of ``types``. The time of a
        transition moves only with the status.
    """
    entries = raw if isinstance(raw, list) else []
    named = (e for e in entries if isinstance(e, dict) and isinstance(e.get("type"), str))
    by_type = {entry["type"]: dict(entry) for entry in named}
    for name in types:
        if name not in by_type:
            by_type[name] = _written({}, name, _UNSEEN, generation, now)
    for name, state in found.items():
        by_type[name] = _written(by_type.get(name, {}), name, state, generation, now)
    summary = summarise(by_type.values(), generation)
    by_type[READY] = _written(by_type.get(READY, {}), READY, summary, generation, now)
    return list(by_type.values())


def summarise(conditions: Iterable[Mapping[str, Any]], generation: int) -> State:
    """Return what ``Ready`` is to say, given the other conditions.

    One that is not True and speaks of an older generation is not listed: what it says may be over.
    The reason is the worst among those that are listed; ``Error`` does not count as one.
    """
    bad = [c for c in conditions if c.get("type") != READY and c.get("status") != TRUE]
    listed = [c for c in bad if c.get("observedGeneration", 0) == generation]
    if not bad:
        return GOOD
    if not listed:
        return failed(PENDING, _STALE)
    reasons = sorted((str(c.get("reason")) for c in listed), key=_severity)
    worst = reasons[-1] if _severity(reasons[-1]) else PENDING
    return failed(worst, listing(_LISTED, [str(c["type"]) for c in listed]))


def listing(text: str, items: Sequence[str]) -> str:
    """Write a list as DPF does: a line per item; nothing at all without items."""
    return "\n".join((text, *(f"* {item}" for item in items))) if items else ""


def _bounded(message: str) -> str:
    """Keep to what the API takes, or the status as a whole would be refused."""
    if len(message) <= _LONGEST:
        return message
    return f"{message[: _LONGEST - _ROOM]}\n... ({len(message) - _LONGEST + _ROOM} characters cut)"


def _severity(reason: str) -> int:
    return _SEVERITY.get(reason, 0)


def _written(
    old: Mapping[str, Any], name: str, state: State, generation: int, now: datetime
) -> dict[str, Any]:
    is_moved = old.get("status") != state.status
    since = format_time(now) if is_moved or not old.get("lastTransitionTime") else None
    return {
        **old,
        "type": name,
        "status": state.status,
        "reason": state.reason,
        "message": _bounded(state.message),
        "lastTransitionTime": since or old["lastTransitionTime"],
        "observedGeneration": generation,
    }
