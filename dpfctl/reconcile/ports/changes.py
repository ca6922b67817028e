"""Changes of the objects that publish a port: made, left alone or refused; planned once and again.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from collections.abc import Mapping
from dataclasses import replace

from dpfctl.apiserver.applied import is_applied
from dpfctl.errors import ConflictError, OwnedError
from dpfctl.model import kinds, labels
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.identity import CONTROLLER
from dpfctl.reconcile.ports.objects import Body
from dpfctl.reconcile.steps import Step

CREATED = "created"
CONFIGURED = "configured"
DELETED = "deleted"

KINDS: Mapping[Step, Kind] = {
    Step.SLICE: kinds.ENDPOINT_SLICE,
    Step.ENDPOINTS: kinds.ENDPOINTS,
    Step.EXPOSE: kinds.SERVICE,
}
"""What each step writes, in their order."""

_PLURALS = {
    kinds.ENDPOINT_SLICE: "endpoint slices",
    kinds.ENDPOINTS: "endpoints",
    kinds.SERVICE: "services",
}
_MARKS = (labels.DPU_SERVICE_NAME, labels.DPU_SERVICE_NAMESPACE, labels.EXPOSED_FOR)


def applied(body: Body, live: Resource | None, step: Step, notes: tuple[str, ...] = ()) -> Change:
    """Plan applying one of the objects; ``NONE`` if it is as wanted."""
    ref = Resource(KINDS[step], body).ref
    if live is None:
        change = Change(ref, Action.APPLY, CREATED, None, body, notes, step)
    elif _is_as_wanted(live, body):
        change = Change(ref, Action.NONE, CONFIGURED, live, live.raw, notes, step)
    else:
        change = Change(ref, Action.APPLY, CONFIGURED, live, body, notes, step)
    return linked(replace(change, force=True, manager=CONTROLLER))


def deleted(live: Resource, step: Step, reason: str) -> Change:
    """Plan the end of one of the objects."""
    change = Change(live.ref, Action.DELETE, DELETED, live, reasons=(reason,), stage=step)
    return replace(change, manager=CONTROLLER, needs=())


def linked(change: Change) -> Change:
    """Have a change wait for those of the same service in the steps before it."""
    earlier = [step for step in KINDS if step < change.stage]
    needs = tuple(_token(change.ref, step) for step in earlier)
    return replace(change, gives=_token(change.ref, Step(change.stage)), needs=needs)


def replan_ports(change: Change, fresh: Resource | None) -> Change:
    """Plan one of the objects again as it is now.

    Raises:
        OwnedError: Somebody else has put an object of that name there.
        ConflictError: It is being deleted, or no longer carries the labels of what is deleted.
    """
    if change.action is Action.DELETE:
        return _deleted_again(change, fresh)
    if change.action is not Action.APPLY or fresh is None:
        return replace(change, before=fresh)
    if trouble := trouble_with(fresh, change.after):
        raise trouble
    return applied(change.after, fresh, Step(change.stage), change.reasons)


def trouble_with(live: Resource, body: Body) -> ConflictError | None:
    """Return why an object must not be applied over, None if it may be.

    Ours carries the labels of its DPUService, or is owned by it: whichever was taken off.
    """
    owners = {entry.get("uid") for entry in body["metadata"].get("ownerReferences", ())}
    held = {entry.get("uid") for entry in live.items("metadata", "ownerReferences")}
    marks = (live.label(labels.DPU_SERVICE_NAME), live.label(labels.DPU_SERVICE_NAMESPACE))
    if marks != (live.name, live.namespace) and not owners & held:
        fact = f"{live.ref}: exists and does not belong to dpuservice/{live.namespace}/{live.name}"
        return OwnedError(fact, "rename it, or give the DPUService another name")
    if live.is_deleting:
        return ConflictError(f"{live.ref}: is being deleted", "run the command again")
    return None


def lingering(body: Body, live: Resource | None) -> Body:
    """Return what DPF applies over an object: labels stay, and endpoints if there are no new."""
    if live is None:
        return body
    metadata = body["metadata"]
    marks = {**live.mapping("metadata", "labels"), **metadata["labels"]}
    kept = {"endpoints": live.at("endpoints")} if body.get("endpoints") == [] else {}
    return {**body, "metadata": {**metadata, "labels": marks}, **kept}


def wrapped(step: Step, cluster: str, text: str) -> str:
    """Put the words of DPF before what went wrong with one of the objects."""
    if step is Step.EXPOSE:
        return f'reconcile services for cluster "{cluster}": {text}'
    if step is Step.ENDPOINTS:
        text = f"reconcile endpoints: {text}"
    return f'reconcile endpoint slices for cluster "{cluster}": {text}'


def failure_text(change: Change, message: str) -> str:
    """Word the failure of one of the changes as DPF does, for the condition of the service."""
    step, is_deletion = Step(change.stage), change.action is Action.DELETE
    if step is Step.CLEANUP:
        return f"cleanup config ports: delete {_PLURALS[change.ref.kind]}: {message}"
    body = change.before.raw if is_deletion and change.before else change.after
    cluster = Resource(change.ref.kind, body).label(labels.EXPOSED_FOR) or ""
    if is_deletion:
        # DPF says this of the Service, too.
        message = f"delete endpoint{'s' if step is Step.ENDPOINTS else ' slice'}: {message}"
    return wrapped(step, cluster, message)


def _token(ref: Ref, step: Step) -> str:
    return f"ports of {ref.namespace}/{ref.name}: {_PLURALS[KINDS[step]]}"


def _is_as_wanted(live: Resource, body: Body) -> bool:
    """Whether applying would change nothing.

    The API server does not store an empty list, and it keeps a node port that is left out. So an
    object as wanted may hold less than what is applied, and ours may be less than what it holds.
    """
    empty = {name: value for name, value in body.items() if value == [] and not live.at(name)}
    filled = Resource(live.kind, {**live.raw, **empty})
    lean = {name: value for name, value in body.items() if name not in empty}
    forms = (body, lean, _unnumbered(body, live))
    return any(is_applied(filled, form, manager=CONTROLLER) for form in forms)


def _unnumbered(body: Body, live: Resource) -> Body:
    """A Service without those node ports that it has already; other objects as they are."""
    if live.kind is not kinds.SERVICE:
        return body
    numbers = {port.get("name"): port.get("nodePort") for port in live.items("spec", "ports")}
    ports = [
        {name: value for name, value in port.items() if (name, value) != ("nodePort", number)}
        for port in body["spec"]["ports"]
        for number in (numbers.get(port["name"]),)
    ]
    return {**body, "spec": {**body["spec"], "ports": ports}}


def _deleted_again(change: Change, fresh: Resource | None) -> Change:
    if fresh is None or fresh.is_deleting:
        return replace(change, action=Action.NONE, before=fresh)
    before = change.before
    if before is None or any(fresh.label(key) != before.label(key) for key in _MARKS):
        raise ConflictError(f"{change.ref}: no longer carries the labels of a published port")
    return replace(change, before=fresh)
