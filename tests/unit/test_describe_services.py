"""System Components, DPUServices, their Applications, and credential requests."""

import pytest

from dpfctl.model import kinds
from tests.builders import (
    Built,
    application,
    build,
    dpu_deployment,
    dpu_service,
    operator_config,
    system_service,
)
from tests.unit.trees import describe, node, outline, rows

TWO_KINDS_OF_SERVICE = (
    system_service("flannel").ready(),
    dpu_service("hbn").ready(),
    build(kinds.DPU_SERVICE_CREDENTIAL_REQUEST, "login").ready(),
)


@pytest.mark.parametrize("view", ["all", "dpuservices"])
def test_services_stand_apart_from_system_components(view: str) -> None:
    assert outline(describe(*TWO_KINDS_OF_SERVICE, view=view)) == rows("""
        DPUServiceCredentialRequests
          DPUServiceCredentialRequest/login
        DPUServices
          DPUService/hbn
        System Components
          DPUServices
            DPUService/flannel
        """)


def test_system_components_stand_in_the_namespace_of_the_config() -> None:
    tree = describe(system_service("flannel", "elsewhere").ready())
    assert node(tree, "System Components").namespace == operator_config().namespace
    assert node(tree, "DPUServices").namespace == ""


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("multus", id="a component DPF ships"),
        pytest.param("made-at-home", id="a component nobody knows"),
        pytest.param("", id="no value"),
    ],
)
def test_the_component_label_alone_makes_a_system_component(value: str) -> None:
    service = dpu_service("any-name-9x8y7z").labelled(COMPONENT=value).ready()
    assert outline(describe(service)) == rows("""
        System Components
          DPUServices
            DPUService/any-name-9x8y7z
        """)


def test_an_owned_system_component_stands_once() -> None:
    family = dpu_deployment("edge").ready().owning(system_service("flannel").ready())
    assert outline(describe(family)).count("DPUService/flannel") == 1
    assert "System Components" in outline(describe(family))


def test_owned_services_are_left_to_their_deployment_in_all() -> None:
    owned = dpu_service("hbn").ready().owned_by("ns", "edge")
    assert outline(describe(owned)) == ""


def test_owned_services_stand_flat_in_dpuservices() -> None:
    owned = dpu_service("hbn").ready().owned_by("ns", "edge")
    assert outline(describe(owned, view="dpuservices")) == rows("""
        DPUServices
          DPUService/hbn
        """)


def test_an_empty_owner_label_is_no_owner() -> None:
    service = dpu_service("hbn").ready().having(metadata={"labels": {}})
    unowned = service.labelled(OWNED_BY_DPU_DEPLOYMENT="")
    assert "DPUService/hbn" in outline(describe(unowned))


@pytest.mark.parametrize(
    ("service", "expand", "is_shown"),
    [
        pytest.param(dpu_service("s").ready(), "", False, id="hidden below a ready service"),
        pytest.param(dpu_service("s").degraded(), "", True, id="shown below a failed service"),
        pytest.param(dpu_service("s").pending(), "", True, id="shown below a pending service"),
        pytest.param(dpu_service("s"), "", True, id="shown below a service without Ready"),
        pytest.param(dpu_service("s").ready(), "dpuservice", True, id="shown if expanded by kind"),
        pytest.param(dpu_service("s").ready(), "DPUServices/s", True, id="shown if named"),
        pytest.param(dpu_service("s").ready(), "dpuservice/t", False, id="hidden if not the one"),
        pytest.param(dpu_service("s").ready(), "application", False, id="no other kind expands"),
        pytest.param(dpu_service("s").ready(), "ALL", True, id="shown if all are expanded"),
        pytest.param(system_service("s").degraded(), "", True, id="shown for system components"),
    ],
)
def test_applications(service: Built, expand: str, is_shown: bool) -> None:
    tree = describe(service.owning(application("a")), expand_resources=expand)
    assert ("Application/a" in outline(tree)) is is_shown


def test_applications_hang_directly_below_the_service_both_labels_name() -> None:
    tree = describe(
        dpu_service("hbn", "one").degraded().owning(application("b"), application("a")),
        dpu_service("hbn", "two").degraded().owning(application("c")),
        application("stray").labelled(DPU_SERVICE_NAME="hbn"),
    )
    assert outline(tree) == rows("""
        DPUServices
          DPUService/hbn
            Application/a
            Application/b
          DPUService/hbn
            Application/c
        """)


def test_applications_of_owned_services_are_shown_below_the_deployment() -> None:
    hbn = dpu_service("hbn").degraded()
    (service, app) = hbn.owning(application("a"))
    (deployment, owned) = dpu_deployment("edge").degraded().owning(service)
    assert outline(describe(deployment, owned, app)) == rows("""
        DPUDeployments
          DPUDeployment/edge
            Services
              DPUServiceTemplates
              DPUServices
                DPUService/hbn
                  Application/a
        """)


def test_nothing_but_services_is_looked_at_in_dpuservices() -> None:
    tree = describe(
        dpu_service("hbn").ready(),
        build(kinds.DPU_SERVICE_IPAM, "pool").ready(),
        dpu_deployment("edge").ready(),
        view="dpuservices",
    )
    assert outline(tree) == rows("""
        DPUServices
          DPUService/hbn
        """)
