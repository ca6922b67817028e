"""D: ports of a service that are published in the host cluster."""

import pytest

from dpfctl.model import kinds, labels
from tests.builders import NS, dpu_node
from tests.controlplane.cluster import ControlPlane
from tests.passes.objects import (
    CHART_PORT,
    CLUSTER,
    HOME,
    ONE,
    PORT,
    belonging,
    chart_service,
    chosen,
    config,
    dpu_side_node,
    match_labels,
    on_host,
    service,
    side,
    way_in,
)
from tests.passes.publishing import (
    FIRST,
    SECOND,
    endpoints,
    from_chart,
    mark_node,
    offer,
    publish,
    published,
    renumber,
)
from tests.passes.scene import Scene

PREFIX = "Unable to reconcile Config Ports: "
NOT_YET = f'{PREFIX}config ports not ready yet for cluster "{CLUSTER}": '
NOTHING = {"service": None, "endpointslice": None, "endpoints": None}
MARKS = {**match_labels(), labels.EXPOSED_FOR: CLUSTER}


class TestObjects:
    """What one pass publishes, object by object."""

    def test_r_port_01_the_chart_is_asked_to_expose_the_port(self, scene: Scene) -> None:
        publish(scene)

        assert scene.values()["exposedPorts"] == {
            "labels": match_labels(),
            "ports": {"port-one": True},
        }

    def test_r_port_01b_the_user_switched_it_off(self, scene: Scene) -> None:
        offer(scene)
        off = {"exposedPorts": {"ports": {"port-one": False}}}
        scene.change(helmChart={"values": off})
        result = scene.fail()

        assert scene.values()["exposedPorts"]["ports"] == {"port-one": False}
        assert "warning: " in result.err
        assert "port-one" in result.err

    def test_r_port_03_a_service(self, scene: Scene) -> None:
        publish(scene)
        found = scene.get(kinds.SERVICE, ONE)
        (port,) = found["spec"]["ports"]

        assert found["spec"]["type"] == "NodePort"
        assert port.pop("nodePort") > 0
        assert port == {**PORT, "targetPort": CHART_PORT}
        assert "selector" not in found["spec"]
        policies = found["spec"]["internalTrafficPolicy"], found["spec"]["externalTrafficPolicy"]
        assert policies == ("Local", "Local")
        assert found["metadata"]["labels"] == MARKS
        (owner,) = found["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"]) == ("DPUService", scene.service()["metadata"]["uid"])

    def test_r_port_04_an_endpoint_slice(self, scene: Scene) -> None:
        scene.merge(kinds.DPU_SERVICE, ONE, {"metadata": {"labels": {"team": "network"}}})
        publish(scene)
        found = scene.get(kinds.ENDPOINT_SLICE, ONE)

        assert found["addressType"] == "IPv4"
        assert found["ports"] == [{"name": "port-one", "protocol": "TCP", "port": CHART_PORT}]
        assert found["endpoints"] == [FIRST]
        assert found["metadata"]["labels"] == {
            **MARKS,
            "endpointslice.kubernetes.io/managed-by": "dpuservice-manager",
            "kubernetes.io/service-name": ONE,
            "team": "network",
        }

    def test_r_port_05_endpoints(self, scene: Scene) -> None:
        publish(scene)
        found = scene.get(kinds.ENDPOINTS, ONE)
        (subset,) = found["subsets"]

        assert found["metadata"]["labels"]["endpointslice.kubernetes.io/skip-mirror"] == "true"
        assert subset["addresses"] == [{"ip": "192.168.1.10", "nodeName": "node-1"}]
        assert subset["ports"] == [{"name": "port-one", "port": CHART_PORT, "protocol": "TCP"}]

    def test_r_port_07_the_status_tells_the_port(self, scene: Scene) -> None:
        publish(scene)
        (port,) = scene.get(kinds.SERVICE, ONE)["spec"]["ports"]
        told = scene.service()["status"]["configPorts"]

        assert told == {CLUSTER: [{**PORT, "nodePort": port["nodePort"]}]}
        assert scene.condition("ConfigPortsReconciled") == ("True", "Success", "")

    @pytest.mark.parametrize("kind", ["ClusterIP", "None"])
    def test_r_port_08_other_types_have_no_node_port(self, scene: Scene, kind: str) -> None:
        offer(scene, serviceType=kind)
        scene.add(chart_service(), on=scene.side)
        scene.settle()
        spec = scene.get(kinds.SERVICE, ONE)["spec"]

        assert spec["type"] == "ClusterIP"
        assert (spec["clusterIP"] == "None") is (kind == "None")
        assert "externalTrafficPolicy" not in spec
        assert scene.service()["status"]["configPorts"] == {CLUSTER: [PORT]}


class TestChanges:
    def test_r_port_06_a_second_dpu_takes_traffic(self, scene: Scene) -> None:
        publish(scene)
        mark_node(scene, "dpu-node-2", key="x")
        scene.settle()

        assert endpoints(scene) == [FIRST, SECOND]

    def test_r_zone_03_nodes_of_another_zone_take_none(self, scene: Scene) -> None:
        zone = {"matchExpressions": [{"key": "bfb", "operator": "In", "values": ["dk"]}]}
        scene.change(serviceDaemonSet={"nodeSelector": {"nodeSelectorTerms": [zone]}})
        offer(scene)
        mark_node(scene, "dpu-node-1", bfb="ga")
        mark_node(scene, "dpu-node-2", bfb="dk")
        scene.add(chart_service(), on=scene.side)
        scene.settle()

        assert endpoints(scene) == [SECOND]

    def test_r_port_06b_nodes_that_take_none(self, scene: Scene) -> None:
        offer(scene)
        scene.add(dpu_node("old", NS))
        old = {"provisioning.dpu.nvidia.com/host": "old"}
        scene.add(
            chart_service(),
            dpu_side_node("a-stranger", "192.168.1.12", key="x"),
            dpu_side_node("an-old-one", "192.168.1.13", key="x", **old),
            dpu_side_node("no-address", "", key="x", **belonging("node-2")),
            on=scene.side,
        )
        scene.settle()

        old_one = {**FIRST, "addresses": ["192.168.1.13"], "nodeName": "old"}
        assert endpoints(scene) == [old_one, FIRST]

    def test_r_port_06b_a_dpu_node_that_is_missing(self, scene: Scene) -> None:
        offer(scene)
        mark_node(scene, "dpu-node-1", **belonging("gone"))
        scene.add(chart_service(), on=scene.side)
        scene.fail()
        status, reason, message = scene.condition("ConfigPortsReconciled")

        assert (status, reason) == ("False", "Error")
        assert f"failed to get DPUNode {HOME}/gone. " in message

    def test_r_port_07b_the_node_port_outlives_the_service(self, scene: Scene) -> None:
        publish(scene)
        before = scene.get(kinds.SERVICE, ONE)
        scene.remove(kinds.SERVICE, ONE)
        scene.settle()
        after = scene.get(kinds.SERVICE, ONE)

        assert after["metadata"]["uid"] != before["metadata"]["uid"]
        assert after["spec"]["ports"] == before["spec"]["ports"]

    def test_r_port_07c_the_chart_gets_another_node_port(self, scene: Scene) -> None:
        publish(scene)
        (before,) = scene.get(kinds.SERVICE, ONE)["spec"]["ports"]
        renumber(scene, 30333)
        scene.settle()

        assert scene.get(kinds.SERVICE, ONE)["spec"]["ports"] == [{**before, "targetPort": 30333}]
        assert scene.get(kinds.ENDPOINT_SLICE, ONE)["ports"][0]["port"] == 30333
        assert scene.get(kinds.ENDPOINTS, ONE)["subsets"][0]["ports"][0]["port"] == 30333

    def test_r_port_09_the_ports_are_given_up(self, scene: Scene) -> None:
        publish(scene)
        scene.change(configPorts=None)
        scene.settle()

        assert published(scene) == NOTHING
        assert not scene.service()["status"].get("configPorts")
        assert "exposedPorts" not in scene.values()

    def test_r_port_11_no_dpu_has_the_label(self, scene: Scene) -> None:
        offer(scene)
        mark_node(scene, "dpu-node-1", key=None)
        scene.add(chart_service(), on=scene.side)
        scene.settle()

        assert endpoints(scene) == []
        assert "subsets" not in scene.get(kinds.ENDPOINTS, ONE)
        assert scene.get(kinds.SERVICE, ONE)["spec"]["type"] == "NodePort"
        assert scene.condition("ConfigPortsReconciled") == ("True", "Success", "")

    def test_r_port_11_the_last_dpu_loses_the_label(self, scene: Scene) -> None:
        publish(scene)
        mark_node(scene, "dpu-node-1", key=None)
        scene.settle()

        assert endpoints(scene) == []
        assert "subsets" not in scene.get(kinds.ENDPOINTS, ONE)


class TestNotYet:
    """What fails leaves the host cluster as it is."""

    def test_r_port_02_no_service_in_the_dpu_cluster(self, scene: Scene) -> None:
        offer(scene)
        scene.fail()

        told = ("False", "Error", f"{NOT_YET}expected 1 service, got 0")
        assert scene.condition("ConfigPortsReconciled") == told
        assert published(scene) == NOTHING

    def test_r_port_02b_a_port_that_the_chart_does_not_know(self, scene: Scene) -> None:
        offer(scene, ports=[PORT, {**PORT, "name": "port-two", "port": 8081}])
        scene.add(chart_service(), on=scene.side)
        scene.fail()
        counts = "creation of Service on DPU not ready yet, expected 2 nodePorts, got 1"
        *_, message = scene.condition("ConfigPortsReconciled")

        assert message.startswith(f"{NOT_YET}{counts}")
        assert "port-two" in message
        assert published(scene) == NOTHING

        scene.fail("--strict-upstream")
        assert scene.condition("ConfigPortsReconciled")[2] == f"{NOT_YET}{counts}"

    def test_r_port_02c_two_services_in_the_dpu_cluster(self, scene: Scene) -> None:
        publish(scene)
        before = published(scene)
        scene.add(chart_service("another", 30222), on=scene.side)
        scene.fail()

        told = ("False", "Error", f"{NOT_YET}expected 1 service, got 2")
        assert scene.condition("ConfigPortsReconciled") == told
        assert published(scene) == before

    def test_r_port_02_the_chart_makes_its_service_later(self, scene: Scene) -> None:
        offer(scene)
        scene.fail()
        scene.add(chart_service(), on=scene.side)
        scene.settle()
        assert endpoints(scene) == [FIRST]

        scene.side.api.call("DELETE", from_chart(scene))
        scene.fail()
        assert endpoints(scene) == [FIRST]

    def test_r_port_10_zero_trust(self, scene: Scene) -> None:
        publish(scene)
        redfish = {"installInterface": {"installViaRedfish": {"bmcSecretName": "bmc"}}}
        zero = {"deploymentMode": "zero-trust", "provisioningController": redfish}
        scene.merge(kinds.DPF_OPERATOR_CONFIG, config().name, {"spec": zero}, NS)
        scene.fail()

        told = "zero-trust deployment mode is not supported with config ports"
        assert told in scene.condition("ConfigPortsReconciled")[2]

    def test_r_port_10b_several_clusters_unless_one_is_selected(
        self, scene: Scene, second: ControlPlane
    ) -> None:
        kubeconfig = second.kubeconfig_text(second.admin_token)
        publish(scene)
        scene.add(way_in("cluster-two", kubeconfig), side("cluster-two", "cluster2"))
        scene.fail()
        told = "multiple clusters are currently not supported"
        assert told in scene.condition("ConfigPortsReconciled")[2]

        scene.change(dpuClusterSelector=chosen())
        scene.reconcile()
        scene.end_application(f"cluster-two-{ONE}")
        scene.settle()
        assert scene.condition("ConfigPortsReconciled") == ("True", "Success", "")


class TestAdmission:
    """R-PORT-08: what the API server does not take."""

    def test_r_port_08_the_type_stays(self, bare: Scene) -> None:
        name = "type-stays"
        bare.add(service(name, configPorts={"serviceType": "NodePort", "ports": [PORT]}))
        other = service(name, configPorts={"serviceType": "ClusterIP", "ports": [PORT]})
        answer = bare.propose_change(other)

        assert answer.status == 422
        assert "Value is immutable" in answer.message()

    def test_r_port_08_a_node_port_without_the_type(self, bare: Scene) -> None:
        ports = {"serviceType": "None", "ports": [{**PORT, "nodePort": 31000}]}
        answer = bare.propose(service("headless", configPorts=ports))

        assert answer.status == 422
        assert "nodePort can only be set when serviceType is NodePort" in answer.message()

    def test_r_port_08_a_service_on_the_host_cluster(self, bare: Scene) -> None:
        built = on_host("local").spec(configPorts={"serviceType": "NodePort", "ports": [PORT]})
        answer = bare.propose(built)

        assert answer.status == 422
        assert "configPorts cannot be set when deployInCluster is true" in answer.message()
