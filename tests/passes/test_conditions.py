"""J: what the status of a service says after a pass."""

import pytest

from dpfctl.model import kinds
from tests.builders import NS, operator_config
from tests.passes.objects import APP_ONE, ONE, WHERE, config, way_in
from tests.passes.scene import Scene

GOOD = ("True", "Success", "")
UNREADY = "The following conditions are not ready:\n* ApplicationsReady"
UNDEPLOYED = "The following applications are not ready:\n* Application is not yet deployed."


class TestAfterAPass:
    def test_r_cond_01_deployed_but_not_seen_yet(self, scene: Scene) -> None:
        scene.settle()

        assert scene.conditions() == {
            "Ready": ("False", "Pending", UNREADY),
            "ApplicationPrereqsReconciled": GOOD,
            "ApplicationsReconciled": GOOD,
            "ApplicationsReady": ("False", "Pending", UNDEPLOYED),
            "DPUServiceInterfaceReconciled": GOOD,
            "ConfigPortsReconciled": GOOD,
            "SPIFFEEntriesReady": GOOD,
        }

    def test_r_cond_02_degraded(self, scene: Scene) -> None:
        scene.settle()
        scene.report(sync="OutOfSync", health="Degraded")
        scene.settle()
        status, reason, message = scene.condition("ApplicationsReady")

        assert (status, reason) == ("False", "Pending")
        assert "* Sync: OutOfSync" in message
        assert "Health: Degraded" in message
        assert f"kubectl describe application {APP_ONE} -n {NS}" in message

    def test_r_cond_02_ready(self, scene: Scene) -> None:
        scene.settle()
        scene.report()
        scene.settle()
        found = scene.service()
        (ready,) = [one for one in found["status"]["conditions"] if one["type"] == "Ready"]

        assert (ready["status"], ready["reason"], ready["message"]) == GOOD
        generation = found["metadata"]["generation"]
        assert ready["observedGeneration"] == generation
        assert found["status"]["observedGeneration"] == generation

    def test_r_cond_03c_only_an_older_generation_is_bad(self, scene: Scene) -> None:
        scene.settle()
        scene.report()
        scene.remove(kinds.SECRET, "cluster-one-kubeconfig", WHERE)
        scene.reconcile()
        assert scene.condition("ApplicationPrereqsReconciled")[:2] == ("False", "Error")

        scene.add(way_in("cluster-one", scene.side.kubeconfig_text(scene.side.admin_token)))
        scene.change(paused=True)
        scene.settle()
        told = ("False", "Pending", "Reconciliation is in progress")
        assert scene.condition("Ready") == told


class TestWhatIsMissing:
    @pytest.mark.parametrize("count", [0, 2], ids=["none", "two"])
    def test_r_cond_03_not_exactly_one_configuration(self, scene: Scene, count: int) -> None:
        if count:
            spec = config().raw["spec"]
            scene.add(operator_config("another", "elsewhere").spec(**spec))
        else:
            scene.remove(kinds.DPF_OPERATOR_CONFIG, config().name, NS)
        result = scene.reconcile()

        assert result.code != 0
        assert "exactly one DPFOperatorConfig must exist" in result.err
        assert scene.applications() == []

    def test_r_cond_03b_a_secret_without_kubeconfig(self, scene: Scene) -> None:
        scene.remove(kinds.SECRET, "cluster-one-kubeconfig", WHERE)
        scene.add(way_in("cluster-one", "nothing", "unknown-key"))
        result = scene.reconcile()
        told = "not in the expected format: data.super-admin.conf not found"

        assert result.code != 0
        assert told in result.out + result.err
        assert told in scene.condition("ApplicationPrereqsReconciled", ONE)[2]
