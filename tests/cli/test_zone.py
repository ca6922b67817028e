"""``dpfctl zone lint|diff|render|list|new``: what each prints, and its exit code."""

import json
from pathlib import Path

import pytest
import yaml

from tests.builders import NS, node
from tests.cli.fleet_on_disk import FleetOnDisk, envelope, write_fleet
from tests.cli.zone_fleets import DK, DK_MANIFESTS, GA, line, of_zone, with_zones, write, zone_fleet
from tests.command_line import dpfctl
from tests.unit.zone_files import BROKEN, dk

LACKING = str(BROKEN / "doubtful-service.yaml")
ALONE = "note: no cluster was asked, so rules about what is there were left out\n"
RULES = "hint: docs/reference/zone.md explains each rule\n"


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    """What the zones of the manual need, and no zone."""
    return zone_fleet(tmp_path)


@pytest.fixture
def zoned(fleet: FleetOnDisk) -> FleetOnDisk:
    """The same with zones dk and ga."""
    return with_zones(fleet, DK, GA)


@pytest.fixture
def doubtful(tmp_path: Path) -> str:
    """Zone dk with a BFB that is not there: a warning."""
    text = Path(DK).read_text().replace("bf-bundle-dk-ga", "none")
    return write(tmp_path / "doubtful.yaml", text)


def test_the_group_alone_prints_help() -> None:
    result = dpfctl("zone")

    assert (result.code, result.err) == (0, "")
    for word in ("lint", "diff", "render", "list", "new"):
        assert f"  {word} " in result.out


class TestLint:
    def test_a_faultless_zone(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("zone", "lint", "-f", DK, "--strict")

        assert (result.code, result.out, result.err) == (0, "", "")
        assert fleet.is_untouched

    def test_findings_are_data(self, fleet: FleetOnDisk, doubtful: str) -> None:
        result = fleet.run("zone", "lint", "-f", doubtful)

        assert (result.code, result.err) == (0, "")
        assert result.lines == [
            f"{doubtful}:8: warning: dpuset/dpuset-dk: bfb/none: not found [Z12]",
            "  hint: create it first",
        ]

    def test_strict_makes_an_error_of_a_warning(self, fleet: FleetOnDisk, doubtful: str) -> None:
        result = fleet.run("zone", "lint", "-f", doubtful, "--strict")

        assert result.code == 1
        assert ":8: error: dpuset/dpuset-dk: bfb/none: not found [Z12]" in result.lines[0]
        assert result.err == f"error: zone lint: 1 error\n{RULES}"

    def test_a_file_that_cannot_be_understood_is_another_code(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("zone", "lint", "-f", LACKING)

        assert (result.code, len(result.lines)) == (2, 7)
        assert result.err == f"error: zone lint: 3 errors\n{RULES}"

    def test_offline_leaves_out_what_needs_a_cluster(self, doubtful: str) -> None:
        result = dpfctl("zone", "lint", "-f", doubtful, "--offline", "--strict")

        assert (result.code, result.out, result.err) == (0, "", ALONE)

    def test_offline_finds_what_the_files_say_of_each_other(self, tmp_path: Path) -> None:
        ga = Path(GA).read_text().replace("e2e.servers/ga", "e2e.servers/dk")
        file = write(tmp_path / "ga.yaml", ga)
        result = dpfctl("zone", "lint", "-f", DK, "-f", file, "--offline")

        assert result.code == 1
        assert result.lines[0] == (
            f"{file}:8: error: dpuset/dpuset-ga: selects the same DPUs as dpuset/dpuset-dk [Z2]"
        )

    def test_offline_and_a_fleet_contradict(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("zone", "lint", "-f", DK, "--offline")

        assert (result.code, result.out) == (2, "")
        assert result.err == "error: --offline: cannot be used together with --from\n"

    def test_colour(self, fleet: FleetOnDisk, doubtful: str) -> None:
        result = fleet.run("zone", "lint", "-f", doubtful, "--color=always")

        assert ":8: \x1b[33mwarning\x1b[0m: dpuset/dpuset-dk" in result.out

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines(self, fleet: FleetOnDisk, doubtful: str, form: str) -> None:
        told = envelope(fleet.run("zone", "lint", "-f", doubtful, "-o", form), form)

        assert (told["command"], told["status"], told["errors"]) == ("zone lint", "success", [])
        assert told["data"] == {
            "findings": [
                {
                    "code": "Z12",
                    "severity": "warning",
                    "where": f"{doubtful}:8",
                    "subject": "dpuset/dpuset-dk",
                    "fact": "bfb/none: not found",
                    "hint": "create it first",
                }
            ],
            "notes": [],
        }

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines_get_the_findings_of_a_failure(self, fleet: FleetOnDisk, form: str) -> None:
        told = envelope(fleet.run("zone", "lint", "-f", LACKING, "-o", form), form)

        assert (told["status"], told["exitCode"], len(told["data"]["findings"])) == ("error", 2, 4)
        assert told["errors"][0]["message"] == "zone lint: 3 errors"

    def test_a_zone_is_checked_on_the_nodes_of_the_dpu_clusters(self, tmp_path: Path) -> None:
        """A port that meets two interfaces on a node that exists."""
        twin = dk().renamed("p0-sf-dk", "twin-dk").objects["twin-dk"]
        file = write(tmp_path / "twin.yaml", f"{Path(DK).read_text()}---\n{yaml.safe_dump(twin)}")
        fleet = zone_fleet(tmp_path)
        document = yaml.safe_load(fleet.path.read_text())
        side = {"namespace": "dpu-cplane", "name": "edge", "items": [node("dpu-7", bfb="dk").raw]}
        fleet.path.write_text(yaml.safe_dump({**document, "dpuClusters": [side]}))
        result = fleet.run("zone", "lint", "-f", file)

        assert result.code == 1
        assert "meets more than one interface on dpu-7: " in result.out


class TestDiff:
    def test_a_new_zone(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("zone", "diff", "-f", DK)

        heads = [one for one in result.lines if not one.startswith("  ")]
        assert (result.code, heads) == (0, [f"{one} (dry run)" for one in of_zone("dk")])
        assert fleet.is_untouched

    def test_nothing_is_printed_if_nothing_differs(self, zoned: FleetOnDisk) -> None:
        result = zoned.run("zone", "diff", "-f", DK, "--exit-code")

        assert (result.code, result.out, result.err) == (0, "", "")

    def test_only_what_differs_is_printed(self, zoned: FleetOnDisk, doubtful: str) -> None:
        result = zoned.run("zone", "diff", "-f", doubtful)

        assert (result.code, result.lines[0]) == (
            0,
            line("dpuset", "dpuset-dk", "configured (dry run)"),
        )
        assert [one for one in result.lines if one[2:3] in ("+", "-")] == [
            "  -        name: bf-bundle-dk-ga",
            "  +        name: none",
        ]

    def test_exit_code_tells_that_something_differs(
        self, zoned: FleetOnDisk, doubtful: str
    ) -> None:
        assert zoned.run("zone", "diff", "-f", doubtful, "--exit-code").code == 3

    @pytest.mark.parametrize("form", ["json", "yaml"])
    @pytest.mark.parametrize(
        ("flags", "code"),
        [
            pytest.param(["--exit-code"], 3, id="a verdict"),
            pytest.param([], 0, id="no verdict asked for"),
        ],
    )
    def test_the_envelope_has_the_code_of_the_process(
        self, zoned: FleetOnDisk, doubtful: str, form: str, flags: list[str], code: int
    ) -> None:
        result = zoned.run("zone", "diff", "-f", doubtful, *flags, "-o", form)
        told = envelope(result, form)

        assert (told["exitCode"], told["status"], told["errors"]) == (code, "success", [])
        assert [one["name"] for one in told["data"]["results"]] == ["dpuset-dk"]

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines_get_an_envelope_for_nothing_too(self, zoned: FleetOnDisk, form: str) -> None:
        told = envelope(zoned.run("zone", "diff", "-f", DK, "--exit-code", "-o", form), form)

        assert (told["exitCode"], told["data"]["results"]) == (0, [])

    def test_prune_shows_what_would_go(self, zoned: FleetOnDisk, tmp_path: Path) -> None:
        text = Path(DK).read_text().replace("  strategy:", "  dpuSetName: set\n  strategy:")
        text = text.replace("e2e.servers/dk", "e2e.servers/new")  # two sets cannot share hosts
        result = zoned.run("zone", "diff", "-f", write(tmp_path / "z.yaml", text), "--prune")

        assert line("dpuset", "dpuset-dk", "pruned (dry run)") in result.lines
        assert "  -  name: dpuset-dk" in result.lines
        assert zoned.is_untouched

    def test_what_lint_forbids_has_no_diff(self, zoned: FleetOnDisk) -> None:
        result = zoned.run("zone", "diff", "-f", LACKING, "--exit-code")

        assert (result.code, result.out) == (2, "")


class TestRender:
    def test_the_manifests_of_a_document(self) -> None:
        result = dpfctl("zone", "render", "-f", DK)

        assert (result.code, result.err) == (0, "")
        rendered = {one["metadata"]["name"]: one for one in yaml.safe_load_all(result.out)}
        assert list(rendered) == [one.partition("/")[2].partition(" ")[0] for one in of_zone("dk")]
        for name, raw in dk().objects.items():
            assert set(rendered[name]["spec"]) == set(raw["spec"])

    def test_as_json(self) -> None:
        value = json.loads(dpfctl("zone", "render", "-f", DK, "-o", "json").out)

        assert (value["apiVersion"], value["kind"], len(value["items"])) == ("v1", "List", 7)
        assert value["items"] == list(yaml.safe_load_all(dpfctl("zone", "render", "-f", DK).out))

    def test_what_is_rendered_is_the_same_zone(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        fleet.run("apply-zone", "-f", DK)
        file = write(tmp_path / "rendered.yaml", dpfctl("zone", "render", "-f", DK).out)

        assert fleet.run("zone", "diff", "-f", file, "--exit-code").code == 0

    def test_manifests_are_rendered_as_they_are(self) -> None:
        again = dpfctl("zone", "render", "-f", "-", stdin=dpfctl("zone", "render", "-f", DK).out)

        assert again.out == dpfctl("zone", "render", "-f", DK).out
        assert dpfctl("zone", "render", "-f", DK_MANIFESTS).code == 0

    def test_the_namespace_of_a_document_without_one(self, tmp_path: Path) -> None:
        text = Path(DK).read_text().replace(f"  namespace: {NS}\n", "")
        rendered = dpfctl("zone", "render", "-f", write(tmp_path / "z.yaml", text), "-n", "lab").out

        spaces = {one["metadata"]["namespace"] for one in yaml.safe_load_all(rendered)}
        assert spaces == {"lab"}

    def test_a_broken_document(self) -> None:
        result = dpfctl("zone", "render", "-f", LACKING)

        assert (result.code, result.out) == (2, "")
        assert result.err.endswith(f"error: zone render: 3 errors, so nothing was done\n{RULES}")

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            pytest.param(
                [],
                "error: zone render: names no file\nhint: give -f FILE, a folder or -\n",
                id="no file",
            ),
            pytest.param(
                ["-f", DK, "-o", "table"],
                'error: --output: "table" is not one of yaml, json\n',
                id="no format of manifests",
            ),
        ],
    )
    def test_wrong_command_lines(self, args: list[str], message: str) -> None:
        result = dpfctl("zone", "render", *args)

        assert (result.code, result.out, result.err) == (2, "", message)


class TestNew:
    def test_a_document_to_begin_with(self, tmp_path: Path) -> None:
        result = dpfctl("zone", "new", "edge", "-n", "lab")

        assert (result.code, result.err) == (0, "")
        file = write(tmp_path / "edge.yaml", result.out)
        assert dpfctl("zone", "lint", "-f", file, "--offline", "--strict").code == 0
        assert yaml.safe_load(result.out)["metadata"] == {"name": "edge", "namespace": "lab"}

    def test_without_a_namespace_it_is_that_of_the_operator(self) -> None:
        assert yaml.safe_load(dpfctl("zone", "new", "edge").out)["metadata"]["namespace"] == NS

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            pytest.param(["Edge 1"], 'NAME: "Edge 1" is no object name', id="blanks"),
            pytest.param(["a\nb: c"], 'NAME: "a\\nb: c" is no object name', id="a line break"),
            pytest.param(
                ["x" * 64], f'NAME: "{"x" * 64}" has 64 characters, 63 are allowed', id="too long"
            ),
            pytest.param(
                ["edge", "-n", "Lab"], '--namespace: "Lab" is no namespace name', id="namespace"
            ),
        ],
    )
    def test_names_that_are_none(self, args: list[str], message: str) -> None:
        result = dpfctl("zone", "new", *args)

        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"error: {message}\nhint: lower-case letters, digits")

    def test_a_name_is_needed(self) -> None:
        assert dpfctl("zone", "new").code == 2


@pytest.mark.parametrize("command", ["lint", "diff"])
def test_a_fleet_that_lacks_the_uplinks(tmp_path: Path, command: str) -> None:
    result = write_fleet(tmp_path / "fleet.yaml").run("zone", command, "-f", DK)

    assert result.code == 1
    assert "port uplink=p0 meets no interface on nodes with bfb=dk [Z6]" in result.out + result.err
