"""What a pass does not do by itself: act beside a live controller, or on most of the fleet."""

from datetime import UTC, datetime, timedelta

import pytest

from dpfctl.model import kinds
from tests.builders import NS, Built, build
from tests.controlplane.audit import recorded
from tests.passes.hosting import CLEAN, TAINTED, Hosting, critical
from tests.passes.objects import APP_ONE, APP_TWO, chosen
from tests.passes.scene import FAILED, Scene
from tests.passes.test_twice import WRITES
from tests.unit.hosts import linked, worker

CONTROLLER = "dpuservice-controller-manager"
LIVE = 6


def lease(name: str, age: float) -> Built:
    """A Lease of 15 seconds that was renewed some seconds ago."""
    renewed = datetime.now(UTC) - timedelta(seconds=age)  # the server's clock, not that of the test
    return build(kinds.LEASE, name, NS).spec(
        holderIdentity="pod-1",
        leaseDurationSeconds=15,
        renewTime=renewed.isoformat("T", "microseconds"),
    )


def deployment(ready: int) -> Built:
    """The controller's Deployment."""
    marks = {"app": CONTROLLER}
    pod = {"metadata": {"labels": marks}, "spec": {"containers": [{"name": "m", "image": "none"}]}}
    built = build(kinds.DEPLOYMENT, CONTROLLER, NS).spec(
        replicas=1, selector={"matchLabels": marks}, template=pod
    )
    return built.status(replicas=1, readyReplicas=ready)


class TestLiveController:
    @pytest.mark.parametrize(
        "alive",
        [
            pytest.param(lease("dpuservice.dpu.nvidia.com", -3600), id="the Lease of today"),
            pytest.param(lease("e361afcf.nvidia.com", -3600), id="the Lease of older releases"),
            pytest.param(deployment(1), id="no Lease, but a Deployment that is ready"),
        ],
    )
    def test_it_is_refused_unless_forced(self, scene: Scene, alive: Built) -> None:
        scene.add(alive)
        with recorded(scene.host) as host, recorded(scene.side) as side:
            refused = scene.fail(code=LIVE)
            trial = scene.settle("--dry-run=client")

        assert "a controller of DPF runs" in refused.err
        assert "a controller of DPF runs" in trial.err
        assert host.requests(*WRITES) + side.requests(*WRITES) == []

        scene.settle("--force")
        assert scene.applications() == [APP_ONE, APP_TWO]

    @pytest.mark.parametrize(
        "dead",
        [
            pytest.param(lease("dpuservice.dpu.nvidia.com", 3600), id="a Lease that has run out"),
            pytest.param(deployment(0), id="a Deployment that is not ready"),
        ],
    )
    def test_one_that_is_dead_is_no_obstacle(self, scene: Scene, dead: Built) -> None:
        scene.add(dead)
        scene.settle()

        assert scene.applications() == [APP_ONE, APP_TWO]


class TestMassChanges:
    def test_most_hosts_would_be_tainted(self, hosting: Hosting) -> None:
        hosting.scene.add(linked("worker2"), worker("worker2"), critical())
        hosting.add_dpu("dpu-2", host="worker2")
        hosting.scene.fail("--only", "taints", code=FAILED)
        assert [hosting.taints(name) for name in ("worker1", "worker2")] == [CLEAN, CLEAN]

        hosting.scene.settle("--only", "taints", "--force")
        assert [hosting.taints(name) for name in ("worker1", "worker2")] == [TAINTED, TAINTED]

    def test_a_selector_that_matches_no_cluster_any_more(self, scene: Scene) -> None:
        scene.settle()
        scene.change(dpuClusterSelector=chosen("nowhere"))
        result = scene.reconcile()

        assert result.code == FAILED
        assert "deletionTimestamp" not in scene.application()["metadata"]
