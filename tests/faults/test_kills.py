"""kill -9 at any write: the next run finishes the work, and nothing else is left behind."""

from dataclasses import replace
from pathlib import Path

from tests.controlplane.cluster import ControlPlane
from tests.faults.kills import boundaries, killed_at, spread
from tests.faults.services import numbered
from tests.faults.workloads import SERVICES, Ground, apply_zone, bulk_suspend

KILLS = 20


def test_bulk_suspend_is_finished_by_the_next_run(
    leased_cluster: ControlPlane, tmp_path: Path
) -> None:
    ground = Ground(leased_cluster, bulk_suspend(), tmp_path)
    wanted = ground.undisturbed()
    assert wanted.writes == SERVICES
    assert all(one["spec"]["paused"] for one in wanted.state)

    chosen = spread(boundaries(wanted.writes), KILLS)
    assert len(set(chosen)) == KILLS
    assert [killed_at(one, ground, wanted) for one in chosen] == [""] * KILLS


def test_zone_is_finished_by_the_next_run(leased_cluster: ControlPlane, tmp_path: Path) -> None:
    ground = Ground(leased_cluster, apply_zone(), tmp_path)
    wanted = ground.undisturbed()
    made = {one["kind"] for one in wanted.state if one["metadata"]["name"].endswith("-dk")}
    assert made == {"DPUSet", "DPUService", "DPUServiceInterface", "DPUServiceChain"}

    every = boundaries(wanted.writes)
    assert [killed_at(one, ground, wanted) for one in every] == [""] * len(every)


def test_work_that_is_not_finished_is_noticed(leased_cluster: ControlPlane, tmp_path: Path) -> None:
    """The harness itself: a second run that leaves services out is found out."""
    careless = replace(bulk_suspend(), again=("suspend", numbered(1)[0]))
    ground = Ground(leased_cluster, careless, tmp_path)
    wanted = ground.undisturbed()

    assert killed_at(boundaries(wanted.writes)[20], ground, wanted) == (
        "write 11 not arrived: the run after it did not lead to the same objects"
    )
