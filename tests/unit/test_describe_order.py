"""The order of siblings, which nothing but their names decides."""

from typing import Any

from dpfctl.model import kinds
from tests.builders import (
    bfb,
    build,
    dpu,
    dpu_cluster,
    dpu_deployment,
    dpu_service,
    dpu_set,
    dpu_vpc,
    system_service,
)
from tests.unit.trees import describe


def below(*objects: Any, **flags: bool) -> list[tuple[str, str]]:
    (header,) = describe(*objects, **flags).root.children
    return [(n.name, n.namespace) for n in header.children]


def test_headings_below_the_root() -> None:
    tree = describe(
        system_service("flannel"),
        dpu_service("hbn"),
        dpu("loose"),
        dpu_vpc("vpc"),
        dpu_set("set"),
        dpu_deployment("edge"),
        dpu_cluster("c"),
        bfb("b"),
        *(
            build(kind, "x")
            for kind in (
                kinds.DPU_SERVICE_NAD,
                kinds.DPU_SERVICE_INTERFACE,
                kinds.DPU_SERVICE_IPAM,
                kinds.DPU_SERVICE_CREDENTIAL_REQUEST,
                kinds.DPU_SERVICE_CHAIN,
            )
        ),
        show_storage=True,
    )
    assert [n.name for n in tree.root.children] == [
        "BFBs",
        "DPUClusters",
        "DPUDeployments",
        "DPUServiceChains",
        "DPUServiceCredentialRequests",
        "DPUServiceIPAMs",
        "DPUServiceInterfaces",
        "DPUServiceNADs",
        "DPUServices",
        "DPUSets",
        "DPUVPCs",
        "DPUs",
        "Storage Resources",
        "System Components",
    ]


def test_names_are_compared_by_bytes_not_by_value() -> None:
    twelve = [dpu(f"a{n:02}").ready(reason="Many") for n in range(10)]
    pair = [dpu(f"b{n}").ready(reason="Few") for n in range(2)]
    rest = [dpu("Z").degraded(), dpu("é").degraded(), dpu("z").degraded()]
    doomed = dpu("zz").degraded().deleting()
    assert [name for name, _ in below(*rest, *pair, *twelve, doomed)] == [
        "DPU/zz",
        "10 DPUs...",
        "2 DPUs...",
        "DPU/Z",
        "DPU/z",
        "DPU/é",
    ]


def test_namespaces_settle_what_names_do_not() -> None:
    assert below(dpu("d", "b"), dpu("d", "c"), dpu("d", "a"), dpu("c", "z")) == [
        ("DPU/c", "z"),
        ("DPU/d", "a"),
        ("DPU/d", "b"),
        ("DPU/d", "c"),
    ]


def test_being_suspended_is_no_part_of_the_key() -> None:
    assert [name for name, _ in below(dpu_service("a").suspended(), dpu_service("a-b"))] == [
        "DPUService/a",
        "DPUService/a-b",
    ]
