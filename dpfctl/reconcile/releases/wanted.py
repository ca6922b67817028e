"""Helm releases of a DPUService: installed, upgraded or left alone, and removed.

Under Helm a release stands for the Application that Argo CD would have: the same name, cluster,
namespace and values.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dpfctl.errors import ExitCode, InputError
from dpfctl.model import kinds
from dpfctl.model.applications import SKIP_RECONCILE, applications_of, is_held
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.dpu_services import marks_of
from dpfctl.model.inventory import Trouble
from dpfctl.model.release_objects import release_body, release_resource
from dpfctl.model.release_states import ReleaseState, judge_release, removal_hindrance
from dpfctl.model.releases import Chart, Release, StoredRelease, check_source, release_name
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.destinations import Destination
from dpfctl.reconcile.identity import taken_text
from dpfctl.reconcile.releases.owners import (
    other_cluster,
    place_marks,
    releases_of,
    service_of,
    stored_releases,
)
from dpfctl.reconcile.status.conditions import listing
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World

_DONE = {
    ReleaseState.INSTALL: "installed",
    ReleaseState.FINISH_UNINSTALL: "installed again",
    ReleaseState.UNLOCK: "unlocked and upgraded",
}
_ADOPT = "--adopt takes it over"
_AWAITED = "The following releases are awaiting deletion:"


def release_change(
    service: Resource, place: Destination, values: Mapping[str, Any], world: World
) -> Change | Fault:
    """Plan the release of a DPUService in one cluster.

    Args:
        service: The DPUService.
        place: Where it is deployed to.
        values: Values of the chart.
        world: What is known.

    Returns:
        A change; ``NONE`` if the release that is there was made of the same inputs. A fault if
        Helm cannot read where the chart is, if somebody else holds the release, or if it is the one
        of another DPUCluster whose kubeconfig leads to the same cluster.
    """
    wanted = wanted_release(service, place, values)
    try:
        check_source(wanted.chart)
    except InputError as failure:
        return Fault(Step.DEPLOY, failure.message, place.cluster, code=failure.exit_code)
    found = stored_releases(place.cluster, world)
    if isinstance(found, Fault):
        return found
    stored = found.get((wanted.namespace, wanted.name))
    if stored and not world.helm.adopts and (text := _foreign(service, stored, place, world)):
        return _conflict(f"{wanted.ref}: {text}", place)
    return _judged(wanted, stored, place, world)


def wanted_release(service: Resource, place: Destination, values: Mapping[str, Any]) -> Release:
    """Return the release that a DPUService asks for in one cluster.

    Its labels say whose it is and, in a DPU cluster, which DPUCluster it was made for: two of them
    may lead to one cluster by mistake.
    """
    source = Resource(service.kind, service.mapping("spec", "helmChart", "source"))
    chart = Chart(*(source.text(field) for field in ("repoURL", "chart", "path", "version")))
    name = release_name(source.text("releaseName"), place.application(service))
    marks = {**marks_of(service), **place_marks(place.cluster)}
    return Release(name, service.namespace, chart, values, marks)


def deployed_by_argo(service: Resource, world: World) -> Fault | None:
    """Return why Helm must leave a DPUService alone, None if it need not.

    Two who deploy the same would undo each other's work without end, and a release that takes over
    what an Application owns loses it when that one goes. Where Applications are served but could
    not be listed, there may be one.
    """
    if world.host.listing(kinds.APPLICATION).trouble not in (None, Trouble.NOT_SERVED):
        fact = f"nobody knows whether Argo CD deploys it: {world.host.lack(kinds.APPLICATION)}"
        return Fault(Step.DEPLOY, f"{service.ref}: {fact}", code=ExitCode.ACCESS)
    for one in applications_of(service, world.host):
        if not is_held(one):
            fact = f"{one.ref}: Argo CD deploys this service"
            hint = f"; annotate it {SKIP_RECONCILE}=true or remove it, or use --engine argocd"
            return Fault(Step.DEPLOY, f"{fact}{hint}", code=ExitCode.CONFLICT)
    return None


def stale_releases(
    service: Resource, places: tuple[Destination, ...], world: World
) -> tuple[Change, ...] | Fault:
    """Plan the end of releases that a DPUService does not ask for any more.

    Clusters that cannot be read are left alone; their releases are found when they can.

    Returns:
        One change for each, or a fault for the first one that a run of Helm is at work on.
    """
    source = service.text("spec", "helmChart", "source", "releaseName")
    wanted = {place.cluster: release_name(source, place.application(service)) for place in places}
    stale = (
        (cluster, stored)
        for cluster, stored in releases_of(service, world)
        if wanted.get(cluster) != stored.name
    )
    return _removals(stale, "no longer asked for", world)


def releases_for_deletion(service: Resource, world: World) -> tuple[Change, ...] | Fault:
    """Plan the end of all releases of a DPUService that is being deleted.

    Returns:
        One change for each, or a fault for the first one that a run of Helm is at work on.
    """
    return _removals(releases_of(service, world), "its DPUService is being deleted", world)


def remaining_releases(service: Resource, world: World) -> str:
    """Say what a DPUService in deletion waits for, empty if nothing of it is left.

    A cluster that cannot be read may hold a release, so it is waited for too.
    """
    unread = [
        found.text
        for cluster in (HOST, *world.dpus)
        if isinstance(found := stored_releases(cluster, world), Fault)
    ]
    left = [f"{'/'.join(cluster)}: {one.ref}" for cluster, one in releases_of(service, world)]
    return listing(_AWAITED, [*left, *unread])


def _foreign(service: Resource, stored: StoredRelease, place: Destination, world: World) -> str:
    """Say whose a release is, empty if it is the service's own in this cluster."""
    owner = service_of(stored)
    if not all(owner):
        return f"exists, and belongs to no DPUService; {_ADOPT}"
    if owner != (service.namespace, service.name):
        ref = Ref(kinds.DPU_SERVICE, *owner)
        return taken_text(ref) if world.host.find(ref) else f"{taken_text(ref)}, gone; {_ADOPT}"
    if other := other_cluster(stored, place.cluster, world):
        return f"{taken_text(other)}, whose kubeconfig leads to the same cluster; {_ADOPT}"
    return ""


def _judged(
    wanted: Release, stored: StoredRelease | None, place: Destination, world: World
) -> Change | Fault:
    rules = world.helm
    state, reason = judge_release(
        wanted,
        stored,
        now=world.now,
        patience=rules.patience,
        recover=rules.recovers,
        refresh=rules.refreshes,
    )
    before = release_resource(stored) if stored else None
    if state in (ReleaseState.BUSY, ReleaseState.UNREADABLE):
        return _conflict(f"{wanted.ref}: {reason}{_ADVICE.get(state, '')}", place)
    if state is ReleaseState.UNCHANGED and before is not None:
        return Change(
            wanted.ref,
            Action.NONE,
            "upgraded",
            before,
            before.raw,
            stage=Step.DEPLOY,
            cluster=place.cluster,
        )
    return Change(
        wanted.ref,
        Action.INSTALL,
        _DONE.get(state, "upgraded"),
        before,
        release_body(wanted),
        (reason,),
        stage=Step.DEPLOY,
        cluster=place.cluster,
    )


def _removals(
    found: Iterable[tuple[ClusterName, StoredRelease]], reason: str, world: World
) -> tuple[Change, ...] | Fault:
    rules = world.helm
    changes = []
    for cluster, stored in found:
        hindrance = removal_hindrance(
            stored, now=world.now, patience=rules.patience, recover=rules.recovers
        )
        if hindrance:
            text = f"{stored.ref}: {hindrance}"
            return Fault(Step.STALE, text, cluster, code=ExitCode.CONFLICT)
        changes.append(_removal(stored, cluster, reason))
    return tuple(changes)


def _removal(stored: StoredRelease, cluster: ClusterName, reason: str) -> Change:
    return Change(
        stored.ref,
        Action.UNINSTALL,
        "uninstalled",
        release_resource(stored),
        reasons=(reason,),
        stage=Step.STALE,
        cluster=cluster,
        needs=(),
    )


def _conflict(text: str, place: Destination) -> Fault:
    return Fault(Step.DEPLOY, text, place.cluster, code=ExitCode.CONFLICT)


_ADVICE = {ReleaseState.BUSY: "; --recover takes it from a run that is dead"}
