"""DPUSets with their BFBs, nodes, devices and DPUs; what stands loose beside them."""

import pytest

from dpfctl.model import kinds
from tests.builders import (
    Built,
    bfb,
    build,
    dpu,
    dpu_deployment,
    dpu_device,
    dpu_node,
    dpu_service_chain,
    dpu_service_interface,
    dpu_set,
    maintenance,
)
from tests.unit.trees import describe, node, outline, rows

SET = dpu_set("set1", bfb="bundle").ready()


@pytest.mark.parametrize("view", ["all", "dpusets"])
def test_a_set_shows_its_bfb_then_nodes_then_dpus(view: str) -> None:
    tree = describe(
        SET.owning(dpu("w1-d1", node="w1", device="d1").ready()),
        bfb("bundle"),
        dpu_node("w1").ready(),
        dpu_device("d1").ready(),
        maintenance("hold", node="w1"),
        view=view,
    )
    assert outline(tree) == rows("""
        DPUSets
          DPUSet/set1
            BFB/bundle
            DPUNodes
              DPUNode/w1
                DPUDevices
                  DPUDevice/d1
                DPUNodeMaintenance/hold
            DPUs
              DPU/w1-d1
        """)


def test_a_set_without_anything_is_one_row() -> None:
    assert outline(describe(dpu_set("bare"))) == rows("""
        DPUSets
          DPUSet/bare
        """)


def test_a_dpu_belongs_to_the_set_both_labels_name() -> None:
    tree = describe(
        dpu_set("s", "one").owning(dpu("a", "one").ready()),
        dpu_set("s", "two").owning(dpu("b", "two").ready()),
    )
    below = {n.namespace: n.children[0].children[0].name for n in tree.root.children[0].children}
    assert below == {"one": "DPU/a", "two": "DPU/b"}


def test_nodes_come_from_the_namespace_of_the_set() -> None:
    tree = describe(SET.owning(dpu("d", node="w1").ready()), dpu_node("w1", "elsewhere").ready())
    assert "DPUNodes" not in outline(tree)


def test_one_node_stands_below_every_set_that_uses_it_with_that_sets_devices() -> None:
    tree = describe(
        dpu_set("east").owning(dpu("a", node="w1", device="d1").ready()),
        dpu_set("west").owning(dpu("b", node="w1", device="d2").ready()),
        dpu_node("w1").ready(),
        dpu_device("d1").ready(),
        dpu_device("d2").ready(),
    )
    assert outline(tree) == rows("""
        DPUSets
          DPUSet/east
            DPUNodes
              DPUNode/w1
                DPUDevices
                  DPUDevice/d1
            DPUs
              DPU/a
          DPUSet/west
            DPUNodes
              DPUNode/w1
                DPUDevices
                  DPUDevice/d2
            DPUs
              DPU/b
        """)


def test_nodes_and_devices_that_no_dpu_names_are_not_shown() -> None:
    tree = describe(SET, dpu_node("idle").ready(), dpu_device("spare").ready())
    assert "idle" not in outline(tree)
    assert "spare" not in outline(tree)


def test_a_maintenance_hangs_below_the_node_of_its_namespace_only() -> None:
    tree = describe(
        SET.owning(dpu("d", node="w1").ready()),
        dpu_node("w1").ready(),
        maintenance("here", node="w1"),
        maintenance("other-node", node="w2"),
        maintenance("other-namespace", node="w1", namespace="elsewhere"),
    )
    assert [n.name for n in node(tree, "DPUNode/w1").children] == ["DPUNodeMaintenance/here"]


def test_a_bfb_that_a_set_names_does_not_stand_at_the_root() -> None:
    tree = describe(SET, bfb("bundle"), bfb("spare"), bfb("bundle", "elsewhere"), grouping=False)
    assert outline(tree) == rows("""
        BFBs
          BFB/bundle
          BFB/spare
        DPUSets
          DPUSet/set1
            BFB/bundle
        """)
    assert [n.namespace for n in tree.root.children[0].children] == ["elsewhere", SET.namespace]


def test_a_bfb_named_by_an_owned_set_is_referenced_too() -> None:
    tree = describe(SET.owned_by("ns", "edge"), bfb("bundle"))
    assert outline(tree) == ""


def test_a_dpu_without_a_set_stands_at_the_root() -> None:
    assert outline(describe(dpu("lone").ready())) == rows("""
        DPUs
          DPU/lone
        """)


@pytest.mark.parametrize(
    "orphan",
    [
        pytest.param(dpu_set("gone").owning(dpu("left").ready())[1], id="its set is gone"),
        pytest.param(
            dpu_set("set1", "elsewhere").owning(dpu("left").ready())[1],
            id="a set of that name is in another namespace",
        ),
        pytest.param(dpu("left").labelled(DPU_SET_NAME="set1").ready(), id="half of its labels"),
    ],
)
def test_a_dpu_of_a_set_that_is_not_there_stands_at_the_root(orphan: Built) -> None:
    assert outline(describe(SET, orphan)) == rows("""
        DPUSets
          DPUSet/set1
        DPUs
          DPU/left
        """)


def test_owned_sets_are_left_to_their_deployment_in_all() -> None:
    family = dpu_deployment("edge").degraded().owning(SET)
    at_root = [n.name for n in describe(family).root.children]
    assert at_root == ["DPUDeployments"]


def test_owned_objects_stand_flat_in_dpusets() -> None:
    family = dpu_deployment("edge").owning(
        SET, dpu_service_chain("chain").ready(), dpu_service_interface("p0").ready()
    )
    assert outline(describe(family, view="dpusets")) == rows("""
        DPUServiceChains
          DPUServiceChain/chain
        DPUServiceInterfaces
          DPUServiceInterface/p0
        DPUSets
          DPUSet/set1
        """)


def test_owned_chains_and_interfaces_are_skipped_at_the_root_of_all() -> None:
    tree = describe(
        dpu_service_chain("mine").ready().owned_by("ns", "edge"),
        dpu_service_interface("p1").ready().owned_by("ns", "edge"),
        dpu_service_chain("loose").ready(),
        dpu_service_interface("p0").ready(),
    )
    assert outline(tree) == rows("""
        DPUServiceChains
          DPUServiceChain/loose
        DPUServiceInterfaces
          DPUServiceInterface/p0
        """)


@pytest.mark.parametrize("kind", [kinds.DPU_SERVICE_IPAM, kinds.DPU_SERVICE_NAD])
def test_ipams_and_nads_stand_at_the_root_whoever_owns_them(kind: kinds.Kind) -> None:
    tree = describe(build(kind, "x").ready().owned_by("ns", "edge"))
    assert outline(tree) == f"{kind.title}\n  {kind.name}/x\n"
