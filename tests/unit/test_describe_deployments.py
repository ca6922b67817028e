"""DPUDeployments and what they own."""

from dpfctl.model import kinds
from tests.builders import (
    build,
    dpu,
    dpu_deployment,
    dpu_service,
    dpu_service_chain,
    dpu_service_interface,
    dpu_service_template,
    dpu_set,
    system_service,
)
from tests.unit.trees import describe, node, outline, rows

EDGE = dpu_deployment("edge", templates=("hbn", "blueman")).degraded()


def test_a_deployment_shows_all_it_owns_in_order() -> None:
    (owned_set, member) = dpu_set("set1").ready().owning(dpu("dpu1").ready())
    tree = describe(
        EDGE.owning(
            owned_set,
            dpu_service("hbn-x1").ready(),
            dpu_service_chain("chain").ready(),
            dpu_service_interface("p0").ready(),
        ),
        member,
        dpu_service_template("hbn").ready(),
        dpu_service_template("blueman").ready(),
    )
    assert outline(tree) == rows("""
        DPUDeployments
          DPUDeployment/edge
            DPUServiceChains
              DPUServiceChain/chain
            DPUServiceInterfaces
              DPUServiceInterface/p0
            DPUSets
              DPUSet/set1
                DPUs
                  DPU/dpu1
            Services
              DPUServiceTemplates
                DPUServiceTemplate/blueman
                DPUServiceTemplate/hbn
              DPUServices
                DPUService/hbn-x1
        """)


def test_services_and_templates_are_headed_even_over_nothing() -> None:
    assert outline(describe(dpu_deployment("bare").ready())) == rows("""
        DPUDeployments
          DPUDeployment/bare
            Services
              DPUServiceTemplates
        """)


def test_an_owner_is_namespace_and_name() -> None:
    tree = describe(
        dpu_deployment("edge", "one").ready().owning(dpu_service("mine").ready()),
        dpu_deployment("edge", "two").ready(),
        grouping=False,
    )
    one = node(tree, "DPUDeployment/edge", "one")
    two = node(tree, "DPUDeployment/edge", "two")
    assert [n.name for n in one.children[0].children] == ["DPUServiceTemplates", "DPUServices"]
    assert [n.name for n in two.children[0].children] == ["DPUServiceTemplates"]


def test_a_child_may_live_in_another_namespace_than_its_owner() -> None:
    service = dpu_service("far", "elsewhere").ready()
    assert "DPUService/far" in outline(describe(EDGE.owning(service)))


def test_system_components_do_not_stand_below_a_deployment() -> None:
    tree = describe(EDGE.owning(system_service("flannel").ready()), view="dpudeployments")
    assert "flannel" not in outline(tree)


def test_a_template_stands_once_however_many_services_use_it() -> None:
    services = {"a": {"serviceTemplate": "hbn"}, "b": {"serviceTemplate": "hbn"}}
    deployment = dpu_deployment("edge").ready().spec(services=services)
    tree = describe(deployment, dpu_service_template("hbn").ready())
    assert outline(tree).count("DPUServiceTemplate/hbn") == 1


def test_a_template_may_be_shared_by_deployments() -> None:
    tree = describe(
        dpu_deployment("east", templates=["hbn"]).ready(),
        dpu_deployment("west", templates=["hbn"]).ready(),
        dpu_service_template("hbn").ready(),
        grouping=False,
    )
    assert outline(tree).count("DPUServiceTemplate/hbn") == 2


def test_templates_come_from_the_namespace_of_the_deployment() -> None:
    tree = describe(
        dpu_deployment("edge", templates=["hbn"]).ready(),
        dpu_service_template("hbn", "elsewhere").ready(),
    )
    assert "DPUServiceTemplate/hbn" not in outline(tree)


def test_templates_are_never_merged() -> None:
    tree = describe(
        EDGE, dpu_service_template("hbn").ready(), dpu_service_template("blueman").ready()
    )
    header = node(tree, "DPUServiceTemplates")
    assert [n.name for n in header.children] == [
        "DPUServiceTemplate/blueman",
        "DPUServiceTemplate/hbn",
    ]


def test_ipams_and_nads_never_stand_below_a_deployment() -> None:
    owned = (build(kinds.DPU_SERVICE_IPAM, "pool"), build(kinds.DPU_SERVICE_NAD, "net"))
    assert outline(describe(EDGE.owning(*(o.ready() for o in owned)))) == rows("""
        DPUDeployments
          DPUDeployment/edge
            Services
              DPUServiceTemplates
        DPUServiceIPAMs
          DPUServiceIPAM/pool
        DPUServiceNADs
          DPUServiceNAD/net
        """)


def test_only_deployments_are_looked_at_in_dpudeployments() -> None:
    tree = describe(EDGE, dpu_service("hbn").ready(), dpu_set("s"), view="dpudeployments")
    assert [n.name for n in tree.root.children] == ["DPUDeployments"]
