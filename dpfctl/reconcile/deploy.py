"""The first half of a pass: everything that puts a service on the DPUs, or takes it off.

Service by service, each step in the order in which DPF's controller does it. A step that cannot be
done stops the service there; what is wrong in one DPU cluster stops it in that cluster only.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``; what differs is in
    ``docs/reference/reconcile-differences.md``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dpfctl.errors import DpfctlError, ExitCode
from dpfctl.model import kinds
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.dpu_services import flag_warnings, is_paused, runs_on_host
from dpfctl.model.edits import with_field
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.applications.wanted import (
    application_change,
    applications_for_deletion,
    hold_changes,
    stale_applications,
    stale_warnings,
)
from dpfctl.reconcile.destinations import Destination, destinations
from dpfctl.reconcile.identity import service_id_of
from dpfctl.reconcile.interfaces.claims import bind_interfaces
from dpfctl.reconcile.prerequisites.planning import namespace_change, secret_changes
from dpfctl.reconcile.prerequisites.privilege import allow_list_changes
from dpfctl.reconcile.releases.wanted import (
    deployed_by_argo,
    release_change,
    releases_for_deletion,
    stale_releases,
)
from dpfctl.reconcile.service_pass import ServicePass
from dpfctl.reconcile.steps import (
    APPLICATIONS,
    INTERFACES,
    PREREQUISITES,
    SPIFFE,
    Fault,
    Step,
)
from dpfctl.reconcile.values import helm_values, value_warnings
from dpfctl.reconcile.world import Engine, World, name_of

FINALIZER = "dpu.nvidia.com/dpuservice"
_LOOKED = frozenset({INTERFACES, PREREQUISITES, APPLICATIONS, SPIFFE})


def plan_deploy(service: Resource, world: World) -> ServicePass:
    """Plan what one DPUService needs to be deployed, held or removed.

    Args:
        service: The DPUService.
        world: What is known of the clusters.

    Returns:
        Its changes with what is wrong. A suspended service gets its finalizer and is held, whether
        or not it is being deleted. One in deletion loses its Applications or releases; what
        depends on their absence is left to the second half.
    """
    found = _planned(service, world)
    return replace(found, notes=(*flag_warnings(service), *found.notes))


def _planned(service: Resource, world: World) -> ServicePass:
    is_helm = world.engine is Engine.HELM
    if is_helm and (foreign := deployed_by_argo(service, world)) is not None:
        return ServicePass(service, faults=(foreign,), is_foreign=True)
    if is_paused(service):
        return _held(service, world)
    if service.is_deleting:
        return _removed(service, world)
    return _deployed(service, world)


def _held(service: Resource, world: World) -> ServicePass:
    known = service.text("status", "serviceID")
    start = ServicePass(service, known, changes=_finalizer(service))
    if world.engine is not Engine.ARGOCD:
        return start
    if lack := world.host.lack(kinds.APPLICATION, kinds.DPU_CLUSTER):
        return replace(start, faults=(Fault(Step.HOLD, lack, code=ExitCode.ACCESS),))
    return replace(start, changes=(*start.changes, *hold_changes(service, world)))


def _removed(service: Resource, world: World) -> ServicePass:
    engine = _ENGINES[world.engine]
    found = engine.removal(service, world)
    known = service_id_of(service)
    if isinstance(found, Fault):
        return ServicePass(service, known, faults=(found,))
    return ServicePass(service, known, changes=found)


def _deployed(service: Resource, world: World) -> ServicePass:
    known = service_id_of(service)
    start = ServicePass(service, known, changes=_finalizer(service), looked=_LOOKED)
    binding = bind_interfaces(service, start.service_id, world)
    if isinstance(binding, Fault):
        return replace(start, faults=(binding,))
    bound = replace(start, binding=binding, changes=(*start.changes, *binding.claims))
    targets = destinations(service, world)
    if isinstance(targets, Fault):
        return replace(bound, faults=(targets,), looked=_LOOKED - {PREREQUISITES})
    ready = _prepared(replace(bound, destinations=targets), world)
    return _rolled_out(ready, world) if ready.stop is None else ready


def _finalizer(service: Resource) -> tuple[Change, ...]:
    """Add the finalizer by which DPF keeps a deleted service until all is gone."""
    if FINALIZER in service.finalizers or service.is_deleting:
        return ()
    after = with_field(service.raw, ("metadata", "finalizers"), [*service.finalizers, FINALIZER])
    change = Change(service.ref, Action.PATCH, "finalizer added", service, after, needs=())
    return (replace(change, stage=Step.FINALIZER, gives=_kept(service)),)


def _kept(service: Resource) -> str:
    """What the finalizer is needed for: without it a deleted service leaves its charts behind."""
    return f"finalizer of {service.ref}"


def refinalize(change: Change, fresh: Resource | None) -> Change:
    """Plan the finalizer again on the service as it is now."""
    again = () if fresh is None else _finalizer(fresh)
    return again[0] if again else replace(change, action=Action.NONE, before=fresh)


def _prepared(one: ServicePass, world: World) -> ServicePass:
    """Add namespaces and pull secrets, which are for all DPU clusters, selected or not."""
    changes: list[Change] = []
    faults: list[Fault] = []
    if runs_on_host(one.service):
        changes.append(_namespace(one, HOST, world))
    else:
        for cluster in world.clusters:
            found = _prerequisites(one, name_of(cluster), world)
            if isinstance(found, Fault):
                faults += [found] if _concerns(one, found, world) else []
            else:
                changes += found
    return replace(one, changes=(*one.changes, *changes), faults=(*one.faults, *faults))


def _concerns(one: ServicePass, fault: Fault, world: World) -> bool:
    """Whether what is wrong in a DPU cluster is the service's business: only if it selects it."""
    is_selected = any(place.cluster == fault.cluster for place in one.destinations)
    return is_selected or fault.cluster == HOST or world.is_upstream


def _prerequisites(
    one: ServicePass, cluster: ClusterName, world: World
) -> tuple[Change, ...] | Fault:
    side = world.side(cluster)
    if isinstance(side, DpfctlError):
        text = f"get cluster {cluster[1]}: {side.message}"
        return Fault(Step.NAMESPACE, text, cluster, code=side.exit_code)
    token = _prepared_in(one, cluster)
    secrets = secret_changes(one.service.namespace, cluster, world)
    if isinstance(secrets, Fault):
        return secrets
    allowed = allow_list_changes(cluster, world, one.service.namespace)
    if isinstance(allowed, Fault):
        return allowed
    given = (replace(change, gives=token, needs=(token,)) for change in (*secrets, *allowed))
    return (_namespace(one, cluster, world), *given)


def _namespace(one: ServicePass, cluster: ClusterName, world: World) -> Change:
    found = namespace_change(
        one.service.namespace, cluster, world, labelled=not runs_on_host(one.service)
    )
    return replace(found, gives=_prepared_in(one, cluster), needs=())


def _prepared_in(one: ServicePass, cluster: ClusterName) -> str:
    """What namespace and pull secrets of a service in a cluster are needed for."""
    return f"namespace {one.service.namespace} in {'/'.join(cluster)}"


def _rolled_out(one: ServicePass, world: World) -> ServicePass:
    """Add Applications or releases, and the end of those that nobody asks for any more."""
    engine = _ENGINES[world.engine]
    changes: list[Change] = []
    faults: list[Fault] = []
    for place in one.destinations:
        if place.cluster in one.broken:
            continue
        found = _put(one, place, world)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            changes.append(replace(found, needs=_needs(one, place), gives=_rollout(one)))
    stale = engine.stale(one.service, one.destinations, world)
    if isinstance(stale, Fault):
        faults.append(stale)
    elif not (faults or one.broken):
        changes += (_after_rollout(one, change) for change in stale)
    notes = value_warnings(one.service)
    if world.engine is Engine.ARGOCD:
        notes += stale_warnings(one.service, one.destinations, world)
    every = (*one.faults, *faults)
    return replace(one, changes=(*one.changes, *changes), faults=every, notes=notes)


def _rollout(one: ServicePass) -> str:
    """What the old is kept for: it goes only when the new is everywhere."""
    return f"rollout of {one.service.ref}"


def _after_rollout(one: ServicePass, change: Change) -> Change:
    if change.stage != Step.STALE:
        return change
    return replace(change, needs=(*(change.needs or ()), _rollout(one)))


def _put(one: ServicePass, place: Destination, world: World) -> Change | Fault:
    values = helm_values(one.service, one.service_id, one.binding, place)
    if isinstance(values, Fault):
        return values
    return _ENGINES[world.engine].change(one.service, place, values, world)


def _needs(one: ServicePass, place: Destination) -> tuple[str, ...]:
    claims = tuple(dict.fromkeys(change.gives for change in one.binding.claims))
    return (_kept(one.service), *claims, _prepared_in(one, place.cluster))


@dataclass(frozen=True, slots=True)
class Deployer:
    """How an engine deploys; each answer may be a fault instead.

    Attributes:
        change: Puts a service with its values into one cluster.
        stale: Ends what is left in clusters that the service no longer selects.
        removal: Ends all that a service has.
    """

    change: Callable[[Resource, Destination, Mapping[str, Any], World], Change | Fault]
    stale: Callable[[Resource, tuple[Destination, ...], World], tuple[Change, ...] | Fault]
    removal: Callable[[Resource, World], tuple[Change, ...] | Fault]


_ENGINES = {
    Engine.ARGOCD: Deployer(application_change, stale_applications, applications_for_deletion),
    Engine.HELM: Deployer(release_change, stale_releases, releases_for_deletion),
}
