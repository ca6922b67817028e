"""H: services in several DPU clusters, or in some of them."""

import pytest

from dpfctl.model import kinds
from tests.builders import NS
from tests.cluster.rbac_examples import RBAC, Example, make_robot
from tests.controlplane.cluster import ControlPlane
from tests.faults.proxy import FaultProxy, Upstream
from tests.passes.objects import (
    APP_ONE,
    ONE,
    TWO,
    WHERE,
    chosen,
    on_host,
    pull_secret,
    service,
    side,
    way_in,
)
from tests.passes.scene import Scene, found_in

FAR = f"cluster-two-{ONE}"


@pytest.fixture
def wide(scene: Scene, second: ControlPlane) -> Scene:
    """The service dpu-one, and two DPU clusters to deploy it to."""
    scene.remove(kinds.DPU_SERVICE, TWO)
    kubeconfig = second.kubeconfig_text(second.admin_token)
    scene.add(way_in("cluster-two", kubeconfig), side("cluster-two", "cluster2"))
    return scene


def is_leaving(scene: Scene, name: str) -> bool:
    """Whether an Application is in deletion."""
    return "deletionTimestamp" in scene.application(name)["metadata"]


def test_r_mc_01_without_a_selector_it_is_deployed_to_all(wide: Scene) -> None:
    wide.settle()

    assert wide.applications() == [APP_ONE, FAR]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param(chosen(), [APP_ONE], id="one of them"),
        pytest.param({}, [APP_ONE, FAR], id="an empty one is for all"),
    ],
)
def test_r_mc_01_with_a_selector(wide: Scene, selector: object, expected: list[str]) -> None:
    wide.change(dpuClusterSelector=selector)
    wide.settle()

    assert wide.applications() == expected


def test_r_mc_02_a_selector_that_is_narrowed(wide: Scene, second: ControlPlane) -> None:
    wide.add(pull_secret("dpf-secret-one"))
    wide.settle()
    wide.change(dpuClusterSelector=chosen())
    wide.settle()
    told = (
        "Unable to reconcile Applications: Stale applications still exist for non matching "
        f"DPUClusters:\n* {NS}/{FAR}"
    )

    assert (is_leaving(wide, APP_ONE), is_leaving(wide, FAR)) == (False, True)
    assert wide.condition("ApplicationsReconciled") == ("False", "Error", told)

    wide.end_application(FAR)
    wide.settle()
    assert wide.condition("ApplicationsReconciled") == ("True", "Success", "")
    for cluster in (wide.side, second):
        assert found_in(cluster, kinds.SECRET, "dpf-secret-one") is not None


def test_r_mc_03_a_cluster_that_is_deleted(wide: Scene) -> None:
    wide.settle()
    wide.remove(kinds.DPU_CLUSTER, "cluster-two", WHERE)
    wide.reconcile()

    assert (is_leaving(wide, APP_ONE), is_leaving(wide, FAR)) == (False, True)


def test_r_mc_04_ready_where_it_is_meant_to_be(wide: Scene) -> None:
    wide.change(dpuClusterSelector=chosen())
    wide.settle()
    wide.report()
    wide.settle()
    assert wide.condition("ApplicationsReady") == ("True", "Success", "")

    wide.settle("--strict-upstream")
    assert wide.condition("ApplicationsReady") == ("False", "Pending", "")


def test_r_mc_04b_a_selector_for_a_service_on_the_host_cluster(bare: Scene) -> None:
    answer = bare.propose(on_host("local").spec(dpuClusterSelector=chosen()))

    assert answer.status == 422
    assert "dpuClusterSelector cannot be set when deployInCluster is true" in answer.message()


def test_a_selector_that_matches_nothing_deploys_nothing(bare: Scene) -> None:
    bare.add(service("homeless", dpuClusterSelector=chosen("nowhere")))
    bare.settle()

    assert bare.applications() == []


def test_a_host_cluster_that_only_its_lists_show(wide: Scene) -> None:
    """Whoever may list Namespaces but not get one is not let into the host cluster either."""
    rules = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}]
    role = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": "lister"}}
    robot = make_robot(wide.host, Example(({**role, "rules": rules},)))
    with FaultProxy(Upstream(wide.host.url, wide.host.ca_file)) as elsewhere:
        wide.remove(kinds.SECRET, "cluster-two-kubeconfig", WHERE)
        wide.add(way_in("cluster-two", elsewhere.text(robot.token)))
        result = wide.reconcile()

    assert result.code != 0
    assert f"dpucluster/{WHERE}/cluster-two: its kubeconfig leads to the host cluster" in result.err
    assert wide.applications() == [APP_ONE]
