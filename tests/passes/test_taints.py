"""E: hosts that are tainted while a critical service is missing on their DPUs."""

import pytest

from dpfctl.model import kinds, labels
from tests.builders import NS, dpu_node
from tests.cluster.host_sites import elsewhere, path_of, unit
from tests.passes.hosting import (
    CLEAN,
    NO_EXECUTE,
    SRIOV,
    TAINTED,
    Hosting,
    critical,
    plain,
    set_node_taints,
)
from tests.passes.objects import CLUSTER, on_host, way_in
from tests.passes.scene import PARTLY
from tests.unit.hosts import DPU_READY, linked, with_label, worker


@pytest.fixture
def sriov(hosting: Hosting) -> Hosting:
    """The same with a critical service that has no pod."""
    hosting.scene.add(critical())
    return hosting


class TestOneDpu:
    def test_r_crit_01_a_host_whose_dpu_lacks_the_pod(self, sriov: Hosting) -> None:
        sriov.judge()

        assert sriov.taints() == TAINTED

    def test_r_crit_01_in_a_whole_pass(self, sriov: Hosting) -> None:
        sriov.scene.settle()

        assert sriov.taints() == TAINTED

    def test_r_crit_02_a_pod_that_is_ready_sets_it_free(self, sriov: Hosting) -> None:
        sriov.judge()
        sriov.run_pod()
        sriov.judge()

        assert sriov.taints() == CLEAN

    def test_r_crit_02b_pods_that_are_not_ready(self, sriov: Hosting) -> None:
        states = (("Running", "False"), ("Pending", "True"), ("Running", ""))
        for phase, ready in states:
            set_node_taints(sriov, CLEAN)
            sriov.run_pod(phase=phase, ready=ready)
            sriov.judge()
            assert sriov.taints() == TAINTED, (phase, ready)

    def test_r_crit_02b_a_pod_that_is_being_deleted(self, sriov: Hosting) -> None:
        sriov.run_pod()
        sriov.end_pod(finalizers=["example.com/hold"])
        sriov.judge()

        assert sriov.taints() == TAINTED

    def test_r_crit_03_which_services_count(self, hosting: Hosting) -> None:
        hosting.scene.add(plain(), on_host("local").labelled(CRITICAL=""))
        hosting.judge()
        assert hosting.taints() == CLEAN

        marked = {"metadata": {"labels": {labels.CRITICAL: "false"}}}
        hosting.scene.merge(kinds.DPU_SERVICE, SRIOV, marked, NS)
        hosting.judge()
        assert hosting.taints() == TAINTED

    def test_r_crit_07_a_dpu_that_is_no_node(self, sriov: Hosting) -> None:
        sriov.scene.side.api.call("DELETE", path_of(kinds.NODE, "dpu-1"))
        for taints in (CLEAN, TAINTED):
            set_node_taints(sriov, taints)
            result = sriov.judge()

            assert "failed to get the dpu node dpu-1" in result.out
            assert sriov.taints() == taints

    def test_r_crit_07_a_dpu_cluster_that_does_not_answer(self, sriov: Hosting) -> None:
        good = sriov.scene.side.kubeconfig_text(sriov.scene.side.admin_token)
        sriov.scene.add(way_in(CLUSTER, elsewhere(good, sriov.scene.side.url)))
        for taints in (CLEAN, TAINTED):
            set_node_taints(sriov, taints)
            sriov.scene.fail("--only", "taints", code=PARTLY)

            assert sriov.taints() == taints

    def test_r_crit_07b_a_host_without_dpus(self, sriov: Hosting) -> None:
        sriov.scene.remove(kinds.DPU, "dpu-1", NS)
        result = sriov.judge()

        assert "no DPU found for DPUNode worker1" in result.out
        assert sriov.taints() == CLEAN

    def test_r_crit_08_the_mark_is_followed_at_once(self, hosting: Hosting) -> None:
        hosting.scene.add(plain())
        before = hosting.scene.service(SRIOV, NS)["metadata"]["generation"]
        hosting.mark(SRIOV)
        hosting.judge()
        assert hosting.taints() == TAINTED

        hosting.mark(SRIOV, "--remove")
        hosting.judge()
        after = hosting.scene.service(SRIOV, NS)["metadata"]
        assert hosting.taints() == CLEAN
        assert (after["generation"], after.get("labels")) == (before, None)


class TestTwoDpus:
    @pytest.fixture
    def two(self, hosting: Hosting) -> Hosting:
        """One host with two DPUs, of which the first runs the service."""
        hosting.add_dpu("dpu-2", bfb="dk", rack="2")
        hosting.run_pod()
        return hosting

    def test_r_crit_04_one_that_is_not_ready_is_enough(self, two: Hosting) -> None:
        two.scene.add(critical())
        two.judge()

        assert two.taints() == TAINTED

    def test_r_crit_04b_a_selector_that_leaves_it_out(self, two: Hosting) -> None:
        two.scene.add(critical(SRIOV, with_label("rack", "1")))
        two.judge()

        assert two.taints() == CLEAN

    def test_r_crit_04c_a_selector_that_matches_no_dpu(self, two: Hosting) -> None:
        two.scene.add(critical(SRIOV, with_label("rack", "9")))
        two.judge()
        assert two.taints() == CLEAN

        two.scene.settle("--only", "taints", "--strict-upstream")
        assert two.taints() == TAINTED

    def test_r_zone_03_a_service_of_a_zone_leaves_hosts_of_other_zones(
        self, hosting: Hosting
    ) -> None:
        hosting.scene.add(
            linked("worker2"), worker("worker2"), linked("worker3"), worker("worker3")
        )
        hosting.add_dpu("dpu-2", host="worker2", bfb="ga")
        hosting.add_dpu("dpu-3", host="worker3", bfb="ga")
        hosting.scene.add(critical("doca-hbn-dk", with_label("bfb", "dk")))
        hosting.judge()

        found = [hosting.taints(name) for name in ("worker1", "worker2", "worker3")]
        assert found == [TAINTED, CLEAN, CLEAN]


class TestSwitches:
    def test_r_crit_05_a_host_that_is_not_linked(self, sriov: Hosting) -> None:
        sriov.run_pod()
        sriov.scene.add(dpu_node("worker9"), worker("worker9"), unit("dpu-9", "worker9"))
        sriov.judge()

        assert sriov.taints("worker9") == CLEAN

    def test_r_crit_05b_taints_that_are_switched_off(self, sriov: Hosting) -> None:
        sriov.configure(disableDPUReadyTaints=True)
        sriov.judge()
        assert sriov.taints() == CLEAN

        set_node_taints(sriov, TAINTED)
        sriov.run_pod()
        sriov.judge()
        assert sriov.taints() == TAINTED

    def test_r_crit_06_no_execute_goes_by_default(self, sriov: Hosting) -> None:
        set_node_taints(sriov, [*TAINTED, NO_EXECUTE])
        sriov.judge()

        assert sriov.taints() == TAINTED

    @pytest.mark.parametrize(
        ("phase", "network", "expected"),
        [
            pytest.param("Ready", "False", [*CLEAN, NO_EXECUTE], id="no network"),
            pytest.param("Ready", "", [*CLEAN, NO_EXECUTE], id="nothing is said of the network"),
            pytest.param("Ready", "True", CLEAN, id="network"),
            pytest.param("OS Installing", "False", CLEAN, id="not provisioned yet"),
        ],
    )
    def test_r_crit_06_no_execute_on_request(
        self, hosting: Hosting, phase: str, network: str, expected: list[dict[str, str]]
    ) -> None:
        hosting.configure(disableHostNetworkReadyNoExecuteTaints=False)
        said = {
            "type": "HostNetworkReady",
            "status": network,
            "reason": "Said",
            "message": "",
            "lastTransitionTime": "2026-11-20T08:00:00Z",
        }
        built = unit("dpu-1", "worker1").status(phase=phase, conditions=[said] if network else [])
        hosting.scene.add(built)
        hosting.judge()

        assert hosting.taints() == expected

    def test_somebody_elses_value_of_our_taint_does_not_matter(self, sriov: Hosting) -> None:
        valued = [*CLEAN, {**DPU_READY, "value": "no"}]
        set_node_taints(sriov, valued)
        sriov.judge()

        assert sriov.taints() == valued
