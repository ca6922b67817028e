"""F: what a pass says about each DPU, and which maintenance it lets go on."""

import pytest

from dpfctl.model import kinds, labels
from tests.builders import NS, maintenance
from tests.cluster.host_sites import path_of
from tests.controlplane.api import MERGE_PATCH, Json
from tests.passes.hosting import Hosting, plain

PROBLEMS = (
    "KernelDeadlock",
    "ReadonlyFilesystem",
    "OVSvSwitchdHealthy",
    "OVSDBHealthy",
    "OVSHealthy",
    "UplinkHealthy",
    "PFRepresentorsHealthy",
    "MTUConfigured",
)
TYPES = (
    "OperationalReady",
    "NodeProblemsReady",
    "DPUServiceCriticalPodsReady",
    "DPUServiceNonCriticalPodsReady",
    "DPUServiceInterfacesReady",
    "DPUServiceChainsReady",
)
TIMES = {"lastTransitionTime": "2026-11-20T08:00:00Z"}
DEPLOYED = labels.OWNED_BY_DPU_DEPLOYMENT


@pytest.fixture(autouse=True)
def healthy(hosting: Hosting) -> None:
    report_problems(hosting)


def report_problems(hosting: Hosting, **reasons: str) -> None:
    """Have the node report its health; a reason stands for a problem."""
    conditions = [
        {
            "type": name,
            "status": "True" if name in reasons else "False",
            "reason": reasons.get(name, "Fine"),
            "message": "",
            **TIMES,
        }
        for name in PROBLEMS
    ]
    path = f"{path_of(kinds.NODE, 'dpu-1')}/status"
    body = {"status": {"conditions": conditions}}
    hosting.scene.side.api.call("PATCH", path, body, MERGE_PATCH)


def told(hosting: Hosting, name: str = "dpu-1") -> dict[str, tuple[str, str, str]]:
    """Status, reason and message of the operational conditions of a DPU."""
    found: list[Json] = hosting.scene.get(kinds.DPU, name, NS)["status"]["operationalConditions"]
    return {one["type"]: (one["status"], one["reason"], one["message"]) for one in found}


class TestNodes:
    def test_r_op_01_all_is_well(self, hosting: Hosting) -> None:
        hosting.scene.settle()
        found = told(hosting)

        assert found["OperationalReady"] == (
            "True",
            "AllReady",
            "All operational conditions are ready",
        )
        assert set(found) == set(TYPES)

    def test_r_op_01b_a_problem_of_the_node(self, hosting: Hosting) -> None:
        report_problems(hosting, OVSHealthy="OVSDown")
        hosting.scene.settle()
        found = told(hosting)

        assert found["NodeProblemsReady"] == (
            "False",
            "NodeProblemDetectorNotReady",
            "Node problems detected (7/8 Conditions): OVSHealthy=OVSDown",
        )
        assert found["OperationalReady"][:2] == ("False", "NotReady")

    def test_r_op_01c_pods_that_are_not_ready(self, hosting: Hosting) -> None:
        hosting.scene.add(plain("many"))
        for number in range(1, 8):
            hosting.run_pod(f"p{number}", service_id="many", ready="False")
        hosting.scene.settle()

        assert told(hosting)["DPUServiceNonCriticalPodsReady"] == (
            "False",
            "PodsNotReady",
            "Pods not ready (0/7): p1, p2, p3, p4, p5, ... (2 more)",
        )

    @pytest.mark.parametrize(
        ("phase", "status", "message"),
        [
            pytest.param(
                "Ready",
                ("False", "Error"),
                "Cannot assess node health: node is missing from cluster",
                id="a DPU that was ready",
            ),
            pytest.param(
                "OS Installing",
                ("Unknown", "Pending"),
                "Node has not joined the cluster yet",
                id="a DPU that is on its way",
            ),
        ],
    )
    def test_r_op_02_a_dpu_without_node(
        self, hosting: Hosting, phase: str, status: tuple[str, str], message: str
    ) -> None:
        hosting.add_dpu("dpu-2", phase=phase)
        hosting.scene.side.api.call("DELETE", path_of(kinds.NODE, "dpu-2"))
        hosting.scene.settle()
        found = told(hosting, "dpu-2")

        assert [one[:2] for one in found.values()] == [status] * len(TYPES)
        assert found["NodeProblemsReady"][2] == message

    def test_r_op_02_a_dpu_in_deletion(self, hosting: Hosting) -> None:
        held = {"metadata": {"finalizers": ["example.com/hold"]}}
        hosting.scene.merge(kinds.DPU, "dpu-1", held, NS)
        hosting.scene.remove(kinds.DPU, "dpu-1", NS)
        hosting.scene.settle()

        found = [one[:2] for one in told(hosting).values()]
        assert found == [("Unknown", "AwaitingDeletion")] * len(TYPES)


class TestMaintenance:
    def test_r_op_02b_a_service_that_is_back_lets_it_go_on(self, hosting: Hosting) -> None:
        scene = hosting.scene
        for number in (1, 2):
            built = plain(f"service{number}")
            mark = {DEPLOYED: f"ns_dpudeployment{number}"}
            scene.add(built.having(metadata={"labels": mark}))
        names = [f"ns_dpudeployment{number}_service{number}" for number in (1, 2)]
        applied = {
            "type": "NodeEffectApplied",
            "status": "True",
            "reason": "Success",
            "message": "",
            "observedGeneration": 1,
            **TIMES,
        }
        scene.add(maintenance("upgrade", *names, node="worker1").status(conditions=[applied]))
        hosting.run_pod("service1")
        scene.settle()

        left = scene.get(kinds.DPU_NODE_MAINTENANCE, "upgrade", NS)["spec"]["requestor"]
        assert left == names[1:]
