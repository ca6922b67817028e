"""Whether the releases of a DPUService are there and run: what Argo CD calls synced and healthy."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.conditions import FALSE, PENDING, SUCCESS, TRUE
from dpfctl.model.inventory import Inventory
from dpfctl.model.releases import StoredRelease, read_description, release_name
from dpfctl.model.resources import Resource
from dpfctl.model.workloads import WorkloadState, daemon_set_state, deployment_state
from dpfctl.reconcile.destinations import Destination, destinations
from dpfctl.reconcile.releases.owners import releases_of, stored_releases
from dpfctl.reconcile.status.conditions import listing
from dpfctl.reconcile.steps import Fault
from dpfctl.reconcile.world import World

RELEASE_NAME = "meta.helm.sh/release-name"
RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"
LONGEST = 500
"""Characters of Helm's description of a revision in a message."""

_DEPLOYED = "deployed"
_NOT_READY = "The following releases are not ready:"
_Release = tuple[str | None, str | None]
"""Namespace and name of a release, as the annotations of an object say."""

_Workload = tuple[Resource, Callable[[Resource], WorkloadState]]
"""A DaemonSet or Deployment, and what tells its state."""

_WORKLOADS = ((kinds.DAEMON_SET, daemon_set_state), (kinds.DEPLOYMENT, deployment_state))


def releases_ready(service: Resource, world: World) -> tuple[str, str, str] | None:
    """Say whether every release of a DPUService is deployed and runs.

    Returns:
        Status, reason and message of the condition ``ApplicationsReady``; None if that is not
        known: a cluster, or a list of it, could not be read, and nothing that could be read is
        amiss.

    Source:
        Helm 4 ``pkg/action/validate.go`` for the annotations by which objects name their release.
    """
    places = destinations(service, world)
    if isinstance(places, Fault):
        is_unread = bool(world.host.lack(kinds.DPU_CLUSTER))
        return None if is_unread else (FALSE, PENDING, places.text)
    gaps = [gap for place in places for gap in _gaps(place, world)]
    if lacks := [lack for place in places for lack in _lacks(service, place, world)]:
        return FALSE, PENDING, listing(_NOT_READY, [*lacks, *gaps])
    return None if gaps else (TRUE, SUCCESS, "")


def release_facts(service: Resource, world: World) -> tuple[Mapping[str, Any], ...]:
    """Return what is known of the releases of a DPUService, by cluster, for reports.

    Returns:
        One mapping per release: cluster, namespace, name, revision, chart, chartVersion,
        appVersion, status.
    """
    return tuple(
        {
            "dpuCluster": "/".join(cluster) if cluster != HOST else "",
            "namespace": stored.namespace,
            "name": stored.name,
            "revision": stored.revision,
            "chart": stored.chart_name,
            "chartVersion": stored.chart_version,
            "appVersion": stored.app_version,
            "status": stored.status,
        }
        for cluster, stored in releases_of(service, world)
    )


def _gaps(place: Destination, world: World) -> Iterator[str]:
    """Yield what could not be read of one cluster."""
    found = stored_releases(place.cluster, world)
    if isinstance(found, Fault):
        yield f"{place.name}: {found.text}"
    elif isinstance(side := world.side(place.cluster), Inventory):
        found_lacks = (side.lack(kind) for kind, _ in _WORKLOADS)
        yield from (f"{place.name}: {lack}" for lack in found_lacks if lack)


def _lacks(service: Resource, place: Destination, world: World) -> Iterator[str]:
    """Yield what is missing in one cluster, as far as it could be read."""
    found = stored_releases(place.cluster, world)
    if isinstance(found, Fault):
        return
    source = service.text("spec", "helmChart", "source", "releaseName")
    name = release_name(source, place.application(service))
    stored = found.get((service.namespace, name))
    if stored is None:
        yield f"{place.name}: Release {service.namespace}/{name} is not yet deployed."
        return
    for fact in _facts(stored, place, world):
        yield f"{place.name}: Release {service.namespace}/{name}: {fact}"


def _facts(stored: StoredRelease, place: Destination, world: World) -> Iterator[str]:
    if stored.status != _DEPLOYED:
        yield f"is {stored.status}: {_bounded(stored.description)}"
    elif read_description(stored.description) is None:
        yield f"was changed outside of dpfctl in revision {stored.revision}"
    name = stored.namespace, stored.name
    for one, state_of in world.once(_workloads, place.cluster).get(name, ()):
        if not (state := state_of(one)).is_ready:
            yield f"{one.ref}: {state.why}"


def _bounded(description: str) -> str:
    """What Helm says about a revision, which may be a failure as long as the chart."""
    return description if len(description) <= LONGEST else f"{description[:LONGEST]}..."


def _workloads(cluster: ClusterName, world: World) -> Mapping[_Release, list[_Workload]]:
    """The workloads of each release in one cluster; none if that could not be read."""
    found: dict[_Release, list[_Workload]] = {}
    side = world.side(cluster)
    if not isinstance(side, Inventory):
        return found
    for kind, state_of in _WORKLOADS:
        for one in side.list(kind):
            release = one.annotation(RELEASE_NAMESPACE), one.annotation(RELEASE_NAME)
            found.setdefault(release, []).append((one, state_of))
    return found
