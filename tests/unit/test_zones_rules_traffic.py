"""Rules about interfaces and chains: Z3 to Z7, and Z13."""

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.zones.findings import Code, Severity
from dpfctl.zones.lint import lint
from tests.builders import NS, Built, dpu, dpu_cluster, dpu_service, operator_config
from tests.unit.zone_files import (
    INNER,
    SELECTOR,
    Json,
    Manifests,
    Path_,
    dk,
    findings,
    fleet,
    nodes,
    prerequisites,
    told,
    zones_in,
)

HBN, P0, P1, APP = "doca-hbn-dk", "p0-sf-dk", "p1-sf-dk", "app-sf-dk"
FABRIC, OVN = "hbn-to-fabric-dk", "ovn-to-hbn-dk"
SERVICE = (*INNER, "spec", "service")
LABELS = (*INNER, "metadata", "labels")
CONFIGURATION = ("spec", "helmChart", "values", "configuration")
EDGE = ("dpu-cplane", "edge")
OS = {"kubernetes.io/os": "linux"}
UPLINK = "port uplink=p0"
P0_PORT = "port svc.dpu.nvidia.com/interface=p0_sf,svc.dpu.nvidia.com/service=doca-hbn"


def provisioned(name: str, **labels: str) -> Built:
    """A DPU of a cluster with the labels DPF gives its Node."""
    cluster = {"namespace": EDGE[0], "name": EDGE[1], "nodeLabels": labels}
    return dpu(name).spec(cluster=cluster)


def prepared(name: str, path: Path_, value: object) -> Manifests:
    """The prerequisites with one field changed."""
    return prerequisites().having(name, path, value)


# Z3


@pytest.mark.parametrize(
    ("manifests", "line"),
    [
        pytest.param(
            dk().without(APP),
            "error dpuservice/doca-hbn-dk: dpuserviceinterface/app-sf-dk: not found",
            id="an interface is missing",
        ),
        pytest.param(
            dk().having(APP, (*SERVICE, "serviceID"), "doca-hbn2"),
            "error dpuservice/doca-hbn-dk: dpuserviceinterface/app-sf-dk has serviceID doca-hbn2, "
            "the service has doca-hbn",
            id="an interface has another serviceID",
        ),
        pytest.param(
            dk().having(APP, (*INNER, "spec"), {"interfaceType": "ovn"}),
            "error dpuservice/doca-hbn-dk: dpuserviceinterface/app-sf-dk is of type ovn, not "
            "service",
            id="an interface is of another type",
        ),
        pytest.param(
            dk().lacking(HBN, ("spec", "serviceID")),
            "error dpuservice/doca-hbn-dk: has interfaces and no serviceID",
            id="the service has no serviceID",
        ),
        pytest.param(
            dk().having(HBN, ("spec", "interfaces"), ["p0-sf-dk", "p1-sf-dk"]),
            "warning dpuserviceinterface/app-sf-dk: no service lists it in spec.interfaces",
            id="an interface is listed nowhere",
        ),
    ],
)
def test_interfaces_of_a_service(manifests: Manifests, line: str) -> None:
    assert told(findings(manifests.zones, fleet()), Code.INTERFACES) == [line]


def test_an_interface_may_be_in_the_cluster_already() -> None:
    there = fleet(Manifests({APP: dk().objects[APP]}))
    assert told(findings(dk().without(APP).zones, there)) == []


def test_an_interface_of_another_namespace_is_none() -> None:
    elsewhere = Manifests({APP: dk().objects[APP]}).having(APP, ("metadata", "namespace"), "other")
    found = findings(dk().without(APP).zones, fleet(elsewhere))
    assert "error dpuservice/doca-hbn-dk: dpuserviceinterface/app-sf-dk: not found" in told(
        found, Code.INTERFACES
    )


def test_the_place_of_an_interface_is_its_line_in_the_list() -> None:
    manifests = dk().without(APP)
    (finding,) = [f for f in findings(manifests.zones, fleet()) if f.code is Code.INTERFACES]
    assert finding.where == f"zone.yaml:{manifests.text.splitlines().index('  - app-sf-dk') + 1}"


# Z4


def claimed(name: str, service: str) -> Manifests:
    """Zone dk as the cluster holds it, one interface taken by a service."""
    path = ("metadata", "annotations")
    return dk().having(name, path, {"dpu.nvidia.com/consumed-by": service})


def test_an_interface_that_another_service_has() -> None:
    found = findings(dk().zones, fleet(claimed(P0, "other")))
    assert told(found) == [
        "error Z4 dpuservice/doca-hbn-dk: dpuserviceinterface/p0-sf-dk is used by dpuservice/other"
    ]


def test_an_interface_that_the_service_itself_has() -> None:
    assert findings(dk().zones, fleet(claimed(P0, HBN))) == []


def test_a_service_in_the_cluster_that_asks_for_the_same_interface() -> None:
    other = dpu_service("other").spec(interfaces=[P0], serviceID="other")
    assert told(findings(dk().zones, fleet(other)), Code.CLAIMS) == [
        "error dpuservice/doca-hbn-dk: dpuserviceinterface/p0-sf-dk is used by dpuservice/other"
    ]


def test_a_service_of_another_namespace_asks_for_one_of_its_own() -> None:
    other = dpu_service("other", "elsewhere").spec(interfaces=[P0], serviceID="other")
    assert told(findings(dk().zones, fleet(other)), Code.CLAIMS) == []


# Z5


@pytest.mark.parametrize(
    ("name", "is_fine"),
    [
        pytest.param("p0_if", True, id="short"),
        pytest.param("x" * 15, True, id="15 characters"),
        pytest.param("x" * 16, False, id="16 characters"),
        pytest.param("", False, id="none"),
    ],
)
def test_length_of_interface_names(name: str, is_fine: bool) -> None:
    manifests = dk().having(P0, (*SERVICE, "interfaceName"), name).lacking(HBN, CONFIGURATION)
    line = (
        f'error dpuserviceinterface/p0-sf-dk: interfaceName "{name}" has {len(name)} characters, '
        "1 to 15 are allowed"
    )
    found = told(findings(manifests.zones, fleet()), Code.INTERFACE_NAMES)
    assert found == ([] if is_fine else [line])


def test_two_interfaces_of_one_name() -> None:
    manifests = dk().having(P1, (*SERVICE, "interfaceName"), "p0_if").lacking(HBN, CONFIGURATION)
    assert told(findings(manifests.zones, fleet()), Code.INTERFACE_NAMES) == [
        'error dpuservice/doca-hbn-dk: 2 of its interfaces have the interfaceName "p0_if"'
    ]


def test_interfaces_that_the_configuration_calls_otherwise() -> None:
    manifests = dk().having(APP, (*SERVICE, "interfaceName"), "app_if")
    configuration = "spec.helmChart.values.configuration"
    assert told(findings(manifests.zones, fleet())) == [
        f"warning Z5 dpuservice/doca-hbn-dk: {configuration} does not mention the interface app_if",
        f"warning Z5 dpuservice/doca-hbn-dk: {configuration} mentions pf2dpu3_if, which is no "
        "interface of the service",
    ]


def test_a_configuration_that_does_not_speak_of_interfaces() -> None:
    manifests = dk().having(HBN, CONFIGURATION, {"perDPUValuesYAML": "- hostnamePattern: '*'"})
    assert findings(manifests.zones, fleet()) == []


# Z6


def test_labels_that_match_two_interfaces_on_a_node_of_the_zone() -> None:
    manifests = dk().having(P1, (*LABELS, "svc.dpu.nvidia.com/interface"), "p0_sf")
    found = told(findings(manifests.zones, fleet()), Code.CHAIN_PORTS)
    assert found == [
        f"error dpuservicechain/hbn-to-fabric-dk: {P0_PORT} meets more than one interface on nodes "
        "with bfb=dk: dpuserviceinterface/p0-sf-dk, dpuserviceinterface/p1-sf-dk",
        "error dpuservicechain/hbn-to-fabric-dk: "
        f"{P0_PORT.replace('p0', 'p1')} meets no interface on nodes with bfb=dk",
    ]


def test_a_zone_that_forgot_its_selector_disturbs_the_others() -> None:
    careless = Manifests({P0: dk().objects[P0]}).lacking(P0, SELECTOR).renamed(P0, "p0-sf-ga")
    found = findings(dk().zones, fleet(careless))
    assert told(found) == [
        f"error Z6 dpuservicechain/hbn-to-fabric-dk: {P0_PORT} meets more than one interface on "
        "nodes with bfb=dk: dpuserviceinterface/p0-sf-dk, dpuserviceinterface/p0-sf-ga"
    ]


def test_zones_with_the_same_labels_are_kept_apart_by_their_selectors() -> None:
    assert findings(zones_in("zone-dk.yaml", "zone-ga.yaml"), fleet()) == []


def test_a_port_that_meets_nothing() -> None:
    found = findings(dk().zones, fleet(beside=prerequisites().without("p0")))
    assert [(f.code, f.message, f.hint) for f in found] == [
        (
            Code.CHAIN_PORTS,
            f"dpuservicechain/hbn-to-fabric-dk: {UPLINK} meets no interface on nodes with bfb=dk",
            f"no dpuserviceinterface in {NS} has these labels",
        )
    ]


def test_a_port_that_meets_nothing_on_some_nodes() -> None:
    beside = prepared("p0", SELECTOR, {"matchLabels": {"bfb": "dk", "rack": "7"}})
    there = {
        EDGE: nodes(w1={"bfb": "dk", "rack": "7"}, w2={"bfb": "dk"}, w3={"bfb": "ga"}),
    }
    found = findings(dk().zones, fleet(beside=beside), there)
    assert told(found) == [
        "warning Z7 zone/dk: dpuserviceinterface/p0 covers the zone without w2",
        f"error Z6 dpuservicechain/hbn-to-fabric-dk: {UPLINK} meets no interface on w2; "
        "dpuserviceinterface/p0 is for other nodes",
    ]


@pytest.mark.parametrize(
    ("marks", "found"),
    [
        pytest.param({"site": "a"}, [], id="the cluster of the zone"),
        pytest.param(
            {"site": "b"},
            [
                f"error dpuservicechain/hbn-to-fabric-dk: {UPLINK} meets no interface on w1-dpu; "
                "dpuserviceinterface/p0 is for other nodes"
            ],
            id="another cluster",
        ),
    ],
)
def test_interfaces_of_other_clusters_do_not_count(marks: Json, found: list[str]) -> None:
    beside = prepared("p0", ("spec", "dpuClusterSelector"), {"matchLabels": marks})
    cluster = dpu_cluster("edge", "dpu-cplane").having(metadata={"labels": {"site": "a"}})
    host = fleet(provisioned("w1-dpu", bfb="dk"), cluster, beside=beside)
    assert told(findings(dk().zones, host), Code.CHAIN_PORTS) == found


def test_interfaces_of_another_namespace_do_not_count() -> None:
    beside = prepared("p0", ("metadata", "namespace"), "other")
    assert [f.code for f in findings(dk().zones, fleet(beside=beside))] == [Code.CHAIN_PORTS]


def test_labels_that_dpf_gives_interfaces_can_be_asked_for() -> None:
    asked = {"svc.dpu.nvidia.com/service-id": "doca-hbn"}
    path = (*INNER, "spec", "switches", 0, "ports", 0, "serviceInterface", "matchLabels")
    found = findings(dk().having(OVN, path, asked).zones, fleet())
    assert told(found, Code.CHAIN_PORTS) == [
        "error dpuservicechain/ovn-to-hbn-dk: port svc.dpu.nvidia.com/service-id=doca-hbn meets "
        "more than one interface on nodes with bfb=dk: dpuserviceinterface/app-sf-dk, "
        "dpuserviceinterface/p0-sf-dk, dpuserviceinterface/p1-sf-dk"
    ]


def test_what_depends_on_labels_that_are_not_known_is_a_note() -> None:
    beside = prepared("p0", SELECTOR, {"matchLabels": {"feature/uplink": "true"}})
    (note,) = lint(dk().zones, fleet(beside=beside), None)

    assert (note.code, note.severity) == (Code.CHAIN_PORTS, Severity.NOTE)
    assert note.fact == (
        f"{UPLINK}: whether dpuserviceinterface/p0 is there on nodes with bfb=dk depends on labels "
        "that are not known"
    )


def test_labels_of_every_dpu_are_known_before_there_is_one() -> None:
    beside = prepared("p0", SELECTOR, {"matchLabels": {"kubernetes.io/os": "linux"}})
    assert lint(dk().zones, fleet(beside=beside), None) == ()


def test_nodes_of_clusters_that_were_read_are_known_completely() -> None:
    beside = prepared("p0", SELECTOR, {"matchLabels": {"feature/uplink": "true"}})
    there = {EDGE: nodes(w1={"bfb": "dk", "feature/uplink": "true"}, w2={"bfb": "dk"})}
    assert told(findings(dk().zones, fleet(beside=beside), there), Code.CHAIN_PORTS) == [
        f"error dpuservicechain/hbn-to-fabric-dk: {UPLINK} meets no interface on w2; "
        "dpuserviceinterface/p0 is for other nodes"
    ]


def test_dpus_of_the_zone_count_with_the_label_they_are_going_to_have() -> None:
    one = provisioned("w1-dpu", bfb="old").labelled(DPU_SET_NAME="dpuset-dk", DPU_SET_NAMESPACE=NS)
    host = fleet(one, beside=prerequisites().without("p1"))
    assert told(findings(dk().zones, host), Code.CHAIN_PORTS) == [
        "error dpuservicechain/hbn-to-fabric-dk: port uplink=p1 meets no interface on w1-dpu"
    ]


def test_many_nodes_are_counted() -> None:
    dpus = [provisioned(f"w{number}", bfb="dk") for number in range(9)]
    host = fleet(*dpus, beside=prerequisites().without("p0"))
    (line,) = told(findings(dk().zones, host))
    assert line.endswith(f"{UPLINK} meets no interface on w0, w1, w2 and 6 more")


# Z7


def test_a_physical_port_in_two_interfaces() -> None:
    other = Manifests({"p0": prerequisites().objects["p0"]}).renamed("p0", "uplink")
    other = other.having("uplink", (*LABELS, "uplink"), "other")
    assert told(findings(dk().zones, fleet(other))) == [
        "warning Z7 zone/dk: port p0 stands in several interfaces on nodes with bfb=dk: "
        "dpuserviceinterface/p0, dpuserviceinterface/uplink"
    ]


def test_uplinks_of_other_zones_need_not_cover_this_one() -> None:
    beside = prerequisites().plus()
    other = Manifests({"p0": prerequisites().objects["p0"]}).renamed("p0", "uplink")
    other = other.having("uplink", SELECTOR, {"matchLabels": {"bfb": "ga"}})
    other = other.having("uplink", (*LABELS, "uplink"), "other")
    assert findings(dk().zones, fleet(other, beside=beside)) == []


# Z13


@pytest.mark.parametrize(
    ("mtu", "networking", "line"),
    [
        pytest.param(9000, {"highSpeedMTU": 9000}, "", id="as large as allowed"),
        pytest.param(
            9000,
            {"highSpeedMTU": 8000},
            "serviceMTU 9000 is more than the highSpeedMTU 8000",
            id="too large",
        ),
        pytest.param(
            1501, {}, "serviceMTU 1501 is more than the highSpeedMTU 1500", id="the default is 1500"
        ),
    ],
)
def test_mtu_of_switches(mtu: int, networking: Json, line: str) -> None:
    manifests = dk().having(FABRIC, (*INNER, "spec", "switches", 1, "serviceMTU"), mtu)
    found = findings(manifests.zones, fleet(operator_config().spec(networking=networking)))
    assert told(found) == ([f"error Z13 dpuservicechain/hbn-to-fabric-dk: {line}"] if line else [])


def test_mtu_without_a_configuration_is_not_checked() -> None:
    manifests = dk().having(FABRIC, (*INNER, "spec", "switches", 1, "serviceMTU"), 9000)
    host = fleet(troubles={kinds.DPF_OPERATOR_CONFIG: Trouble.FORBIDDEN})
    assert [(f.severity, f.code) for f in lint(manifests.zones, host, None)] == [
        (Severity.NOTE, Code.MTU)
    ]


THIEF = ("site", "n")
LIVE = {"w1_dpu": {"bfb": "dk", "site": "n", **OS}}


def thief(**labels: str) -> Manifests:
    """A zone of one interface that has labels which the chains of zone dk ask for."""
    marks = labels or {"uplink": "p0"}
    only = Manifests({"p0": prerequisites().objects["p0"]}).renamed("p0", "p0-copy")
    key, value = THIEF
    return only.having("p0-copy", LABELS, marks).having(
        "p0-copy", SELECTOR, {"matchLabels": {key: value}}
    )


class TestPortsOfLiveChains:
    """Z6 the other way round: what a zone does to chains that are there already."""

    def found(self, manifests: Manifests, **labels: Json) -> list[str]:
        cluster = {EDGE: nodes(**(labels or LIVE))}
        host = fleet(dk(), dpu_cluster(EDGE[1], EDGE[0]), provisioned("w1-dpu", bfb="dk"))
        return told(findings(manifests.zones, host, cluster), Code.CHAIN_PORTS)

    def test_a_second_interface_for_a_port_of_another_zone(self) -> None:
        assert self.found(thief()) == [
            "error dpuserviceinterface/p0-copy: breaks dpuservicechain/hbn-to-fabric-dk, whose "
            "port uplink=p0 then meets more than one interface on w1-dpu: "
            "dpuserviceinterface/p0, dpuserviceinterface/p0-copy"
        ]

    def test_other_labels_meet_no_port(self) -> None:
        assert self.found(thief(uplink="p7")) == []

    def test_other_nodes_have_no_such_chain(self) -> None:
        elsewhere = {"w1_dpu": {"bfb": "dk", **OS}, "w2_dpu": {"site": "n", **OS}}
        assert self.found(thief(), **elsewhere) == []

    def test_the_zone_that_is_there_breaks_nothing(self) -> None:
        assert self.found(dk()) == []

    def test_chains_that_cannot_be_read_are_told(self) -> None:
        host = fleet(troubles={kinds.DPU_SERVICE_CHAIN: Trouble.FORBIDDEN})
        notes = [f for f in lint(dk().zones, host, None) if f.severity is Severity.NOTE]
        assert [(f.code, "dpuservicechains" in f.fact) for f in notes] == [(Code.CHAIN_PORTS, True)]


# Z7


def test_an_interface_that_no_chain_of_the_zone_uses_need_not_cover_it() -> None:
    other = Manifests({"p0": prerequisites().objects["p0"]}).renamed("p0", "vf2")
    part = other.having("vf2", LABELS, {"vf": "2"}).having(
        "vf2", (*INNER, "spec"), {"interfaceType": "vf", "vf": {"vfID": 2, "pfID": 0}}
    )
    some = part.having("vf2", SELECTOR, {"matchLabels": {"rack": "1"}})
    cluster = nodes(w1_dpu={"bfb": "dk", "rack": "1", **OS}, w2_dpu={"bfb": "dk", **OS})
    host = fleet(some, dpu_cluster(EDGE[1], EDGE[0]))
    assert told(findings(dk().zones, host, {EDGE: cluster}), Code.PORTS) == []
