"""The real helm, charts, a chart repository and OCI registries, each started once per run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dpfctl.helm.releases import Helm, open_helm
from tests.controlplane import processes
from tests.controlplane.chart_repository import (
    ChartRepository,
    index_charts,
    package_chart,
    running_chart_repository,
)
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.registry import Registry, running_registry
from tests.controlplane.required import require_binaries
from tests.helm.targets import Target

VERSIONS = ("1.0.0", "1.1.0+b5", "1.2.0", "2.0.0-rc.1")


@pytest.fixture(scope="session")
def helm_program() -> Path:
    return require_binaries("helm")["helm"]


@pytest.fixture
def helm(helm_program: Path) -> Iterator[Helm]:
    with open_helm({"PATH": str(helm_program.parent)}) as found:
        yield found


@pytest.fixture(scope="session")
def charts(helm_program: Path) -> Iterator[Path]:
    """A folder with the archives of all versions of our chart."""
    with processes.scratch() as folder:
        for version in VERSIONS:
            package_chart(folder, version, app_version=f"app-{version}")
        index_charts(folder)
        yield folder


@pytest.fixture
def archive(charts: Path) -> Path:
    return charts / "dpf-service-1.0.0.tgz"


@pytest.fixture(scope="session")
def repository(charts: Path) -> Iterator[ChartRepository]:
    with running_chart_repository(charts) as found:
        yield found


@pytest.fixture(scope="session")
def registry(charts: Path) -> Iterator[Registry]:
    yield from _registry(charts, has_login=False)


@pytest.fixture(scope="session")
def locked_registry(charts: Path) -> Iterator[Registry]:
    yield from _registry(charts, has_login=True)


def _registry(charts: Path, *, has_login: bool) -> Iterator[Registry]:
    require_binaries("registry")
    with (
        processes.scratch() as folder,
        running_registry(folder, has_login=has_login) as found,
    ):
        found.push(*sorted(charts.glob("*.tgz")))
        yield found


@pytest.fixture
def target(helm: Helm, charts: Path, dpu_cluster: ControlPlane, dpu_namespace: str) -> Target:
    return Target(helm, charts, dpu_cluster, dpu_namespace)
