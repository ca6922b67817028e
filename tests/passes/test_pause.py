"""C: services that are suspended, and that go on again."""

import pytest

from dpfctl.model import kinds
from tests.builders import NS
from tests.passes.objects import APP_ONE, APP_TWO, FINALIZER, ONE, TWO, on_host, service
from tests.passes.publishing import publish, published, renumber
from tests.passes.scene import HOLD, Scene

LOCAL = "in-cluster-local"


@pytest.fixture
def running(scene: Scene) -> Scene:
    """Three services that are deployed and healthy, one of them on the host cluster."""
    scene.add(on_host("local"))
    scene.settle()
    for name in (APP_ONE, APP_TWO, LOCAL):
        scene.report(name)
    scene.settle()
    return scene


def pause(scene: Scene, *names: str) -> None:
    for name in names:
        scene.change(name, paused=True)


class TestPaused:
    def test_r_pause_01_every_application_is_held(self, running: Scene) -> None:
        pause(running, ONE, TWO, "local")
        running.settle()

        assert [running.is_held(name) for name in (APP_ONE, APP_TWO, LOCAL)] == [True] * 3

    def test_r_pause_01b_a_healthy_service_stays_ready(self, running: Scene) -> None:
        assert running.condition("Ready") == ("True", "Success", "")
        pause(running, ONE)
        running.settle()

        assert running.condition("Ready") == ("True", "Success", "")

    def test_r_pause_02_a_new_version_waits(self, scene: Scene) -> None:
        publish(scene)
        before = scene.application()["spec"], published(scene)
        scene.change(paused=True, helmChart={"source": {"version": "v1.9"}})
        renumber(scene, 30333)
        scene.settle()

        assert (scene.application()["spec"], published(scene)) == before
        assert scene.is_held()

    def test_r_pause_03_a_deletion_waits(self, running: Scene) -> None:
        pause(running, ONE)
        running.remove(kinds.DPU_SERVICE, ONE)
        running.settle()
        left = running.service()["metadata"]

        assert "deletionTimestamp" in left
        assert left["finalizers"] == [FINALIZER]
        assert "deletionTimestamp" not in running.application()["metadata"]
        assert running.is_held()

    def test_r_pause_05_a_service_that_was_made_so(self, bare: Scene) -> None:
        bare.add(service("born", paused=True))
        bare.settle()
        found, unseen = bare.service("born"), ("Unknown", "Pending", "")

        assert found["metadata"]["finalizers"] == [FINALIZER]
        assert bare.applications() == []
        assert not found["status"].get("serviceID")
        conditions = bare.conditions("born")
        assert conditions.pop("ApplicationsReady")[:2] == ("False", "Pending")
        assert conditions.pop("Ready")[:2] == ("False", "Pending")
        assert set(conditions.values()) == {unseen}


class TestResumed:
    def test_r_pause_04_what_has_waited_is_rolled_out(self, running: Scene) -> None:
        pause(running, ONE)
        running.change(helmChart={"source": {"version": "v1.9"}})
        running.settle()
        assert running.application()["spec"]["source"]["targetRevision"] == "v1.1"

        running.change(paused=False)
        running.settle()
        assert running.application()["spec"]["source"]["targetRevision"] == "v1.9"
        assert HOLD not in running.annotations(kinds.APPLICATION, APP_ONE, NS)

    def test_r_pause_04_nothing_has_changed_meanwhile(self, running: Scene) -> None:
        pause(running, ONE)
        running.settle()
        running.change(paused=False)
        running.settle()

        assert HOLD not in running.annotations(kinds.APPLICATION, APP_ONE, NS)

    def test_r_pause_04b_a_deletion_goes_on(self, running: Scene) -> None:
        pause(running, ONE)
        running.remove(kinds.DPU_SERVICE, ONE)
        running.settle()
        running.change(paused=False)
        running.settle()

        assert "deletionTimestamp" in running.application()["metadata"]
        assert not running.is_held()

        running.end_application()
        running.settle()
        assert running.find(kinds.DPU_SERVICE, ONE) is None
