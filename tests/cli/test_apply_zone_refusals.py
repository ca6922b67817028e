"""``dpfctl apply-zone`` with files that cannot be applied: what is said, and nothing is written."""

from pathlib import Path

import pytest

from tests.builders import NS
from tests.cli.fleet_on_disk import FleetOnDisk, envelope
from tests.cli.zone_fleets import DK, GA, items, write, zone_fleet
from tests.command_line import Result
from tests.unit.zone_files import BROKEN, HOSTS, SELECTOR, TEMPLATE, TERMS, Manifests, dk

SET, HBN, P0, CHAIN = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk", "hbn-to-fabric-dk"
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "s"},
    "stringData": {"password": "hunter2"},
}


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    """What the zones of the manual need, and no zone."""
    return zone_fleet(tmp_path)


def findings(result: Result, file: str) -> list[str]:
    """Findings as they stand on stderr, each from its line number on; hints left out."""
    heads = [one for one in result.err.splitlines() if one.startswith(f"{file}:")]
    return [one.removeprefix(f"{file}:") for one in heads]


def errors(result: Result, file: str) -> list[str]:
    """Errors among the findings, without their lines."""
    found = [one.partition(": ")[2] for one in findings(result, file)]
    return [one.removeprefix("error: ") for one in found if one.startswith("error: ")]


class TestBrokenFiles:
    """Files of the folder scenarios/zones: snippets as they are published, mended by nobody."""

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            pytest.param(
                "lost-set.yaml",
                [
                    "10: error: dpuset/dpuset-lab: indentation was lost: matchLabels belongs below "
                    "dpuNodeSelector, and 6 more lines like it [indentation]"
                ],
                id="a set that lost its indentation",
            ),
            pytest.param(
                "lost-interface.yaml",
                [
                    "9: error: dpuserviceinterface/p0-sf-lab: indentation was lost: spec belongs "
                    "below template, and 8 more lines like it [indentation]"
                ],
                id="an interface that lost its indentation",
            ),
            pytest.param(
                "lost-chain.yaml",
                [
                    "9: error: dpuservicechain/hbn-to-fabric-lab: indentation was lost: spec "
                    "belongs below template, and 7 more lines like it [indentation]"
                ],
                id="a chain that lost its indentation",
            ),
            pytest.param(
                "flat-service.yaml",
                [
                    "5: error: dpuservice/doca-hbn-lab: indentation was lost: name belongs below "
                    "metadata, and 13 more lines like it [indentation]"
                ],
                id="a service without any indentation",
            ),
            pytest.param(
                "flat-zone.yaml",
                [
                    "4: error: zone/lab: indentation was lost: name belongs below metadata, and 2 "
                    "more lines like it [indentation]"
                ],
                id="a zone document without any indentation",
            ),
            pytest.param(
                "doubtful-service.yaml",
                [
                    "17: error: dpuservice/doca-hbn-lab: spec.serviceDaemonSet.resources."
                    "resources: resources stands in resources [nested-resources]",
                    "20: error: dpuservice/doca-hbn-lab: spec.serviceDaemonSet.upgradeStrategy: "
                    "unknown field [unknown-field]",
                    "24: error: dpuservice/doca-hbn-lab: spec.configPorts.ports[0].port: is "
                    "missing [missing-field]",
                    "34: warning: dpuservice/doca-hbn-lab: spec.helmChart.values.resources."
                    "resources: resources stands in resources [nested-resources]",
                ],
                id="resources in resources, a field of another name, a port without its number",
            ),
        ],
    )
    def test_are_refused_with_file_and_line(
        self, fleet: FleetOnDisk, name: str, told: list[str]
    ) -> None:
        file = str(BROKEN / name)
        result = fleet.run("apply-zone", "-f", file)

        count = sum(": error: " in one for one in told)
        assert (result.code, result.out) == (2, "")
        assert findings(result, file) == told
        assert result.err.endswith(
            f"error: apply-zone: {count} error{'s' if count > 1 else ''}, so nothing was done\n"
            "hint: docs/reference/zone.md explains each rule\n"
        )
        assert fleet.is_untouched

    def test_one_broken_file_of_two_holds_up_the_other(self, fleet: FleetOnDisk) -> None:
        file = str(BROKEN / "lost-set.yaml")
        result = fleet.run("apply-zone", "-f", DK, "-f", file)

        assert (result.code, result.out) == (2, "")
        assert len(findings(result, file)) == 1
        assert fleet.is_untouched

    def test_what_kubectl_exports_is_taken(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("apply-zone", "-f", str(BROKEN / "exported.yaml"))

        assert (result.code, len(result.lines)) == (0, 2)
        made = [one for one in items(fleet) if one["metadata"]["name"].endswith("-lab")]
        assert all("status" not in one for one in made)
        assert {one["metadata"].get("generation", 1) for one in made} == {1}


TEXTS = [
    pytest.param(
        "apiVersion: dpfctl/v1\nkind: Zone\nmetadata:\n\tname: x\n",
        ":4: a tab stands where YAML wants spaces",
        "indent with spaces only",
        id="tabs",
    ),
    pytest.param(
        "apiVersion: dpfctl/v1\nkind: Zone\nmetadata:\n  name: x\n  name: y\n",
        ':5: duplicate key "name"',
        "",
        id="a key twice",
    ),
    pytest.param("# nothing\n---\n", ": holds no objects", "", id="an empty file"),
    pytest.param(
        "apiVersion: v1\nkind: List\nitems: []\n",
        ": holds no zone",
        "see dpfctl zone new",
        id="an empty list",
    ),
]


@pytest.mark.parametrize(("text", "fact", "hint"), TEXTS)
def test_texts_that_hold_nothing(
    fleet: FleetOnDisk, tmp_path: Path, text: str, fact: str, hint: str
) -> None:
    file = write(tmp_path / "zone.yaml", text)
    result = fleet.run("apply-zone", "-f", file)

    told = f"error: {file}{fact}\n" + (f"hint: {hint}\n" if hint else "")
    assert (result.code, result.out, result.err) == (2, "", told)
    assert fleet.is_untouched


DOCUMENTS = [
    pytest.param(
        "dpuNodeSelector",
        "dpuNodeSelektor",
        [
            "zone/dk: spec.dpuNodeSelector: is missing [missing-field]",
            "zone/dk: spec.dpuNodeSelektor: unknown field [unknown-field]",
        ],
        "did you mean dpuNodeSelector?",
        id="an unknown field has a nearest one",
    ),
    pytest.param(
        "version: 1.0.1",
        "version: 1.0",
        ["zone/dk: spec.services[0].chart.version: must be text [wrong-type]"],
        'quote it: "1.0"',
        id="a version that is a number",
    ),
    pytest.param(
        "dpfctl/v1",
        "dpfctl/v2",
        ["dpfctl/v2 Zone is not a zone [api-version]"],
        "a zone is dpfctl/v1 Zone",
        id="another version of zone documents",
    ),
    pytest.param(
        "kind: Zone",
        "kind: Zones",
        ["dpfctl/v1 Zones is not a zone [api-version]"],
        "a zone is dpfctl/v1 Zone",
        id="a kind that is none",
    ),
    pytest.param(
        "{interface: app-sf}",
        "{interface: ap-sf}",
        [
            'zone/dk: spec.chains[1].switches[0].ports[0].interface: no interface "ap-sf" '
            "[wrong-value]"
        ],
        "this zone has app-sf, p0-sf, p1-sf",
        id="a port that names an interface the zone has not",
    ),
    pytest.param(
        "  name: dk",
        "  name: Dk_1",
        ['zone/Dk_1: metadata.name: "Dk_1" is no object name [name]'],
        "lower-case letters, digits and '-', beginning and ending with a letter or digit",
        id="a name that is none",
    ),
    pytest.param(
        "    taint: {key: dpu, value: provisioning, effect: NoSchedule}\n",
        "",
        ["zone/dk: spec.nodeEffect: has no value [empty-field]"],
        "give it a value, or leave the field out",
        id="a field without a value",
    ),
]


@pytest.mark.parametrize(("old", "new", "told", "hint"), DOCUMENTS)
def test_zone_documents(
    fleet: FleetOnDisk, tmp_path: Path, old: str, new: str, told: list[str], hint: str
) -> None:
    text = Path(DK).read_text()
    assert old in text
    file = write(tmp_path / "zone.yaml", text.replace(old, new))
    result = fleet.run("apply-zone", "-f", file)

    assert (result.code, result.out) == (2, "")
    assert errors(result, file) == told
    assert f"  hint: {hint}\n" in result.err
    assert fleet.is_untouched


MANIFESTS = [
    pytest.param(
        dk().having(HBN, ("apiVersion",), "svc.dpu.nvidia.com/v1beta1"),
        2,
        [
            "dpuservice/doca-hbn-dk: apiVersion svc.dpu.nvidia.com/v1beta1 has no DPUService "
            "[api-version]"
        ],
        id="a version that is not there",
    ),
    pytest.param(
        dk().having(HBN, ("apiVersion",), "provisioning.dpu.nvidia.com/v1alpha1"),
        2,
        [
            "dpuservice/doca-hbn-dk: apiVersion provisioning.dpu.nvidia.com/v1alpha1 has no "
            "DPUService [api-version]"
        ],
        id="the group of another kind",
    ),
    pytest.param(
        dk().having(P0, ("spec", "template", "spec", "template", "spec", "servise"), {}),
        2,
        [
            "dpuserviceinterface/p0-sf-dk: spec.template.spec.template.spec.servise: unknown field "
            "[unknown-field]"
        ],
        id="an unknown field",
    ),
    pytest.param(
        Manifests({**dk().objects, "s": SECRET}),
        2,
        [
            "secret/s: a zone consists of DPUSets, DPUServiceInterfaces, DPUServiceChains and "
            "DPUServices, not of this kind [foreign-kind]"
        ],
        id="a Secret",
    ),
    pytest.param(
        dk().having(SET, ("metadata", "namespace"), "other"),
        2,
        [f"dpuset/dpuset-dk: is in namespace other, zone dk is in {NS} [namespace]"],
        id="an object of another namespace",
    ),
    pytest.param(
        dk().lacking(SET, (*TEMPLATE, "nodeEffect")),
        2,
        [
            "dpuset/dpuset-dk: spec.dpuTemplate.spec.nodeEffect: is missing: what becomes of hosts "
            "must be said [node-effect]"
        ],
        id="a set that does not say what becomes of hosts",
    ),
    pytest.param(
        dk().lacking(P0, SELECTOR),
        1,
        ["dpuserviceinterface/p0-sf-dk: selects every node, those of other zones too [Z1]"],
        id="a selector that was forgotten",
    ),
    pytest.param(
        dk().lacking(HBN, TERMS[:3]),
        1,
        ["dpuservice/doca-hbn-dk: selects every node, those of other zones too [Z1]"],
        id="a service without a selector",
    ),
    pytest.param(
        dk().without("app-sf-dk"),
        1,
        [
            "dpuservice/doca-hbn-dk: dpuserviceinterface/app-sf-dk: not found [Z3]",
            "dpuservicechain/ovn-to-hbn-dk: port svc.dpu.nvidia.com/interface=app_sf,"
            "svc.dpu.nvidia.com/service=doca-hbn meets no interface on nodes with bfb=dk [Z6]",
        ],
        id="an interface that is missing",
    ),
    pytest.param(
        dk().having(HBN, ("spec", "serviceID"), "doca-hbn2"),
        1,
        [
            f"dpuservice/doca-hbn-dk: dpuserviceinterface/{name}-sf-dk has serviceID doca-hbn, the "
            "service has doca-hbn2 [Z3]"
            for name in ("p0", "p1", "app")
        ],
        id="another serviceID",
    ),
]


@pytest.mark.parametrize(("manifests", "code", "told"), MANIFESTS)
def test_manifests(
    fleet: FleetOnDisk, tmp_path: Path, manifests: Manifests, code: int, told: list[str]
) -> None:
    file = write(tmp_path / "zone.yaml", manifests)
    result = fleet.run("apply-zone", "-f", file)

    assert (result.code, result.out) == (code, "")
    assert errors(result, file) == told
    assert fleet.is_untouched


def test_no_value_of_a_secret_is_shown(fleet: FleetOnDisk, tmp_path: Path) -> None:
    file = write(tmp_path / "zone.yaml", Manifests({"s": SECRET}))
    for form in ("text", "json"):
        result = fleet.run("apply-zone", "-f", file, "-o", form)
        assert "hunter2" not in result.out + result.err


class TestTwice:
    """What stands in the files more than once is said with both places."""

    def test_a_manifest(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        file = write(
            tmp_path / "zone.yaml", f"{dk().text}---\n{Manifests({P0: dk().objects[P0]}).text}"
        )
        result = fleet.run("apply-zone", "-f", file)

        assert result.code == 2
        assert errors(result, file) == [
            "dpuserviceinterface/p0-sf-dk: stands here a second time [duplicate]"
        ]
        (first,) = [
            n for n, one in enumerate(dk().text.splitlines(), 1) if one == "  name: p0-sf-dk"
        ]
        assert f"  hint: it stands at {file}:{first - 3} already\n" in result.err

    def test_a_zone_in_two_files(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        copy = write(tmp_path / "copy.yaml", Path(DK).read_text())
        result = fleet.run("apply-zone", "-f", DK, "-f", copy)

        assert (result.code, result.out) == (2, "")
        assert len(errors(result, copy)) == 7
        assert fleet.is_untouched


class TestOverlap:
    """Zones that would take DPUs or labels from one another."""

    def test_two_zones_that_select_the_same_hosts(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        ga = Path(GA).read_text().replace("e2e.servers/ga", "e2e.servers/dk")
        file = write(tmp_path / "ga.yaml", ga)
        result = fleet.run("apply-zone", "-f", DK, "-f", file)

        assert (result.code, result.out) == (1, "")
        assert errors(result, file) == [
            "dpuset/dpuset-ga: selects the same DPUs as dpuset/dpuset-dk [Z2]"
        ]
        assert fleet.is_untouched

    def test_a_zone_beside_one_that_is_there(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        assert fleet.run("apply-zone", "-f", DK).code == 0
        before = fleet.path.read_bytes()
        selector = {"matchLabels": {"e2e.servers/dk": "true"}}
        other = dk().having(SET, HOSTS, selector).renamed(SET, "dpuset-north")
        north = Manifests({"dpuset-north": other.objects["dpuset-north"]})
        north = north.having("dpuset-north", (*TEMPLATE, "cluster", "nodeLabels"), {"bfb": "north"})
        file = write(tmp_path / "north.yaml", north)
        result = fleet.run("apply-zone", "-f", file)

        assert (result.code, result.out) == (1, "")
        assert errors(result, file) == [
            "dpuset/dpuset-north: selects the same DPUs as dpuset/dpuset-dk [Z2]"
        ]
        assert fleet.path.read_bytes() == before


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_machines_get_each_finding(fleet: FleetOnDisk, form: str) -> None:
    file = str(BROKEN / "doubtful-service.yaml")
    told = envelope(fleet.run("apply-zone", "-f", file, "-o", form), form)

    found = told["data"]["findings"]
    assert [(one["code"], one["severity"], one["where"]) for one in found] == [
        ("nested-resources", "error", f"{file}:17"),
        ("unknown-field", "error", f"{file}:20"),
        ("missing-field", "error", f"{file}:24"),
        ("nested-resources", "warning", f"{file}:34"),
    ]
    assert found[1]["hint"] == "did you mean updateStrategy?"
    assert told["exitCode"] == 2
