"""B: the DPUServiceInterfaces that a service claims, and what they add to its pods."""

import json

import pytest

from dpfctl.errors import ExitCode
from dpfctl.model import kinds, labels
from tests.builders import Built
from tests.controlplane.api import Json
from tests.passes.objects import (
    CLUSTER,
    HOME,
    INTERFACE,
    NETWORKS,
    ONE,
    exists,
    interface,
    interface_of,
    nad,
    service,
)
from tests.passes.scene import FAILED, Scene

GUARD = {
    "name": "invalid-network",
    "namespace": "invalid-namespace",
    "interface": "invalid-interface",
    "cni-args": None,
}
OWN = {"name": "mybrsfc", "namespace": "my-namespace", "interface": "net1", "cni-args": None}
REQUEST = {
    "name": "iprequest",
    "interface": "myip1",
    "cni-args": {
        "allocateDefaultGateway": True,
        "poolNames": ["pool1"],
        "poolType": "cidrpool",
    },
}
PREFIX = "Unable to reconcile interfaces for "
TRUSTED = "dpuservicenad.svc.dpu.nvidia.com/use-trusted-sfs"


def consumer(scene: Scene, name: str = INTERFACE) -> str | None:
    """The DPUService that has claimed an interface."""
    return scene.annotations(kinds.DPU_SERVICE_INTERFACE, name).get(labels.CONSUMED_BY)


def networks(scene: Scene, name: str = ONE) -> str:
    """The networks that the chart of a service gets, as text."""
    values = scene.values(f"{CLUSTER}-{name}")
    return str(values["serviceDaemonSet"]["annotations"][NETWORKS])


def listed(*elements: Json) -> str:
    """Networks as DPF writes them."""
    return json.dumps(elements, separators=(",", ":"))


class TestBinding:
    def test_r_if_04_the_interface_is_claimed_and_becomes_a_network(self, scene: Scene) -> None:
        before = scene.service()["spec"]
        scene.settle()

        assert consumer(scene) == ONE
        assert networks(scene) == listed(GUARD, OWN)
        made = scene.values()["serviceDaemonSet"]["annotations"]
        assert made["annotation-one"] == "annotation"
        assert scene.service()["spec"] == before

    def test_r_if_05_networks_of_the_user_stay(self, scene: Scene) -> None:
        wish(scene, json.dumps([REQUEST]))
        scene.settle()

        assert networks(scene) == listed(GUARD, REQUEST, OWN)

    def test_r_if_05b_the_user_names_another_network(self, scene: Scene) -> None:
        wish(scene, json.dumps([{"name": "other", "interface": "net1"}]))
        scene.settle()

        assert networks(scene) == listed(GUARD, {**OWN, "name": "other"})

    def test_r_if_05c_the_short_form_is_refused(self, scene: Scene) -> None:
        wish(scene, "mybrsfc,foo")
        scene.fail()
        status, reason, message = scene.condition("DPUServiceInterfaceReconciled")

        assert (status, reason) == ("False", "Error")
        assert message.startswith(f"{PREFIX}failed to unmarshal existing networks:")
        assert "expected format is a list of objects" in message

    def test_r_if_08_other_annotations_of_an_interface_survive(self, scene: Scene) -> None:
        noted = {"metadata": {"annotations": {"example.com/note": "mine"}}}
        scene.merge(kinds.DPU_SERVICE_INTERFACE, INTERFACE, noted)
        scene.settle()

        found = scene.annotations(kinds.DPU_SERVICE_INTERFACE, INTERFACE)
        assert found == {"example.com/note": "mine", labels.CONSUMED_BY: ONE}

    def test_r_if_08_an_interface_that_is_dropped_is_given_free(self, scene: Scene) -> None:
        scene.add(interface("second", port="net2"))
        scene.change(interfaces=[INTERFACE, "second"])
        scene.settle()
        assert [consumer(scene), consumer(scene, "second")] == [ONE, ONE]

        scene.change(interfaces=["second"])
        scene.settle()
        assert [consumer(scene), consumer(scene, "second")] == [None, ONE]


class TestRefusals:
    """The service stops: no Application, and the condition says why."""

    def test_r_if_01_an_interface_that_is_missing(self, scene: Scene) -> None:
        scene.remove(kinds.DPU_SERVICE_INTERFACE, INTERFACE)
        result = scene.fail(ONE, "-n", HOME, code=FAILED)
        status, reason, message = scene.condition("DPUServiceInterfaceReconciled")

        assert (status, reason) == ("False", "Error")
        assert message.startswith(PREFIX)
        assert f'"{INTERFACE}" not found' in message
        assert scene.applications() == []
        assert scene.service()["status"]["serviceID"] == "service-one"
        assert f"{INTERFACE}" in result.out + result.err

    def test_r_if_01_one_of_two_services_that_fails_is_a_part(self, scene: Scene) -> None:
        scene.remove(kinds.DPU_SERVICE_INTERFACE, INTERFACE)
        scene.fail()

        assert scene.applications() == [f"{CLUSTER}-dpu-two"]

    def test_r_if_02_an_interface_of_another_type(self, bare: Scene) -> None:
        physical = {"interfaceType": "physical", "physical": {"interfaceName": "p0"}}
        bare.add(interface_of(physical, "uplink"))

        told = refusal(bare, "uplink")
        assert told == f"{PREFIX}wrong service definition in DPUServiceInterface uplink"

    def test_r_if_02b_an_interface_of_another_service_id(self, bare: Scene) -> None:
        bare.add(interface("strange", service_id="another"))

        told = refusal(bare, "strange")
        assert told == f"{PREFIX}conflicting ServiceID in DPUServiceInterface strange"

    def test_r_if_03_an_interface_that_is_in_use(self, bare: Scene) -> None:
        taken = interface("taken").having(metadata={"annotations": {labels.CONSUMED_BY: "other"}})
        bare.add(taken)

        told = refusal(bare, "taken", code=ExitCode.CONFLICT)
        assert told == f"{PREFIX}dpuServiceInterface taken is in use by another DPUService"
        assert consumer(bare, "taken") == "other"

    def test_r_if_07_interfaces_without_a_service_id(self, bare: Scene) -> None:
        answer = bare.propose(service(ONE, interfaces=["any"]))

        assert answer.status == 422
        assert "serviceID must be provided when interfaces are provided" in answer.message()

    def test_r_if_08_nothing_is_claimed_when_one_of_them_is_bad(self, bare: Scene) -> None:
        bare.add(interface("good"))
        refusal(bare, "good", "bad")

        assert consumer(bare, "good") is None


class TestResources:
    """R-IF-06: a network that is a DPUServiceNAD asks for a resource."""

    @pytest.mark.parametrize(
        ("resource", "trusted", "made"),
        [
            pytest.param("sf", False, {"nvidia.com/bf_sf": "1"}, id="sf"),
            pytest.param("sf", True, {"nvidia.com/bf_sf_trusted": "1"}, id="trusted sf"),
            pytest.param("vf", False, {"nvidia.com/bf_vf": "1"}, id="vf"),
            pytest.param("veth", False, {}, id="veth"),
        ],
    )
    def test_r_if_06_the_resource_of_a_network(
        self, bare: Scene, resource: str, trusted: bool, made: Json
    ) -> None:
        bare.add(nad("mynad", resource, **({TRUSTED: ""} if trusted else {})))
        bare.add(interface(network="mynad"), bound())
        bare.settle()

        kept = {"cpu": "1", "memory": "6Gi"}
        assert resources(bare) == kept | made

    def test_r_if_06_the_network_changes(self, bare: Scene) -> None:
        bare.add(nad("mynad", "sf"), interface(network="mynad"), bound())
        bare.settle()
        bare.merge(kinds.DPU_SERVICE_NAD, "mynad", {"spec": {"resourceType": "vf"}})
        bare.settle()

        assert resources(bare) == {"cpu": "1", "memory": "6Gi", "nvidia.com/bf_vf": "1"}


def wish(scene: Scene, text: str) -> None:
    """Have the user say something about the networks of dpu-one."""
    annotations = {"annotation-one": "annotation", NETWORKS: text}
    terms = [{"matchExpressions": [exists("key")]}]
    selector = {"nodeSelectorTerms": terms}
    scene.change(serviceDaemonSet={"annotations": annotations, "nodeSelector": selector})


def refusal(scene: Scene, *interfaces: str, code: int = FAILED) -> str:
    """Run a service that cannot have one of its interfaces; return why not."""
    scene.add(service(ONE, serviceID="service-one", interfaces=list(interfaces)))
    scene.fail(code=code)
    status, reason, message = scene.condition("DPUServiceInterfaceReconciled")
    assert (status, reason) == ("False", "Error")
    assert scene.applications() == []
    return message


def bound() -> Built:
    """A service with an interface, and resources that the user asks for."""
    built = service(ONE, serviceID="service-one", interfaces=[INTERFACE])
    return built.spec(serviceDaemonSet={"resources": {"cpu": 1, "memory": "6Gi"}})


def resources(scene: Scene) -> Json:
    """The resources that the chart gets."""
    found: Json = scene.values()["serviceDaemonSet"]["resources"]
    return found
