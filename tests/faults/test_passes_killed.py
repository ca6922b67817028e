"""kill -9 at writes of a pass: the next one leads to the same objects, once the Lease has ended."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.controlplane.cluster import ControlPlane
from tests.faults.kills import boundaries, killed_at, spread
from tests.faults.pass_grounds import PassGround, full_pass

KILLS = {False: 7, True: 3}
"""Before the DPU cluster or not -> how many; the bench strikes at every write."""


@pytest.fixture
def ground(lease_cluster: Callable[[], ControlPlane], tmp_path: Path) -> PassGround:
    return PassGround(lease_cluster(), full_pass(), tmp_path, lease_cluster())


@pytest.mark.parametrize(
    "is_aside", [pytest.param(False, id="of the host"), pytest.param(True, id="of the DPU cluster")]
)
def test_pass_is_finished_by_the_next_one(ground: PassGround, is_aside: bool) -> None:
    struck = replace(ground, is_aside=is_aside)
    wanted = struck.undisturbed()
    chosen = spread(boundaries(wanted.writes), KILLS[is_aside])

    assert len(set(chosen)) == KILLS[is_aside]
    assert [killed_at(one, struck, wanted) for one in chosen] == [""] * KILLS[is_aside]
