"""Fixtures that start real API servers, each once per run and only when a test asks for it.

``host_cluster`` and ``dpu_cluster`` are shared by all tests: keep to the ``namespace`` (or
``dpu_namespace``) of the test. ``leased_cluster`` is the test's alone while it runs, for tests that
list cluster-wide; it is wiped afterwards. ``bare_cluster`` is shared, has no CRDs and must not get
any. ``new_cluster`` starts one with options. Whatever test uses one is marked ``controlplane``.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
import urllib3

from tests.controlplane import cluster as clusters
from tests.controlplane import controllers, processes
from tests.controlplane.api import ApiError
from tests.controlplane.cluster import ControlPlane, start_cluster
from tests.controlplane.crds import crd_documents
from tests.controlplane.load import create_namespace, install_crds
from tests.controlplane.required import require_binaries
from tests.controlplane.wipe import Address, contents, delete_namespace, wipe

_CANNOT_WIPE = (ApiError, TimeoutError, LookupError, urllib3.exceptions.HTTPError)


class NewCluster(Protocol):
    """Start a cluster that ends with the fixture's scope; options as for ``start_cluster``."""

    def __call__(
        self,
        name: str = "own",
        *,
        crds: bool = True,
        extra_flags: Sequence[str] = (),
        audit: bool = True,
        with_nodes: bool = False,
    ) -> ControlPlane:
        """Start it, with our CRDs unless told otherwise."""


@pytest.hookimpl(tryfirst=True)  # before -m picks by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that needs a control plane."""
    for item in items:
        if "control_plane_folder" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.controlplane)


@pytest.fixture(scope="session")
def control_plane_folder() -> Iterator[Path]:
    """Folder of all clusters of this run; skips or fails where their programs are missing."""
    require_binaries(*clusters.PROGRAMS)
    with processes.scratch() as folder:
        yield folder


@pytest.fixture(scope="session")
def host_cluster(new_session_cluster: NewCluster) -> ControlPlane:
    """The shared cluster with our CRDs."""
    return new_session_cluster("host")


@pytest.fixture(scope="session")
def dpu_cluster(new_session_cluster: NewCluster) -> ControlPlane:
    """Another shared cluster with our CRDs, standing for the DPUs' own."""
    return new_session_cluster("dpu")


@pytest.fixture(scope="session")
def bare_cluster(new_session_cluster: NewCluster) -> ControlPlane:
    """A shared cluster that knows no kind of DPF."""
    return new_session_cluster("bare", crds=False)


@pytest.fixture
def namespace(host_cluster: ControlPlane) -> Iterator[str]:
    """A namespace of the host cluster that is this test's alone."""
    yield from _own_namespace(host_cluster)


@pytest.fixture
def dpu_namespace(dpu_cluster: ControlPlane) -> Iterator[str]:
    """A namespace of the DPU cluster that is this test's alone."""
    yield from _own_namespace(dpu_cluster)


@pytest.fixture
def leased_cluster(lease_cluster: Callable[[], ControlPlane]) -> ControlPlane:
    """A clean cluster with our CRDs that is this test's alone, wiped afterwards."""
    return lease_cluster()


@pytest.fixture
def lease_cluster(cluster_pool: "Pool") -> Iterator[Callable[[], ControlPlane]]:
    """Lease one cluster per call, for a test that needs several."""
    with ExitStack() as returns:
        yield lambda: cluster_pool.lease(returns)


@pytest.fixture
def new_cluster(control_plane_folder: Path) -> Iterator[NewCluster]:
    """Start clusters that end with the test."""
    with ExitStack() as ends:
        yield partial(_new_cluster, control_plane_folder, ends)


@pytest.fixture(scope="session")
def new_session_cluster(control_plane_folder: Path) -> Iterator[NewCluster]:
    """Start clusters that end with the run."""
    with ExitStack() as ends:
        yield partial(_new_cluster, control_plane_folder, ends)


@pytest.fixture(scope="session")
def cluster_pool(new_session_cluster: NewCluster) -> "Pool":
    """The clusters that are leased to one test at a time."""
    return Pool(new_session_cluster)


@dataclass
class Pool:
    """Clean clusters; grows by one when all are out."""

    new_cluster: NewCluster
    idle: list[tuple[ControlPlane, frozenset[Address]]] = field(default_factory=list)

    def lease(self, returns: ExitStack) -> ControlPlane:
        """Hand out a clean cluster until ``returns`` is closed."""
        if not self.idle:
            cluster = self.new_cluster("leased")
            self.idle.append((cluster, contents(cluster)))
        cluster, clean = self.idle.pop()
        returns.callback(self._take_back, cluster, clean)
        return cluster

    def _take_back(self, cluster: ControlPlane, clean: frozenset[Address]) -> None:
        """Wipe it for the next test, or end it: a test may have broken it on purpose."""
        try:
            wipe(cluster, clean)
        except _CANNOT_WIPE:
            cluster.close()
        else:
            self.idle.append((cluster, clean))


def _new_cluster(
    folder: Path,
    ends: ExitStack,
    name: str = "own",
    *,
    crds: bool = True,
    extra_flags: Sequence[str] = (),
    audit: bool = True,
    with_nodes: bool = False,
) -> ControlPlane:
    if with_nodes:
        require_binaries(*clusters.PROGRAMS, *controllers.PROGRAMS)
    cluster = ends.enter_context(
        start_cluster(folder, name, extra_flags=extra_flags, audit=audit, with_nodes=with_nodes)
    )
    if crds:
        install_crds(cluster, crd_documents())
    return cluster


def _own_namespace(cluster: ControlPlane) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    create_namespace(cluster, name)
    yield name
    delete_namespace(cluster, name)
