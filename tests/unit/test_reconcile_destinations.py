"""Where a DPUService is deployed to, and the service ID by which its pods are known."""

import re
from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.cluster import HOST
from dpfctl.model.inventory import Trouble
from dpfctl.reconcile.destinations import Destination, destinations
from dpfctl.reconcile.identity import service_id_of
from dpfctl.reconcile.steps import Fault, Step
from tests.builders import Built
from tests.unit.reconcile_fleets import ONE, TWO, cluster, fault_of, service, world

FIRST = {"dpucluster": "cluster1"}


def targets(built: Built, *objects: Built) -> list[tuple[str, str]]:
    found = destinations(built.resource, world(*objects))
    assert not isinstance(found, Fault)
    return [place.cluster for place in found]


class TestServiceID:
    @pytest.mark.parametrize(
        ("asked", "known", "found"),
        [
            pytest.param({"serviceID": "hbn"}, {"serviceID": "old"}, "hbn", id="the spec says it"),
            pytest.param({"serviceID": ""}, {"serviceID": "old"}, "", id="the spec says none"),
            pytest.param({}, {"serviceID": "old"}, "old", id="it was given one before"),
            pytest.param({"serviceID": None}, {}, "5313a33820", id="null is no answer"),
        ],
    )
    def test_it_is_the_first_that_is_known(
        self, asked: dict[str, Any], known: dict[str, Any], found: str
    ) -> None:
        built = service("dpu-one", "default", **asked).status(**known)

        assert service_id_of(built.resource) == found

    @pytest.mark.parametrize(
        ("name", "namespace", "found"),
        [
            ("dpu-one", "default", "5313a33820"),
            ("doca-hbn-dk", "dpf-operator-system", "7cb18c5c5e"),
        ],
    )
    def test_else_it_is_a_digest(self, name: str, namespace: str, found: str) -> None:
        made = service_id_of(service(name, namespace).resource)

        assert made == found
        assert re.fullmatch("[a-z0-9]{10}", made)


class TestDestinations:
    BOTH = (cluster(TWO), cluster(ONE, **FIRST))

    @pytest.mark.parametrize(
        ("selector", "found"),
        [
            pytest.param(None, [ONE, TWO], id="no selector"),
            pytest.param({}, [ONE, TWO], id="an empty one"),
            pytest.param({"matchLabels": FIRST}, [ONE], id="labels"),
            pytest.param(
                {"matchExpressions": [{"key": "dpucluster", "operator": "DoesNotExist"}]},
                [TWO],
                id="expressions",
            ),
            pytest.param({"matchLabels": {"dpucluster": "none"}}, [], id="nothing matches"),
        ],
    )
    def test_they_are_selected_by_label(self, selector: Any, found: list[Any]) -> None:
        assert targets(service(dpuClusterSelector=selector), *self.BOTH) == found

    def test_clusters_in_deletion_are_left_out(self) -> None:
        assert targets(service(), cluster(ONE), cluster(TWO).deleting()) == [ONE]

    def test_a_cluster_counts_whatever_its_phase(self) -> None:
        assert targets(service(), cluster(ONE).status(phase="Pending")) == [ONE]

    def test_a_service_of_the_host_cluster_goes_nowhere_else(self) -> None:
        found = destinations(service(deployInCluster=True).resource, world(*self.BOTH))

        assert found == (Destination("in-cluster", HOST),)
        assert found[0].is_host

    def test_a_selector_that_is_none_is_a_fault(self) -> None:
        built = service(dpuClusterSelector={"matchExpressions": [{"key": "a", "operator": "is"}]})
        fault = fault_of(destinations(built.resource, world(*self.BOTH)))

        assert fault.step is Step.DEPLOY
        assert fault.message.startswith(
            "Unable to reconcile Applications: failed to parse label selector: "
        )

    def test_two_clusters_of_one_name_are_a_fault(self) -> None:
        others = (cluster(("ns1", "a")), cluster(("ns2", "a")), cluster(ONE))
        fault = fault_of(destinations(service().resource, world(*others)))

        assert fault.text.startswith("dpucluster/ns1/a and dpucluster/ns2/a have the same name")
        assert fault.cluster == HOST

    def test_one_of_two_may_be_selected(self) -> None:
        others = (cluster(("ns1", "a"), **FIRST), cluster(("ns2", "a")))

        assert targets(service(dpuClusterSelector={"matchLabels": FIRST}), *others) == [
            ("ns1", "a")
        ]

    def test_clusters_that_cannot_be_listed_are_a_fault(self) -> None:
        host = world(troubles={kinds.DPU_CLUSTER: (Trouble.FORBIDDEN, "no dpuclusters for you")})

        assert fault_of(destinations(service().resource, host)).text == "no dpuclusters for you"
        assert destinations(service(deployInCluster=True).resource, host) != ()

    def test_names_of_applications_fit(self) -> None:
        place = Destination("c" * 63, ("ns1", "c" * 63))
        name = place.application(service("s" * 63).resource)

        assert re.fullmatch(r"c{57}-[0-9a-f]{5}", name)
