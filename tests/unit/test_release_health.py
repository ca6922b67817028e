"""Whether the releases of a service run, and when that is not known."""

from dataclasses import replace
from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.model.releases import description_of
from dpfctl.reconcile.releases.health import RELEASE_NAME, RELEASE_NAMESPACE, releases_ready
from dpfctl.reconcile.world import World
from tests.builders import Built, build, inventory
from tests.unit.reconcile_fleets import ONE, TWO
from tests.unit.test_reconcile_releases import DEAD, SERVICE, WANTED, fleet, kept

FAILED = [kept(status="failed")]


def judged(there: World, service: Built = SERVICE) -> tuple[str, str, str]:
    found = releases_ready(service.resource, there)
    assert found is not None
    return found


def lacking(kind: Any, *objects: Built) -> Any:
    """A DPU cluster of which one kind may not be listed."""
    return inventory(*objects, troubles={kind: (Trouble.FORBIDDEN, "alice may not")})


def workload(ready: int) -> Built:
    notes = {RELEASE_NAME: WANTED.name, RELEASE_NAMESPACE: WANTED.namespace}
    built = build(kinds.DAEMON_SET, "hbn", "svc-ns").having(
        metadata={"annotations": notes, "generation": 1}
    )
    return built.status(
        desiredNumberScheduled=2,
        currentNumberScheduled=2,
        updatedNumberScheduled=2,
        numberReady=ready,
        numberAvailable=ready,
        observedGeneration=1,
    )


def test_is_good_once_all_is_deployed_and_runs() -> None:
    there = fleet(kept(), workload(2))

    assert releases_ready(SERVICE.resource, there) == ("True", "Success", "")


@pytest.mark.parametrize(
    ("side", "told"),
    [
        pytest.param([], "is not yet deployed.", id="no release"),
        pytest.param([kept(status="failed")], "is failed: ", id="a failed one"),
        pytest.param(
            [kept(description="Upgrade complete")],
            "was changed outside of dpfctl in revision 1",
            id="one of somebody else's making",
        ),
    ],
)
def test_says_what_is_missing(side: list[Built], told: str) -> None:
    status, reason, message = judged(fleet(*side))

    assert (status, reason) == ("False", "Pending")
    assert message.startswith("The following releases are not ready:\n* cluster-one: ")
    assert told in message


def test_names_the_workload_that_does_not_run() -> None:
    message = judged(fleet(kept(), workload(1)))[2]

    assert "daemonset/svc-ns/hbn: " in message


def test_on_the_host() -> None:
    local = SERVICE.spec(deployInCluster=True)
    wanted = replace(WANTED, name="in-cluster-dpu-one")
    there = fleet(host=(kept("in-cluster-dpu-one", description=description_of(wanted, "0" * 64)),))

    assert judged(there, local)[0] == "True"


class TestNotKnown:
    @pytest.mark.parametrize(
        "side",
        [
            pytest.param(DEAD, id="no way in"),
            pytest.param(lacking(kinds.RELEASE_SECRET), id="no releases"),
            pytest.param(lacking(kinds.DAEMON_SET, kept()), id="no DaemonSets"),
            pytest.param(lacking(kinds.DEPLOYMENT, kept()), id="no Deployments"),
        ],
    )
    def test_where_something_could_not_be_read(self, side: Any) -> None:
        assert releases_ready(SERVICE.resource, replace(fleet(), dpus={ONE: side})) is None

    def test_where_dpu_clusters_could_not_be_listed(self) -> None:
        lost = {kinds.DPU_CLUSTER: (Trouble.UNREACHABLE, "503")}

        assert releases_ready(SERVICE.resource, fleet(kept(), troubles=lost)) is None

    def test_what_is_amiss_elsewhere_is_told_with_what_is_not_known(self) -> None:
        there = fleet(dpus={ONE: FAILED, TWO: DEAD})
        status, _, message = judged(there)

        assert status == "False"
        assert "* cluster-one: Release svc-ns/cluster-one-dpu-one: is failed: " in message
        assert "* cluster-two: no route to host" in message


def test_a_selector_nobody_understands_is_not_good() -> None:
    odd = SERVICE.spec(dpuClusterSelector={"matchExpressions": [{"key": "a", "operator": "No"}]})

    assert judged(fleet(kept()), odd)[0] == "False"


def test_what_helm_says_is_cut() -> None:
    message = judged(fleet(kept(status="failed", description="x" * 5000)))[2]

    assert message.endswith(f"{'x' * 500}...")
    assert "x" * 501 not in message
