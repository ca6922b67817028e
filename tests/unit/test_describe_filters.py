"""Filter words: what they match, what they admit, and what is left of a fleet."""

import pytest

from dpfctl.describe.filters import parse_filter
from dpfctl.model import kinds
from tests.builders import (
    application,
    bfb,
    build,
    dpu,
    dpu_cluster,
    dpu_deployment,
    dpu_device,
    dpu_node,
    dpu_service,
    dpu_service_chain,
    dpu_service_interface,
    dpu_service_template,
    dpu_set,
    dpu_virtual_network,
    dpu_vpc,
    isolation_class,
    maintenance,
    system_service,
    tenant_control_plane,
)
from tests.unit.trees import describe, outline, rows

EDGE = dpu_deployment("edge", templates=["tmpl"]).degraded()
OWNED_SET, OWNED_DPU = dpu_set("owned-set").owning(dpu("dpu-o").ready())
FLEET = (
    EDGE.owning(
        OWNED_SET,
        dpu_service("owned-svc").ready(),
        dpu_service_chain("owned-chain").ready(),
        dpu_service_interface("owned-if").ready(),
    ),
    OWNED_DPU,
    dpu_service_template("tmpl").ready(),
    system_service("flannel").degraded().owning(application("app-f")),
    dpu_service("hbn").degraded().owning(application("app-h")),
    dpu_set("set1", bfb="used").owning(dpu("dpu-1", node="w1", device="d1").ready()),
    dpu_set("set2"),
    dpu_node("w1").ready(),
    dpu_device("d1").ready(),
    maintenance("hold", node="w1"),
    dpu("dpu-loose").degraded(),
    bfb("used"),
    bfb("free"),
    dpu_cluster("c1").ready().owning(tenant_control_plane("plane")),
    dpu_cluster("c2", kind="static").ready(),
    dpu_vpc("vpc1", isolation="iso").ready(),
    isolation_class("iso"),
    dpu_virtual_network("net1", vpc="vpc1").ready(),
    dpu_service_interface("vf2", network="net1").ready(),
    dpu_service_chain("chain").ready(),
    build(kinds.DPU_SERVICE_IPAM, "pool").ready(),
    build(kinds.DPU_SERVICE_NAD, "nad").ready(),
    build(kinds.DPU_SERVICE_CREDENTIAL_REQUEST, "login").ready(),
    build(kinds.DPU_VOLUME, "vol").ready(),
)

SET1 = """
      DPUSet/set1
        BFB/used
        DPUNodes
          DPUNode/w1
            DPUDevices
              DPUDevice/d1
            DPUNodeMaintenance/hold
        DPUs
          DPU/dpu-1
"""
SERVICES = """
    DPUServices
      DPUService/hbn
        Application/app-h
      DPUService/owned-svc
"""
SYSTEM = """
    System Components
      DPUServices
        DPUService/flannel
"""
SETS = f"""
    DPUSets
      DPUSet/owned-set
        DPUs
          DPU/dpu-o
{SET1}
      DPUSet/set2
"""
ALL_DPUS = """
    DPUs
      DPU/dpu-1
      DPU/dpu-loose
      DPU/dpu-o
"""
BARE_DEPLOYMENT = """
    DPUDeployments
      DPUDeployment/edge
        DPUServiceChains
          DPUServiceChain/owned-chain
        DPUServiceInterfaces
          DPUServiceInterface/owned-if
        Services
          DPUServiceTemplates
            DPUServiceTemplate/tmpl
"""
WHOLE_DEPLOYMENT = """
    DPUDeployments
      DPUDeployment/edge
        DPUServiceChains
          DPUServiceChain/owned-chain
        DPUServiceInterfaces
          DPUServiceInterface/owned-if
        DPUSets
          DPUSet/owned-set
            DPUs
              DPU/dpu-o
        Services
          DPUServiceTemplates
            DPUServiceTemplate/tmpl
          DPUServices
            DPUService/owned-svc
"""
HBN = """
    DPUServices
      DPUService/hbn
        Application/app-h
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("dpuservice", SERVICES + SYSTEM, id="services stand flat, owned ones too"),
        pytest.param(
            "dpuservice,application",
            SERVICES + SYSTEM + "          Application/app-f",
            id="Applications of system components need their own word",
        ),
        pytest.param("dpuservice/hbn", HBN, id="one service"),
        pytest.param("dpuset", SETS, id="sets stand flat with all below them"),
        pytest.param("dpuservice,dpuset", SERVICES + SETS + SYSTEM, id="a list is a union"),
        pytest.param("dpuset/set1", "    DPUSets\n" + SET1, id="one set with all its children"),
        pytest.param(
            "dpuset/set1,dpu/dpu-o", "    DPUSets\n" + SET1, id="DPUs of a set cannot be picked"
        ),
        pytest.param("dpudeployment", BARE_DEPLOYMENT, id="a deployment without sets, services"),
        pytest.param(
            "dpudeployment,dpuset,dpuservice",
            WHOLE_DEPLOYMENT + HBN + "    DPUSets\n" + SET1 + "      DPUSet/set2\n" + SYSTEM,
            id="deployments complete, the rest at the root",
        ),
        pytest.param(
            "dpudeployment/other", BARE_DEPLOYMENT, id="a deployment's name is not honoured"
        ),
        pytest.param("dpu", ALL_DPUS, id="all DPUs stand flat"),
        pytest.param("dpus", ALL_DPUS, id="the plural of DPU counts too"),
        pytest.param("dpu/dpu-1", "    DPUs\n      DPU/dpu-1", id="one DPU"),
        pytest.param("dpunode", "", id="a node stands only below a set"),
        pytest.param("dpudevice", "", id="a device stands only below a set"),
        pytest.param("dpunodemaintenance", "", id="a maintenance stands only below a set"),
        pytest.param("dpuservicetemplate", "", id="a template stands only below a deployment"),
        pytest.param("application", "", id="an Application stands only below a service"),
        pytest.param("tenantcontrolplane", "", id="a control plane stands only below a cluster"),
        pytest.param("bfb", "    BFBs\n      BFB/free", id="only BFBs no set references"),
        pytest.param("bfb/used", "", id="a referenced BFB is not at the root to be picked"),
        pytest.param(
            "dpucluster",
            "    DPUClusters\n      DPUCluster/c1\n      DPUCluster/c2",
            id="clusters without control planes",
        ),
        pytest.param(
            "dpucluster/c1,tenantcontrolplane",
            "    DPUClusters\n      DPUCluster/c1\n        TenantControlPlane/plane",
            id="one cluster with its control plane",
        ),
        pytest.param(
            "dpucluster/c1,tenantcontrolplane/other",
            "    DPUClusters\n      DPUCluster/c1",
            id="a control plane's name is honoured",
        ),
        pytest.param(
            "dpuservicechain",
            "    DPUServiceChains\n      DPUServiceChain/chain",
            id="un-owned chains only",
        ),
        pytest.param(
            "dpuserviceinterface",
            "    DPUServiceInterfaces\n      DPUServiceInterface/vf2",
            id="un-owned interfaces only",
        ),
        pytest.param("dpuvpc", "    DPUVPCs\n      DPUVPC/vpc1", id="VPCs alone"),
        pytest.param(
            "dpuvpc,isolationclass,dpuvirtualnetwork",
            """
    DPUVPCs
      DPUVPC/vpc1
        IsolationClass/iso
        DPUVirtualNetwork/net1
""",
            id="VPCs with what is named",
        ),
        pytest.param(
            "dpuvpc,dpuvirtualnetwork,dpuserviceinterface/other",
            """
    DPUServiceInterfaces
      DPUServiceInterface/vf2
    DPUVPCs
      DPUVPC/vpc1
        DPUVirtualNetwork/net1
""",
            id="an interface's name is honoured below a VPC only",
        ),
        pytest.param(
            "dpuvpc,dpuvirtualnetwork/other",
            "    DPUVPCs\n      DPUVPC/vpc1",
            id="a network's name is honoured",
        ),
        pytest.param("dpuvpc/other", "", id="a VPC's name is honoured"),
        pytest.param(
            "DPUServiceIPAMs/other",
            "    DPUServiceIPAMs\n      DPUServiceIPAM/pool",
            id="an IPAM's name is not honoured",
        ),
        pytest.param("dpuservicenad", "    DPUServiceNADs\n      DPUServiceNAD/nad", id="NADs"),
        pytest.param(
            "dpuservicecredentialrequest",
            "    DPUServiceCredentialRequests\n      DPUServiceCredentialRequest/login",
            id="credential requests",
        ),
        pytest.param("dpuvolume", "", id="storage is not shown by naming it"),
        pytest.param("dpfoperatorconfig", "", id="the root brings nothing with it"),
        pytest.param("ALL", "", id="only the lower-case word means everything"),
        pytest.param("all,nothing", "", id="in a list the word does not admit kinds"),
        pytest.param(
            "all,dpuset",
            SETS + "    DPUs\n      DPU/dpu-loose",
            id="in a list the word still matches objects",
        ),
        pytest.param("a/b/c", "", id="two slashes are no kind"),
        pytest.param(" dpuservice/hbn , dpuvpc ,", HBN + "    DPUVPCs\n      DPUVPC/vpc1",
                     id="blanks and empty words are passed over"),
    ],
)  # fmt: skip
def test_show_resources(words: str, expected: str) -> None:
    tree = describe(*FLEET, show_resources=words, grouping=False)
    assert outline(tree) == rows("\n".join(line for line in expected.splitlines() if line) + "\n")


@pytest.mark.parametrize("words", ["", "all", "failed", " all "])
def test_everything_is_shown(words: str) -> None:
    tree = describe(*FLEET, show_resources=words, grouping=False)
    assert outline(tree) == outline(describe(*FLEET, grouping=False))
    assert {n.name for n in tree.root.children} >= {"DPUDeployments", "System Components", "BFBs"}


def test_storage_kinds_can_be_picked_where_storage_is_shown() -> None:
    tree = describe(*FLEET, show_resources="dpuvolume", show_storage=True)
    assert outline(tree) == "Storage Resources\n  DPUVolumes\n    DPUVolume/vol\n"


def test_the_storage_heading_passes_every_filter() -> None:
    assert outline(describe(*FLEET, show_resources="dpuset/none", show_storage=True)) == (
        "Storage Resources\n"
    )


def test_naming_the_root_lets_loose_dpus_through_with_sets() -> None:
    tree = describe(*FLEET, show_resources="dpuset/none,dpfoperatorconfig")
    assert outline(tree) == "DPUs\n  DPU/dpu-loose\n"


@pytest.mark.parametrize(
    ("words", "matches"),
    [
        pytest.param("", False, id="an empty filter picks none"),
        pytest.param("all", True, id="all picks every object"),
        pytest.param("dpu,ALL", True, id="all picks in any case and place"),
        pytest.param("dpuservice", True, id="the kind"),
        pytest.param("DPUServices", True, id="the plural in capitals"),
        pytest.param("dpuset", False, id="another kind"),
        pytest.param("dpuservice/hbn", True, id="kind and name"),
        pytest.param("dpuservice/hb", False, id="a part of the name"),
        pytest.param("dpuset/hbn", False, id="another kind of that name"),
        pytest.param("dpuservice/hbn/more", True, id="with two slashes only the kind counts"),
        pytest.param("svc", False, id="a short name"),
        pytest.param("dpuservices.svc.dpu.nvidia.com", False, id="a resource with its group"),
        pytest.param("dpuset, dpuservice/hbn", True, id="one word of several, after a blank"),
    ],
)
def test_matching_one_object(words: str, matches: bool) -> None:
    assert parse_filter(words).matches(kinds.DPU_SERVICE, "hbn") is matches


@pytest.mark.parametrize("kind", kinds.DESCRIBED, ids=lambda k: k.name)
def test_every_kind_has_a_singular_and_a_plural(kind: kinds.Kind) -> None:
    for word in (kind.name, kind.name.lower(), kind.plural, kind.title):
        assert parse_filter(word).admits(kind)
        assert parse_filter(word).matches(kind, "x")
        assert sum(parse_filter(word).admits(k) for k in kinds.DESCRIBED) == 1


@pytest.mark.parametrize(
    ("words", "unmatched"),
    [
        pytest.param({"show_resources": "dpuset"}, (), id="a kind that is there"),
        pytest.param({"show_resources": "dpuset/set1"}, (), id="an object that is there"),
        pytest.param({"show_resources": "all"}, (), id="everything"),
        pytest.param({"show_conditions": "ALL"}, (), id="every condition"),
        pytest.param(
            {"show_resources": "dpuset,typo"},
            ("--show-resources=typo",),
            id="a word that is no kind",
        ),
        pytest.param(
            {"show_resources": "dpuset/set9"},
            ("--show-resources=dpuset/set9",),
            id="an object that is not there",
        ),
        pytest.param(
            {"show_resources": "dpunode"},
            ("--show-resources=dpunode",),
            id="a kind that the filter itself leaves unreachable",
        ),
        pytest.param({"show_resources": "dpunode,dpuset"}, (), id="a kind that is reached"),
        pytest.param(
            {"show_resources": "ALL"}, ("--show-resources=ALL",), id="all in capitals admits none"
        ),
        pytest.param(
            {"show_conditions": "dpuset/set1,dpuset/x", "expand_resources": "dpuservice/x"},
            ("--show-conditions=dpuset/x", "--expand-resources=dpuservice/x"),
            id="each flag is told by its name",
        ),
        pytest.param(
            {"expand_resources": "dpuset"},
            ("--expand-resources=dpuset",),
            id="a kind that cannot be expanded",
        ),
        pytest.param({"expand_resources": "all"}, (), id="expanding everything"),
        pytest.param({"show_conditions": "failed"}, (), id="the old word for the default"),
        pytest.param(
            {"show_conditions": "dpu/dpu-1", "namespace": "elsewhere"},
            ("--namespace=elsewhere", "--show-conditions=dpu/dpu-1"),
            id="an object that is in another namespace",
        ),
    ],
)
def test_a_word_that_matches_nothing_is_told(
    words: dict[str, str], unmatched: tuple[str, ...]
) -> None:
    assert describe(*FLEET, **words).unmatched == unmatched


def test_a_word_may_match_what_a_group_hides() -> None:
    pair = (dpu_service("a").ready(), dpu_service("b").ready())
    assert describe(*pair, show_conditions="dpuservice/a").unmatched == ()
