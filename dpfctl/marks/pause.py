"""Suspend and resume: ``spec.paused`` of a DPUService, and who paused it why and until when.

Source:
    ``DPUServiceSpec.Paused``, DPF v25.1 ``api/dpuservice/v1alpha1/dpuservice_types.go``. The
    annotations are ours (``docs/reference/annotations.md``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dpfctl.errors import NotFoundError
from dpfctl.marks.guard import refuse_owned
from dpfctl.model.dpu_services import is_paused
from dpfctl.model.edits import annotated, with_field
from dpfctl.model.resources import Resource
from dpfctl.model.timestamps import format_time, parse_time
from dpfctl.plan import Action, Change, Plan

REASON = "dpfctl/suspend-reason"
UNTIL = "dpfctl/suspend-until"
BY = "dpfctl/suspended-by"
AT = "dpfctl/suspended-at"
ANNOTATIONS = (REASON, UNTIL, BY, AT)


@dataclass(frozen=True, slots=True)
class Pause:
    """A wish to suspend.

    Attributes:
        at: The moment of the wish, timezone-aware UTC.
        by: Who asks, may be empty.
        reason: Why; None leaves what an already suspended service says.
        until: When it is to be resumed, UTC; None likewise.
        is_forced: Whether services that a DPUDeployment owns may be suspended.
    """

    at: datetime
    by: str = ""
    reason: str | None = None
    until: datetime | None = None
    is_forced: bool = False


def plan_suspend(services: Sequence[Resource], pause: Pause) -> Plan:
    """Plan suspending each service.

    Args:
        services: n DPUServices, by namespace and name.
        pause: Who asks, why and until when.

    Returns:
        n changes in that order; ``NONE`` for a service that is paused already and whose annotations
        say what is asked.

    Raises:
        OwnedError: A service that would be changed belongs to a DPUDeployment, and ``is_forced``
            is not set.
    """
    changes = tuple(_suspended(service, pause) for service in services)
    return _guarded("suspend", changes, pause.is_forced)


def plan_resume(services: Sequence[Resource]) -> Plan:
    """Plan resuming each service; what was never paused stays as it is, ``paused`` absent too.

    Returns:
        n changes in the order of the services. ``spec.paused`` becomes false, it is not removed:
        whoever stores manifests sees what happened. Our annotations go.
    """
    return Plan("resume", tuple(_resumed(service) for service in services))


def replan_suspend(change: Change, fresh: Resource | None, pause: Pause) -> Change:
    """Plan one suspension again on the service as it is now."""
    service = _still_there(change, fresh)
    again = _suspended(service, pause)
    _guarded("suspend", (again,), pause.is_forced)
    return again


def replan_resume(
    change: Change, fresh: Resource | None, due: Callable[[Resource], bool] | None = None
) -> Change:
    """Plan one resumption again on the service as it is now.

    Args:
        change: The change as it was planned.
        fresh: The service, None if it is gone.
        due: Whether a service is to be resumed at all; None if every one is. A deadline may have
            been put off meanwhile.

    Raises:
        NotFoundError: The service is gone.
    """
    service = _still_there(change, fresh)
    if due is not None and is_paused(service) and not due(service):
        return Change(service.ref, Action.NONE, change.done, service, service.raw)
    return _resumed(service)


def overdue(service: Resource, now: datetime) -> timedelta | None:
    """How long ago a suspended service was to be resumed, None if it was not."""
    until = parse_time(service.annotation(UNTIL))
    if not is_paused(service) or until is None or until > now:
        return None
    return now - until


def _suspended(service: Resource, pause: Pause) -> Change:
    notes: dict[str, str | None] = {REASON: pause.reason, UNTIL: _time(pause.until)}
    if is_paused(service):
        asked = {key: value for key, value in notes.items() if value is not None}
        return _change(service, annotated(service.raw, asked), "suspended")
    notes |= {BY: pause.by or None, AT: format_time(pause.at)}
    after = annotated(with_field(service.raw, ("spec", "paused"), True), notes)
    return _change(service, after, "suspended")


def _resumed(service: Resource) -> Change:
    after = annotated(service.raw, dict.fromkeys(ANNOTATIONS))
    if service.at("spec", "paused"):
        after = with_field(after, ("spec", "paused"), False)
    return _change(service, after, "resumed")


def _change(service: Resource, after: Mapping[str, Any], done: str) -> Change:
    action = Action.NONE if after is service.raw else Action.PATCH
    return Change(service.ref, action, done, service, after)


def _guarded(command: str, changes: tuple[Change, ...], is_forced: bool) -> Plan:
    plan = Plan(command, changes)
    if not is_forced:
        refuse_owned(c.before for c in plan.pending if c.before is not None)
    return plan


def _still_there(change: Change, fresh: Resource | None) -> Resource:
    if fresh is None:
        raise NotFoundError(f"{change.ref}: was deleted meanwhile")
    return fresh


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
