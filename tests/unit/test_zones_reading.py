"""Manifests to zones: what is taken, what is wrong and where."""

from pathlib import Path

import pytest

from dpfctl.model import kinds
from dpfctl.model.documents import parse_documents
from dpfctl.zones.findings import Code, Finding, Severity
from dpfctl.zones.reading import read_zones
from dpfctl.zones.zone import NodeLabel
from tests.builders import NS
from tests.unit.zone_files import (
    BROKEN,
    EXAMPLES,
    INNER,
    SELECTOR,
    TEMPLATE,
    TERMS,
    Manifests,
    Path_,
    dk,
    read,
    read_file,
)

P0 = "p0-sf-dk"
HBN = "doca-hbn-dk"
SET = "dpuset-dk"


def lines(found: tuple[Finding, ...]) -> list[str]:
    return [f"{f.where}: {f.severity}: {f.message} [{f.code}]" for f in found]


def only(found: tuple[Finding, ...]) -> Finding:
    assert len(found) == 1, lines(found)
    return found[0]


def test_manifests_with_one_label_are_one_zone() -> None:
    found = read_file(EXAMPLES / "zone-dk-manifests.yaml")

    assert found.findings == ()
    (zone,) = found.zones
    assert (zone.name, zone.namespace, zone.label) == ("dk", NS, NodeLabel("bfb", "dk"))
    assert [member.subject for member in zone.members] == [
        "dpuset/dpuset-dk",
        "dpuserviceinterface/app-sf-dk",
        "dpuserviceinterface/p0-sf-dk",
        "dpuserviceinterface/p1-sf-dk",
        "dpuservicechain/hbn-to-fabric-dk",
        "dpuservicechain/ovn-to-hbn-dk",
        "dpuservice/doca-hbn-dk",
    ]


def test_documents_and_manifests_of_several_zones_may_be_mixed() -> None:
    ga = (EXAMPLES / "zone-ga.yaml").read_text(encoding="utf-8")
    found = read(f"{dk().text}---\n{ga}")

    assert found.findings == ()
    assert [(zone.name, len(zone.members)) for zone in found.zones] == [("dk", 7), ("ga", 7)]


def test_manifests_join_the_zone_document_with_their_label() -> None:
    ga = (EXAMPLES / "zone-ga.yaml").read_text(encoding="utf-8")
    extra = Manifests({P0: dk().objects[P0]}).having(P0, ("metadata", "name"), "extra-ga")
    extra = extra.having(P0, (*SELECTOR, "matchLabels"), {"bfb": "ga"})

    (zone,) = read(f"{extra.text}---\n{ga}").zones
    assert "extra-ga" in [member.resource.name for member in zone.of(kinds.DPU_SERVICE_INTERFACE)]


def test_lists_are_opened_and_what_a_cluster_set_is_left_out() -> None:
    found = read_file(BROKEN / "exported.yaml")

    assert lines(found.findings) == [
        "exported.yaml:13: warning: dpuset/dpuset-lab: metadata.creationTimestamp, "
        "metadata.finalizers, metadata.generation, metadata.managedFields, "
        "metadata.resourceVersion, metadata.uid, status: set by the cluster, left out "
        "[server-field]",
        "exported.yaml:36: warning: dpuserviceinterface/p0-sf-lab: metadata.annotations."
        "kubectl.kubernetes.io/last-applied-configuration, metadata.annotations."
        "dpu.nvidia.com/consumed-by: set by the cluster, left out [server-field]",
    ]
    (zone,) = found.zones
    dpu_set, interface = (member.resource.raw for member in zone.members)
    assert dpu_set["metadata"] == {
        "name": "dpuset-lab",
        "namespace": NS,
        "labels": {"team": "network"},
    }
    assert interface["metadata"] == {
        "name": "p0-sf-lab",
        "namespace": NS,
        "annotations": {"note": "kept"},
    }
    assert "status" not in dpu_set


@pytest.mark.parametrize(
    ("name", "line"),
    [
        pytest.param(
            "lost-set.yaml",
            "lost-set.yaml:10: error: dpuset/dpuset-lab: indentation was lost: matchLabels belongs "
            "below dpuNodeSelector, and 6 more lines like it [indentation]",
            id="a set whose every second step is lost",
        ),
        pytest.param(
            "lost-interface.yaml",
            "lost-interface.yaml:9: error: dpuserviceinterface/p0-sf-lab: indentation was lost: "
            "spec belongs below template, and 8 more lines like it [indentation]",
            id="an interface",
        ),
        pytest.param(
            "lost-chain.yaml",
            "lost-chain.yaml:9: error: dpuservicechain/hbn-to-fabric-lab: indentation was lost: "
            "spec belongs below template, and 7 more lines like it [indentation]",
            id="a chain",
        ),
        pytest.param(
            "flat-service.yaml",
            "flat-service.yaml:5: error: dpuservice/doca-hbn-lab: indentation was lost: name "
            "belongs below metadata, and 13 more lines like it [indentation]",
            id="a service without any indentation",
        ),
        pytest.param(
            "flat-zone.yaml",
            "flat-zone.yaml:4: error: zone/lab: indentation was lost: name belongs below metadata, "
            "and 2 more lines like it [indentation]",
            id="a zone document",
        ),
    ],
)
def test_lost_indentation_is_one_finding(name: str, line: str) -> None:
    found = read_file(BROKEN / name)

    assert lines(found.findings) == [line]
    assert found.findings[0].hint.startswith("indent each line below the field it belongs to")
    assert not found.is_usable


def test_mistakes_of_published_snippets_are_named() -> None:
    found = read_file(BROKEN / "doubtful-service.yaml")

    assert [(f.where, f.code, f.fact, f.hint) for f in found.findings] == [
        (
            "doubtful-service.yaml:17",
            Code.NESTED_RESOURCES,
            "spec.serviceDaemonSet.resources.resources: resources stands in resources",
            "it is a flat map, such as resources: {memory: 6Gi, nvidia.com/bf_sf: 3}",
        ),
        (
            "doubtful-service.yaml:20",
            Code.UNKNOWN_FIELD,
            "spec.serviceDaemonSet.upgradeStrategy: unknown field",
            "did you mean updateStrategy?",
        ),
        (
            "doubtful-service.yaml:24",
            Code.MISSING_FIELD,
            "spec.configPorts.ports[0].port: is missing",
            "",
        ),
        (
            "doubtful-service.yaml:34",
            Code.NESTED_RESOURCES,
            "spec.helmChart.values.resources.resources: resources stands in resources",
            "it is a flat map, such as resources: {memory: 6Gi, nvidia.com/bf_sf: 3}",
        ),
    ]
    assert [f.severity for f in found.findings] == [Severity.ERROR] * 3 + [Severity.WARNING]


def test_fields_at_the_wrong_level_are_told_where_they_belong() -> None:
    found = read_file(BROKEN / "wrong-level.yaml")

    unknown = [(f.where, f.fact, f.hint) for f in found.findings if f.code is Code.UNKNOWN_FIELD]
    assert unknown == [
        (
            "wrong-level.yaml:9",
            "spec.nodeSelector: unknown field",
            "it belongs to spec.template.spec.nodeSelector",
        ),
        (
            "wrong-level.yaml:14",
            "spec.template.spec.interfaceType: unknown field",
            "it belongs to spec.template.spec.template.spec.interfaceType",
        ),
        (
            "wrong-level.yaml:15",
            "spec.template.spec.physical: unknown field",
            "it belongs to spec.template.spec.template.spec.physical",
        ),
    ]


@pytest.mark.parametrize(
    ("name", "path", "value", "code", "fact"),
    [
        pytest.param(
            HBN,
            ("apiVersion",),
            "provisioning.dpu.nvidia.com/v1alpha1",
            Code.API_VERSION,
            "apiVersion provisioning.dpu.nvidia.com/v1alpha1 has no DPUService",
            id="apiVersion of another group",
        ),
        pytest.param(
            SET,
            ("apiVersion",),
            "provisioning.dpu.nvidia.com/v1beta1",
            Code.API_VERSION,
            "apiVersion provisioning.dpu.nvidia.com/v1beta1 has no DPUSet",
            id="apiVersion of a version that is not there",
        ),
        pytest.param(
            P0,
            ("metadata", "name"),
            "P0_sf",
            Code.NAME,
            'metadata.name: "P0_sf" is no object name',
            id="name with capitals",
        ),
        pytest.param(
            P0,
            ("metadata", "name"),
            "x" * 64,
            Code.NAME,
            f'metadata.name: "{"x" * 64}" has 64 characters, 63 are allowed',
            id="name that is too long",
        ),
        pytest.param(
            SET,
            (*TEMPLATE, "cluster", "nodeLabels", "rack"),
            7,
            Code.WRONG_TYPE,
            "spec.dpuTemplate.spec.cluster.nodeLabels.rack: must be text",
            id="label that is a number",
        ),
        pytest.param(
            HBN,
            ("spec", "interfaces"),
            "p0-sf-dk",
            Code.WRONG_TYPE,
            "spec.interfaces: must be a list",
            id="text instead of a list",
        ),
        pytest.param(
            P0,
            (*INNER, "spec", "interfaceType"),
            "servic",
            Code.WRONG_VALUE,
            'spec.template.spec.template.spec.interfaceType: "servic" must be vlan or physical or '
            "pf or vf or ovn or patch or service",
            id="interface type that there is not",
        ),
        pytest.param(
            "ovn-to-hbn-dk",
            (*INNER, "spec", "switches"),
            [],
            Code.WRONG_VALUE,
            "spec.template.spec.template.spec.switches: must not be empty",
            id="chain without switches",
        ),
        pytest.param(
            SET,
            ("spec", "strategy"),
            None,
            Code.EMPTY_FIELD,
            "spec.strategy: has no value",
            id="field without a value",
        ),
    ],
)
def test_one_wrong_field(name: str, path: Path_, value: object, code: Code, fact: str) -> None:
    finding = only(read(dk().having(name, path, value).text).findings)
    assert (finding.code, finding.fact, finding.severity) == (code, fact, Severity.ERROR)


def test_a_number_in_a_label_is_to_be_quoted() -> None:
    path = (*SELECTOR, "matchLabels", "bfb")
    found = read(dk().having(P0, path, True).text).findings
    assert [f.hint for f in found if f.code is Code.WRONG_TYPE] == ['quote it: "true"']


@pytest.mark.parametrize("field", ["metadata", "spec", "apiVersion"])
def test_a_whole_part_is_missing(field: str) -> None:
    codes = {"metadata": Code.NAME, "spec": Code.MISSING_FIELD, "apiVersion": Code.API_VERSION}
    found = read(dk().lacking(HBN, (field,)).text).findings
    assert codes[field] in [f.code for f in found]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: pull}",
            "secret/pull: a zone consists of DPUSets, DPUServiceInterfaces, DPUServiceChains and "
            "DPUServices, not of this kind",
            "put it into a file of its own and apply that first, with kubectl apply -f",
            id="a Secret",
        ),
        pytest.param(
            "apiVersion: provisioning.dpu.nvidia.com/v1alpha1\nkind: BFB\nmetadata: {name: b}",
            "bfb/b: a zone consists of DPUSets, DPUServiceInterfaces, DPUServiceChains and "
            "DPUServices, not of this kind",
            "put it into a file of its own and apply that first, with kubectl apply -f",
            id="a BFB",
        ),
        pytest.param(
            "apiVersion: svc.dpu.nvidia.com/v1alpha1\nkind: DPUServices\nmetadata: {name: b}",
            "dpuservices/b: a zone consists of DPUSets, DPUServiceInterfaces, DPUServiceChains and "
            "DPUServices, not of this kind",
            "did you mean kind: DPUService?",
            id="a kind with a typing error",
        ),
        pytest.param("just text", "neither a zone nor a Kubernetes object", "", id="text"),
        pytest.param(
            "metadata: {name: x}",
            "an object without a kind",
            "a zone consists of DPUSets, DPUServiceInterfaces, DPUServiceChains and DPUServices",
            id="no kind",
        ),
        pytest.param(
            "apiVersion: dpfctl/v2\nkind: Zone",
            "dpfctl/v2 Zone is not a zone",
            "a zone is dpfctl/v1 Zone",
            id="a zone of a later version",
        ),
        pytest.param(
            "apiVersion: dpfctl/v1\nkind: Fleet",
            "dpfctl/v1 Fleet is not a zone",
            "a zone is dpfctl/v1 Zone",
            id="a fleet",
        ),
    ],
)
def test_what_is_no_part_of_a_zone(text: str, message: str, hint: str) -> None:
    finding = only(read(text).findings)
    assert (finding.where, finding.message, finding.hint) == ("zone.yaml:1", message, hint)


def test_the_same_object_twice_names_both_places() -> None:
    first = Manifests({P0: dk().objects[P0]})
    finding = only(read(f"{first.text}---\n{first.text}").findings)

    assert finding.message == "dpuserviceinterface/p0-sf-dk: stands here a second time"
    assert (finding.where, finding.hint) == ("zone.yaml:24", "it stands at zone.yaml:1 already")


def test_an_object_in_another_namespace_than_its_zone() -> None:
    finding = only(read(dk().having(P0, ("metadata", "namespace"), "other").text).findings)

    assert finding.code is Code.NAMESPACE
    assert finding.fact == f"is in namespace other, zone dk is in {NS}"


def test_a_namespace_that_is_none() -> None:
    found = read(dk().having(SET, ("metadata", "namespace"), "a.b").text).findings
    assert [f.fact for f in found] == [
        f"is in namespace a.b, zone dk is in {NS}",
        'metadata.namespace: "a.b" is no namespace name',
    ]


def test_objects_without_a_namespace_get_that_of_the_command() -> None:
    manifests = dk()
    for name in manifests.objects:
        manifests = manifests.lacking(name, ("metadata", "namespace"))

    (zone,) = read(manifests.text, namespace="dpf").zones
    assert {member.resource.namespace for member in zone.members} == {"dpf"}


def test_an_object_without_a_selector_belongs_to_the_only_zone() -> None:
    (zone,) = dk().lacking(P0, SELECTOR).zones
    assert P0 in [member.resource.name for member in zone.members]


def test_of_several_zones_an_object_without_a_selector_belongs_to_the_one_in_its_name() -> None:
    ga = (EXAMPLES / "zone-ga.yaml").read_text(encoding="utf-8")
    found = read(f"{dk().lacking(P0, SELECTOR).text}---\n{ga}")

    assert found.findings == ()
    assert [len(zone.members) for zone in found.zones] == [7, 7]


def test_an_object_without_a_selector_or_a_telling_name_belongs_to_no_zone() -> None:
    ga = (EXAMPLES / "zone-ga.yaml").read_text(encoding="utf-8")
    text = dk().lacking(P0, SELECTOR).renamed(P0, "p0").text
    finding = only(read(f"{text}---\n{ga}").findings)

    assert (finding.code, finding.message) == (
        Code.NO_ZONE,
        "dpuserviceinterface/p0: belongs to no zone",
    )


def test_the_label_that_most_objects_share_is_that_of_the_zone() -> None:
    manifests = dk().having(SET, (*TEMPLATE, "cluster", "nodeLabels", "a-rack"), "7")
    manifests = manifests.having(P0, (*SELECTOR, "matchLabels", "kubernetes.io/arch"), "arm64")

    (zone,) = manifests.zones
    assert zone.label == NodeLabel("bfb", "dk")


def test_a_selector_with_a_typing_error_makes_a_zone_of_its_own() -> None:
    zones = dk().having(P0, (*SELECTOR, "matchLabels", "bfb"), "dkk").zones
    assert [(zone.name, len(zone.members)) for zone in zones] == [("dk", 6), ("dkk", 1)]


def test_zones_of_one_name_and_two_labels_are_refused() -> None:
    terms = [{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["dk"]}]}]
    finding = only(read(dk().having(HBN, TERMS, terms).text).findings)

    assert finding.code is Code.DUPLICATE
    assert finding.message == ("zone/dk: two zones have this name: label bfb=dk and label zone=dk")


def test_findings_stand_in_the_order_of_the_text() -> None:
    manifests = dk()
    for name in manifests.objects:
        manifests = manifests.having(name, ("spec", "nonsense"), 1)
    found = read(manifests.text).findings

    numbers = [int(finding.where.rpartition(":")[2]) for finding in found]
    assert len(numbers) == 7
    assert numbers == sorted(numbers)


def test_empty_documents_and_no_documents_at_all_are_no_zones(tmp_path: Path) -> None:
    assert read("---\n---\n").zones == ()
    assert read_zones((), namespace=NS).findings == ()


def test_json_is_read_as_well() -> None:
    import json

    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(dk().objects.values())})
    found = read_zones(parse_documents(text.encode(), "zone.json"), namespace=NS)
    assert [zone.name for zone in found.zones] == ["dk"]
    assert found.findings == ()
