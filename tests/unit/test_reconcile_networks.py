"""The networks that pods ask for, byte by byte, and the devices that come with them."""

import json
from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.reconcile.interfaces.networks import NETWORKS, networks_annotation
from dpfctl.reconcile.interfaces.resources import TRUSTED, nad_resources
from dpfctl.reconcile.steps import Step
from tests.builders import Built, build
from tests.unit.reconcile_fleets import SVC_NS, fault_of, service, service_interface, world

GUARD = (
    '{"name":"invalid-network","namespace":"invalid-namespace",'
    '"interface":"invalid-interface","cni-args":null}'
)
NET1 = '{"name":"mybrsfc","namespace":"my-namespace","interface":"net1","cni-args":null}'


def annotation(given: Any, *interfaces: Built) -> str:
    asked = {} if given is None else {NETWORKS: given}
    built = service(serviceDaemonSet={"annotations": asked})
    found = networks_annotation(built.resource, [one.resource for one in interfaces])
    assert isinstance(found, str), found
    return found


class TestAnnotation:
    def test_without_interfaces_there_is_none(self) -> None:
        assert annotation("a,b") == ""

    @pytest.mark.parametrize("given", [None, "", "[]", "null"])
    def test_an_interface_comes_with_a_guard(self, given: str | None) -> None:
        assert annotation(given, service_interface()) == f"[{GUARD},{NET1}]"

    def test_what_the_user_asks_for_is_kept(self) -> None:
        given = (
            '[{"name":"iprequest","interface":"myip1","cni-args":{"poolNames":["pool1"],'
            '"poolType":"cidrpool","allocateDefaultGateway":true}}]'
        )
        sorted_args = '{"allocateDefaultGateway":true,"poolNames":["pool1"],"poolType":"cidrpool"}'

        assert annotation(given, service_interface()) == (
            f'[{GUARD},{{"name":"iprequest","interface":"myip1","cni-args":{sorted_args}}},{NET1}]'
        )

    @pytest.mark.parametrize(
        ("network", "element"),
        [
            ("mybrsfc", '{"name":"mybrsfc","interface":"net1","cni-args":null}'),
            ("a/b", '{"name":"b","namespace":"a","interface":"net1","cni-args":null}'),
            ("a/b/c", '{"name":"","interface":"net1","cni-args":null}'),
            ("", '{"name":"","interface":"net1","cni-args":null}'),
        ],
    )
    def test_a_network_may_name_its_namespace(self, network: str, element: str) -> None:
        found = annotation(None, service_interface(network=network))

        assert element in found

    def test_what_the_user_says_of_an_interface_wins(self) -> None:
        given = '[{"name":"other","interface":"net1","mac":"02:00:00:00:00:01"}]'

        assert json.loads(annotation(given, service_interface()))[1] == {
            "name": "other",
            "namespace": "my-namespace",
            "mac": "02:00:00:00:00:01",
            "interface": "net1",
            "cni-args": None,
        }

    def test_an_empty_word_of_the_user_does_not_win(self) -> None:
        assert annotation('[{"name":"","interface":"net1"}]', service_interface()) == (
            f"[{GUARD},{NET1}]"
        )

    def test_a_second_element_of_an_interface_stays_by_itself(self) -> None:
        given = '[{"name":"x","interface":"net1"},{"name":"y","interface":"net1"}]'

        assert [
            (one["name"], one.get("namespace"))
            for one in json.loads(annotation(given, service_interface()))
        ] == [("invalid-network", "invalid-namespace"), ("x", "my-namespace"), ("y", None)]

    def test_the_later_of_two_interfaces_of_one_name_counts(self) -> None:
        found = annotation(None, service_interface(), service_interface("b", network="b"))

        assert [one["name"] for one in json.loads(found)] == ["b", "invalid-network"]

    def test_elements_stand_by_network_and_interface(self) -> None:
        found = annotation(
            None,
            service_interface("a", network="z", interfaceName="net1"),
            service_interface("b", network="a", interfaceName="net3"),
            service_interface("c", network="a", interfaceName="net2"),
        )

        assert [one["interface"] for one in json.loads(found)] == [
            "net2",
            "net3",
            "invalid-interface",
            "net1",
        ]

    def test_fields_stand_as_multus_has_them(self) -> None:
        given = (
            '[{"cni-args":{},"interface":"i","bandwidth":{"egressRate":2,"ingressRate":1},'
            '"portMappings":[{"containerPort":2,"hostPort":1}],"ips":["1.2.3.4"],"name":"n",'
            '"default-route":["1.1.1.1"],"unknown":1}]'
        )

        assert (
            '{"name":"n","ips":["1.2.3.4"],"interface":"i",'
            '"portMappings":[{"hostPort":1,"containerPort":2}],'
            '"bandwidth":{"ingressRate":1,"egressRate":2},"cni-args":{},'
            '"default-route":["1.1.1.1"]}'
        ) in annotation(given, service_interface())

    def test_texts_and_numbers_are_written_as_go_writes_them(self) -> None:
        given = '[{"name":"<ü>&","interface":"i","cni-args":{"a":1.0,"b":1.5,"c":1e3}}]'

        found = annotation(given, service_interface())
        assert '"name":"\\u003cü\\u003e\\u0026"' in found
        assert '{"a":1,"b":1.5,"c":1000}' in found

    @pytest.mark.parametrize(
        "given",
        [
            "mybrsfc,foo",
            "{}",
            '["a"]',
            "[null]",
            "3",
            '[{"name":1}]',
            '[{"cni-args":[]}]',
            '[{"cni-args":{"a":NaN}}]',
            '[{"cni-args":{"a":1e999}}]',
            pytest.param("[" * 100_000, id="deeper than can be read"),
            pytest.param(["a"], id="no text at all"),
        ],
    )
    def test_anything_but_a_list_of_objects_is_a_fault(self, given: Any) -> None:
        built = service(serviceDaemonSet={"annotations": {NETWORKS: given}})
        fault = fault_of(networks_annotation(built.resource, [service_interface().resource]))

        start = "Unable to reconcile interfaces for failed to unmarshal existing networks: "
        assert fault.step is Step.CLAIM
        assert fault.message.startswith(start)
        assert fault.message.endswith(", expected format is a list of objects")


def nad(kind: str, name: str = "mynad", namespace: str = SVC_NS, **notes: str) -> Built:
    built = build(kinds.DPU_SERVICE_NAD, name, namespace).spec(resourceType=kind)
    return built.having(metadata={"annotations": notes})


class TestResources:
    @pytest.mark.parametrize(
        ("there", "resources"),
        [
            pytest.param(nad("sf"), {"nvidia.com/bf_sf": "1"}, id="sub-function"),
            pytest.param(
                nad("sf", **{TRUSTED: ""}), {"nvidia.com/bf_sf_trusted": "1"}, id="trusted one"
            ),
            pytest.param(nad("vf", **{TRUSTED: ""}), {"nvidia.com/bf_vf": "1"}, id="virtual one"),
            pytest.param(nad("veth"), {}, id="no device"),
            pytest.param(nad("new"), {"nvidia.com/bf_sf": "1"}, id="a type of tomorrow"),
            pytest.param(nad("sf", "other"), {}, id="there is no such network"),
            pytest.param(nad("sf", namespace="other"), {}, id="it is in another namespace"),
        ],
    )
    def test_the_type_of_the_network_decides(self, there: Built, resources: dict[str, str]) -> None:
        interface = service_interface(network="mynad").resource

        assert nad_resources([interface], world(there)) == resources

    def test_devices_are_counted(self) -> None:
        there = world(nad("sf"), nad("sf", "far", "away"), nad("vf", "fast"))
        networks = ("mynad", "away/far", "fast", "mybrhbn", "iprequest", "", "a/b/c")
        interfaces = [service_interface(network=one).resource for one in networks]

        assert nad_resources(interfaces, there) == {
            "nvidia.com/bf_sf": "2",
            "nvidia.com/bf_vf": "1",
        }

    def test_networks_that_cannot_be_listed_are_a_fault_where_needed(self) -> None:
        there = world(troubles={kinds.DPU_SERVICE_NAD: (Trouble.FORBIDDEN, "no nads for you")})
        needed = service_interface(network="mynad").resource
        predefined = service_interface(network="mybrhbn").resource

        assert nad_resources([predefined], there) == {}
        assert fault_of(nad_resources([needed], there)).text == "no nads for you"

    def test_a_release_without_them_needs_none(self) -> None:
        there = world(troubles={kinds.DPU_SERVICE_NAD: (Trouble.NOT_SERVED, "")})

        assert nad_resources([service_interface(network="mynad").resource], there) == {}
