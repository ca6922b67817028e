"""mark-critical: the label that keeps host nodes tainted until the service runs on their DPUs.

Source:
    Label ``svc.dpu.nvidia.com/critical``, present with any value, DPF 26.x
    ``internal/dpuservice/controllers/dpuready_controller.go``; the documented value is empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dpfctl.errors import NotFoundError
from dpfctl.marks.guard import refuse_owned
from dpfctl.model import labels
from dpfctl.model.dpu_services import is_critical
from dpfctl.model.edits import labelled
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change, Plan


@dataclass(frozen=True, slots=True)
class Mark:
    """A wish to mark services as critical, or no longer.

    Attributes:
        is_removal: Whether the label is to go.
        overwrites: Whether a label with another value gets the empty one.
        is_forced: Whether services that a DPUDeployment owns may be marked.
    """

    is_removal: bool = False
    overwrites: bool = False
    is_forced: bool = False


def plan_critical(services: Sequence[Resource], mark: Mark) -> Plan:
    """Plan marking each service.

    Args:
        services: n DPUServices, by namespace and name.
        mark: What is wanted.

    Returns:
        n changes in that order; ``NONE`` for a service that carries the label already, whatever
        its value, unless that is to be overwritten.

    Raises:
        OwnedError: A service that would be changed belongs to a DPUDeployment, and ``is_forced``
            is not set.
    """
    plan = Plan("mark-critical", tuple(_marked(service, mark) for service in services))
    if not mark.is_forced:
        refuse_owned(c.before for c in plan.pending if c.before is not None)
    return plan


def replan_critical(change: Change, fresh: Resource | None, mark: Mark) -> Change:
    """Plan one mark again on the service as it is now.

    Raises:
        NotFoundError: The service is gone.
        OwnedError: As ``plan_critical``.
    """
    if fresh is None:
        raise NotFoundError(f"{change.ref}: was deleted meanwhile")
    return plan_critical((fresh,), mark).changes[0]


def _marked(service: Resource, mark: Mark) -> Change:
    if mark.is_removal:
        return _change(service, None, "unlabeled")
    is_kept = is_critical(service) and not mark.overwrites
    return _change(service, service.label(labels.CRITICAL) if is_kept else "", "labeled")


def _change(service: Resource, value: str | None, done: str) -> Change:
    after = labelled(service.raw, {labels.CRITICAL: value})
    action = Action.NONE if after is service.raw else Action.PATCH
    return Change(service.ref, action, done, service, after)
