"""Rules about who is in a zone, Z1 and Z2, and what is said where they cannot be checked."""

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Listing, Trouble
from dpfctl.zones.findings import Code, Severity
from dpfctl.zones.lint import lint
from dpfctl.zones.planning import plan_zones
from dpfctl.zones.zone import Zone
from tests.builders import NS, Built, build, dpu, dpu_cluster, dpu_node, dpu_set
from tests.unit.zone_cluster import carried_out, suited
from tests.unit.zone_files import (
    HOSTS,
    SELECTOR,
    TEMPLATE,
    TERMS,
    Json,
    Manifests,
    Path_,
    dk,
    findings,
    fleet,
    nodes,
    told,
    zones_in,
)

SET, HBN, P0, FABRIC = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk", "hbn-to-fabric-dk"
EDGE = ("dpu-cplane", "edge")


def host(name: str, **labels: str) -> Built:
    marks = {f"e2e.servers/{key}": value for key, value in labels.items()}
    return dpu_node(name).having(metadata={"labels": marks})


def term(*requirements: Json) -> list[Json]:
    return [{"matchExpressions": list(requirements)}]


IS_DK: Json = {"key": "bfb", "operator": "In", "values": ["dk"]}
RACK: Json = {"key": "rack", "operator": "In", "values": ["7"]}


def ga_set(**labels: str) -> Built:
    return (
        dpu_set("dpuset-ga")
        .spec(dpuNodeSelector={"matchLabels": labels})
        .spec(dpuTemplate={"spec": {"cluster": {"nodeLabels": {"bfb": "ga"}}}})
    )


def test_the_examples_are_without_findings() -> None:
    zones = zones_in("zone-dk.yaml", "zone-ga.yaml")
    assert told(findings(zones, fleet())) == []


@pytest.mark.parametrize(
    ("name", "path", "line"),
    [
        pytest.param(
            SET,
            (*TEMPLATE, "cluster"),
            "error dpuset/dpuset-dk: gives its nodes no label bfb=dk",
            id="the set gives no label",
        ),
        pytest.param(
            HBN,
            TERMS[:-1],
            "error dpuservice/doca-hbn-dk: selects every node, those of other zones too",
            id="the service has no selector",
        ),
        pytest.param(
            P0,
            SELECTOR,
            "error dpuserviceinterface/p0-sf-dk: selects every node, those of other zones too",
            id="an interface has no selector",
        ),
        pytest.param(
            FABRIC,
            SELECTOR,
            "error dpuservicechain/hbn-to-fabric-dk: selects every node, those of other zones too",
            id="a chain has no selector",
        ),
    ],
)
def test_the_label_is_forgotten(name: str, path: Path_, line: str) -> None:
    found = findings(dk().lacking(name, path).zones, fleet())
    assert told(found, Code.SELECTORS) == [line]
    assert "bfb" in found[0].hint
    assert "dk" in found[0].hint


@pytest.mark.parametrize(
    ("name", "path", "value", "line"),
    [
        pytest.param(
            HBN,
            TERMS,
            term({"key": "bfb", "operator": "In", "values": ["dk", "ga"]}),
            "error dpuservice/doca-hbn-dk: selects bfb in (dk,ga), not bfb=dk",
            id="more than the zone",
        ),
        pytest.param(
            HBN,
            TERMS,
            [*term(IS_DK), *term(RACK)],
            "error dpuservice/doca-hbn-dk: selects bfb=dk or rack=7, not bfb=dk",
            id="a second term",
        ),
        pytest.param(
            HBN,
            TERMS,
            [],
            "error dpuservice/doca-hbn-dk: selects no node, not bfb=dk",
            id="no term at all",
        ),
        pytest.param(
            HBN,
            TERMS,
            term(IS_DK, RACK),
            "error dpuservice/doca-hbn-dk: selects bfb=dk,rack=7, the other objects of the "
            "zone select bfb=dk",
            id="less than its interfaces",
        ),
        pytest.param(
            HBN,
            TERMS,
            [
                {
                    "matchExpressions": [IS_DK],
                    "matchFields": [{"key": "metadata.name", "operator": "In", "values": ["w1"]}],
                }
            ],
            "error dpuservice/doca-hbn-dk: selects bfb=dk,metadata.name=w1, the other objects "
            "of the zone select bfb=dk",
            id="one node of the zone by its name",
        ),
        pytest.param(
            P0,
            (*SELECTOR, "matchLabels", "rack"),
            "7",
            "error dpuserviceinterface/p0-sf-dk: selects bfb=dk,rack=7, the other objects of "
            "the zone select bfb=dk",
            id="an interface on less than the zone",
        ),
    ],
)
def test_something_else_than_the_label_is_asked_for(
    name: str, path: Path_, value: object, line: str
) -> None:
    found = findings(dk().having(name, path, value).zones, fleet())
    assert told(found, Code.SELECTORS) == [line]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"matchLabels": {"bfb": "dk"}}, id="as a label"),
        pytest.param({"matchExpressions": [IS_DK]}, id="as an expression"),
        pytest.param(
            {"matchExpressions": [{"key": "bfb", "operator": "In", "values": ["dk", "dk"]}]},
            id="twice in one expression",
        ),
    ],
)
def test_the_label_may_be_asked_for_in_several_ways(value: object) -> None:
    assert findings(dk().having(P0, SELECTOR, value).zones, fleet()) == []


def test_all_objects_may_ask_for_the_same_part_of_the_zone() -> None:
    manifests = dk().having(HBN, TERMS, term(IS_DK, RACK))
    for name in ("p0-sf-dk", "p1-sf-dk", "app-sf-dk", FABRIC, "ovn-to-hbn-dk"):
        manifests = manifests.having(name, (*SELECTOR, "matchLabels", "rack"), "7")
    assert told(findings(manifests.zones, fleet()), Code.SELECTORS) == []


def test_a_service_without_interfaces_may_be_on_less_than_the_zone() -> None:
    extra = dk().renamed(HBN, "doca-dts-dk").lacking("doca-dts-dk", ("spec", "interfaces"))
    extra = extra.having("doca-dts-dk", TERMS, term(IS_DK, RACK))
    both = Manifests({**dk().objects, "doca-dts-dk": extra.objects["doca-dts-dk"]})
    assert told(findings(both.zones, fleet()), Code.SELECTORS) == []


def test_a_service_in_the_host_cluster_selects_no_nodes_of_the_zone() -> None:
    manifests = dk().having(HBN, ("spec", "deployInCluster"), True).lacking(HBN, TERMS[:-1])
    assert told(findings(manifests.zones, fleet()), Code.SELECTORS) == []


def test_a_service_cannot_use_interfaces_of_another_zone() -> None:
    """One wrong word in a selector makes it a service of the zone that the word names."""
    ga = zones_in("zone-ga.yaml")
    moved = dk().having(HBN, TERMS, term({**IS_DK, "values": ["ga"]}))
    moved = moved.having(HBN, ("spec", "interfaces"), [P0])
    found = findings((*ga, *moved.zones), fleet())

    assert told(found, Code.SELECTORS)[0] == (
        "error dpuservice/doca-hbn-dk: selects bfb=ga, its dpuserviceinterface/p0-sf-dk "
        "selects bfb=dk"
    )


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param(None, id="every node"),
        pytest.param({"matchExpressions": [{"key": "bfb", "operator": "Exists"}]}, id="all zones"),
        pytest.param({"matchLabels": {"rack": "7"}}, id="nodes of which that is not known"),
    ],
)
def test_a_service_may_use_wider_interfaces_of_the_cluster(selector: Json | None) -> None:
    shared = Manifests({P0: dk().objects[P0]}).lacking(P0, SELECTOR)
    if selector is not None:
        shared = shared.having(P0, SELECTOR, selector)
    assert told(findings(dk().without(P0).zones, fleet(shared)), Code.SELECTORS) == []


def test_no_set_gives_the_label() -> None:
    zones = dk().without(SET).zones
    assert told(findings(zones, fleet()), Code.SELECTORS) == [
        "error zone/dk: no DPUSet gives nodes the label bfb=dk"
    ]


def test_the_set_may_be_in_the_cluster_already() -> None:
    only_set = Manifests({SET: dk().objects[SET]})
    found = findings(dk().without(SET).zones, fleet(only_set))
    assert told(found, Code.SELECTORS) == []


def test_labels_set_by_hand_are_only_doubtful() -> None:
    there = {EDGE: nodes(w1={"bfb": "dk", "kubernetes.io/os": "linux"})}
    found = findings(dk().without(SET).zones, fleet(), there)
    assert told(found, Code.SELECTORS) == [
        "warning zone/dk: no DPUSet gives nodes the label bfb=dk"
    ]


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        pytest.param("-bfb", "dk", 'node label: "-bfb" is no label key', id="key"),
        pytest.param("a/b/c", "dk", 'node label: "a/b/c" is no label key', id="two slashes"),
        pytest.param("bfb", "d k", 'node label: "d k" is no label value', id="value"),
        pytest.param(
            "provisioning.dpu.nvidia.com/host",
            "dk",
            "node label: DPF itself sets provisioning.dpu.nvidia.com/host",
            id="a key of DPF",
        ),
        pytest.param(
            "dpu.nvidia.com/zone",
            "dk",
            "node label: DPF itself sets dpu.nvidia.com/zone",
            id="a key of DPF without a subdomain",
        ),
    ],
)
def test_the_label_must_be_one_of_its_own(key: str, value: str, line: str) -> None:
    (zone,) = dk().zones
    changed = Zone(zone.name, zone.namespace, type(zone.label)(key, value), (), zone.place)
    assert f"error zone/dk: {line}" in told(findings([changed], fleet()), Code.OVERLAP)


def test_a_key_that_only_looks_like_one_of_dpf_is_fine() -> None:
    (zone,) = dk().zones
    label = type(zone.label)("my-dpu.nvidia.com/zone", "dk")
    changed = Zone(zone.name, zone.namespace, label, (), zone.place)
    assert told(findings([changed], fleet()), Code.OVERLAP) == []


def test_a_set_in_the_cluster_gives_the_same_label() -> None:
    other = Manifests({SET: dk().objects[SET]}).renamed(SET, "mine")
    other = other.having("mine", HOSTS, {"matchLabels": {"other": "true"}})
    assert told(findings(dk().zones, fleet(other)), Code.OVERLAP) == [
        "error zone/dk: dpuset/mine gives nodes the label bfb=dk too"
    ]


@pytest.mark.parametrize(
    ("name", "namespace"),
    [
        pytest.param("gb", NS, id="two names"),
        pytest.param("ga", "other", id="two namespaces"),
    ],
)
def test_two_zones_of_a_file_have_the_same_label(name: str, namespace: str) -> None:
    (one,) = zones_in("zone-ga.yaml")
    other = Zone(name, namespace, one.label, (), one.place)
    assert told(findings([one, other], fleet()), Code.OVERLAP) == [
        f"error zone/{name}: zone/ga has the label bfb=ga too"
    ]


def test_a_second_zone_selects_the_same_hosts() -> None:
    ga = fleet(ga_set(**{"e2e.servers/dk": "true"}), host("w2", dk="true"), host("w1", dk="true"))
    (finding,) = findings(dk().zones, ga)

    assert (finding.code, finding.severity) == (Code.OVERLAP, Severity.ERROR)
    assert finding.message == (
        "dpuset/dpuset-dk: selects the same DPUs as dpuset/dpuset-ga: w1, w2"
    )


def test_zones_that_differ_in_their_selectors_may_still_meet_on_a_host() -> None:
    zones = zones_in("zone-dk.yaml", "zone-ga.yaml")
    both = fleet(host("w1", dk="true", ga="true"), host("w2", dk="true"), host("w3", ga="true"))
    assert told(findings(zones, both)) == [
        "error Z2 dpuset/dpuset-ga: selects the same DPUs as dpuset/dpuset-dk: w1"
    ]


def test_zones_without_a_common_host_are_fine() -> None:
    zones = zones_in("zone-dk.yaml", "zone-ga.yaml")
    assert findings(zones, fleet(host("w1", dk="true"), host("w2", ga="true"))) == []


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param({"e2e.servers/dk": "true"}, id="the same selector"),
        pytest.param({"e2e.servers/dk": "true", "rack": "7"}, id="a narrower one"),
        pytest.param({}, id="one that selects everything"),
    ],
)
def test_sets_that_are_bound_to_meet_do_so_without_any_host(selector: dict[str, str]) -> None:
    assert told(findings(dk().zones, fleet(ga_set(**selector))), Code.OVERLAP) == [
        "error dpuset/dpuset-dk: selects the same DPUs as dpuset/dpuset-ga"
    ]


def test_a_set_that_is_applied_again_is_not_compared_with_itself() -> None:
    assert findings(dk().zones, fleet(dk(), host("w1", dk="true"))) == []


def test_a_set_in_deletion_does_not_count() -> None:
    going = ga_set(**{"e2e.servers/dk": "true"}).deleting()
    assert findings(dk().zones, fleet(going)) == []


def left_over(*, hosts: str) -> Manifests:
    """A DPUSet that was applied with zone dk under another name."""
    old = Manifests({SET: dk().objects[SET]}).renamed(SET, "old")
    old = old.having("old", ("metadata", "labels"), {"dpfctl/zone": "dk"})
    return old.having("old", HOSTS, {"matchLabels": {hosts: "true"}})


@pytest.mark.parametrize("prune", [False, True])
def test_a_set_cannot_be_renamed_while_the_old_one_is_there(prune: bool) -> None:
    (finding,) = findings(dk().zones, fleet(left_over(hosts="e2e.servers/dk")), prune=prune)

    assert finding.severity is Severity.ERROR
    assert finding.message == "dpuset/dpuset-dk: selects the same DPUs as dpuset/old"
    assert finding.hint == (
        "it was applied with this zone before: keep its name, or delete the old one first"
    )


def test_a_left_over_set_of_other_hosts_is_only_a_warning_until_it_is_pruned() -> None:
    there = fleet(left_over(hosts="other"))
    (finding,) = findings(dk().zones, there)

    assert (finding.severity, "--prune" in finding.hint) == (Severity.WARNING, True)
    assert finding.message == "zone/dk: dpuset/old gives nodes the label bfb=dk too"
    assert findings(dk().zones, there, prune=True) == []


@pytest.mark.parametrize(
    "label",
    [
        pytest.param({"tier": "dk"}, id="another key"),
        pytest.param({"bfb": "old"}, id="another value"),
    ],
)
@pytest.mark.parametrize("prune", [False, True])
def test_two_zones_of_one_name_are_an_error(label: dict[str, str], prune: bool) -> None:
    (text,) = [f"{key}={value}" for key, value in label.items()]
    other = left_over(hosts="other").having("old", (*TEMPLATE, "cluster", "nodeLabels"), label)

    (finding,) = findings(dk().zones, fleet(other), prune=prune)
    assert (finding.code, finding.severity) == (Code.OVERLAP, Severity.ERROR)
    assert finding.message == f"zone/dk: another zone of this name has the label {text}: dpuset/old"


def test_a_zone_may_change_its_label() -> None:
    marked = {"dpfctl/zone": "dk"}
    old = Manifests({SET: dk().objects[SET]}).having(SET, ("metadata", "labels"), marked)
    old = old.having(SET, (*TEMPLATE, "cluster", "nodeLabels"), {"bfb": "old"})
    assert findings(dk().zones, fleet(old)) == []


class TestPruned:
    """The rules judge what remains once what left the file is deleted."""

    @pytest.fixture
    def applied(self) -> Inventory:
        """Zone dk with one DPU."""
        made = dpu("d1", node="w1").labelled(DPU_SET_NAME=SET, DPU_SET_NAMESPACE=NS)
        made = made.spec(
            cluster={"namespace": EDGE[0], "name": EDGE[1], "nodeLabels": {"bfb": "dk"}}
        )
        there = fleet(host("w1", dk="true"), made)
        plan = plan_zones(suited(dk().zones), there, prune=False, force=False)
        return carried_out(there, plan.changes)

    def test_a_file_with_the_service_alone_is_refused(self, applied: Inventory) -> None:
        alone = Manifests({HBN: dk().objects[HBN]}).zones

        assert not [f for f in findings(alone, applied) if f.severity is Severity.ERROR]
        errors = [f for f in findings(alone, applied, prune=True) if f.severity is Severity.ERROR]
        assert told(errors) == [
            "error Z1 zone/dk: no DPUSet gives nodes the label bfb=dk",
            "error Z3 dpuservice/doca-hbn-dk: dpuserviceinterface/p0-sf-dk: not found",
            "error Z3 dpuservice/doca-hbn-dk: dpuserviceinterface/p1-sf-dk: not found",
            "error Z3 dpuservice/doca-hbn-dk: dpuserviceinterface/app-sf-dk: not found",
        ]

    def test_so_it_is_if_the_nodes_were_read(self, applied: Inventory) -> None:
        alone = Manifests({HBN: dk().objects[HBN]}).zones
        clusters = {EDGE: nodes(d1={"bfb": "dk"})}
        found = findings(alone, applied, clusters, prune=True)
        assert told(found, Code.SELECTORS) == [
            "error zone/dk: no DPUSet gives nodes the label bfb=dk"
        ]

    def test_a_port_loses_its_interface(self, applied: Inventory) -> None:
        less = dk().without(P0).having(HBN, ("spec", "interfaces"), ["p1-sf-dk", "app-sf-dk"])
        errors = [
            f for f in findings(less.zones, applied, prune=True) if f.severity is Severity.ERROR
        ]

        assert not [f for f in findings(less.zones, applied) if f.severity is Severity.ERROR]
        assert {finding.code for finding in errors} == {Code.CHAIN_PORTS}


@pytest.mark.parametrize(
    ("mine", "theirs", "is_overlap"),
    [
        pytest.param("1", "2", False, id="different devices of one host"),
        pytest.param("1", "1", True, id="the same device"),
        pytest.param("1", "", True, id="one takes all devices"),
    ],
)
def test_two_sets_may_share_a_host_with_several_dpus(
    mine: str, theirs: str, is_overlap: bool
) -> None:
    manifests = dk().having(SET, ("spec", "dpuDeviceSelector"), {"matchLabels": {"slot": mine}})
    other = ga_set(**{"e2e.servers/dk": "true"})
    if theirs:
        other = other.spec(dpuDeviceSelector={"matchLabels": {"slot": theirs}})
    devices = [
        build(kinds.DPU_DEVICE, f"d{slot}").having(metadata={"labels": {"slot": slot}})
        for slot in ("1", "2")
    ]
    shared = host("w1", dk="true").spec(dpus=[{"name": "d1"}, {"name": "d2"}])
    found = findings(manifests.zones, fleet(other, shared, *devices))
    assert bool(told(found, Code.OVERLAP)) is is_overlap


def test_a_set_that_selects_no_host_is_doubtful() -> None:
    assert told(findings(dk().zones, fleet(host("w1"), host("w2")))) == [
        "warning Z2 dpuset/dpuset-dk: selects none of 2 hosts: e2e.servers/dk=true"
    ]


def test_before_dpu_nodes_existed_sets_select_host_nodes() -> None:
    manifests = dk().lacking(SET, ("spec", "dpuNodeSelector"))
    manifests = manifests.having(SET, ("spec", "nodeSelector"), {"matchLabels": {"zone": "dk"}})
    other = dpu_set("dpuset-ga").spec(nodeSelector={"matchLabels": {"rack": "7"}})
    node = build(kinds.NODE, "w1").having(metadata={"labels": {"zone": "dk", "rack": "7"}})
    old = fleet(other, node, troubles={kinds.DPU_NODE: Trouble.NOT_SERVED})

    assert told(findings(manifests.zones, old), Code.OVERLAP) == [
        "error dpuset/dpuset-dk: selects the same DPUs as dpuset/dpuset-ga: w1"
    ]


def test_a_list_that_failed_is_a_note_and_no_finding() -> None:
    hosts = fleet(troubles={kinds.BFB: Trouble.FORBIDDEN, kinds.DPU_SET: Trouble.UNREACHABLE})
    found = lint(dk().zones, hosts, None)

    assert [(f.severity, f.code, f.message) for f in found] == [
        (
            Severity.NOTE,
            Code.REFERENCES,
            "zone/dk: not fully checked: bfbs.provisioning.dpu.nvidia.com: no",
        ),
        (
            Severity.NOTE,
            Code.OVERLAP,
            "zone/dk: not fully checked: dpusets.provisioning.dpu.nvidia.com: no",
        ),
    ]


def test_kinds_that_an_old_release_does_not_have_are_no_gap() -> None:
    missing = dict.fromkeys(
        (kinds.DPU_NODE, kinds.DPU_DEVICE, kinds.DPU_SERVICE_NAD), Trouble.NOT_SERVED
    )
    assert lint(dk().zones, fleet(troubles=missing), None) == ()


def test_without_any_list_no_rule_cries_wolf() -> None:
    everything = dict.fromkeys(
        (*fleet().listings, kinds.NODE),
        Trouble.UNREACHABLE,
    )
    found = lint(dk().without(SET).zones, fleet(troubles=everything), None)
    assert {finding.severity for finding in found} == {Severity.NOTE}


def test_a_dpu_cluster_without_nodes_is_made_up_for_by_its_dpus() -> None:
    cluster = dpu_cluster("edge", "dpu-cplane")
    one = dpu("w1-dpu").spec(
        cluster={"namespace": "dpu-cplane", "name": "edge", "nodeLabels": {"bfb": "dk"}}
    )
    broken = Inventory({kinds.NODE: Listing(trouble=Trouble.FORBIDDEN, message="nodes: no")})
    (note,) = lint(dk().zones, fleet(cluster, one), {EDGE: broken})

    assert note.severity is Severity.NOTE
    assert note.fact == ("nodes of dpucluster/dpu-cplane/edge are taken from its DPUs: nodes: no")


class TestEveryHost:
    """A selector that is empty or was forgotten selects the whole fleet."""

    EVERY = (
        "warning dpuset/dpuset-dk: selects every host, now and in future: "
        "it has no dpuNodeSelector, or an empty one"
    )

    @pytest.mark.parametrize("selector", [{}, {"matchLabels": {}}, None], ids=str)
    def test_it_is_told(self, selector: Json | None) -> None:
        path = ("spec", "dpuNodeSelector")
        manifests = (
            dk().lacking(SET, path) if selector is None else dk().having(SET, path, selector)
        )
        assert self.EVERY in told(findings(manifests.zones, fleet(dpu_node("w1"))), Code.OVERLAP)

    def test_a_selector_of_devices_is_one_too(self) -> None:
        manifests = dk().lacking(SET, ("spec", "dpuNodeSelector"))
        part = manifests.having(SET, ("spec", "dpuDeviceSelector"), {"matchLabels": {"slot": "1"}})
        assert self.EVERY not in told(findings(part.zones, fleet()), Code.OVERLAP)
