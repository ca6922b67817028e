"""Conditions: what an object says about itself, and what we conclude from it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dpfctl.model.timestamps import parse_time

READY = "Ready"
SUCCESS = "Success"
PENDING = "Pending"
ERROR = "Error"
FAILURE = "Failure"
RETRYING = "Retrying"
AWAITING_DELETION = "AwaitingDeletion"
TRUE = "True"
FALSE = "False"
UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of ``status.conditions``, or one that was derived for display.

    Attributes:
        type: Condition type; derived ones carry a prefix such as ``Operational/``.
        status: ``True``, ``False`` or ``Unknown``; for workloads of an Application the sync
            status (``Synced``, ``OutOfSync``).
        reason: CamelCase word, may be empty.
        message: Text for humans, may span lines, may be empty.
        since: Last transition, timezone-aware UTC; None if the object does not say.
        observed_generation: ``metadata.generation`` the condition speaks of, 0 if not said.
    """

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: datetime | None = None
    observed_generation: int = 0

    @property
    def is_true(self) -> bool:
        """Whether the status is exactly ``True``."""
        return self.status == TRUE

    @property
    def is_pending(self) -> bool:
        """Whether a controller has not come to it yet: reason Pending and status Unknown."""
        return self.reason == PENDING and self.status == UNKNOWN


def read_conditions(raw: Any) -> tuple[Condition, ...]:
    """Read a list of conditions as the API holds it, in its order.

    Whatever is not a condition (no object, no type) is passed over: a fleet that is damaged in one
    place is still worth reading in all others.
    """
    if not isinstance(raw, list):
        return ()
    return tuple(
        _condition(entry)
        for entry in raw
        if isinstance(entry, dict) and isinstance(entry.get("type"), str)
    )


def find_ready(conditions: tuple[Condition, ...]) -> Condition | None:
    """Return the condition whose type is exactly ``Ready``."""
    for condition in conditions:
        if condition.type == READY:
            return condition
    return None


def _condition(raw: dict[str, Any]) -> Condition:
    generation = raw.get("observedGeneration")
    return Condition(
        type=raw["type"],
        status=_text(raw.get("status")),
        reason=_text(raw.get("reason")),
        message=_text(raw.get("message")),
        since=parse_time(raw.get("lastTransitionTime")),
        observed_generation=generation if isinstance(generation, int) else 0,
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    # A hand-written YAML file says `status: True` where the API has the string.
    return str(value) if isinstance(value, (bool, int, float)) else ""
