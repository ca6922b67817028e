"""Zone documents: what they may say, what is wrong with one, which manifests it stands for."""

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import yaml

from dpfctl.model import kinds
from dpfctl.model.yaml_writer import write_yaml
from dpfctl.zones.document import DOCUMENT
from dpfctl.zones.findings import Code
from dpfctl.zones.zone import Zone, render_zone
from tests.unit.zone_files import EXAMPLES, ROOT, dk, read, read_file, zones_in

SCHEMA = ROOT / "docs" / "reference" / "zone.schema.json"

Json = dict[str, Any]
Edit = Callable[[Json], object]


def document(name: str = "zone-dk.yaml") -> Json:
    found: Json = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))
    return found


def edited(edit: Edit) -> Json:
    found = copy.deepcopy(document())
    edit(found)
    return found


def rendered(edit: Edit) -> dict[str, Json]:
    """The manifests of an edited document, by name."""
    found = read(write_yaml([edited(edit)]).decode())
    assert found.findings == ()
    (zone,) = found.zones
    return {raw["metadata"]["name"]: dict(raw) for raw in render_zone(zone)}


def service(found: Json) -> Json:
    first: Json = found["spec"]["services"][0]
    return first


def test_zone_dk_stands_for_its_manifests() -> None:
    (zone,) = zones_in("zone-dk.yaml")

    assert {raw["metadata"]["name"]: raw for raw in render_zone(zone)} == dk().objects
    assert render_zone(zone) == tuple(
        member.resource.raw for member in read(dk().text).zones[0].members
    )


def test_zone_dk_has_the_identities_that_were_agreed() -> None:
    (zone,) = zones_in("zone-dk.yaml")
    found = {member.subject: member.resource for member in zone.members}

    hbn = found["dpuservice/doca-hbn-dk"]
    assert hbn.texts("spec", "interfaces") == ("p0-sf-dk", "p1-sf-dk", "app-sf-dk")
    assert hbn.at("spec", "helmChart", "source") == {
        "repoURL": "https://helm.ngc.nvidia.com/nvidia/doca",
        "version": "1.0.1",
        "chart": "doca-hbn",
    }
    assert hbn.at("spec", "serviceDaemonSet", "nodeSelector", "nodeSelectorTerms") == [
        {"matchExpressions": [{"key": "bfb", "operator": "In", "values": ["dk"]}]}
    ]
    app = found["dpuserviceinterface/app-sf-dk"]
    assert app.at("spec", "template", "spec", "template", "spec") == {
        "interfaceType": "service",
        "service": {"serviceID": "doca-hbn", "network": "mybrhbn", "interfaceName": "pf2dpu3_if"},
    }
    template = found["dpuset/dpuset-dk"].mapping("spec", "dpuTemplate", "spec")
    assert template["cluster"] == {"nodeLabels": {"bfb": "dk"}}
    assert template["nodeEffect"] == {
        "taint": {"key": "dpu", "value": "provisioning", "effect": "NoSchedule"}
    }


def test_objects_come_in_the_order_in_which_they_are_applied() -> None:
    (zone,) = zones_in("zone-dk.yaml")
    order = [member.resource.kind for member in zone.members]
    assert order == [
        kinds.DPU_SET,
        *[kinds.DPU_SERVICE_INTERFACE] * 3,
        *[kinds.DPU_SERVICE_CHAIN] * 2,
        kinds.DPU_SERVICE,
    ]


def test_every_part_of_a_service_has_its_place() -> None:
    def edit(found: Json) -> None:
        service(found).update(
            serviceID="hbn",
            privileged=True,
            critical=True,
            resources={"memory": "1Gi"},
            labels={"app": "hbn"},
            annotations={"note": "x"},
            updateStrategy={"type": "OnDelete"},
            configPorts={
                "serviceType": "ClusterIP",
                "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
            },
        )

    made = rendered(edit)
    hbn = made["doca-hbn-dk"]
    assert hbn["metadata"]["labels"] == {"svc.dpu.nvidia.com/critical": ""}
    assert hbn["spec"]["serviceID"] == "hbn"
    assert hbn["spec"]["security"] == {"privileged": True}
    assert hbn["spec"]["configPorts"]["serviceType"] == "ClusterIP"
    daemon_set = hbn["spec"]["serviceDaemonSet"]
    assert daemon_set["resources"] == {"memory": "1Gi"}
    assert daemon_set["labels"] == {"app": "hbn"}
    assert daemon_set["annotations"]["note"] == "x"
    assert daemon_set["updateStrategy"] == {"type": "OnDelete"}
    inner = made["p0-sf-dk"]["spec"]["template"]["spec"]["template"]
    assert inner["spec"]["service"]["serviceID"] == "hbn"
    assert inner["metadata"]["labels"]["svc.dpu.nvidia.com/service"] == "hbn"
    ports = made["hbn-to-fabric-dk"]["spec"]["template"]["spec"]["template"]["spec"]["switches"][0]
    assert ports["ports"][1]["serviceInterface"]["matchLabels"] == {
        "svc.dpu.nvidia.com/service": "hbn",
        "svc.dpu.nvidia.com/interface": "p0_sf",
    }


def test_the_label_may_have_another_value_than_the_name() -> None:
    made = rendered(lambda found: found["spec"].update(nodeLabel={"key": "zone", "value": "d"}))
    assert made["dpuset-dk"]["spec"]["dpuTemplate"]["spec"]["cluster"] == {
        "nodeLabels": {"zone": "d"}
    }


def test_a_selector_of_clusters_goes_to_every_object() -> None:
    selector = {"matchLabels": {"site": "a"}}
    made = rendered(lambda found: found["spec"].update(dpuClusterSelector=selector))

    template = made["dpuset-dk"]["spec"]["dpuTemplate"]["spec"]
    assert template["cluster"]["selector"] == selector
    others = [raw["spec"] for name, raw in made.items() if name != "dpuset-dk"]
    assert all(spec["dpuClusterSelector"] == selector for spec in others)


def test_set_name_devices_labels_and_switches_are_taken_over() -> None:
    def edit(found: Json) -> None:
        found["spec"].update(dpuSetName="set", dpuDeviceSelector={"matchLabels": {"slot": "1"}})
        service(found)["interfaces"][0]["label"] = "left"
        switch = found["spec"]["chains"][0]["switches"][0]
        switch["serviceMTU"] = 9000
        switch["ports"][0]["ipam"] = {"matchLabels": {"pool": "a"}}

    made = rendered(edit)
    assert made["set-dk"]["spec"]["dpuDeviceSelector"] == {"matchLabels": {"slot": "1"}}
    chain = made["hbn-to-fabric-dk"]["spec"]["template"]["spec"]["template"]["spec"]
    assert chain["switches"][0] == {
        "serviceMTU": 9000,
        "ports": [
            {
                "serviceInterface": {
                    "matchLabels": {"uplink": "p0"},
                    "ipam": {"matchLabels": {"pool": "a"}},
                }
            },
            {
                "serviceInterface": {
                    "matchLabels": {
                        "svc.dpu.nvidia.com/service": "doca-hbn",
                        "svc.dpu.nvidia.com/interface": "left",
                    }
                }
            },
        ],
    }


def test_a_zone_may_have_no_services_and_no_chains() -> None:
    def edit(found: Json) -> None:
        del found["spec"]["services"], found["spec"]["chains"]

    assert list(rendered(edit)) == ["dpuset-dk"]


@pytest.mark.parametrize(
    ("edit", "code", "fact", "hint"),
    [
        pytest.param(
            lambda found: found["spec"].update(nodelabel={}),
            Code.UNKNOWN_FIELD,
            "spec.nodelabel: unknown field",
            "did you mean nodeLabel?",
            id="unknown field",
        ),
        pytest.param(
            lambda found: found["spec"].update(interfaces=[]),
            Code.UNKNOWN_FIELD,
            "spec.interfaces: unknown field",
            "it belongs to spec.services.interfaces",
            id="interfaces outside of a service",
        ),
        pytest.param(
            lambda found: found["spec"].pop("nodeEffect"),
            Code.MISSING_FIELD,
            "spec.nodeEffect: is missing",
            "",
            id="no node effect",
        ),
        pytest.param(
            lambda found: service(found)["chart"].update(version=1.0),
            Code.WRONG_TYPE,
            "spec.services[0].chart.version: must be text",
            'quote it: "1.0"',
            id="a version that is a number",
        ),
        pytest.param(
            lambda found: found["metadata"].update(name="DK"),
            Code.NAME,
            'metadata.name: "DK" is no object name',
            "lower-case letters, digits and '-', beginning and ending with a letter or digit",
            id="a name with capitals",
        ),
        pytest.param(
            lambda found: found["metadata"].update(namespace="a_b"),
            Code.NAMESPACE,
            'metadata.namespace: "a_b" is no namespace name',
            "lower-case letters, digits and '-', beginning and ending with a letter or digit",
            id="a namespace that is none",
        ),
        pytest.param(
            lambda found: service(found).update(annotations={"k8s.v1.cni.cncf.io/networks": "[]"}),
            Code.WRONG_VALUE,
            "spec.services[0].networks: annotations has k8s.v1.cni.cncf.io/networks too",
            "write one of them",
            id="networks twice",
        ),
        pytest.param(
            lambda found: found["spec"]["chains"][0]["switches"][0]["ports"].append({}),
            Code.WRONG_VALUE,
            "spec.chains[0].switches[0].ports[2]: must have either interface or labels",
            "interface for one of this zone, labels for one from elsewhere",
            id="a port that says nothing",
        ),
        pytest.param(
            lambda found: found["spec"]["chains"][1]["switches"][0]["ports"][0].update(
                interface="app-fs"
            ),
            Code.WRONG_VALUE,
            'spec.chains[1].switches[0].ports[0].interface: no interface "app-fs"',
            "this zone has app-sf, p0-sf, p1-sf",
            id="a port with an interface that is not there",
        ),
        pytest.param(
            lambda found: service(found)["interfaces"][1].update(name="p0-sf"),
            Code.WRONG_VALUE,
            'spec.chains[0].switches[0].ports[1].interface: "p0-sf" is the name of 2 interfaces',
            "name them differently",
            id="a port with an interface that is there twice",
        ),
    ],
)
def test_what_is_wrong_with_a_document(edit: Edit, code: Code, fact: str, hint: str) -> None:
    found = read(write_yaml([edited(edit)]).decode())

    assert (code, fact, hint) in [(f.code, f.fact, f.hint) for f in found.findings]
    assert found.zones == ()
    assert {finding.subject for finding in found.findings} <= {"zone/dk", "zone/DK"}


def test_all_that_is_wrong_is_told_at_once() -> None:
    def edit(found: Json) -> None:
        found["spec"].update(one=1, two=2)
        service(found)["critical"] = "yes"

    assert [f.fact for f in read(write_yaml([edited(edit)]).decode()).findings] == [
        "spec.services[0].critical: must be true or false",
        "spec.one: unknown field",
        "spec.two: unknown field",
    ]


def test_a_name_that_a_suffix_makes_too_long() -> None:
    found = read(write_yaml([edited(lambda f: service(f).update(name="x" * 61))]).decode())
    (finding,) = found.findings

    assert finding.code is Code.NAME
    assert "has 64 characters, 63 are allowed" in finding.fact


def test_findings_about_a_rendered_object_name_its_line_in_the_document() -> None:
    text = (EXAMPLES / "zone-dk.yaml").read_text(encoding="utf-8")
    found = read(f"{dk().text}---\n{text}")

    lines = text.splitlines()
    expected = len(dk().text.splitlines()) + 2 + lines.index("  - name: doca-hbn")
    twice = next(f for f in found.findings if f.subject == "dpuservice/doca-hbn-dk")
    assert (twice.code, twice.where) == (Code.DUPLICATE, f"zone.yaml:{expected}")


@pytest.mark.parametrize("name", ["zone-dk.yaml", "zone-ga.yaml"])
def test_the_examples_fit_the_published_schema(name: str) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document(name), schema)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda found: found["spec"].update(nodelabel={}), id="unknown field"),
        pytest.param(lambda found: found["spec"].pop("bfb"), id="missing field"),
        pytest.param(lambda found: found["spec"].update(bfb=""), id="empty text"),
        pytest.param(lambda found: service(found).update(interfaces=[]), id="empty list"),
        pytest.param(lambda found: service(found).update(critical="yes"), id="wrong type"),
        pytest.param(
            lambda found: found["spec"]["chains"][0]["switches"][0]["ports"].append({}),
            id="a port that says nothing",
        ),
        pytest.param(lambda found: found.update(kind="Zones"), id="another kind"),
    ],
)
def test_editors_and_dpfctl_refuse_the_same(edit: Edit) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert not jsonschema.Draft202012Validator(schema).is_valid(edited(edit))
    assert not read(write_yaml([edited(edit)]).decode()).is_usable


def test_the_published_schema_is_the_one_that_is_used() -> None:
    published = json.loads(SCHEMA.read_text(encoding="utf-8"))
    head = {name: published.pop(name) for name in ("$schema", "title", "description")}

    assert head["title"] == "Zone"
    assert published == json.loads(json.dumps(DOCUMENT))


def test_the_examples_are_faultless() -> None:
    for name in ("zone-dk.yaml", "zone-dk-manifests.yaml", "zone-ga.yaml"):
        found = read_file(EXAMPLES / name)
        assert found.findings == ()
        assert [isinstance(zone, Zone) for zone in found.zones] == [True]
