"""Whether the Applications of a service are there and well."""

from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.reconcile.applications.health import applications_ready
from dpfctl.reconcile.world import World
from tests.builders import NS, Built
from tests.unit.reconcile_fleets import ONE, TWO, cluster, deployed, service, world

FIRST = {"dpucluster": "cluster1"}
CLUSTERS = (cluster(ONE, **FIRST), cluster(TWO))
SELECTIVE = service(dpuClusterSelector={"matchLabels": FIRST})
GOOD = ("True", "Success", "")


def well(built: Built, sync: str = "Synced", health: str = "Healthy") -> Built:
    return built.status(sync={"status": sync}, health={"status": health})


def judged(there: World, built: Built | None = None) -> tuple[str, str, str]:
    found = applications_ready((built or service()).resource, there)
    assert found is not None
    return found


ON_ONE, ON_TWO = well(deployed(service())), well(deployed(service(), TWO))


class TestWell:
    def test_one_for_each_cluster(self) -> None:
        assert judged(world(*CLUSTERS, ON_ONE, ON_TWO)) == GOOD

    def test_selected_clusters_count(self) -> None:
        assert judged(world(*CLUSTERS, ON_ONE), SELECTIVE) == GOOD

    def test_clusters_in_deletion_do_not_count(self) -> None:
        assert judged(world(cluster(ONE), cluster(TWO).deleting(), ON_ONE)) == GOOD

    def test_a_service_of_the_host_has_one(self) -> None:
        built = service(deployInCluster=True)

        assert judged(world(*CLUSTERS, well(deployed(built, None))), built) == GOOD

    def test_without_clusters_none_is_needed(self) -> None:
        assert judged(world()) == GOOD


class TestUnwell:
    def test_one_without_status_is_not_deployed(self) -> None:
        assert judged(world(cluster(ONE), deployed(service()))) == (
            "False",
            "Pending",
            "The following applications are not ready:\n* Application is not yet deployed.",
        )

    @pytest.mark.parametrize(
        ("sync", "health"), [("OutOfSync", "Healthy"), ("Synced", "Degraded"), ("Unknown", "")]
    )
    def test_what_is_wrong_is_told(self, sync: str, health: str) -> None:
        there = world(cluster(ONE), well(deployed(service()), sync, health))

        assert judged(there)[2] == (
            "The following applications are not ready:\n* Application is not ready:\n"
            f"* Sync: {sync}\n  Health: {health}\n"
            "Run the following command for more details:\n"
            f"kubectl describe application cluster-one-dpu-one -n {NS}"
        )

    @pytest.mark.parametrize(
        ("objects", "text"),
        [
            pytest.param((), "There is no Application for cluster-one, cluster-two.", id="none"),
            pytest.param((ON_TWO,), "There is no Application for cluster-one.", id="one missing"),
        ],
    )
    def test_clusters_without_one_are_named(self, objects: tuple[Built, ...], text: str) -> None:
        assert judged(world(*CLUSTERS, *objects)) == ("False", "Pending", text)

    @pytest.mark.parametrize(
        ("extra", "name"),
        [
            pytest.param(ON_TWO, "cluster-two-dpu-one", id="in another cluster"),
            pytest.param(
                ON_ONE.having(metadata={"namespace": "z"}),
                "cluster-one-dpu-one, cluster-one-dpu-one",
                id="in another namespace",
            ),
        ],
    )
    def test_one_too_many_is_named(self, extra: Built, name: str) -> None:
        text = f"There are Applications in clusters that are not selected: {name}."

        assert judged(world(*CLUSTERS, ON_ONE, extra), SELECTIVE) == ("False", "Pending", text)

    def test_many_clusters_are_not_all_named(self) -> None:
        there = world(*(cluster(("ns1", f"c{number}")) for number in range(7)))

        assert judged(there)[2] == "There is no Application for c0, c1, c2, c3, c4 and 2 more."

    def test_a_selector_that_is_none_is_told(self) -> None:
        status, reason, message = judged(world(*CLUSTERS), service(dpuClusterSelector=["a"]))

        assert (status, reason) == ("False", "Pending")
        assert message.startswith("failed to parse label selector: ")

    @pytest.mark.parametrize("kind", [kinds.APPLICATION, kinds.DPU_CLUSTER])
    def test_what_cannot_be_listed_is_not_known(self, kind: Any) -> None:
        there = world(troubles={kind: (Trouble.FORBIDDEN, "not for you")})

        assert applications_ready(service().resource, there) is None


class TestAsDpfSeesIt:
    def test_all_clusters_count(self) -> None:
        there = world(*CLUSTERS, ON_ONE, is_upstream=True)

        assert judged(there, SELECTIVE) == ("False", "Pending", "")

    def test_the_number_is_enough(self) -> None:
        there = world(*CLUSTERS, ON_ONE, ON_TWO, is_upstream=True)

        assert judged(there, SELECTIVE) == GOOD

    def test_a_service_of_the_host_has_one(self) -> None:
        built = service(deployInCluster=True)
        there = world(*CLUSTERS, well(deployed(built, None)), is_upstream=True)

        assert judged(there, built) == GOOD
