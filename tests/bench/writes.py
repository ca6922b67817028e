"""Figures of writing commands on a real API server: requests, speed, memory, load on the server."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from dpfctl.marks.pause import ANNOTATIONS
from dpfctl.model.labels import CRITICAL
from tests.bench.figures import Figure
from tests.bench.on_files import DPFCTL, PYTHON
from tests.bench.processes import Run, best, run
from tests.controlplane.api import Json, at_once
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane, start_cluster
from tests.controlplane.crds import crd_documents
from tests.controlplane.load import apply_objects
from tests.faults.services import Services, numbered
from tests.faults.workloads import NAMESPACE

SMALL, LARGE = 10, 1_000
SECONDS, RATIO, MEGABYTES, IN_FLIGHT = 10, 2.5, 150, 8

_AS_BEFORE: Json = {
    "metadata": {"annotations": dict.fromkeys(ANNOTATIONS), "labels": {CRITICAL: None}},
    "spec": {"paused": False},
}


def figures(folder: Path, environ: Mapping[str, str], runs: int) -> Iterator[Figure]:
    """Start a cluster, fill it twice, and yield the figures."""
    with start_cluster(folder, "bench-writes", audit=True) as cluster:
        apply_objects(cluster, crd_documents())
        services = Services(cluster, NAMESPACE)
        yield from _requests(services, environ)
        yield from _bulk(services, environ, runs)


def _requests(services: Services, environ: Mapping[str, str]) -> Iterator[Figure]:
    """Suspend one service of few and of many."""
    argv = _dpfctl(services.cluster, "suspend", numbered(1)[0])
    found = {}
    for count in (SMALL, LARGE):
        services.create(*numbered(count))
        with recorded(services.cluster) as recording:
            run(argv, environ)
        found[count] = sum("continue=" not in line for line in recording.requests())
        _put_back(services)
        yield Figure(f"requests of suspend, {count:,} services", found[count], None, "requests")
    more = found[LARGE] - found[SMALL]
    yield Figure("requests that more services add, pages aside", more, 0, "requests")


def _bulk(services: Services, environ: Mapping[str, str], runs: int) -> Iterator[Figure]:
    """Suspend all services, in turn with the floor."""
    cluster = services.cluster
    argv = _dpfctl(cluster, "suspend", "--all", "--reason", "switch upgrade")
    floor = (PYTHON, "-m", "tests.bench.floor_of_writes", cluster.url, str(cluster.ca_file))
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(_fresh(services, argv, environ))
        theirs.append(_fresh(services, (*floor, cluster.admin_token, services.path()), environ))
    us, them = best(ours), best(theirs)
    detail = f"{us.seconds:.2f} s to {them.seconds:.2f} s"
    what = f"{LARGE:,} services suspended"
    yield Figure(what, us.seconds, SECONDS, "s")
    yield Figure(f"{what}, to bare PATCHes", us.seconds / them.seconds, RATIO, "x", detail)
    yield Figure(f"peak memory, {what}", us.megabytes, MEGABYTES, "MB")
    _put_back(services)
    with recorded(cluster) as recording:
        run(argv, environ)
    yield Figure("requests in flight meanwhile", in_flight(recording.events), IN_FLIGHT, "requests")
    mark = _dpfctl(cluster, "mark-critical", "--all")
    marked = best([_fresh(services, mark, environ) for _ in range(2)])
    yield Figure(f"{LARGE:,} services marked critical", marked.seconds, SECONDS, "s")


def in_flight(events: Sequence[Json]) -> int:
    """How many requests the server had in hand at once, by the times of its audit log."""
    moments = [(event["requestReceivedTimestamp"], 1) for event in events]
    moments += [(event["stageTimestamp"], -1) for event in events]
    count = most = 0
    for _, step in sorted(moments):
        count += step
        most = max(most, count)
    return most


def _fresh(services: Services, argv: Sequence[str], environ: Mapping[str, str]) -> Run:
    """Run a command on services that are neither suspended nor critical."""
    _put_back(services)
    return run(argv, environ)


def _put_back(services: Services) -> None:
    names = [one["metadata"]["name"] for one in services.all()]
    at_once(partial(services.merge, body=_AS_BEFORE), names)


def _dpfctl(cluster: ControlPlane, *words: str) -> tuple[str, ...]:
    return (*DPFCTL, *words, "--kubeconfig", str(cluster.kubeconfig))
