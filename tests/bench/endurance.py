"""Figures of long runs: what is lost when writers race, and when a run is killed or interrupted."""

import random
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.controlplane.cluster import ControlPlane, start_cluster
from tests.controlplane.crds import crd_documents
from tests.controlplane.load import apply_objects
from tests.faults.actions import Afterwards
from tests.faults.contention import InvalidRunError, contend
from tests.faults.interrupts import LIMIT, Stage
from tests.faults.kills import boundaries, killed_at
from tests.faults.services import Services
from tests.faults.workloads import (
    NAMESPACE,
    SERVICES,
    WRITE,
    Ground,
    apply_zone,
    bulk_suspend,
)

CHANGES = 10_000
INTERRUPTS = 200
SEED = 20_261_120


def figures(folder: Path) -> Iterator[Figure]:
    """Start a cluster and yield the figures; the limit of each is that nothing is lost."""
    with start_cluster(folder, "bench-faults", audit=True) as cluster:
        apply_objects(cluster, crd_documents())
        yield _lost_updates(cluster)
        for name, workload in (("bulk suspend", bulk_suspend()), ("zone", apply_zone())):
            yield _kills(name, Ground(cluster, workload, folder))
        yield _interrupts(Ground(cluster, bulk_suspend(), folder))


def _lost_updates(cluster: ControlPlane) -> Figure:
    trial = contend(Services(cluster, NAMESPACE), CHANGES, seed=SEED)
    try:
        lost = trial.verdict()
    except InvalidRunError as error:
        raise SystemExit(f"error: bench: {error}") from error
    detail = f"{len(trial.claims):,} with the foreign ones, {trial.conflicts:,} conflicts, "
    return Figure(
        f"updates lost of {CHANGES:,} by 8 writers at once",
        len(lost),
        0,
        "updates",
        f"{detail}{trial.given_up} given up",
    )


def _kills(name: str, ground: Ground) -> Figure:
    wanted = ground.undisturbed()
    every = boundaries(wanted.writes)
    bad = [trouble for one in every if (trouble := killed_at(one, ground, wanted))]
    return Figure(
        f"{name}: not finished after {len(every)} kills", len(bad), 0, "runs", "; ".join(bad[:3])
    )


def _interrupts(ground: Ground) -> Figure:
    dice = random.Random(SEED)
    bad, slowest = [], 0.0
    for _ in range(INTERRUPTS):
        trouble, seconds = _interrupted(ground, dice)
        slowest = max(slowest, seconds)
        bad += [trouble] if trouble else []
    return Figure(
        f"untrue or late reports of {INTERRUPTS} interrupts",
        len(bad),
        0,
        "reports",
        f"slowest {slowest:.2f} s {'; '.join(bad[:3])}".rstrip(),
    )


def _interrupted(ground: Ground, dice: random.Random) -> tuple[str, float]:
    """Interrupt one run between two writes; what is wrong with its end, and how long it took."""
    number, code = dice.choice([(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    write = dice.randrange(1, SERVICES)
    ground.reset()
    with ground.open_proxy() as proxy:
        stage = Stage(ground, proxy)
        proxy.inject(Afterwards(lambda: stage.send(number)), WRITE, first=write, times=1)
        ending = stage.run()
        found = [*ending.untruths(stage.services)]
    if ending.code != code or ending.seconds > LIMIT:
        found.append(f"exit code {ending.code} after {ending.seconds:.2f} s")
    return "; ".join(found[:3]), ending.seconds
