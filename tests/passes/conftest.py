"""Scenes of passes: two clusters each, cleared after every test."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.controlplane.cluster import ControlPlane
from tests.controlplane.fixtures import Pool
from tests.passes.grounds import Ground, make_ground
from tests.passes.hosting import Hosting, make_hosting
from tests.passes.scene import Scene, common_scene, empty_scene


@pytest.fixture(scope="module")
def grounds(cluster_pool: Pool) -> Iterator[tuple[Ground, Ground]]:
    """A host cluster and a DPU cluster for one scenario after the other."""
    with ExitStack() as returns:
        yield make_ground(cluster_pool.lease(returns)), make_ground(cluster_pool.lease(returns))


@pytest.fixture(scope="module")
def second_ground(cluster_pool: Pool) -> Iterator[Ground]:
    """Another DPU cluster."""
    with ExitStack() as returns:
        yield make_ground(cluster_pool.lease(returns))


@pytest.fixture
def pair(grounds: tuple[Ground, Ground]) -> Iterator[tuple[ControlPlane, ControlPlane]]:
    """Two clean clusters of the test's own."""
    host, side = grounds
    yield host.cluster, side.cluster
    host.clear()
    side.clear()


@pytest.fixture
def second(second_ground: Ground) -> Iterator[ControlPlane]:
    """The clean API server of cluster-two."""
    yield second_ground.cluster
    second_ground.clear()


@pytest.fixture
def scene(pair: tuple[ControlPlane, ControlPlane]) -> Scene:
    """The services dpu-one and dpu-two, not yet deployed to the DPU cluster cluster-one."""
    return common_scene(*pair)


@pytest.fixture
def bare(pair: tuple[ControlPlane, ControlPlane]) -> Scene:
    """No service yet, and nothing else than the way into the DPU cluster cluster-one."""
    return empty_scene(*pair)


@pytest.fixture
def hosting(bare: Scene) -> Hosting:
    """Host worker1 with the DPU dpu-1, and no service."""
    return make_hosting(bare)
