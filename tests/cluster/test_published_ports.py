"""Ports published on a real API server: what it stores, fills in and keeps, and nothing twice."""

from typing import Any

import pytest

from dpfctl.apply import Places, apply_plan
from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Plan
from dpfctl.reconcile.ports.changes import replan_ports
from dpfctl.reconcile.ports.planning import plan_ports, published_ports
from dpfctl.reconcile.steps import Fault
from dpfctl.reconcile.world import World
from dpfctl.report import Report
from tests.builders import NOW, Built, build, dpu_cluster, inventory, operator_config
from tests.controlplane.api import MERGE_PATCH
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.unit.published import (
    DPU_NODES,
    DPUS,
    SIDE,
    TCP,
    UDP,
    chart_service,
    exposing,
    given,
)
from tests.unit.reconcile_fleets import ONE, SVC_NS

OBJECTS = (kinds.ENDPOINT_SLICE, kinds.ENDPOINTS, kinds.SERVICE)
READ = (kinds.DPU_SERVICE, kinds.DPU_NODE, kinds.NODE, *OBJECTS)


class Host:
    """A host cluster with service dpu-one, and passes over its ports."""

    def __init__(self, cluster: ControlPlane, service: Built) -> None:
        self.plane = cluster
        self.cluster: KubeCluster = connect(
            load_config(ConnectOptions(kubeconfig=str(cluster.kubeconfig)), {})
        )
        safe = service.spec(security={"privileged": False})
        apply_objects(cluster, [one.raw for one in (safe, *DPU_NODES)])

    def world(self, side: tuple[Built, ...]) -> World:
        found = self.cluster.read(READ)
        extra = inventory(operator_config(), dpu_cluster(ONE[1], ONE[0]))
        listings = {**found.listings, **extra.listings}
        return World(Inventory(listings), {ONE: inventory(*side)}, NOW)

    def run(self, side: tuple[Built, ...] = SIDE) -> Report:
        """One pass."""
        seen = self.world(side)
        found = plan_ports(self.service, seen)
        assert not isinstance(found, Fault), found.message
        plan = Plan("reconcile", found)
        return apply_plan(Places(self.cluster), plan, replan_ports, sleep=lambda _seconds: None)

    def results(self, side: tuple[Built, ...] = SIDE) -> list[str]:
        report = self.run(side)
        assert not report.failures, report.failures[0].message
        return [outcome.result.value for outcome in report.outcomes]

    def remember(self) -> None:
        """Write ``status.configPorts`` as a pass does."""
        host = self.cluster.read((kinds.SERVICE,))
        found = published_ports(self.service, host, self.world(SIDE))
        self.merge("/status", {"status": {"configPorts": found}})

    def merge(self, part: str, body: dict[str, Any]) -> None:
        path = f"/apis/svc.dpu.nvidia.com/v1alpha1/namespaces/{SVC_NS}/dpuservices/dpu-one{part}"
        self.plane.api.call("PATCH", path, body, MERGE_PATCH)

    def get(self, kind: Kind) -> Resource:
        return self.cluster.get(Ref(kind, SVC_NS, "dpu-one"))

    @property
    def service(self) -> Resource:
        return self.get(kinds.DPU_SERVICE)

    @property
    def versions(self) -> list[str]:
        return [self.get(kind).resource_version for kind in OBJECTS]

    @property
    def node_port(self) -> int:
        (port,) = self.get(kinds.SERVICE).items("spec", "ports")
        number = port["nodePort"]
        assert isinstance(number, int)
        return number


BOTH = (chart_service(given(TCP, 30111), given(UDP, 30222)), *DPUS)


@pytest.mark.parametrize("kind", ["NodePort", "ClusterIP", "None"])
def test_a_second_pass_writes_nothing(leased_cluster: ControlPlane, kind: str) -> None:
    host = Host(leased_cluster, exposing(TCP, UDP, kind=kind))
    assert host.results(BOTH) == ["done"] * 3
    before = host.versions
    host.remember()
    assert host.results(BOTH) == ["unchanged"] * 3
    assert host.versions == before


def test_r_port_11_no_endpoints_are_stored_once_and_replace_old_ones(
    leased_cluster: ControlPlane,
) -> None:
    host = Host(leased_cluster, exposing())
    nobody = (chart_service(), DPUS[1])
    assert host.results(nobody) == ["done"] * 3
    assert host.results(nobody) == ["unchanged"] * 3
    assert host.results() == ["done", "done", "unchanged"]
    assert len(host.get(kinds.ENDPOINT_SLICE).items("endpoints")) == 1
    assert host.results(nobody) == ["done", "done", "unchanged"]
    assert host.get(kinds.ENDPOINT_SLICE).items("endpoints") == ()
    assert host.get(kinds.ENDPOINTS).items("subsets") == ()
    assert host.results(nobody) == ["unchanged"] * 3


def test_r_port_07_the_node_port_lasts(leased_cluster: ControlPlane) -> None:
    host = Host(leased_cluster, exposing())
    host.run()
    number = host.node_port
    host.remember()
    service = host.get(kinds.SERVICE)
    host.cluster.delete(service.ref, uid=service.uid)
    # The API server takes the Endpoints of a Service along with it.
    assert host.results() == ["unchanged", "done", "done"]
    assert host.node_port == number
    moved = (chart_service(given(TCP, 30333)), *DPUS)
    assert host.results(moved) == ["done"] * 3
    assert host.node_port == number
    assert host.get(kinds.SERVICE).items("spec", "ports")[0]["targetPort"] == 30333
    assert host.results(moved) == ["unchanged"] * 3


def test_labels_that_the_service_has_lost_go_and_those_of_others_stay(
    leased_cluster: ControlPlane,
) -> None:
    host = Host(leased_cluster, exposing().having(metadata={"labels": {"team": "net"}}))
    host.run()
    ref = host.get(kinds.ENDPOINT_SLICE).ref
    host.cluster.merge(ref, {"metadata": {"labels": {"foreign": "yes"}}})
    host.merge("", {"metadata": {"labels": {"team": None}}})
    assert host.results() == ["done", "done", "unchanged"]
    found = host.get(kinds.ENDPOINT_SLICE)
    assert (found.label("team"), found.label("foreign")) == (None, "yes")


def test_r_port_09_without_config_ports_everything_goes(leased_cluster: ControlPlane) -> None:
    host = Host(leased_cluster, exposing())
    host.run()
    host.merge("", {"spec": {"configPorts": None}})
    assert host.results() == ["done"] * 3
    assert all(not host.cluster.list(kind, SVC_NS) for kind in OBJECTS)
    assert host.results() == []


def test_f35_an_object_of_somebody_else_keeps_all_three_back(
    leased_cluster: ControlPlane,
) -> None:
    host = Host(leased_cluster, exposing())
    foreign = build(kinds.SERVICE, "dpu-one", SVC_NS).spec(ports=[{"port": 80}])
    apply_objects(leased_cluster, [foreign.raw])
    found = plan_ports(host.service, host.world(SIDE))
    assert isinstance(found, Fault)
    assert "does not belong to" in found.text
