"""Which services are suspended: the worklist behind ``suspend --list`` and ``resume --expired``."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dpfctl.marks.pause import AT, BY, REASON, UNTIL, overdue
from dpfctl.model.dpu_services import is_paused
from dpfctl.model.resources import Resource
from dpfctl.model.timestamps import parse_time


@dataclass(frozen=True, slots=True)
class Suspension:
    """One suspended service.

    Attributes:
        service: The DPUService.
        since: When it was suspended, UTC; None if neither annotation nor manager tells.
        by: Who did it as the annotation says, empty if it does not.
        manager: Field manager that owns ``spec.paused``, empty if the object does not tell.
        reason: Why, empty if nobody said.
        until: When it is to be resumed, None if nobody said.
        overdue: How long ago that was, None if it is still to come.
    """

    service: Resource
    since: datetime | None
    by: str
    manager: str
    reason: str
    until: datetime | None
    overdue: timedelta | None


def find_suspensions(services: Iterable[Resource], now: datetime) -> tuple[Suspension, ...]:
    """Return the suspended ones among services, by namespace and name."""
    found = (_suspension(service, now) for service in services if is_paused(service))
    return tuple(sorted(found, key=lambda s: (s.service.namespace, s.service.name)))


def _suspension(service: Resource, now: datetime) -> Suspension:
    manager, written = _manager(service)
    return Suspension(
        service=service,
        since=parse_time(service.annotation(AT)) or written,
        by=service.annotation(BY) or "",
        manager=manager,
        reason=service.annotation(REASON) or "",
        until=parse_time(service.annotation(UNTIL)),
        overdue=overdue(service, now),
    )


def _manager(service: Resource) -> tuple[str, datetime | None]:
    """Who owns ``spec.paused``, and when that manager wrote last."""
    for entry in service.items("metadata", "managedFields"):
        fields: Any = entry.get("fieldsV1")
        for step in ("f:spec", "f:paused"):
            fields = fields.get(step) if isinstance(fields, dict) else None
        if fields is not None:
            return str(entry.get("manager") or ""), parse_time(entry.get("time"))
    return "", None
