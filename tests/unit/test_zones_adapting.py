"""Zones in the words of a cluster: what is added, rewritten, left out and refused, by release."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.zones.adapting import Adaptation, adapt
from dpfctl.zones.findings import Code, Severity
from dpfctl.zones.zone import render_zone
from tests.unit.zone_files import INNER, TEMPLATE, Manifests, dk, packaged_schemas, unsaid, zones_in
from tests.unit.zone_releases import release_25_1, release_25_10

SET, HBN, P0, FABRIC = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk", "hbn-to-fabric-dk"
ADDED = (
    "dpuservice/doca-hbn-dk: added security.privileged: false, which "
    "this cluster asks for unless it is said"
)
HOSTS = {"matchLabels": {"e2e.servers/dk": "true"}}

Json = dict[str, Any]


def adapted(manifests: Manifests, schemas: Mapping[Kind, Json]) -> Adaptation:
    return adapt(manifests.zones, schemas)


def objects(found: Adaptation) -> dict[str, Any]:
    return {raw["metadata"]["name"]: raw for zone in found.zones for raw in render_zone(zone)}


def facts(found: Adaptation) -> list[str]:
    return [f"{finding.code} {finding.message}" for finding in found.findings]


def test_the_newest_release_needs_to_know_who_is_privileged() -> None:
    found = adapted(unsaid(), packaged_schemas())

    assert found.notes == (ADDED,)
    assert found.findings == ()
    expected = unsaid().having(HBN, ("spec", "security"), {"privileged": False})
    assert objects(found) == expected.objects


def test_zone_documents_are_adapted_like_manifests() -> None:
    found = adapt(zones_in("zone-dk.yaml"), packaged_schemas())
    assert (found.notes, objects(found)) == ((), dk().objects)


@pytest.mark.parametrize(
    "security",
    [
        pytest.param({"privileged": True}, id="privileged"),
        pytest.param({"privileged": False}, id="not privileged"),
    ],
)
def test_what_a_zone_says_of_privileges_stays(security: Json) -> None:
    found = adapted(unsaid().having(HBN, ("spec", "security"), security), packaged_schemas())
    assert (found.notes, objects(found)[HBN]["spec"]["security"]) == ((), security)


def test_a_service_in_the_host_cluster_says_nothing_of_privileges() -> None:
    found = adapted(unsaid().having(HBN, ("spec", "deployInCluster"), True), packaged_schemas())
    assert found.notes == ()
    assert "security" not in objects(found)[HBN]["spec"]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        pytest.param(None, {"type": "OnDelete"}, id="none at all becomes OnDelete"),
        pytest.param(
            {"rollingUpdate": {"maxUnavailable": 1}},
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            id="a rolling update without a type",
        ),
    ],
)
def test_the_strategy_is_added_where_it_is_required(strategy: Json | None, expected: Json) -> None:
    manifests = unsaid().lacking(SET, ("spec", "strategy"))
    if strategy is not None:
        manifests = manifests.having(SET, ("spec", "strategy"), strategy)
    found = adapted(manifests, packaged_schemas())

    assert objects(found)[SET]["spec"]["strategy"] == expected
    note = f"added spec.strategy.type: {expected['type']}, which this cluster requires"
    assert found.notes == (f"dpuset/dpuset-dk: {note}", ADDED)
    assert found.findings == ()


def test_the_strategy_is_left_to_a_cluster_with_a_default() -> None:
    found = adapted(unsaid().lacking(SET, ("spec", "strategy")), release_25_10())
    assert found.notes == ()
    assert "strategy" not in objects(found)[SET]["spec"]


@pytest.mark.parametrize(
    "schemas",
    [
        pytest.param(packaged_schemas(), id="required in the newest release"),
        pytest.param(release_25_10(), id="the default of v25.10 would drain hosts"),
        pytest.param(release_25_1(), id="the default of v25.1 too"),
    ],
)
def test_the_node_effect_must_be_said(schemas: Mapping[Kind, Json]) -> None:
    found = adapted(unsaid().lacking(SET, (*TEMPLATE, "nodeEffect")), schemas)
    (finding,) = found.findings

    assert (finding.code, finding.severity) == (Code.NODE_EFFECT, Severity.ERROR)
    assert finding.fact == (
        "spec.dpuTemplate.spec.nodeEffect: is missing: what becomes of hosts must be said"
    )


def test_v25_10_takes_the_zone_as_it_is() -> None:
    found = adapted(unsaid(), release_25_10())
    assert (found.notes, found.findings) == ((), ())
    assert objects(found) == unsaid().objects


def test_v25_1_selects_host_nodes() -> None:
    found = adapted(unsaid(), release_25_1())

    assert found.findings == ()
    assert found.notes == (
        "dpuset/dpuset-dk: wrote spec.dpuNodeSelector as nodeSelector, its name in this cluster; "
        "it asks for labels of Nodes, not DPUNodes",
    )
    spec = objects(found)[SET]["spec"]
    assert (spec["nodeSelector"], "dpuNodeSelector" in spec) == (HOSTS, False)


def test_the_selector_of_v25_1_becomes_that_of_dpu_nodes() -> None:
    manifests = unsaid().lacking(SET, ("spec", "dpuNodeSelector"))
    found = adapted(manifests.having(SET, ("spec", "nodeSelector"), HOSTS), release_25_10())

    assert found.notes == (
        "dpuset/dpuset-dk: wrote spec.nodeSelector as dpuNodeSelector, its name in this cluster; "
        "it asks for labels of DPUNodes, not Nodes",
    )
    assert objects(found)[SET]["spec"]["dpuNodeSelector"] == HOSTS


def test_both_selectors_of_hosts_are_one_too_many() -> None:
    found = adapted(unsaid().having(SET, ("spec", "nodeSelector"), HOSTS), packaged_schemas())
    assert facts(found) == [
        "unknown-field dpuset/dpuset-dk: spec.nodeSelector: unknown field in this cluster"
    ]
    assert found.findings[0].hint == "did you mean dpuNodeSelector?"


def test_the_map_of_devices_becomes_a_selector_where_only_that_is_known() -> None:
    schemas = copy.deepcopy(dict(packaged_schemas()))
    del schemas[kinds.DPU_SET]["properties"]["spec"]["properties"]["dpuSelector"]
    found = adapted(unsaid().having(SET, ("spec", "dpuSelector"), {"slot": "1"}), schemas)

    assert objects(found)[SET]["spec"]["dpuDeviceSelector"] == {"matchLabels": {"slot": "1"}}
    assert found.notes[0] == (
        "dpuset/dpuset-dk: wrote spec.dpuSelector as dpuDeviceSelector.matchLabels, its name in "
        "this cluster"
    )


def test_the_map_of_devices_stays_where_it_is_known() -> None:
    found = adapted(
        unsaid().having(SET, ("spec", "dpuSelector"), {"slot": "1"}), packaged_schemas()
    )
    assert (found.notes, found.findings) == ((ADDED,), ())


def test_a_selector_of_devices_becomes_a_map_if_it_can() -> None:
    path = ("spec", "dpuDeviceSelector")
    found = adapted(unsaid().having(SET, path, {"matchLabels": {"slot": "1"}}), release_25_10())
    assert found.findings == ()
    assert objects(found)[SET]["spec"]["dpuSelector"] == {"slot": "1"}

    asked = {"matchExpressions": [{"key": "slot", "operator": "Exists"}]}
    refused = adapted(unsaid().having(SET, path, asked), release_25_10())
    assert facts(refused) == [
        "unknown-field dpuset/dpuset-dk: spec.dpuDeviceSelector: unknown field in this cluster"
    ]


@pytest.mark.parametrize(
    ("schemas", "old", "new"),
    [
        pytest.param(
            release_25_10(), "dpuClusterSelector", "clusterSelector", id="newest to v25.10"
        ),
        pytest.param(
            packaged_schemas(), "clusterSelector", "clusterSelector", id="still known today"
        ),
    ],
)
@pytest.mark.parametrize("name", [P0, FABRIC])
def test_the_selector_of_clusters(
    schemas: Mapping[Kind, Json], old: str, new: str, name: str
) -> None:
    selector = {"matchLabels": {"site": "a"}}
    found = adapted(unsaid().having(name, ("spec", old), selector), schemas)

    assert found.findings == ()
    assert objects(found)[name]["spec"][new] == selector
    assert any(f"wrote spec.{old} as {new}" in note for note in found.notes) is (old != new)


def test_the_old_selector_of_clusters_is_rewritten_once_it_is_gone() -> None:
    schemas = copy.deepcopy(dict(packaged_schemas()))
    del schemas[kinds.DPU_SERVICE_INTERFACE]["properties"]["spec"]["properties"]["clusterSelector"]
    selector = {"matchLabels": {"site": "a"}}
    found = adapted(unsaid().having(P0, ("spec", "clusterSelector"), selector), schemas)

    assert objects(found)[P0]["spec"]["dpuClusterSelector"] == selector


def test_automatic_reboots_are_left_out_where_they_are_not_known() -> None:
    manifests = unsaid().having(SET, (*TEMPLATE, "automaticNodeReboot"), True)
    assert "automaticNodeReboot" in str(objects(adapted(manifests, release_25_1())))

    found = adapted(manifests, packaged_schemas())
    assert "automaticNodeReboot" not in str(objects(found))
    assert found.notes[0] == (
        "dpuset/dpuset-dk: left out spec.dpuTemplate.spec.automaticNodeReboot, which this cluster "
        "does not know"
    )


@pytest.mark.parametrize(
    ("drain", "schemas", "expected"),
    [
        pytest.param(True, release_25_1(), {}, id="true becomes a mapping for v25.1"),
        pytest.param(
            {"automaticNodeReboot": True}, release_25_10(), True, id="a mapping becomes true"
        ),
        pytest.param(True, packaged_schemas(), True, id="true stays true"),
    ],
)
def test_draining(drain: object, schemas: Mapping[Kind, Json], expected: object) -> None:
    found = adapted(unsaid().having(SET, (*TEMPLATE, "nodeEffect"), {"drain": drain}), schemas)
    assert found.findings == ()
    effect = objects(found)[SET]["spec"]["dpuTemplate"]["spec"]["nodeEffect"]
    assert effect == {"drain": expected}


@pytest.mark.parametrize(
    ("name", "path", "value", "fact"),
    [
        pytest.param(
            HBN,
            ("spec", "security"),
            {"privileged": True},
            "unknown-field dpuservice/doca-hbn-dk: spec.security: unknown field in this cluster",
            id="security",
        ),
        pytest.param(
            HBN,
            ("spec", "configPorts"),
            {"serviceType": "None", "ports": []},
            "unknown-field dpuservice/doca-hbn-dk: spec.configPorts: unknown field in this cluster",
            id="ports of services",
        ),
        pytest.param(
            FABRIC,
            (*INNER, "spec", "switches", 0, "serviceMTU"),
            9000,
            "unknown-field dpuservicechain/hbn-to-fabric-dk: spec.template.spec.template.spec."
            "switches[0].serviceMTU: unknown field in this cluster",
            id="MTU of switches",
        ),
        pytest.param(
            SET,
            ("spec", "strategy", "type"),
            "OnDelete",
            'wrong-value dpuset/dpuset-dk: spec.strategy.type: "OnDelete" must be Recreate or '
            "RollingUpdate in this cluster",
            id="a strategy of later",
        ),
    ],
)
def test_v25_1_refuses_what_it_would_drop(
    name: str, path: tuple[str | int, ...], value: object, fact: str
) -> None:
    found = adapted(unsaid().having(name, path, value), release_25_1())
    assert facts(found) == [fact]


def test_a_field_the_cluster_requires_is_named() -> None:
    found = adapted(unsaid().lacking(SET, (*TEMPLATE, "dpuFlavor")), release_25_10())
    assert facts(found) == [
        "missing-field dpuset/dpuset-dk: spec.dpuTemplate.spec.dpuFlavor: is missing, this cluster "
        "requires it"
    ]


def test_findings_name_the_line_of_the_field() -> None:
    manifests = unsaid().having(HBN, ("spec", "security"), {"privileged": True})
    (finding,) = adapted(manifests, release_25_1()).findings
    line = manifests.text.splitlines().index("  security:") + 2  # where its value begins
    assert finding.where == f"zone.yaml:{line}"


def test_kinds_that_a_cluster_does_not_have_are_refused() -> None:
    found = adapt(unsaid().zones, {})
    assert {finding.code for finding in found.findings} == {Code.NOT_SERVED}
    assert len(found.findings) == 7
    assert found.findings[0].message == (
        "dpuset/dpuset-dk: dpusets.provisioning.dpu.nvidia.com: not served by this cluster"
    )


def test_adapting_leaves_the_given_zones_alone() -> None:
    zones = unsaid().zones
    before = copy.deepcopy([render_zone(zone) for zone in zones])
    adapt(zones, release_25_1())
    assert [render_zone(zone) for zone in zones] == before


def test_adapting_twice_changes_nothing_more() -> None:
    for schemas in (packaged_schemas(), release_25_10(), release_25_1()):
        once = adapt(unsaid().zones, schemas)
        twice = adapt(once.zones, schemas)
        assert twice.notes == ()
        assert objects(twice) == objects(once)
