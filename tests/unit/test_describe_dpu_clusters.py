"""One tree on into the DPU clusters: what stands where, and what could not be read."""

from collections.abc import Mapping
from typing import Any

import pytest

from dpfctl.describe import Options, Tree, View, build_tree, kinds_to_read, prune
from dpfctl.describe.build import kinds_beyond
from dpfctl.errors import DpfctlError
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory
from tests.builders import (
    NOW,
    NS,
    Built,
    build,
    dpu_cluster,
    dpu_deployment,
    dpu_service,
    dpu_service_interface,
    inventory,
    node,
    operator_config,
    pod,
    system_service,
)
from tests.unit.trees import node as row
from tests.unit.trees import options, outline, rows

WHERE = "dpu-cplane"
BLUE, RED = dpu_cluster("blue", WHERE).ready(), dpu_cluster("red", WHERE).ready()
Side = Inventory | DpfctlError


def look(*host: Built, sides: Mapping[str, Side], **flags: Any) -> Tree:
    """Describe a host with DPU clusters behind it, each by the name of its DPUCluster."""
    fleet = inventory(operator_config().ready(), *host)
    found = {(WHERE, name): side for name, side in sides.items()}
    return build_tree(fleet, options(dpu_clusters=True, **flags), NOW, found)


def service(name: str, service_id: str = "", namespace: str = NS) -> Built:
    return dpu_service(name, namespace).ready().status(serviceID=service_id or name)


def daemon_set(name: str, service_id: str, ready: int = 3, namespace: str = NS) -> Built:
    built = build(kinds.DAEMON_SET, name, namespace).labelled(SERVICE_ID=service_id)
    return built.created("9d").status(
        desiredNumberScheduled=3, updatedNumberScheduled=3, numberReady=ready
    )


def member(kind: kinds.Kind, name: str, owner: str) -> Built:
    """A ServiceInterface or ServiceChain of a set."""
    family = "SERVICE_INTERFACE" if kind is kinds.SERVICE_INTERFACE else "SERVICE_CHAIN"
    marks = {f"{family}_SET_NAME": owner, f"{family}_SET_NAMESPACE": NS}
    return build(kind, name).labelled(**marks)


class TestServices:
    """A DPUService knows what runs of it by its service ID."""

    def test_each_dpu_cluster_that_holds_something_has_a_heading(self) -> None:
        tree = look(
            BLUE,
            RED,
            service("ovn", "id1").degraded(),
            sides={
                "blue": inventory(
                    daemon_set("blue-ovn", "id1", ready=2),
                    pod("blue-ovn-x", node="d1", service="id1"),
                    pod("blue-ovn-y", node="d2", service="id1").ready(),
                    daemon_set("blue-other", "id2"),
                ),
                "red": inventory(daemon_set("red-ovn", "id1")),
            },
            view="dpuservices",
        )

        assert outline(tree) == rows("""
            DPUServices
              DPUService/ovn
                DPU cluster blue
                  DaemonSet/blue-ovn
                  Pod/blue-ovn-x
                DPU cluster red
                  DaemonSet/red-ovn
            """)
        assert row(tree, "DPU cluster blue").namespace == WHERE
        assert row(tree, "DaemonSet/blue-ovn").dpu_cluster == f"{WHERE}/blue"

    def test_services_of_which_all_runs_are_merged_and_others_are_not(self) -> None:
        tree = look(
            BLUE,
            *(service(name) for name in ("a", "b", "c")),
            sides={
                "blue": inventory(
                    daemon_set("a1", "a"), daemon_set("b1", "b"), daemon_set("c1", "c", ready=1)
                )
            },
            view="dpuservices",
        )

        assert outline(tree) == rows("""
            DPUServices
              2 DPUServices...
              DPUService/c
                DPU cluster blue
                  DaemonSet/c1
            """)
        assert not tree.is_healthy

    def test_deployments_stand_beside_daemon_sets(self) -> None:
        deployment = build(kinds.DEPLOYMENT, "api").labelled(SERVICE_ID="ovn")
        tree = look(
            BLUE,
            service("ovn"),
            sides={"blue": inventory(deployment, daemon_set("ovn-1", "ovn"))},
            view="dpuservices",
        )

        assert [n.name for n in row(tree, "DPU cluster blue").children] == [
            "DaemonSet/ovn-1",
            "Deployment/api",
        ]

    @pytest.mark.parametrize("phase", ["Succeeded", "Running"])
    def test_pods_that_are_done_or_ready_are_not_shown(self, phase: str) -> None:
        built = pod("job", node="d1", service="ovn").ready().status(phase=phase)
        tree = look(BLUE, service("ovn"), sides={"blue": inventory(built)}, view="dpuservices")

        assert "DPU cluster" not in outline(tree)

    def test_a_namesake_in_another_namespace_keeps_what_is_its_own(self) -> None:
        tree = look(
            BLUE,
            service("hbn", "hbn", "ns1"),
            service("hbn", "hbn", "ns2"),
            sides={"blue": inventory(daemon_set("one", "hbn", ready=2, namespace="ns1"))},
            view="dpuservices",
        )

        assert outline(tree).count("DaemonSet/one") == 1
        assert row(tree, "DPUService/hbn", "ns1").children
        assert not row(tree, "DPUService/hbn", "ns2").children

    def test_a_service_of_the_host_cluster_has_nothing_there(self) -> None:
        on_host = service("ctl", "id1").spec(deployInCluster=True)
        tree = look(
            BLUE,
            on_host,
            sides={"blue": inventory(daemon_set("x", "id1"))},
            view="dpuservices",
        )

        assert "DaemonSet" not in outline(tree)

    def test_a_service_without_an_id_has_nothing_yet(self) -> None:
        tree = look(
            BLUE,
            dpu_service("new").pending(),
            sides={"blue": inventory(build(kinds.DAEMON_SET, "kube-proxy", "kube-system"))},
            view="dpuservices",
        )

        assert "DaemonSet" not in outline(tree)

    def test_services_of_deployments_and_system_components_go_on_too(self) -> None:
        tree = look(
            BLUE,
            dpu_deployment("edge").degraded(),
            service("hbn").owned_by(NS, "edge"),
            system_service("multus").degraded().status(serviceID="multus"),
            sides={"blue": inventory(daemon_set("h", "hbn"), daemon_set("m", "multus"))},
        )

        assert outline(tree) == rows("""
            DPUClusters
              DPUCluster/blue
            DPUDeployments
              DPUDeployment/edge
                Services
                  DPUServiceTemplates
                  DPUServices
                    DPUService/hbn
                      DPU cluster blue
                        DaemonSet/h
            System Components
              DPUServices
                DPUService/multus
                  DPU cluster blue
                    DaemonSet/m
            """)


class TestClusters:
    """Below a DPUCluster stands its Nodes, and what stands nowhere else."""

    SIDE = (
        node("d1").ready(reason="KubeletReady"),
        node("d2").ready(reason="KubeletReady"),
        node("d3").degraded("KubeletNotReady"),
        daemon_set("hbn-1", "hbn", ready=1),
        build(kinds.DAEMON_SET, "kube-proxy", "kube-system").status(desiredNumberScheduled=0),
        pod("coredns-1", "kube-system", node="d1"),
        build(kinds.SERVICE_INTERFACE_SET, "p0").ready(),
        member(kinds.SERVICE_INTERFACE, "p0-1", "p0").ready(),
        member(kinds.SERVICE_CHAIN, "left-over", "gone").ready(),
    )

    def test_in_a_whole_fleet_what_belongs_to_others_stands_with_them(self) -> None:
        tree = look(
            BLUE,
            service("hbn"),
            dpu_service_interface("p0").ready(),
            sides={"blue": inventory(*self.SIDE)},
        )

        assert outline(tree) == rows("""
            DPUClusters
              DPUCluster/blue
                DaemonSets
                  DaemonSet/kube-proxy
                Nodes
                  2 Nodes...
                  Node/d3
                Pods
                  Pod/coredns-1
                ServiceChains
                  ServiceChain/left-over
            DPUServiceInterfaces
              DPUServiceInterface/p0
                DPU cluster blue
                  ServiceInterfaceSet/p0
                    ServiceInterface/p0-1
            DPUServices
              DPUService/hbn
                DPU cluster blue
                  DaemonSet/hbn-1
            """)

    def test_by_themselves_dpu_clusters_show_all_of_it(self) -> None:
        tree = look(BLUE, sides={"blue": inventory(*self.SIDE)}, view="dpuclusters")

        assert outline(tree) == rows("""
            DPUClusters
              DPUCluster/blue
                DaemonSets
                  DaemonSet/hbn-1
                  DaemonSet/kube-proxy
                Nodes
                  2 Nodes...
                  Node/d3
                Pods
                  Pod/coredns-1
                ServiceChains
                  ServiceChain/left-over
                ServiceInterfaceSets
                  ServiceInterfaceSet/p0
                    ServiceInterface/p0-1
            """)

    def test_what_belongs_to_kinds_that_are_not_looked_at_moves_up(self) -> None:
        tree = look(
            BLUE,
            service("hbn"),
            sides={"blue": inventory(*self.SIDE)},
            show_resources="dpucluster",
        )

        assert "DaemonSet/hbn-1" in outline(tree)

    def test_issues_leave_what_is_not_ready_and_the_way_to_it(self) -> None:
        tree = look(
            BLUE,
            service("hbn"),
            dpu_service_interface("p0").ready(),
            sides={"blue": inventory(*self.SIDE)},
        )

        assert outline(prune(tree, show_pending=False)) == rows("""
            DPUClusters
              DPUCluster/blue
                Nodes
                  Node/d3
                Pods
                  Pod/coredns-1
            DPUServices
              DPUService/hbn
                DPU cluster blue
                  DaemonSet/hbn-1
            """)


class TestLists:
    """As many lists for each DPU cluster as the view needs, and none without the flag."""

    @pytest.mark.parametrize(
        ("view", "count"),
        [
            pytest.param(View.ALL, 9, id="all"),
            pytest.param(View.DPU_CLUSTERS, 9, id="clusters"),
            pytest.param(View.DPU_DEPLOYMENTS, 8, id="deployments"),
            pytest.param(View.DPU_SERVICES, 4, id="services"),
            pytest.param(View.DPU_SETS, 4, id="sets"),
            pytest.param(View.DPU_VPCS, 2, id="VPCs"),
            pytest.param(View.STORAGE, 0, id="storage has nothing there"),
        ],
    )
    def test_of_each_dpu_cluster(self, view: View, count: int) -> None:
        assert len(kinds_beyond(Options(view=view, dpu_clusters=True))) == count
        assert kinds_beyond(Options(view=view)) == ()

    @pytest.mark.parametrize("view", [view for view in View if view is not View.STORAGE])
    def test_the_dpu_clusters_themselves_are_listed_in_every_view(self, view: View) -> None:
        assert kinds.DPU_CLUSTER in kinds_to_read(Options(view=view, dpu_clusters=True))

    def test_without_the_flag_nothing_is_looked_at(self) -> None:
        host = inventory(operator_config().ready(), BLUE, service("hbn"))
        side = {(WHERE, "blue"): inventory(daemon_set("h", "hbn", ready=0), node("d1"))}
        tree = build_tree(host, options(), NOW, side)

        assert outline(tree) == outline(build_tree(host, options(), NOW))
        assert tree.is_healthy
