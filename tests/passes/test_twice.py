"""A pass on a system that is as wanted writes nothing, and asks the same of any number."""

from collections import Counter

import pytest

from tests.cluster.host_sites import unit
from tests.controlplane.audit import Recording, recorded
from tests.passes.hosting import critical, host_objects
from tests.passes.objects import (
    APP_ONE,
    APP_TWO,
    HOME,
    dpu_side_node,
    host_unit,
    interface,
    on_host,
    pull_secret,
    service,
)
from tests.passes.publishing import publish
from tests.passes.scene import Scene

WRITES = ("create", "update", "patch", "delete", "deletecollection")


@pytest.fixture
def full(scene: Scene) -> Scene:
    """Services with interfaces, ports and secrets, one on the host, and a host that is tainted."""
    scene.add(on_host("local"), critical(), pull_secret("dpf-secret-one"), *host_objects())
    scene.add(unit("dpu-1", "worker1"))
    scene.add(dpu_side_node("dpu-1", "192.168.1.20"), on=scene.side)
    publish(scene)
    for name in (APP_ONE, APP_TWO, "in-cluster-local", "cluster-one-sriov"):
        scene.report(name)
    scene.settle()
    return scene


def test_a_second_pass_writes_nothing(full: Scene) -> None:
    with recorded(full.host) as host, recorded(full.side) as side:
        full.settle()

    assert host.requests(*WRITES) + side.requests(*WRITES) == []


def test_the_number_of_requests_does_not_grow(full: Scene) -> None:
    before = asked(full)
    more = range(20)
    full.add(*(service(f"service-{n}") for n in more))
    full.add(*(pull_secret(f"secret-{n}") for n in more))
    full.add(*(interface(f"interface-{n}") for n in more), *(host_unit(f"unit-{n}") for n in more))
    nodes = (dpu_side_node(f"node-{n}", f"192.168.2.{n}") for n in more)
    full.add(*nodes, on=full.side)
    full.settle()

    assert asked(full) == before


def test_a_dry_run_writes_nothing_either(scene: Scene) -> None:
    with recorded(scene.host) as host, recorded(scene.side) as side:
        assert scene.reconcile("--dry-run=client").code == 0
        assert scene.reconcile("--dry-run=client", "--exit-code").code == 3

    assert host.requests(*WRITES) + side.requests(*WRITES) == []
    assert scene.applications() == []


def test_the_exit_code_of_a_dry_run_on_what_is_as_wanted(full: Scene) -> None:
    assert full.reconcile("--dry-run=client", "--exit-code").code == 0


def test_one_service_of_several(scene: Scene) -> None:
    scene.settle("dpu-two", "-n", HOME)

    assert scene.applications() == [APP_TWO]


def asked(scene: Scene) -> Counter[str]:
    """What a pass that writes nothing asks of both clusters, by verb and path."""
    with recorded(scene.host) as host, recorded(scene.side) as side:
        scene.settle()
    return Counter((*_paths("host", host), *_paths("side", side)))


def _paths(where: str, recording: Recording) -> list[str]:
    return [f"{where} {line.partition('?')[0]}" for line in recording.requests()]
