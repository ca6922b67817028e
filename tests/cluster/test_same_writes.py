"""One suite of writes for both backends: a fleet file answers and stores what a server does."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dpfctl.cluster.kube import KubeCluster
from dpfctl.model import kinds
from tests.cluster import apply_scripts, write_scripts
from tests.cluster.fleets import empty_fleet
from tests.cluster.random_writes import random_script
from tests.cluster.sides import Side
from tests.cluster.test_kube import open_cluster
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import create_namespace
from tests.controlplane.wipe import delete_namespace

SCRIPTS = {**write_scripts.SCRIPTS, **apply_scripts.SCRIPTS}
SEEDS = range(40)


@pytest.fixture(scope="module")
def kube(host_cluster: ControlPlane) -> Iterator[KubeCluster]:
    opened = open_cluster(host_cluster)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shelf(host_cluster: ControlPlane) -> Iterator[str]:
    """A namespace for objects of many names."""
    name = f"writes-{uuid.uuid4().hex[:8]}"
    create_namespace(host_cluster, name)
    yield name
    delete_namespace(host_cluster, name)


@pytest.mark.parametrize("sentence", SCRIPTS)
def test_file_and_server_agree_that(
    sentence: str, tmp_path: Path, kube: KubeCluster, namespace: str
) -> None:
    compare(SCRIPTS[sentence], tmp_path, kube, namespace)


@pytest.mark.parametrize("seed", SEEDS)
def test_file_and_server_agree_on_random_writes(
    seed: int, tmp_path: Path, kube: KubeCluster, shelf: str
) -> None:
    compare(random_script(seed), tmp_path, kube, shelf)


def test_schemas_are_the_same(tmp_path: Path, kube: KubeCluster) -> None:
    wanted = (*kinds.HOST, *kinds.DPU_SIDE)
    assert kube.schemas(wanted) == empty_fleet(tmp_path).schemas(wanted)


def test_batch_of_a_server_takes_nothing_back(kube: KubeCluster, namespace: str) -> None:
    body = {"metadata": {"name": "one", "namespace": namespace}}
    with kube.batch() as batch:
        made = kube.create(kinds.CONFIG_MAP, body)
        assert batch.discard() is False
    assert kube.get(made.ref).uid == made.uid


def compare(
    script: Callable[[Side], None], folder: Path, kube: KubeCluster, namespace: str
) -> None:
    server, file = Side(kube, namespace), Side(empty_fleet(folder), namespace)
    script(server)
    script(file)
    assert server.steps
    assert file.steps == server.steps
