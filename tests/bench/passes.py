"""Figures of ``reconcile --once``: with nothing to do, with all hosts to taint, dying."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dpfctl.cluster.faults import Limits
from dpfctl.model import kinds
from tests.bench.figures import Figure
from tests.bench.pass_fleet import (
    CLUSTERS,
    guardian,
)
from tests.bench.pass_site import WRITES, PassSite, pass_site
from tests.bench.processes import Run, best, in_turn, run
from tests.cluster.host_sites import path_of
from tests.controlplane.api import MERGE_PATCH
from tests.controlplane.audit import Recording, recorded
from tests.controlplane.cluster import ControlPlane, start_cluster
from tests.controlplane.crds import crd_documents
from tests.controlplane.load import apply_objects
from tests.faults.blackhole import blackhole
from tests.faults.kills import boundaries, killed_at
from tests.faults.pass_grounds import PassGround, full_pass
from tests.faults.taint_race import is_valid, meddled, our_conflicts, taints_of

SMALL, LARGE = 10, 1_000
IDLE_SECONDS, IDLE_RATIO, MEGABYTES = 5, 2.0, 400
TAINT_SECONDS = 10
SEED = 20_261_120
PARTIAL = 5


def figures(folder: Path, environ: Mapping[str, str], runs: int) -> Iterator[Figure]:
    """Start clusters, fill them twice, and yield the figures."""
    with pass_site(folder, environ) as site:
        site.fill(SMALL)
        few = _asked(site)
        yield _dead_cluster(site, runs)
        site.fill(LARGE)
        yield from _idle(site, few, runs)
        yield from _taints(site)


def _idle(site: PassSite, few: Sequence[Recording], runs: int) -> Iterator[Figure]:
    """A pass on what is as wanted, in turn with the floor."""
    many = _asked(site)
    writes = sum(len(one.requests(*WRITES)) for one in (*few, *many))
    yield Figure("pass with nothing to do: writes", writes, 0, "writes")
    counts = [_count(found) for found in (few, many)]
    detail = f"{counts[0]} and {counts[1]}"
    more = counts[1] - counts[0]
    yield Figure("requests that more DPUs add to it, pages aside", more, 0, "requests", detail)
    ours, theirs = in_turn(site.argv(), site.floor(), site.environ, runs)
    what, ratio = f"pass with nothing to do, {LARGE:,} DPUs", ours.seconds / theirs.seconds
    detail = f"{ours.seconds:.2f} s to {theirs.seconds:.2f} s"
    yield Figure(what, ours.seconds, IDLE_SECONDS, "s")
    yield Figure(f"{what}, to bare LISTs", ratio, IDLE_RATIO, "x", detail)
    yield Figure(f"peak memory, {what}", ours.megabytes, MEGABYTES, "MB")


def _asked(site: PassSite) -> list[Recording]:
    """What one pass asks of the clusters."""
    with site.recorded() as found:
        run(site.argv(), site.environ)
    return found()


def _count(found: Sequence[Recording]) -> int:
    """Requests to all clusters, continuation pages left out."""
    return sum("continue=" not in line for one in found for line in one.requests())


def _taints(site: PassSite) -> Iterator[Figure]:
    """Taint every host at once, twice, while others taint them too."""
    done, lost, conflicts, meddled_with = [], list[str](), 0, 0
    for number in range(2):
        apply_objects(site.host, [guardian()])
        with recorded(site.host) as recording, meddled(site.host, SEED + number) as meddling:
            done.append(run(site.argv("--only", "taints", "--force"), site.environ))
        lost += meddling.losses(taints_of(site.host))
        conflicts += our_conflicts(recording)
        meddled_with += meddling.count
        site.host.api.call("DELETE", path_of(kinds.DPU_SERVICE, guardian()["metadata"]["name"]))
        run(site.argv("--only", "taints"), site.environ)
    if not lost and not is_valid(conflicts, len(done) * LARGE):
        raise SystemExit(f"error: bench: invalid run: {conflicts} conflicts in {LARGE:,} taints")
    fastest = best(done)
    yield Figure(f"{LARGE:,} hosts tainted, others at it too", fastest.seconds, TAINT_SECONDS, "s")
    detail = f"{conflicts:,} conflicts; {'; '.join(lost[:3])}".rstrip("; ")
    yield Figure(f"lost of {meddled_with:,} taints of others", len(lost), 0, "taints", detail)
    yield Figure("peak memory meanwhile", fastest.megabytes, MEGABYTES, "MB")


def _dead_cluster(site: PassSite, runs: int) -> Figure:
    """Compare passes that deploy one Application, with and without an answer of a DPU cluster."""
    name, side = CLUSTERS[1], site.sides[1]
    alive = side.kubeconfig_text(side.admin_token)
    quick = _deploying(site, 0, runs)
    with blackhole() as port:
        site.lead(name, alive.replace(side.url, f"https://127.0.0.1:{port}"))
        slow = _deploying(site, PARTIAL, runs)
    site.lead(name, alive)
    added = slow.seconds - quick.seconds
    detail = f"{quick.seconds:.2f} s to {slow.seconds:.2f} s"
    return Figure("added by a DPU cluster that is dead", added, Limits().connect, "s", detail)


def _deploying(site: PassSite, code: int, runs: int) -> Run:
    """Run passes that have an Application to create, so that the fleet is read twice."""
    path = path_of(kinds.APPLICATION, f"{CLUSTERS[0]}-service-00")
    done = []
    for _ in range(runs):
        site.host.api.call("DELETE", path)
        site.host.api.call("PATCH", path, {"metadata": {"finalizers": None}}, MERGE_PATCH)
        done.append(run(("sh", "-c", f'"$@"; test $? = {code}', "sh", *site.argv()), site.environ))
    return best(done)


def figures_of_kills(folder: Path) -> Iterator[Figure]:
    """Kill a full first pass at every write to either cluster."""
    with (
        start_cluster(folder, "bench-kills", audit=True) as host,
        start_cluster(folder, "bench-kills-dpus", audit=True) as side,
    ):
        for cluster in (host, side):
            apply_objects(cluster, crd_documents())
        yield from (_kills(host, side, folder, is_aside) for is_aside in (False, True))


def _kills(host: ControlPlane, side: ControlPlane, folder: Path, is_aside: bool) -> Figure:
    ground = PassGround(host, full_pass(), folder, side, is_aside)
    wanted = ground.undisturbed()
    every = boundaries(wanted.writes)
    bad = [trouble for one in every if (trouble := killed_at(one, ground, wanted))]
    where = "the DPU cluster" if is_aside else "the host cluster"
    name = f"pass: not finished after {len(every)} kills at {where}"
    return Figure(name, len(bad), 0, "runs", "; ".join(bad[:3]))
