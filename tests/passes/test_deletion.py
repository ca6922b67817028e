"""I: services that are deleted, and what goes with them."""

import pytest

from dpfctl.model import kinds, labels
from tests.passes.objects import APP_ONE, HOME, INTERFACE, ONE, TWO, interface, pull_secret
from tests.passes.publishing import publish, published
from tests.passes.scene import Scene
from tests.passes.test_ports import NOTHING

WAITING = (
    "False",
    "AwaitingDeletion",
    "The following applications are awaiting deletion:\n"
    f"* dpf-operator-system/{APP_ONE}.argoproj.io",
)


@pytest.fixture
def leaving(scene: Scene) -> Scene:
    """The service dpu-one in deletion, and the pass that deletes its Application."""
    scene.settle()
    scene.remove(kinds.DPU_SERVICE, ONE)
    scene.settle()
    return scene


def test_r_del_01_it_waits_for_its_application(leaving: Scene) -> None:
    assert "deletionTimestamp" in leaving.application()["metadata"]
    assert leaving.condition("ApplicationsReconciled") == WAITING
    assert leaving.condition("Ready")[:2] == ("False", "AwaitingDeletion")
    claimed = leaving.annotations(kinds.DPU_SERVICE_INTERFACE, INTERFACE)
    assert claimed == {labels.CONSUMED_BY: ONE}


def test_r_del_01_it_goes_with_its_application(leaving: Scene) -> None:
    leaving.end_application()
    leaving.settle()

    assert leaving.find(kinds.DPU_SERVICE, ONE) is None
    assert leaving.annotations(kinds.DPU_SERVICE_INTERFACE, INTERFACE) == {}


def test_r_del_01_a_claim_of_another_service_stays(leaving: Scene) -> None:
    theirs = {"metadata": {"annotations": {labels.CONSUMED_BY: "other"}}}
    leaving.merge(kinds.DPU_SERVICE_INTERFACE, INTERFACE, theirs)
    leaving.end_application()
    leaving.settle()

    assert leaving.find(kinds.DPU_SERVICE, ONE) is None
    claimed = leaving.annotations(kinds.DPU_SERVICE_INTERFACE, INTERFACE)
    assert claimed == {labels.CONSUMED_BY: "other"}


def test_r_del_01_an_interface_that_is_gone_is_no_obstacle(leaving: Scene) -> None:
    leaving.remove(kinds.DPU_SERVICE_INTERFACE, INTERFACE)
    leaving.end_application()
    leaving.settle()

    assert leaving.find(kinds.DPU_SERVICE, ONE) is None


def test_r_del_01_without_an_application_it_goes_at_once(scene: Scene) -> None:
    scene.change(paused=True)
    scene.settle()
    scene.change(paused=False)
    scene.remove(kinds.DPU_SERVICE, ONE)
    scene.settle()

    assert scene.find(kinds.DPU_SERVICE, ONE) is None


def test_r_del_02_the_last_service_takes_the_secrets_along(scene: Scene) -> None:
    scene.add(pull_secret("dpf-secret-one"))
    scene.add(pull_secret("their-own", is_marked=False), on=scene.side)
    scene.settle()
    for name, is_left in ((ONE, True), (TWO, False)):
        scene.remove(kinds.DPU_SERVICE, name)
        scene.settle()
        scene.end_application(f"cluster-one-{name}")
        scene.settle()
        assert (scene.find_aside(kinds.SECRET, "dpf-secret-one") is not None) is is_left

    assert scene.find_aside(kinds.SECRET, "their-own") is not None
    assert scene.find_aside(kinds.NAMESPACE, HOME) is not None
    assert scene.find(kinds.SECRET, "dpf-secret-one") is not None


def test_r_del_02b_published_ports_go_too(scene: Scene) -> None:
    publish(scene)
    scene.remove(kinds.DPU_SERVICE, ONE)
    scene.settle()
    scene.end_application()
    scene.settle()

    assert scene.find(kinds.DPU_SERVICE, ONE) is None
    assert published(scene) == NOTHING


def test_a_service_that_left_frees_its_interface_for_another(leaving: Scene) -> None:
    leaving.end_application()
    leaving.settle()
    leaving.add(interface("another", port="net2"))
    leaving.change(TWO, serviceID="service-one", interfaces=[INTERFACE, "another"])
    leaving.settle()

    claimed = leaving.annotations(kinds.DPU_SERVICE_INTERFACE, INTERFACE)
    assert claimed == {labels.CONSUMED_BY: TWO}
