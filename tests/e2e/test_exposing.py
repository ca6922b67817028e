"""Ports of services reach the hosts, and hosts wait for what they cannot do without."""

import json
import re

from dpfctl.model import kinds, labels
from tests.controlplane.controllers import HOLD
from tests.e2e.environment import EAST, address_of
from tests.e2e.site import Site
from tests.unit.hosts import DPU_READY, with_label

PORT = {"name": "httpserver", "port": 8000, "protocol": "TCP"}
ON_ONE = {
    "nodeSelector": {"nodeSelectorTerms": [with_label("kubernetes.io/hostname", "worker1-dpu")]}
}


def test_the_node_port_of_a_chart_is_published(site: Site) -> None:
    site.add(site.in_east(configPorts={"serviceType": "NodePort", "ports": [PORT]}))
    site.ready()
    inner = site.get(kinds.SERVICE, "east-web-httpserver", EAST)["spec"]["ports"][0]["nodePort"]
    hosts = ["worker1", "worker2", "worker3"]
    service = site.get(kinds.SERVICE)
    found = site.get(kinds.ENDPOINT_SLICE)
    older = site.get(kinds.ENDPOINTS)

    (port,) = service["spec"]["ports"]
    assert (service["spec"]["type"], port["port"], port["targetPort"]) == ("NodePort", 8000, inner)
    assert found["ports"] == [{"name": "httpserver", "port": inner, "protocol": "TCP"}]
    assert [(one["nodeName"], one["addresses"]) for one in found["endpoints"]] == [
        (host, [address_of(host)]) for host in hosts
    ]
    assert [one["ip"] for one in older["subsets"][0]["addresses"]] == list(map(address_of, hosts))
    published = site.get(kinds.DPU_SERVICE)["status"]["configPorts"]
    assert published == {EAST: [{**PORT, "nodePort": port["nodePort"]}]}
    assert service["metadata"]["labels"][labels.DPU_SERVICE_NAME] == "web"


def test_a_deleted_service_comes_back_with_its_port(site: Site) -> None:
    site.add(site.in_east(configPorts={"serviceType": "NodePort", "ports": [PORT]}))
    site.ready()
    before = site.get(kinds.SERVICE)["spec"]["ports"]
    path = f"/api/v1/namespaces/{site.namespace}/services/web"
    site.host.api.call("DELETE", path)
    site.ready()

    assert site.get(kinds.SERVICE)["spec"]["ports"] == before


def test_a_host_waits_for_its_critical_service(site: Site) -> None:
    held = {**ON_ONE, "annotations": {HOLD: "true"}}
    site.add(site.in_east(serviceDaemonSet=held).labelled(CRITICAL=""))
    first = site.settle()
    assert (site.taints("worker1"), site.taints("worker2")) == ([DPU_READY], [])
    assert re.search(
        r"^worker1 +tainted +\S+/web on dpu/\S+/worker1-dpu: pod Pending$", first.out, re.M
    )

    late = site.reconcile("--wait", "--timeout", "1s")
    assert (late.code, site.taints("worker1")) == (4, [DPU_READY])
    assert "not done after 1 s" in late.err

    site.change(serviceDaemonSet={"annotations": None})
    result = site.ready("-o", "json")
    assert site.taints("worker1") == []
    (service,) = json.loads(result.out)["data"]["services"]
    assert service["state"] == "ready"


def test_a_host_is_set_free_with_its_service(site: Site) -> None:
    held = {**ON_ONE, "annotations": {HOLD: "true"}}
    site.add(site.in_east(serviceDaemonSet=held).labelled(CRITICAL=""))
    site.settle()
    assert site.taints("worker1") == [DPU_READY]
    site.delete()
    site.ready()
    assert site.run("reconcile", "--once").code == 0

    assert site.taints("worker1") == []


def test_most_hosts_are_not_tainted_at_once(site: Site) -> None:
    site.add(site.service(serviceDaemonSet={"annotations": {HOLD: "true"}}).labelled(CRITICAL=""))
    refused = site.reconcile()
    assert refused.code == 1
    assert "use --force" in refused.err
    assert site.revisions() == {}
