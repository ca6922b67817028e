"""What is published of a service's ports, and when nothing is."""

from typing import Any, ClassVar

import pytest

from dpfctl.errors import UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.model.kinds import Kind
from dpfctl.plan import Action
from dpfctl.reconcile.identity import CONTROLLER
from dpfctl.reconcile.ports.planning import cleanup, plan_ports
from dpfctl.reconcile.steps import Step
from tests.builders import Built, build, inventory, operator_config
from tests.unit.published import (
    DPUS,
    SIDE,
    TCP,
    UDP,
    applied,
    changes,
    chart_service,
    error,
    exposing,
    given,
    host_service,
    known,
    published,
)
from tests.unit.reconcile_fleets import ONE, SVC_NS, TWO, cluster, made, service, world

OURS = {
    "dpu.nvidia.com/dpuservice-name": "dpu-one",
    "dpu.nvidia.com/dpuservice-namespace": SVC_NS,
    "dpu.nvidia.com/exposed-port-for-dpucluster": "cluster-one",
}
OWNER = {
    "apiVersion": "svc.dpu.nvidia.com/v1alpha1",
    "kind": "DPUService",
    "name": "dpu-one",
    "uid": f"dpuservice-{SVC_NS}-dpu-one",
    "controller": True,
    "blockOwnerDeletion": True,
}
SLICE_LABELS = {
    **OURS,
    "endpointslice.kubernetes.io/managed-by": "dpuservice-manager",
    "kubernetes.io/service-name": "dpu-one",
}
ALL = (kinds.ENDPOINT_SLICE, kinds.ENDPOINTS, kinds.SERVICE)
NOT_READY = (
    'Unable to reconcile Config Ports: config ports not ready yet for cluster "cluster-one": '
)


def test_r_port_03_the_service() -> None:
    found = applied(changes(exposing()))["Service"]
    assert found.raw == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "dpu-one",
            "namespace": SVC_NS,
            "labels": OURS,
            "ownerReferences": [OWNER],
        },
        "spec": {
            "internalTrafficPolicy": "Local",
            "externalTrafficPolicy": "Local",
            "type": "NodePort",
            "ports": [{**TCP, "targetPort": 30111}],
        },
    }


def test_r_port_04_the_slice() -> None:
    found = applied(changes(exposing().having(metadata={"labels": {"team": "net"}})))
    assert found["EndpointSlice"].raw == {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "dpu-one",
            "namespace": SVC_NS,
            "labels": {**SLICE_LABELS, "team": "net"},
            "ownerReferences": [OWNER],
        },
        "addressType": "IPv4",
        "ports": [{"name": "port-one", "protocol": "TCP", "port": 30111}],
        "endpoints": [
            {
                "addresses": ["192.168.1.10"],
                "conditions": {"ready": True},
                "nodeName": "node-1",
            }
        ],
    }
    assert found["Service"].mapping("metadata", "labels") == OURS


def test_r_port_05_the_endpoints() -> None:
    found = applied(changes(exposing()))["Endpoints"]
    assert found.mapping("metadata", "labels") == {
        **SLICE_LABELS,
        "endpointslice.kubernetes.io/skip-mirror": "true",
    }
    assert found.at("subsets") == [
        {
            "addresses": [{"ip": "192.168.1.10", "nodeName": "node-1"}],
            "ports": [{"name": "port-one", "protocol": "TCP", "port": 30111}],
        }
    ]


def test_they_follow_one_another_so_that_a_failed_slice_keeps_the_service_back() -> None:
    first, second, third = changes(exposing())
    assert [c.stage for c in (first, second, third)] == [Step.SLICE, Step.ENDPOINTS, Step.EXPOSE]
    assert first.needs == ()
    assert second.needs == (first.gives,)
    assert third.needs == (first.gives, second.gives)
    assert {(c.manager, c.force, c.done) for c in (first, second, third)} == {
        (CONTROLLER, True, "created")
    }


def test_ports_stand_in_the_order_of_the_spec() -> None:
    side = (chart_service(given(TCP, 30111), given(UDP, 30222)), *DPUS)
    found = applied(changes(exposing(UDP, TCP), side=side))
    assert found["Service"].items("spec", "ports") == (
        {**UDP, "targetPort": 30222},
        {**TCP, "targetPort": 30111},
    )
    assert [port["port"] for port in found["EndpointSlice"].items("ports")] == [30222, 30111]


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        pytest.param("ClusterIP", {"type": "ClusterIP"}, id="cluster IP"),
        pytest.param("None", {"clusterIP": "None"}, id="headless"),
    ],
)
def test_r_port_08_other_types(kind: str, spec: dict[str, Any]) -> None:
    built = exposing(kind=kind).status(configPorts={"cluster-one": [given(TCP, 31001)]})
    found = applied(changes(built))["Service"]
    ports = [{**TCP, "targetPort": 30111}]
    assert found.at("spec") == {"internalTrafficPolicy": "Local", **spec, "ports": ports}


@pytest.mark.parametrize(
    ("port", "recorded", "number"),
    [
        pytest.param(TCP, [], None, id="nobody asks, so the API server picks one"),
        pytest.param(given(TCP, 31000), [], 31000, id="the spec asks"),
        pytest.param(TCP, [given(TCP, 31001)], 31001, id="it had one before"),
        pytest.param(given(TCP, 31000), [given(TCP, 31001)], 31000, id="the spec wins"),
        pytest.param(TCP, [given(UDP, 31001)], None, id="another port had one"),
    ],
)
def test_r_port_07_the_node_port(port: dict[str, Any], recorded: list[Any], number: Any) -> None:
    built = exposing(port).status(configPorts={"cluster-one": recorded})
    (found,) = applied(changes(built))["Service"].items("spec", "ports")
    assert found.get("nodePort") == number


def test_r_port_07c_another_node_port_of_the_dpu_is_followed() -> None:
    built = exposing().status(configPorts={"cluster-one": [given(TCP, 31001)]})
    found = applied(changes(built, side=(chart_service(given(TCP, 30333)), *DPUS)))
    assert found["Service"].items("spec", "ports") == (
        {**TCP, "targetPort": 30333, "nodePort": 31001},
    )
    assert found["EndpointSlice"].items("ports")[0]["port"] == 30333


@pytest.mark.parametrize(
    ("side", "why"),
    [
        pytest.param(DPUS, "expected 1 service, got 0", id="r-port-02 no service yet"),
        pytest.param(
            (chart_service(), chart_service(name="b"), *DPUS),
            "expected 1 service, got 2",
            id="r-port-02c two of them",
        ),
        pytest.param(
            (chart_service(TCP), *DPUS),
            'nodePort is not set for service "chart"',
            id="no node port yet",
        ),
        pytest.param(
            (chart_service(given(UDP, 30222), given({**TCP, "name": "other"}, 3)), *DPUS),
            "creation of Service on DPU not ready yet, expected 1 nodePorts, got 0: "
            'no port port-one in service "svc-ns/chart", available are: port-two, other',
            id="r-port-02b a port that the chart does not know",
        ),
    ],
)
def test_r_port_02_what_is_not_there_yet(side: tuple[Built, ...], why: str) -> None:
    assert error(exposing(), side=side) == f"{NOT_READY}{why}"


def test_upstream_says_no_more_than_upstream() -> None:
    side = (chart_service(given(UDP, 30222)), *DPUS)
    assert error(exposing(TCP, UDP), side=side, is_upstream=True) == (
        f"{NOT_READY}creation of Service on DPU not ready yet, expected 2 nodePorts, got 1"
    )


def test_l27_a_service_that_we_published_is_not_the_one_of_the_chart() -> None:
    side = (*SIDE, host_service(given(TCP, 31000)))
    assert len(changes(exposing(), side=side)) == 3
    assert error(exposing(), side=side, is_upstream=True).endswith("got 2")


def test_ports_of_one_name_are_refused() -> None:
    twice = exposing(TCP, {**UDP, "name": "port-one"})
    assert error(twice) == (
        'Unable to reconcile Config Ports: reconcile endpoint slices for cluster "cluster-one": '
        "spec.configPorts.ports has port port-one more than once"
    )


@pytest.mark.parametrize(
    ("side", "why"),
    [
        pytest.param(
            UnreachableError("no answer"),
            'get client for cluster "cluster-one": no answer',
            id="a dead cluster",
        ),
        pytest.param(
            {kinds.SERVICE: (Trouble.FORBIDDEN, "not yours")},
            'list services for cluster "cluster-one": not yours',
            id="services cannot be listed",
        ),
        pytest.param(
            {kinds.NODE: (Trouble.FORBIDDEN, "not yours")},
            'reconcile endpoint slices for cluster "cluster-one": '
            "list nodes by node affinity: not yours",
            id="nodes cannot be listed",
        ),
    ],
)
def test_a_dpu_cluster_that_cannot_be_read(side: Any, why: str) -> None:
    known_world = known(exposing())
    read = inventory(*SIDE, troubles=side) if isinstance(side, dict) else side
    found = plan_ports(
        exposing().resource, type(known_world)(known_world.host, {ONE: read}, known_world.now)
    )
    assert not isinstance(found, tuple)
    assert found.message == f"Unable to reconcile Config Ports: {why}"


@pytest.mark.parametrize("kind", ALL, ids=str)
def test_a_list_of_the_host_that_is_missing_stops_everything(kind: Kind) -> None:
    troubles = {kind: (Trouble.FORBIDDEN, "not yours")}
    assert error(exposing(), troubles=troubles) == "Unable to reconcile Config Ports: not yours"


class TestClusters:
    """Which DPU clusters count, and how many there may be."""

    SIDES: ClassVar = {ONE: SIDE, TWO: ()}

    def test_r_port_10_zero_trust(self) -> None:
        config = operator_config().spec(deploymentMode="zero-trust")
        assert error(exposing(), config) == (
            "Unable to reconcile Config Ports: "
            "zero-trust deployment mode is not supported with config ports"
        )

    def test_r_port_10b_two_clusters(self) -> None:
        found = plan_ports(exposing().resource, world(exposing(), dpus=self.SIDES))
        assert not isinstance(found, tuple)
        assert found.text == "multiple clusters are currently not supported"

    @pytest.mark.parametrize(
        ("two", "selector"),
        [
            pytest.param(
                cluster(TWO), {"matchLabels": {"zone": "dk"}}, id="the selector picks the other"
            ),
            pytest.param(cluster(TWO).deleting(), None, id="one is being deleted"),
        ],
    )
    def test_l3_one_of_two(self, two: Built, selector: Any) -> None:
        built = exposing().spec(dpuClusterSelector=selector) if selector else exposing()
        objects = (cluster(ONE, zone="dk"), two)
        seen = known(built, *objects, side=SIDE)
        assert isinstance(plan_ports(built.resource, seen), tuple)
        strict = known(built, *objects, side=SIDE, is_upstream=True)
        assert not isinstance(plan_ports(built.resource, strict), tuple)

    def test_no_cluster_at_all_withdraws_everything(self) -> None:
        found = plan_ports(exposing().resource, world(exposing(), *map(published, ALL)))
        assert made(found) == [("delete", "dpu-one")] * 3


@pytest.mark.parametrize("is_upstream", [False, True])
def test_f36_nothing_goes_because_dpu_clusters_cannot_be_listed(is_upstream: bool) -> None:
    troubles = {kinds.DPU_CLUSTER: (Trouble.UNREACHABLE, "no answer")}
    old = map(published, ALL)
    found = error(exposing(), *old, troubles=troubles, is_upstream=is_upstream)
    assert found == "Unable to reconcile Config Ports: no answer"


class TestEnds:
    """What was published before and is not to be any more."""

    def test_r_port_09_without_config_ports_everything_goes(self) -> None:
        found = changes(service(), *map(published, ALL))
        assert [(c.action, c.ref.kind, c.stage) for c in found] == [
            (Action.DELETE, kind, Step.CLEANUP) for kind in ALL
        ]
        assert {c.preconditions["uid"] for c in found} == {
            f"{kind}-{SVC_NS}-dpu-one" for kind in ALL
        }

    def test_only_what_is_of_this_service_goes(self) -> None:
        foreign = build(kinds.SERVICE, "dpu-one", SVC_NS).labelled(EXPOSED_FOR="cluster-one")
        elsewhere = published(kinds.SERVICE).having(metadata={"namespace": "other"})
        leaving = published(kinds.ENDPOINTS).deleting()
        charts = chart_service()
        other = published(kinds.ENDPOINT_SLICE, "dpu-one-2")
        seen = world(service(), charts, foreign, elsewhere, leaving, other)
        assert made(cleanup(service().resource, seen)) == [("delete", "dpu-one-2")]

    def test_a_service_that_never_had_any_needs_nothing(self) -> None:
        assert changes(service()) == ()

    @pytest.mark.parametrize("is_upstream", [False, True])
    def test_l5_an_empty_list_of_ports(self, is_upstream: bool) -> None:
        built = exposing().spec(configPorts={"ports": []})
        found = changes(built, *map(published, ALL), is_upstream=is_upstream)
        gone = [c.ref.kind for c in found if c.action is Action.DELETE]
        assert gone == [k for k in ALL if not is_upstream or k is not kinds.ENDPOINTS]
        assert found[0].stage is Step.SLICE

    def test_an_empty_list_does_not_wait_for_the_chart(self) -> None:
        built = exposing().spec(configPorts={"ports": []})
        assert changes(built, side=()) == ()
