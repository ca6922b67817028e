"""DPUVPCs, their isolation classes, networks and interfaces."""

import pytest

from tests.builders import (
    Built,
    dpu_deployment,
    dpu_service_interface,
    dpu_set,
    dpu_virtual_network,
    dpu_vpc,
    isolation_class,
)
from tests.unit.trees import describe, node, outline, rows

VPC = (
    dpu_vpc("myvpc", isolation="zz.example").ready(),
    isolation_class("zz.example"),
    dpu_virtual_network("net1", vpc="myvpc").ready(),
    dpu_service_interface("vf2", network="net1").ready(),
)


def test_the_isolation_class_comes_first_and_no_headings_follow() -> None:
    assert outline(describe(*VPC, view="dpuvpcs")) == rows("""
        DPUVPCs
          DPUVPC/myvpc
            IsolationClass/zz.example
            DPUVirtualNetwork/net1
              DPUServiceInterface/vf2
        """)


def test_an_interface_of_a_network_stands_at_the_root_too() -> None:
    assert outline(describe(*VPC)).startswith(
        "DPUServiceInterfaces\n  DPUServiceInterface/vf2\nDPUVPCs\n"
    )


def test_an_interface_of_a_network_stands_below_its_deployment_too() -> None:
    family = dpu_deployment("edge").ready().owning(*VPC[3:])
    tree = describe(*VPC[:3], family)
    assert [n.name for n in tree.root.children] == ["DPUDeployments", "DPUVPCs"]
    assert outline(tree).count("DPUServiceInterface/vf2") == 2


def test_the_namespace_of_an_isolation_class_is_blank() -> None:
    assert node(describe(*VPC), "IsolationClass/zz.example").namespace == ""


def test_an_isolation_class_that_is_not_there_leaves_no_row() -> None:
    tree = describe(dpu_vpc("myvpc", isolation="nowhere").ready())
    assert outline(tree) == "DPUVPCs\n  DPUVPC/myvpc\n"


@pytest.mark.parametrize("kind", ["pf", "vf", "service"])
def test_interfaces_that_can_join_a_network(kind: str) -> None:
    interface = dpu_service_interface("i", network="net1", kind=kind).ready()
    tree = describe(*VPC[:3], interface, view="dpuvpcs")
    assert "DPUServiceInterface/i" in outline(tree)


@pytest.mark.parametrize(
    "interface",
    [
        pytest.param(dpu_service_interface("i", network="net1", kind="physical"), id="other type"),
        pytest.param(dpu_service_interface("i"), id="names none"),
        pytest.param(dpu_service_interface("i", network="net2"), id="another network"),
        pytest.param(dpu_service_interface("i", "elsewhere", "net1"), id="another namespace"),
        pytest.param(
            dpu_service_interface("i", network="net1").spec(
                template={"spec": {"template": {"spec": {"interfaceType": "pf"}}}}
            ),
            id="the network of a type it is not",
        ),
    ],
)
def test_interfaces_that_are_in_no_network(interface: Built) -> None:
    assert "DPUServiceInterface/i" not in outline(describe(*VPC[:3], interface, view="dpuvpcs"))


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(dpu_virtual_network("n", vpc="nowhere"), id="no such VPC"),
        pytest.param(dpu_virtual_network("n", "elsewhere", "myvpc"), id="another namespace"),
        pytest.param(dpu_virtual_network("n"), id="names none"),
    ],
)
def test_networks_of_no_vpc_are_not_shown(network: Built) -> None:
    assert "DPUVirtualNetwork/n\n" not in outline(describe(*VPC, network))


def test_nothing_below_a_vpc_is_merged() -> None:
    tree = describe(
        dpu_vpc("a").ready(),
        dpu_vpc("b").ready(),
        dpu_virtual_network("n1", vpc="a").ready(),
        dpu_virtual_network("n2", vpc="a").ready(),
        dpu_service_interface("i1", network="n1").ready(),
        dpu_service_interface("i2", network="n1").ready(),
        view="dpuvpcs",
    )
    assert outline(tree) == rows("""
        DPUVPCs
          DPUVPC/a
            DPUVirtualNetwork/n1
              DPUServiceInterface/i1
              DPUServiceInterface/i2
            DPUVirtualNetwork/n2
          DPUVPC/b
        """)


def test_only_vpcs_are_looked_at_in_dpuvpcs() -> None:
    tree = describe(*VPC, dpu_set("s"), view="dpuvpcs")
    assert [n.name for n in tree.root.children] == ["DPUVPCs"]
