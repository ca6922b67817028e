"""The environment, started once per run, and a namespace in it for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane import processes
from tests.controlplane.fixtures import NewCluster
from tests.controlplane.required import require_binaries
from tests.e2e.environment import Environment, running_environment
from tests.e2e.site import Site, new_site


@pytest.fixture(scope="session")
def environment(new_session_cluster: NewCluster) -> Iterator[Environment]:
    """Everything that runs, shared by all tests."""
    programs = require_binaries("helm", "registry")
    with (
        processes.scratch() as folder,
        running_environment(folder, new_session_cluster, programs["helm"]) as found,
    ):
        yield found


@pytest.fixture
def site(environment: Environment, tmp_path: Path) -> Iterator[Site]:
    """A namespace of the test's own, in all clusters."""
    with new_site(environment, tmp_path) as found:
        yield found
