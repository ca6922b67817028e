"""Helm releases of a DPUService: installed, upgraded or left alone, and removed.

Under Helm a release stands for the Application that Argo CD would have: the same name, cluster,
namespace and values.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from dpfctl.errors import DpfctlError, ExitCode
from dpfctl.model import kinds, labels
from dpfctl.model.applications import SKIP_RECONCILE, applications_of, is_held
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.inventory import Inventory
from dpfctl.model.release_objects import release_body, release_resource
from dpfctl.model.release_secrets import read_releases
from dpfctl.model.release_states import ReleaseState, judge_release
from dpfctl.model.releases import Chart, Release, StoredRelease, release_name
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.destinations import Destination
from dpfctl.reconcile.service_conditions import listing
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World

_DONE = {
    ReleaseState.INSTALL: "installed",
    ReleaseState.FINISH_UNINSTALL: "installed again",
    ReleaseState.UNLOCK: "unlocked and upgraded",
}
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
        somebody else holds the release.
    """
    wanted = wanted_release(service, place, values)
    found = stored_releases(place.cluster, world)
    if isinstance(found, Fault):
        return found
    stored = found.get((wanted.namespace, wanted.name))
    if stored is not None and not world.helm.adopts and not _is_of(service, stored):
        fact = f"{wanted.ref}: exists, and belongs to no DPUService of this name"
        return _conflict(f"{fact}; --adopt takes it over", place)
    return _judged(wanted, stored, place, world)


def wanted_release(service: Resource, place: Destination, values: Mapping[str, Any]) -> Release:
    """Return the release that a DPUService asks for in one cluster."""
    source = Resource(service.kind, service.mapping("spec", "helmChart", "source"))
    chart = Chart(*(source.text(field) for field in ("repoURL", "chart", "path", "version")))
    name = release_name(source.text("releaseName"), place.application(service))
    marks = {
        labels.DPU_SERVICE_NAME: service.name,
        labels.DPU_SERVICE_NAMESPACE: service.namespace,
    }
    return Release(name, service.namespace, chart, values, marks)


def deployed_by_argo(service: Resource, world: World) -> Fault | None:
    """Return why Helm must leave a DPUService alone, None if it need not.

    Two who deploy the same would undo each other's work without end, and a release that takes over
    what an Application owns loses it when that one goes.
    """
    for one in applications_of(service, world.host.list(kinds.APPLICATION)):
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
    """
    source = service.text("spec", "helmChart", "source", "releaseName")
    wanted = {place.cluster: release_name(source, place.application(service)) for place in places}
    return tuple(
        _removal(stored, cluster, "no longer asked for")
        for cluster, stored in _all_of(service, world)
        if wanted.get(cluster) != stored.name
    )


def releases_for_deletion(service: Resource, world: World) -> tuple[Change, ...] | Fault:
    """Plan the end of all releases of a DPUService that is being deleted."""
    return tuple(
        _removal(stored, cluster, "its DPUService is being deleted")
        for cluster, stored in _all_of(service, world)
    )


def remaining_releases(service: Resource, world: World) -> str:
    """Say what a DPUService in deletion waits for, empty if nothing of it is left.

    A cluster that cannot be read may hold a release, so it is waited for too.
    """
    unread = [
        found.text
        for cluster in (HOST, *world.dpus)
        if isinstance(found := stored_releases(cluster, world), Fault)
    ]
    left = [f"{'/'.join(cluster)}: {one.ref}" for cluster, one in _all_of(service, world)]
    return listing(_AWAITED, [*left, *unread])


def stored_releases(
    cluster: ClusterName, world: World
) -> Mapping[tuple[str, str], StoredRelease] | Fault:
    """Return the releases of one cluster by namespace and name, or why they are not known."""
    side: Inventory | DpfctlError | None = world.host if cluster == HOST else world.side(cluster)
    if side is None or isinstance(side, DpfctlError):
        fact = side.message if side is not None else "nothing is known of it"
        return Fault(Step.DEPLOY, fact, cluster)
    if lack := side.lack(kinds.RELEASE_SECRET):
        return Fault(Step.DEPLOY, f"releases cannot be listed: {lack}", cluster)
    return _read(side.list(kinds.RELEASE_SECRET))


@lru_cache(maxsize=64)
def _read(secrets: tuple[Resource, ...]) -> Mapping[tuple[str, str], StoredRelease]:
    """Unpack the releases of a list once, however many services ask."""
    return read_releases(secrets)


def releases_of(service: Resource, world: World) -> tuple[tuple[ClusterName, StoredRelease], ...]:
    """Return all releases of a DPUService in the clusters that could be read."""
    return tuple(_all_of(service, world))


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


def _all_of(service: Resource, world: World) -> Iterator[tuple[ClusterName, StoredRelease]]:
    for cluster in (HOST, *world.dpus):
        found = stored_releases(cluster, world)
        if not isinstance(found, Fault):
            yield from ((cluster, one) for one in found.values() if _is_of(service, one))


def _is_of(service: Resource, stored: StoredRelease) -> bool:
    name = stored.labels.get(labels.DPU_SERVICE_NAME)
    namespace = stored.labels.get(labels.DPU_SERVICE_NAMESPACE)
    return (namespace, name) == (service.namespace, service.name)


def _conflict(text: str, place: Destination) -> Fault:
    return Fault(Step.DEPLOY, text, place.cluster, code=ExitCode.CONFLICT)


_ADVICE = {ReleaseState.BUSY: "; --recover takes it from a run that is dead"}
