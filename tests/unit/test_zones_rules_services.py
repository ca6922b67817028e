"""Rules about services and what a zone takes for granted: Z8 to Z12, and Z14."""

import json

import pytest

from dpfctl.model import kinds
from dpfctl.zones.findings import Code
from tests.builders import NS, Built, bfb, build, dpu_cluster, dpu_service
from tests.unit.zone_files import (
    INNER,
    Json,
    Manifests,
    dk,
    findings,
    fleet,
    prerequisites,
    told,
    zones_in,
)

SET, HBN, P0 = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk"
NETWORKS = ("spec", "serviceDaemonSet", "annotations", "k8s.v1.cni.cncf.io/networks")
VALUES = ("spec", "helmChart", "values")
NETWORK = (*INNER, "spec", "service", "network")


def other_service(name: str = "doca-hbn", namespace: str = NS, **spec: object) -> Built:
    return dpu_service(name, namespace).spec(**spec)


# Z8


@pytest.mark.parametrize(
    ("other", "is_told"),
    [
        pytest.param(other_service(serviceID="doca-hbn"), True, id="on every node"),
        pytest.param(other_service(serviceID="doca-hbn2"), False, id="another serviceID"),
        pytest.param(
            other_service(serviceID="doca-hbn").spec(
                serviceDaemonSet={
                    "nodeSelector": {
                        "nodeSelectorTerms": [
                            {
                                "matchExpressions": [
                                    {"key": "bfb", "operator": "In", "values": ["ga"]}
                                ]
                            }
                        ]
                    }
                }
            ),
            False,
            id="on the nodes of another zone",
        ),
        pytest.param(
            other_service().status(serviceID="doca-hbn"), True, id="a serviceID that was made up"
        ),
    ],
)
def test_services_with_the_same_service_id(other: Built, is_told: bool) -> None:
    line = (
        "warning dpuservice/doca-hbn-dk: shares the serviceID doca-hbn with dpuservice/doca-hbn on "
        "nodes with bfb=dk"
    )
    found = told(findings(dk().zones, fleet(other)), Code.SERVICE_IDS)
    assert found == ([line] if is_told else [])


def test_zones_may_share_a_service_id() -> None:
    assert findings(zones_in("zone-dk.yaml", "zone-ga.yaml"), fleet()) == []


# Z9


def test_services_of_two_namespaces_get_the_same_application() -> None:
    there = fleet(dpu_cluster("edge", "dpu-cplane"), other_service(HBN, "other", serviceID="x"))
    assert told(findings(dk().zones, there), Code.RELEASES) == [
        "warning dpuservice/doca-hbn-dk: its application edge-doca-hbn-dk is that of "
        "dpuservice/other/doca-hbn-dk too"
    ]


def test_cluster_and_service_may_add_up_to_the_same_name() -> None:
    there = fleet(
        dpu_cluster("edge", "dpu-cplane"),
        dpu_cluster("edge-doca", "dpu-cplane"),
        other_service("hbn-dk", serviceID="x"),
    )
    assert told(findings(dk().zones, there), Code.RELEASES) == [
        "warning dpuservice/doca-hbn-dk: its application edge-doca-hbn-dk is that of "
        f"dpuservice/{NS}/hbn-dk too"
    ]


def test_services_for_different_clusters_do_not_collide() -> None:
    east = dpu_cluster("edge", "east").having(metadata={"labels": {"site": "east"}})
    other = other_service(HBN, "other", serviceID="x").spec(
        dpuClusterSelector={"matchLabels": {"site": "west"}}
    )
    assert told(findings(dk().zones, fleet(east, other)), Code.RELEASES) == []


def test_services_with_the_same_release_name() -> None:
    path = ("spec", "helmChart", "source", "releaseName")
    other = other_service(serviceID="x", helmChart={"source": {"releaseName": "hbn"}})
    assert told(findings(dk().having(HBN, path, "hbn").zones, fleet(other))) == [
        f"warning Z9 dpuservice/doca-hbn-dk: has the releaseName hbn, as dpuservice/{NS}/doca-hbn"
    ]


# Z10


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mybrhbn,mybrsfc", id="the short form"),
        pytest.param('{"name": "iprequest"}', id="one object"),
        pytest.param('["iprequest"]', id="a list of texts"),
        pytest.param("[", id="broken JSON"),
    ],
)
def test_networks_that_cannot_be_read(text: str) -> None:
    assert told(findings(dk().having(HBN, NETWORKS, text).zones, fleet())) == [
        "warning Z10 dpuservice/doca-hbn-dk: the annotation k8s.v1.cni.cncf.io/networks is no JSON "
        "list of objects"
    ]


def test_networks_that_need_no_pool() -> None:
    text = json.dumps([{"name": "other"}, {"name": "iprequest"}, {"name": "iprequest", "x": 1}])
    assert findings(dk().having(HBN, NETWORKS, text).zones, fleet()) == []


def test_a_pool_that_is_not_there() -> None:
    found = findings(dk().zones, fleet(beside=prerequisites().without("pool1")))
    assert told(found) == ["warning Z10 dpuservice/doca-hbn-dk: dpuserviceipam/pool1: not found"]


def test_a_pool_of_another_type() -> None:
    subnet = {"ipv4Subnet": {"subnet": "192.0.2.0/24", "gateway": "192.0.2.1", "perNodeIPCount": 8}}
    found = findings(dk().zones, fleet(beside=prerequisites().having("pool1", ("spec",), subnet)))
    assert told(found) == [
        "warning Z10 dpuservice/doca-hbn-dk: dpuserviceipam/pool1 has no ipv4Network, so it is no "
        "cidrpool"
    ]


# Z11


@pytest.mark.parametrize(
    ("resources", "asked"),
    [
        pytest.param({"nvidia.com/bf_sf": 3}, "", id="as many as interfaces"),
        pytest.param({"nvidia.com/bf_sf": "3"}, "", id="as text"),
        pytest.param({"limits": {"nvidia.com/bf_sf": 3}}, "", id="further in"),
        pytest.param({"nvidia.com/bf_sf": 2}, "2", id="too few"),
        pytest.param({"memory": "6Gi"}, "none", id="none"),
    ],
)
def test_scalable_functions(resources: Json, asked: str) -> None:
    manifests = dk().having(HBN, (*VALUES, "resources"), resources)
    line = (
        f"warning Z11 dpuservice/doca-hbn-dk: asks for nvidia.com/bf_sf: {asked}, its interfaces "
        "on mybrhbn: 3"
    )
    assert told(findings(manifests.zones, fleet())) == ([line] if asked else [])


def test_scalable_functions_of_the_daemon_set_count_as_well() -> None:
    manifests = dk().lacking(HBN, (*VALUES, "resources"))
    path = ("spec", "serviceDaemonSet", "resources")
    found = findings(manifests.having(HBN, path, {"nvidia.com/bf_sf": 3}).zones, fleet())
    assert found == []


def test_networks_that_dpf_counts_by_itself_do_not_count() -> None:
    manifests = (
        dk()
        .having(P0, NETWORK, "fast")
        .having(HBN, (*VALUES, "resources"), {"nvidia.com/bf_sf": 2})
    )
    network = build(kinds.DPU_SERVICE_NAD, "fast").spec(resourceType="sf")
    assert findings(manifests.zones, fleet(network)) == []


# Z12


def test_bfb_and_flavor_that_are_not_there() -> None:
    beside = prerequisites().without("bf-bundle-dk-ga", "dpf-provisioning-hbn-ovn")
    assert told(findings(dk().zones, fleet(beside=beside))) == [
        "warning Z12 dpuset/dpuset-dk: dpuflavor/dpf-provisioning-hbn-ovn: not found",
        "warning Z12 dpuset/dpuset-dk: bfb/bf-bundle-dk-ga: not found",
    ]


def test_a_bfb_that_could_not_be_loaded() -> None:
    broken = bfb("bf-bundle-dk-ga", phase="Error")
    beside = prerequisites().without("bf-bundle-dk-ga")
    assert told(findings(dk().zones, fleet(broken, beside=beside))) == [
        "warning Z12 dpuset/dpuset-dk: bfb/bf-bundle-dk-ga is in phase Error"
    ]


@pytest.mark.parametrize(
    ("network", "there", "is_found"),
    [
        pytest.param("mybrsfc", (), True, id="predefined"),
        pytest.param("fast", (), False, id="not there"),
        pytest.param("fast", (build(kinds.DPU_SERVICE_NAD, "fast"),), True, id="a DPUServiceNAD"),
        pytest.param(
            "other/fast", (build(kinds.DPU_SERVICE_NAD, "fast"),), False, id="another namespace"
        ),
        pytest.param(
            "other/fast",
            (build(kinds.NETWORK_ATTACHMENT_DEFINITION, "fast", "other"),),
            True,
            id="a network of Multus",
        ),
    ],
)
def test_networks_of_interfaces(network: str, there: tuple[Built, ...], is_found: bool) -> None:
    found = findings(dk().having(P0, NETWORK, network).zones, fleet(*there))
    line = "warning dpuserviceinterface/p0-sf-dk: dpuservicenad/fast: not found"
    assert told(found, Code.REFERENCES) == ([] if is_found else [line])


# Z14


def test_clusters_that_only_the_service_selects() -> None:
    selector = {"matchLabels": {"site": "a"}}
    found = findings(dk().having(HBN, ("spec", "dpuClusterSelector"), selector).zones, fleet())
    assert len(told(found, Code.CLUSTERS)) == 5
    assert told(found, Code.CLUSTERS)[0] == (
        "warning dpuserviceinterface/p0-sf-dk: selects every DPU cluster, "
        "dpuservice/doca-hbn-dk selects site=a"
    )


def test_clusters_that_all_objects_select() -> None:
    manifests = dk()
    for name in manifests.without(SET).objects:
        asked = {"matchExpressions": [{"key": "site", "operator": "In", "values": ["a"]}]}
        manifests = manifests.having(name, ("spec", "dpuClusterSelector"), asked)
    old = manifests.having(P0, ("spec", "clusterSelector"), {"matchLabels": {"site": "a"}})
    old = old.lacking(P0, ("spec", "dpuClusterSelector"))

    assert findings(old.zones, fleet()) == []


def test_a_service_without_interfaces_may_select_clusters_of_its_own() -> None:
    name = "doca-dts-dk"
    extra = dk().renamed(HBN, name).lacking(name, ("spec", "interfaces"))
    extra = extra.having(name, ("spec", "dpuClusterSelector"), {"matchLabels": {"site": "a"}})
    extra = extra.having(name, ("spec", "serviceID"), "dts").lacking(name, VALUES)
    both = Manifests({**dk().objects, name: extra.objects[name]})
    assert findings(both.zones, fleet()) == []
