"""Figures on a real API server: speed against the floor, number of requests, latency."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.fleets import fleet_document
from tests.bench.on_files import DPFCTL, PYTHON
from tests.bench.processes import in_turn, run
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane, start_cluster
from tests.controlplane.crds import crd_documents
from tests.controlplane.load import apply_objects
from tests.faults.actions import Delay
from tests.faults.proxy import FaultProxy, Upstream

SMALL, LARGE = 10, 1_000
LATENCY_SECONDS = 0.020


def figures(folder: Path, environ: Mapping[str, str], runs: int) -> Iterator[Figure]:
    """Start a cluster, fill it twice, and yield the figures."""
    with start_cluster(folder, "bench", audit=True) as cluster:
        describe = _describe(cluster.kubeconfig)
        apply_objects(cluster, crd_documents())
        requests = {}
        for dpus in (SMALL, LARGE):
            apply_objects(cluster, fleet_document(dpus)["host"]["items"])
            requests[dpus] = _requests(cluster, describe, environ)
            yield Figure(f"requests of describe all, {dpus:,} DPUs", requests[dpus], None, "LISTs")
        more = requests[LARGE] - requests[SMALL]
        yield Figure("requests that more DPUs add, pages aside", more, 0, "LISTs")
        yield _against_floor(cluster, describe, environ, runs)
        yield _latency(cluster, folder, environ, runs)


def _describe(kubeconfig: Path) -> tuple[str, ...]:
    return (*DPFCTL, "describe", "all", "--kubeconfig", str(kubeconfig))


def _requests(cluster: ControlPlane, argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Count the requests of one run, continuation pages left out."""
    with recorded(cluster) as recording:
        run(argv, environ)
    return sum("continue=" not in line for line in recording.requests())


def _against_floor(
    cluster: ControlPlane, argv: Sequence[str], environ: Mapping[str, str], runs: int
) -> Figure:
    floor = (
        PYTHON,
        "-m",
        "tests.bench.floor",
        cluster.url,
        str(cluster.ca_file),
        cluster.admin_token,
    )
    ours, theirs = in_turn(argv, floor, environ, 2 * runs)
    detail = f"{ours.seconds:.3f} s to {theirs.seconds:.3f} s, {ours.megabytes:.0f} MB"
    return Figure(
        f"describe all, {LARGE:,} DPUs, to its floor",
        ours.seconds / theirs.seconds,
        1.5,
        "x",
        detail,
    )


def _latency(cluster: ControlPlane, folder: Path, environ: Mapping[str, str], runs: int) -> Figure:
    """Compare two proxies, so that what a proxy itself costs does not count as latency."""
    upstream = Upstream(cluster.url, cluster.ca_file)
    user = {"token": cluster.admin_token}
    with FaultProxy(upstream) as near, FaultProxy(upstream) as far:
        far.inject(Delay(LATENCY_SECONDS))
        slow, fast = in_turn(
            _describe(far.kubeconfig(folder / "far.yaml", user)),
            _describe(near.kubeconfig(folder / "near.yaml", user)),
            environ,
            runs,
        )
    detail = f"{slow.seconds:.3f} s to {fast.seconds:.3f} s"
    rounds = (slow.seconds - fast.seconds) / LATENCY_SECONDS
    return Figure("round trips felt with 20 ms more latency", rounds, 8, "x 20 ms", detail)
