"""Which DPUServiceInterfaces a DPUService uses, and the claims by which no other one uses them.

A claim is an annotation of the interface that names the service. Every interface is looked at
before the first is claimed, so that a wrong name among ten leaves nothing half done.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``, which claims one by one
    and gives free only when a service is deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dpfctl.errors import ConflictError, ExitCode, NotFoundError, OwnedError
from dpfctl.model import kinds
from dpfctl.model.conditions import AWAITING_DELETION
from dpfctl.model.dpu_services import is_paused
from dpfctl.model.edits import annotated
from dpfctl.model.inventory import Trouble
from dpfctl.model.labels import CONSUMED_BY
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.identity import service_id_of
from dpfctl.reconcile.interfaces.networks import networks_annotation
from dpfctl.reconcile.interfaces.reading import fault_text
from dpfctl.reconcile.interfaces.resources import nad_resources
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World


@dataclass(frozen=True, slots=True)
class Binding:
    """The interfaces of one service, and what follows from them for its pods.

    Attributes:
        interfaces: n DPUServiceInterfaces in the order in which the service names them.
        claims: Their claims, ``NONE`` for one that is taken already; then what is given free.
        networks: Value of the annotation by which pods ask for them; empty if there are none.
        resources: Name of a resource -> how many pods ask for, as a quantity.
    """

    interfaces: tuple[Resource, ...] = ()
    claims: tuple[Change, ...] = field(default=(), repr=False)
    networks: str = ""
    resources: Mapping[str, str] = field(default_factory=dict)


NO_BINDING = Binding()


def bind_interfaces(service: Resource, service_id: str, world: World) -> Binding | Fault:
    """Plan the claims of a DPUService.

    Args:
        service: The DPUService, neither suspended nor in deletion.
        service_id: Its service ID, which interfaces must carry unless it is empty.
        world: What is known.

    Returns:
        Its interfaces with a change each, and one for every interface that it has claimed and names
        no more. A fault if one of them is missing, of another type, meant for another service or in
        use, or if that cannot be found out; then none is claimed.
    """
    names = _names(service)
    found = [_usable(service, service_id, name, world) for name in names]
    for each in found:
        if isinstance(each, Fault):
            return each
    interfaces = tuple(each for each in found if isinstance(each, Resource))
    networks = networks_annotation(service, interfaces)
    if isinstance(networks, Fault):
        return networks
    resources = nad_resources(interfaces, world)
    if isinstance(resources, Fault):
        return resources
    dropped = (one for one in _claimed(service, world) if one.name not in names)
    claims = (*(_claim(service, one) for one in interfaces), *_freed(service, dropped, Step.CLAIM))
    return Binding(interfaces, claims, networks, resources)


def released(service: Resource, world: World) -> tuple[Change, ...]:
    """Plan the end of all claims of a DPUService that is being deleted.

    Returns:
        One change for every interface that it has claimed, whether it still names it or not.
        Empty if they could not be listed; ``unknown_claims`` says so.
    """
    return _freed(service, _claimed(service, world), Step.RELEASE_CLAIM)


def unknown_claims(world: World) -> Fault | None:
    """Return why it is not known what a service in deletion has claimed, None if it is."""
    if world.host.listing(kinds.DPU_SERVICE_INTERFACE).trouble in (None, Trouble.NOT_SERVED):
        return None
    lack = world.host.lack(kinds.DPU_SERVICE_INTERFACE)
    return Fault(Step.REMOVE, f"Error occurred: {lack}", reason=AWAITING_DELETION)


def reclaim(change: Change, fresh: Resource | None) -> Change:
    """Plan a claim, or the end of one, again on the interface as it is now.

    Raises:
        NotFoundError: The interface to be claimed is gone.
        OwnedError: It now belongs to another service.
        ConflictError: It is no longer the interface that was looked at.
    """
    consumer = Resource(change.ref.kind, change.after).annotation(CONSUMED_BY)
    if consumer is None:
        return _freed_again(change, fresh)
    if fresh is None:
        raise NotFoundError(f"{change.ref}: was deleted meanwhile")
    if fresh.annotation(CONSUMED_BY) not in (None, consumer):
        other = Ref(kinds.DPU_SERVICE, fresh.namespace, str(fresh.annotation(CONSUMED_BY)))
        hint = "take it out of the interfaces of one of the two services"
        raise OwnedError(f"{change.ref}: is in use by {other}", hint)
    if change.before and fresh.at("spec") != change.before.at("spec"):
        raise ConflictError(
            f"{change.ref}: its spec was changed meanwhile", "run the command again"
        )
    return _marked(change, fresh, consumer)


def _freed_again(change: Change, fresh: Resource | None) -> Change:
    before = change.before.annotation(CONSUMED_BY) if change.before else None
    if fresh is None or fresh.annotation(CONSUMED_BY) != before:
        after = fresh.raw if fresh else {}
        return replace(change, action=Action.NONE, before=fresh, after=after)
    return _marked(change, fresh, None)


def _names(service: Resource) -> tuple[str, ...]:
    return tuple(dict.fromkeys(service.texts("spec", "interfaces")))


def _usable(service: Resource, service_id: str, name: str, world: World) -> Resource | Fault:
    """Return an interface that a service may claim."""
    if lack := world.host.lack(kinds.DPU_SERVICE_INTERFACE):
        return Fault(Step.CLAIM, lack)
    found = world.host.find(Ref(kinds.DPU_SERVICE_INTERFACE, service.namespace, name))
    if found is None:
        return Fault(Step.CLAIM, f'{kinds.DPU_SERVICE_INTERFACE.resource} "{name}" not found')
    if text := fault_text(found, service_id):
        return Fault(Step.CLAIM, text)
    if text := _use(service, found, world):
        return Fault(Step.CLAIM, text, code=ExitCode.CONFLICT)
    return found


def _use(service: Resource, interface: Resource, world: World) -> str:
    """Say who else uses an interface, empty if nobody does."""
    consumer = interface.annotation(CONSUMED_BY)
    if consumer == service.name:
        return ""
    in_use = f"dpuServiceInterface {interface.name} is in use by another DPUService"
    if consumer is not None:
        return in_use
    asking = world.once(_asking).get((service.namespace, interface.name), ())
    rivals = (one for one in asking if _asks_first(one, service))
    rival = next((one for one in rivals if _may_claim(one, interface)), None)
    return in_use if rival else ""


def _asks_first(other: Resource, service: Resource) -> bool:
    """Whether another service of the namespace comes first by name, and is at work."""
    return other.name < service.name and not is_paused(other) and not other.is_deleting


def _may_claim(service: Resource, interface: Resource) -> bool:
    return not fault_text(interface, service_id_of(service))


def _asking(world: World) -> Mapping[tuple[str, str], Sequence[Resource]]:
    """Namespace and name of an interface -> the services that name it, in their order."""
    found: dict[tuple[str, str], list[Resource]] = {}
    for service in world.host.list(kinds.DPU_SERVICE):
        for name in _names(service):
            found.setdefault((service.namespace, name), []).append(service)
    return found


def _claim(service: Resource, interface: Resource) -> Change:
    change = Change(
        interface.ref,
        Action.NONE,
        "claimed",
        interface,
        stage=Step.CLAIM,
        gives=_token(service),
        needs=(),
    )
    return _marked(change, interface, service.name)


def _claimed(service: Resource, world: World) -> tuple[Resource, ...]:
    """Return the interfaces that carry the name of a service; none if they cannot be listed."""
    return tuple(world.once(_claims).get((service.namespace, service.name), ()))


def _claims(world: World) -> Mapping[tuple[str, str], Sequence[Resource]]:
    """Namespace and name of a service -> the interfaces that carry its name."""
    found: dict[tuple[str, str], list[Resource]] = {}
    for one in world.host.list(kinds.DPU_SERVICE_INTERFACE):
        if (consumer := one.annotation(CONSUMED_BY)) is not None:
            found.setdefault((one.namespace, consumer), []).append(one)
    return found


def _freed(service: Resource, interfaces: Iterable[Resource], step: Step) -> tuple[Change, ...]:
    reason = f"{service.ref} does not use it any more"
    changes = (
        Change(
            one.ref,
            Action.NONE,
            "given free",
            one,
            reasons=(reason,),
            stage=step,
            gives=_token(service),
            needs=(),
        )
        for one in interfaces
    )
    return tuple(_marked(change, change.before, None) for change in changes if change.before)


def _marked(change: Change, interface: Resource, consumer: str | None) -> Change:
    """Let a change set the annotation of an interface, or take it away with None."""
    after = annotated(interface.raw, {CONSUMED_BY: consumer})
    action = Action.NONE if after is interface.raw else Action.PATCH
    return replace(change, action=action, before=interface, after=after)


def _token(service: Resource) -> str:
    return f"claims of {service.ref}"
