"""Which Applications a DPUService is to have, and which of those that it has must go.

An Application is a service's by two labels. One that has its name and lacks them is somebody
else's, and is refused. Nothing is deleted unless it is known what is there and what is asked for.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``; what differs is in
    ``docs/reference/reconcile-differences.md``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dpfctl.errors import ConflictError
from dpfctl.model import kinds, labels
from dpfctl.model.applications import IN_CLUSTER, application_name, applications_of
from dpfctl.model.conditions import AWAITING_DELETION
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.inventory import Trouble
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Change
from dpfctl.reconcile.applications.bodies import application_body
from dpfctl.reconcile.applications.changes import deployed, ended, held
from dpfctl.reconcile.destinations import ON_HOST, Destination
from dpfctl.reconcile.status.conditions import listing
from dpfctl.reconcile.steps import Fault, Step, waiting
from dpfctl.reconcile.world import Engine, World, name_of

_AWAITED = "The following applications are awaiting deletion:"
_STALE = "Stale applications still exist for non matching DPUClusters:"


def application_change(
    service: Resource, destination: Destination, values: Mapping[str, Any], world: World
) -> Change | Fault:
    """Plan the Application that deploys a service to one cluster.

    Args:
        service: The DPUService, neither suspended nor in deletion.
        destination: The cluster.
        values: Helm values for this cluster.
        world: What is known.

    Returns:
        One change, ``NONE`` if the Application is as wanted. A fault if Applications could not be
        listed; one of this cluster alone if it is somebody else's, or is being deleted.
    """
    if lack := world.host.lack(kinds.APPLICATION):
        return Fault(Step.DEPLOY, lack)
    body = application_body(service, destination, values, world.namespace)
    live = world.host.find(Resource(kinds.APPLICATION, body).ref)
    try:
        return deployed(body, live)
    except ConflictError as trouble:
        text = _worded(destination, trouble.message)
        return Fault(Step.DEPLOY, text, destination.cluster, code=trouble.exit_code)


def hold_changes(service: Resource, world: World) -> tuple[Change, ...]:
    """Plan holding the Applications of a suspended service.

    Args:
        service: The DPUService.
        world: What is known.

    Returns:
        A change for every Application that it has in a DPU cluster, selected or not, or in the host
        cluster if it runs there; ``NONE`` for one that is held already. Those that there are not,
        or that are being deleted, are passed over.
    """
    clusters = (Destination(name[1], name) for name in map(name_of, world.clusters))
    places = (ON_HOST,) if runs_on_host(service) else tuple(clusters)
    names = dict.fromkeys(place.application(service) for place in places)
    ours = {one.ref: one for one in applications_of(service, world.host)}
    refs = (Ref(kinds.APPLICATION, world.namespace, name) for name in names)
    found = (ours[ref] for ref in refs if ref in ours)
    reason = f"{service.ref} is suspended"
    return tuple(held(one, reason) for one in found if not one.is_deleting)


def stale_applications(
    service: Resource, targets: Sequence[Destination], world: World
) -> tuple[Change, ...] | Fault:
    """Plan the end of Applications in clusters that a service no longer selects.

    Args:
        service: The DPUService, neither suspended nor in deletion.
        targets: The clusters that it selects.
        world: What is known.

    Returns:
        Changes by namespace and name of the Applications. One whose name a selected cluster has as
        well stays, for it is the same. A fault if what is there could not be listed: then nothing
        is deleted.
    """
    if lack := world.host.lack(kinds.APPLICATION):
        subject = f"{service.namespace}/{service.name}"
        return Fault(Step.STALE, f"listing applications for DPUService {subject}: {lack}")
    if lack := world.host.lack(kinds.DPU_CLUSTER):
        return Fault(Step.STALE, lack)
    reason = f"{service.ref} is not deployed to that cluster any more"
    found = _stale(service, targets, world)
    return tuple(change for one in found for change in ended(one, reason))


def stale_fault(service: Resource, targets: Sequence[Destination], world: World) -> Fault | None:
    """Return why the clusters that a service no longer selects are not rid of it yet.

    Args:
        service: The DPUService.
        targets: The clusters that it selects.
        world: Lists of after the deletions.

    Returns:
        A fault that names what still is there, None if nothing is. Waiting is no failure.
    """
    left = [f"{one.namespace}/{one.name}" for one in _stale(service, targets, world)]
    return waiting(Fault(Step.STALE, listing(_STALE, left))) if left else None


def stale_warnings(
    service: Resource, targets: Sequence[Destination], world: World
) -> tuple[str, ...]:
    """Say which Applications a service has besides those it asks for, and which stay nevertheless.

    These are from before DPF 26, when they did not name the namespace of their DPUCluster.
    """
    return tuple(
        f"{one.ref}: is in a cluster that {service.ref} does not select, and has no label"
        f" {labels.CLUSTER_NAMESPACE}: delete it if it is not needed"
        for one in _unasked(service, targets, world)
        if _is_old(one)
    )


def applications_for_deletion(service: Resource, world: World) -> tuple[Change, ...] | Fault:
    """Plan the end of all Applications of a service, in whatever namespace they are.

    Returns:
        Changes by namespace and name of the Applications. A fault if they could not be listed.
    """
    if lack := world.host.lack(kinds.APPLICATION):
        return Fault(Step.REMOVE, f"Error occurred: {lack}", reason=AWAITING_DELETION)
    found = applications_of(service, world.host)
    reason = f"{service.ref} is being deleted"
    return tuple(change for one in found for change in ended(one, reason))


def remaining_applications(service: Resource, world: World) -> str:
    """Say what a service in deletion waits for, empty if none of its Applications is left.

    Under Helm the host cluster need not know Applications at all: then there are none.
    """
    is_absent = world.host.listing(kinds.APPLICATION).trouble is Trouble.NOT_SERVED
    if is_absent and world.engine is Engine.HELM:
        return ""
    if lack := world.host.lack(kinds.APPLICATION):
        return f"Error occurred: {lack}"
    found = applications_of(service, world.host)
    names = [f"{one.namespace}/{one.name}.{kinds.APPLICATION.group}" for one in found]
    return listing(_AWAITED, names)


def _worded(destination: Destination, text: str) -> str:
    if destination.is_host:
        return text
    return f"ensure application for DPUCluster {'-'.join(destination.cluster)}: {text}"


def _stale(service: Resource, targets: Sequence[Destination], world: World) -> tuple[Resource, ...]:
    """Return the Applications that are to be deleted, or are being deleted, for being unasked.

    DPF looks at services in DPU clusters only, and at Applications there.
    """
    found = (one for one in _unasked(service, targets, world) if not _is_old(one))
    if not world.is_upstream:
        return tuple(found)
    if runs_on_host(service):
        return ()
    return tuple(one for one in found if not _is_on_host(one))


def _unasked(
    service: Resource, targets: Sequence[Destination], world: World
) -> tuple[Resource, ...]:
    """Return the Applications that DPF made for a service in clusters that it does not select."""
    wanted = {target.application(service) for target in targets}
    return tuple(
        one
        for one in applications_of(service, world.host)
        if one.namespace == world.namespace
        and one.name not in wanted
        and one.name == application_name(one.label(labels.CLUSTER_NAME) or "", service.name)
    )


def _is_old(application: Resource) -> bool:
    """Whether it does not say which DPUCluster it is in, as two may have the same name."""
    has_namespace = application.label(labels.CLUSTER_NAMESPACE) is not None
    return not has_namespace and not _is_on_host(application)


def _is_on_host(application: Resource) -> bool:
    return application.label(labels.CLUSTER_NAME) == IN_CLUSTER
