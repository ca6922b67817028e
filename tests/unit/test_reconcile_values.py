"""The values that charts get, byte by byte, and what users should know about them."""

import json
from typing import Any

import pytest

from dpfctl.model import labels
from dpfctl.reconcile.destinations import ON_HOST, Destination
from dpfctl.reconcile.interfaces.claims import NO_BINDING, Binding
from dpfctl.reconcile.interfaces.quantities import canonical
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.values import helm_values, value_warnings
from tests.builders import Built
from tests.unit.reconcile_fleets import CHART, destination, fault_of, service

ID = "someservice"
LABELS = f'"labels":{{"svc.dpu.nvidia.com/service":"{ID}"}}'
ON_TEST = Destination("test-cluster", ("test-namespace", "test-cluster"))
DAEMON_SET = {"annotations": {"some": "annotation"}, "updateStrategy": {"type": "OnDelete"}}
GIVEN = {
    "serviceDaemonSet": {
        "annotations": {"diff": "annotation"},
        "labels": {"some": "label"},
        "updateStrategy": {"type": "RollingUpdate"},
    }
}
OURS = {labels.DPU_SERVICE_NAME: "dpu-one", labels.DPU_SERVICE_NAMESPACE: "svc-ns"}
PORTS = {"serviceType": "NodePort", "ports": [{"name": "web", "port": 80, "protocol": "TCP"}]}


def charted(values: Any = None, **spec: Any) -> Built:
    return service(**spec).spec(helmChart={"source": CHART, "values": values})


def values_of(
    built: Built, binding: Binding = NO_BINDING, place: Destination = ON_TEST
) -> dict[str, Any]:
    found = helm_values(built.resource, ID, binding, place)
    assert not isinstance(found, Fault)
    return found


def values_json(values: Any) -> str:
    """Compact JSON, keys sorted."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def component(built: Built) -> Built:
    marked = built.labelled(COMPONENT="test-service")
    return marked.having(metadata={"namespace": "test-namespace"})


class TestVectors:
    @pytest.mark.parametrize(
        ("built", "text"),
        [
            pytest.param(charted(), f'{{"serviceDaemonSet":{{{LABELS}}}}}', id="no values"),
            pytest.param(
                charted({"key": "value"}),
                f'{{"key":"value","serviceDaemonSet":{{{LABELS}}}}}',
                id="values",
            ),
            pytest.param(
                charted(GIVEN, serviceDaemonSet=DAEMON_SET),
                '{"serviceDaemonSet":{"annotations":{"diff":"annotation","some":"annotation"},'
                f'"labels":{{"some":"label","svc.dpu.nvidia.com/service":"{ID}"}},'
                '"updateStrategy":{"type":"OnDelete"}}}',
                id="both say something about the DaemonSet",
            ),
            pytest.param(
                component(charted(GIVEN, serviceDaemonSet=DAEMON_SET)),
                '{"global":{"serviceDaemonSet":{"annotations":{'
                '"dpu.nvidia.com/cluster":"test-cluster",'
                '"dpu.nvidia.com/cluster-namespace":"test-namespace","some":"annotation"},'
                f'{LABELS},"updateStrategy":{{"type":"OnDelete"}}}}}},'
                '"serviceDaemonSet":{"annotations":{"diff":"annotation"},'
                '"labels":{"some":"label"},"updateStrategy":{"type":"RollingUpdate"}}}',
                id="a component of DPF",
            ),
        ],
    )
    def test_values_byte_by_byte(self, built: Built, text: str) -> None:
        assert values_json(values_of(built)) == text


class TestDaemonSet:
    def test_the_service_id_wins(self) -> None:
        built = charted(serviceDaemonSet={"labels": {labels.SERVICE_ID: "fake", "a": "b"}})

        found = values_of(built)["serviceDaemonSet"]["labels"]
        assert found == {"a": "b", labels.SERVICE_ID: ID}

    def test_only_what_is_set_is_said(self) -> None:
        selector: Any = {"nodeSelectorTerms": [{"matchExpressions": []}]}
        empty: Any = {"annotations": {}, "resources": {}, "updateStrategy": None}
        built = charted(serviceDaemonSet={"nodeSelector": selector, "other": 1, **empty})

        assert values_of(built)["serviceDaemonSet"] == {
            "nodeSelector": selector,
            "labels": {labels.SERVICE_ID: ID},
        }

    def test_resources_are_texts(self) -> None:
        counts = {"memory": "6Gi", "nvidia.com/bf_sf": 3, "cpu": "1000m"}

        assert values_of(charted(serviceDaemonSet={"resources": counts}))["serviceDaemonSet"][
            "resources"
        ] == {"memory": "6Gi", "nvidia.com/bf_sf": "3", "cpu": "1"}

    def test_interfaces_bring_networks_and_devices(self) -> None:
        asked = {"annotations": {"a": "b"}, "resources": {"cpu": 2, "nvidia.com/bf_sf": 9}}
        binding = Binding(networks="[]", resources={"nvidia.com/bf_sf": "1"})
        found = values_of(charted(serviceDaemonSet=asked), binding)["serviceDaemonSet"]

        assert found["annotations"] == {"a": "b", "k8s.v1.cni.cncf.io/networks": "[]"}
        assert found["resources"] == {"cpu": "2", "nvidia.com/bf_sf": "1"}

    def test_a_component_on_the_host_is_told_so(self) -> None:
        found = values_of(component(charted()), place=ON_HOST)

        notes = found["global"]["serviceDaemonSet"]["annotations"]
        assert notes[labels.CLUSTER_NAME] == "in-cluster"

    def test_values_of_a_component_join_its_globals(self) -> None:
        found = values_of(component(charted({"global": {"other": "value"}})))

        assert found["global"].keys() == {"other", "serviceDaemonSet"}

    def test_the_service_is_not_touched(self) -> None:
        built = charted(GIVEN, serviceDaemonSet=DAEMON_SET, configPorts=PORTS)
        before = values_json(built.raw)
        values_of(built)

        assert values_json(built.raw) == before

    @pytest.mark.parametrize("values", ["text", ["list"], 3])
    def test_values_that_are_no_object_are_a_fault(self, values: Any) -> None:
        built = charted(values)
        fault = fault_of(helm_values(built.resource, ID, NO_BINDING, destination()))

        assert fault.step is Step.DEPLOY
        assert fault.text == "spec.helmChart.values is not an object"
        assert value_warnings(built.resource) == ()


class TestExposedPorts:
    def test_every_port_is_named(self) -> None:
        found = values_of(charted(configPorts=PORTS))["exposedPorts"]

        assert found == {"labels": OURS, "ports": {"web": True}}

    def test_without_ports_nothing_is_said(self) -> None:
        assert "exposedPorts" not in values_of(charted())

    def test_values_of_the_user_win(self) -> None:
        given = {"exposedPorts": {"ports": {"web": False, "more": True}, "labels": {"a": "b"}}}
        found = values_of(charted(given, configPorts=PORTS))["exposedPorts"]

        assert found == {
            "labels": {**OURS, "a": "b"},
            "ports": {"web": False, "more": True},
        }

    def test_null_is_a_value(self) -> None:
        assert values_of(charted({"exposedPorts": None}, configPorts=PORTS))["exposedPorts"] is None


class TestWarnings:
    SUBJECT = "dpuservice/svc-ns/dpu-one: spec.helmChart.values.exposedPorts"

    @pytest.mark.parametrize(
        ("exposed", "fact"),
        [
            ({"ports": {"web": False}}, ".ports switches off port web"),
            ({"ports": {"web": None}}, ".ports switches off port web"),
            ({"ports": []}, ".ports switches off port web"),
            ({"labels": {labels.DPU_SERVICE_NAME: "x"}}, ".labels hides the label"),
            (None, " is no object"),
            ("x", " is no object"),
        ],
    )
    def test_ports_that_are_never_found(self, exposed: Any, fact: str) -> None:
        built = charted({"exposedPorts": exposed}, configPorts=PORTS)
        (warning,) = value_warnings(built.resource)

        assert warning.startswith(self.SUBJECT + fact)

    def test_values_that_are_not_used(self) -> None:
        given = {"serviceDaemonSet": {"labels": "text", "annotations": ["a"]}}
        built = charted(given, serviceDaemonSet=DAEMON_SET)

        assert [text.split(": ")[1].split(" ")[0] for text in value_warnings(built.resource)] == [
            "spec.helmChart.values.serviceDaemonSet.annotations",
            "spec.helmChart.values.serviceDaemonSet.labels",
        ]

    @pytest.mark.parametrize(
        "built",
        [
            charted(GIVEN, serviceDaemonSet=DAEMON_SET, configPorts=PORTS),
            charted({"exposedPorts": None}),
            charted({"exposedPorts": {"ports": {"web": True}}}, configPorts=PORTS),
            component(charted({"serviceDaemonSet": "anything"})),
        ],
    )
    def test_there_is_nothing_to_say_of_others(self, built: Built) -> None:
        assert value_warnings(built.resource) == ()


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (3, "3"),
        ("6Gi", "6Gi"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("512Ki", "512Ki"),
        ("1Ki", "1Ki"),
        ("0.5Ki", "512"),
        ("0.1Ki", "102400m"),
        ("0.5", "500m"),
        ("1000m", "1"),
        ("2000k", "2M"),
        ("1e3", "1e3"),
        ("100E", "100E"),
        ("0Gi", "0"),
        ("1e-12", "1e-9"),
        ("-5", "-5"),
        ("1e9999", "1e9999"),
        ("much", "much"),
    ],
)
def test_quantities_are_written_as_kubernetes_does(given: Any, written: str) -> None:
    assert canonical(given) == written
