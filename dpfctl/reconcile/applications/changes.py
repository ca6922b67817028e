"""Changes of a single Application: given its spec, held, let go, deleted; planned once and again.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dpfctl.apiserver.plain_values import same
from dpfctl.errors import ConflictError, NotFoundError, OwnedError
from dpfctl.model import kinds, labels
from dpfctl.model.applications import SKIP_RECONCILE, is_held
from dpfctl.model.edits import annotated
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.identity import taken_text
from dpfctl.reconcile.steps import Step

_HELD, _LET_GO = "true", "false"
_AGAIN = "run the command again"
_OTHER_NAME = "rename it, or give the DPUService another name"


def deployed(body: Mapping[str, Any], live: Resource | None) -> Change:
    """Plan an Application that is as given.

    Args:
        body: The Application as it is made.
        live: It as it is, None if there is none.

    Returns:
        A new one is applied. One that is there gets the whole spec and is no longer held; its
        labels, finalizers and other annotations stay. ``NONE`` if both are so already.

    Raises:
        OwnedError: It is not of the service that the body names.
        ConflictError: It is being deleted.
    """
    ref = Resource(kinds.APPLICATION, body).ref
    change = Change(ref, Action.APPLY, "created", None, body, stage=Step.DEPLOY, needs=())
    return change if live is None else _settled(change, live)


def held(application: Resource, reason: str) -> Change:
    """Plan that Argo CD leaves an Application alone; ``NONE`` if it does already."""
    return _noted(application, _HELD, "held", reason)


def ended(application: Resource, reason: str) -> tuple[Change, ...]:
    """Plan the end of an Application.

    Returns:
        If it is held, it is let go first: else Argo CD would not clean up after it. Then its
        deletion, ``NONE`` if it is being deleted already.
    """
    token = f"end of {application.ref}"
    first: tuple[Change, ...] = ()
    judged = application
    if is_held(application):
        first = (replace(_noted(application, _LET_GO, "let go", reason), gives=token),)
        judged = _of_any_version(application)
    deletion = Change(
        application.ref,
        Action.NONE if application.is_deleting else Action.DELETE,
        "deleted",
        judged,
        application.raw if application.is_deleting else {},
        reasons=(reason,),
        stage=Step.STALE,
        needs=(token,),
    )
    return (*first, deletion)


def _of_any_version(application: Resource) -> Resource:
    """An Application that is written once more before it goes, so that its uid alone must match."""
    metadata = {k: v for k, v in application.metadata.items() if k != "resourceVersion"}
    return Resource(application.kind, {**application.raw, "metadata": metadata})


def replan_application(change: Change, fresh: Resource | None) -> Change:
    """Plan one change of an Application again on what it is now.

    Raises:
        NotFoundError: It was to be changed, and is gone.
        OwnedError: It is another service's now.
        ConflictError: It is being deleted although it is wanted.
    """
    if change.action is Action.DELETE:
        return _deleted_again(change, fresh)
    if change.stage == Step.HOLD:
        return _noted_again(change, fresh)
    if fresh is None and change.before is not None:
        raise NotFoundError(f"{change.ref}: was deleted meanwhile", _AGAIN)
    return change if fresh is None else _settled(change, fresh)


def _settled(change: Change, live: Resource) -> Change:
    """Let a change give an Application the spec that it has, and let it go."""
    wanted = Resource(change.ref.kind, change.after)
    if trouble := _trouble(live, wanted):
        raise trouble
    spec = change.after["spec"]
    let_go = annotated(live.raw, {SKIP_RECONCILE: None}) if is_held(live) else live.raw
    is_same = let_go is live.raw and same(spec, live.at("spec"))
    after = live.raw if is_same else {**let_go, "spec": spec}
    action = Action.NONE if is_same else Action.PATCH
    return replace(change, action=action, done="configured", before=live, after=after)


def _trouble(live: Resource, wanted: Resource) -> ConflictError | None:
    """Return why an Application must not be changed to what is wanted, None if it may be."""
    owner, service = _service_of(live), _service_of(wanted)
    if owner != service and all(owner):
        return OwnedError(f"{live.ref}: {taken_text(Ref(kinds.DPU_SERVICE, *owner))}", _OTHER_NAME)
    if owner != service:
        fact = f"{live.ref}: exists and does not belong to {Ref(kinds.DPU_SERVICE, *service)}"
        return OwnedError(fact, _OTHER_NAME)
    if live.is_deleting:
        return ConflictError(
            f"{live.ref}: is being deleted", f"wait until it is gone, then {_AGAIN}"
        )
    return None


def _service_of(application: Resource) -> tuple[str, str]:
    """Namespace and name of the DPUService that the labels of an Application name."""
    keys = (labels.DPU_SERVICE_NAMESPACE, labels.DPU_SERVICE_NAME)
    namespace, name = (application.label(key) or "" for key in keys)
    return namespace, name


def _noted(application: Resource, value: str, done: str, reason: str) -> Change:
    change = Change(
        application.ref,
        Action.NONE,
        done,
        application,
        reasons=(reason,),
        stage=Step.HOLD,
        needs=(),
    )
    return _with_note(change, application, value)


def _noted_again(change: Change, fresh: Resource | None) -> Change:
    """Note it again, unless the Application is gone or going: then there is nothing to hold."""
    value = Resource(change.ref.kind, change.after).annotation(SKIP_RECONCILE)
    is_held_up = fresh is not None and (value == _LET_GO or not fresh.is_deleting)
    if fresh is None or value is None or not is_held_up:
        after = fresh.raw if fresh else {}
        return replace(change, action=Action.NONE, before=fresh, after=after)
    return _with_note(change, fresh, value)


def _with_note(change: Change, application: Resource, value: str) -> Change:
    """Let a change set the annotation; letting go is of no use where nothing is held."""
    is_noted = is_held(application) == (value == _HELD)
    notes = {} if is_noted else {SKIP_RECONCILE: value}
    after = annotated(application.raw, notes)
    action = Action.NONE if after is application.raw else Action.PATCH
    return replace(change, action=action, before=application, after=after)


def _deleted_again(change: Change, fresh: Resource | None) -> Change:
    if fresh is None or fresh.is_deleting:
        after = fresh.raw if fresh else {}
        return replace(change, action=Action.NONE, before=fresh, after=after)
    if change.before is None or _service_of(fresh) != _service_of(change.before):
        raise ConflictError(f"{change.ref}: no longer carries the labels of its DPUService")
    return replace(change, before=fresh)
