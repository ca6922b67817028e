"""``dpfctl apply-zone`` on a fleet file: results in order, what the file then holds, exit codes."""

from pathlib import Path
from typing import Any

import pytest

from tests.builders import NS, dpu_node
from tests.cli.fleet_on_disk import FleetOnDisk, envelope
from tests.cli.zone_fleets import (
    ADAPTED,
    DK,
    DK_MANIFESTS,
    annotated,
    applied_by,
    changed,
    held,
    items,
    line,
    of_zone,
    with_zones,
    write,
    zone_fleet,
)
from tests.command_line import dpfctl
from tests.unit.zone_files import TEMPLATE, dk, unsaid

FORMS = ("text", "json", "yaml", "name")
SET, HBN, P0 = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk"


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    """What the zones of the manual need, and no zone."""
    return zone_fleet(tmp_path)


@pytest.fixture
def zoned(fleet: FleetOnDisk) -> FleetOnDisk:
    """The same with zone dk."""
    return with_zones(fleet, DK)


class TestSuccess:
    def test_sets_come_first_and_services_last(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("apply-zone", "-f", DK)

        assert (result.code, result.lines, result.err) == (0, of_zone("dk"), "")
        assert held(fleet, HBN)["spec"]["interfaces"] == ["p0-sf-dk", "p1-sf-dk", "app-sf-dk"]

    def test_what_is_added_for_the_cluster_is_told(
        self, fleet: FleetOnDisk, tmp_path: Path
    ) -> None:
        result = fleet.run("apply-zone", "-f", write(tmp_path / "unsaid.yaml", unsaid()))

        assert (result.code, result.err) == (0, ADAPTED)
        assert held(fleet, HBN)["spec"]["security"] == {"privileged": False}

    def test_every_object_carries_the_label_of_its_zone(self, zoned: FleetOnDisk) -> None:
        marks = {
            one["metadata"]["name"]: one["metadata"].get("labels", {}).get("dpfctl/zone")
            for one in items(zoned)
        }
        ours = {line.partition("/")[2].partition(" ")[0] for line in of_zone("dk")}
        assert {name for name, zone in marks.items() if zone == "dk"} == ours
        assert {zone for name, zone in marks.items() if name not in ours} == {None}

    def test_manifests_are_as_good_as_a_zone_document(
        self, zoned: FleetOnDisk, tmp_path: Path
    ) -> None:
        (tmp_path / "other").mkdir()
        other = zone_fleet(tmp_path / "other")
        assert other.run("apply-zone", "-f", DK_MANIFESTS).code == 0

        specs = [[one["spec"] for one in items(side)] for side in (zoned, other)]
        assert specs[0] == specs[1]

    def test_dpfctl_zone_apply_is_the_same_command(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("zone", "apply", "-f", DK).lines == of_zone("dk")

    def test_a_zone_without_a_namespace_goes_where_n_says(
        self, fleet: FleetOnDisk, tmp_path: Path
    ) -> None:
        file = changed(tmp_path, f"  namespace: {NS}\n", "")
        result = fleet.run("apply-zone", "-f", file, "-n", NS)

        assert (result.code, result.lines) == (0, of_zone("dk"))
        assert held(fleet, SET)["metadata"]["namespace"] == NS

    def test_objects_that_others_changed_are_brought_back(self, zoned: FleetOnDisk) -> None:
        before = held(zoned, SET)["spec"]["strategy"]
        found = held(zoned, SET)
        found["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] = "50%"
        kept = {k: v for k, v in found["metadata"].items() if k in ("name", "namespace")}
        applied_by("kubectl", zoned, {**found, "metadata": kept})

        result = zoned.run("apply-zone", "-f", DK, "--force-conflicts")
        assert result.lines == [
            line("dpuset", SET, "configured"),
            *of_zone("dk", "configured (unchanged)")[1:],
        ]
        assert held(zoned, SET)["spec"]["strategy"] == before


class TestAgain:
    def test_nothing_is_written(self, zoned: FleetOnDisk) -> None:
        result = zoned.run("apply-zone", "-f", DK)

        assert (result.code, result.err) == (0, "")
        assert result.lines == of_zone("dk", "configured (unchanged)")
        assert zoned.is_untouched

    def test_the_manifests_of_the_zone_change_nothing_either(self, zoned: FleetOnDisk) -> None:
        result = zoned.run("apply-zone", "-f", DK_MANIFESTS)

        assert result.lines == of_zone("dk", "configured (unchanged)")
        assert zoned.is_untouched

    def test_what_dpf_adds_is_no_difference(self, zoned: FleetOnDisk) -> None:
        annotated(zoned, P0, **{"dpu.nvidia.com/consumed-by": HBN})
        before = zoned.path.read_bytes()

        assert zoned.run("apply-zone", "-f", DK).lines == of_zone("dk", "configured (unchanged)")
        assert zoned.path.read_bytes() == before

    def test_only_what_changed_is_configured(self, zoned: FleetOnDisk, tmp_path: Path) -> None:
        result = zoned.run(
            "apply-zone", "-f", changed(tmp_path, "version: 1.0.1", "version: 1.0.3")
        )

        assert result.lines == [
            *of_zone("dk", "configured (unchanged)")[:-1],
            line("dpuservice", HBN, "configured"),
        ]
        assert held(zoned, HBN)["spec"]["helmChart"]["source"]["version"] == "1.0.3"

    def test_a_field_that_left_the_file_leaves_the_object(
        self, zoned: FleetOnDisk, tmp_path: Path
    ) -> None:
        file = changed(
            tmp_path, "      image: {repository: nvcr.io/nvidia/doca/doca_hbn", "      #"
        )

        assert zoned.run("apply-zone", "-f", file).code == 0
        assert "image" not in held(zoned, HBN)["spec"]["helmChart"]["values"]


class TestDryRun:
    """The same plan, shown; the file keeps every byte."""

    @pytest.mark.parametrize(
        ("flag", "words"),
        [
            pytest.param("--dry-run", "(dry run)", id="bare"),
            pytest.param("--dry-run=client", "(dry run)", id="client"),
            pytest.param("--dry-run=server", "(server dry run)", id="server"),
        ],
    )
    def test_new_objects_are_shown_whole(self, fleet: FleetOnDisk, flag: str, words: str) -> None:
        result = fleet.run("apply-zone", "-f", DK, flag)

        assert result.code == 0
        heads = [one for one in result.lines if not one.startswith("  ")]
        assert heads == [f"{one} {words}" for one in of_zone("dk")]
        assert "  +    dpfctl/zone: dk" in result.lines
        assert fleet.is_untouched

    @pytest.mark.parametrize("mode", ["client", "server"])
    def test_only_the_difference_of_an_object_is_shown(
        self, zoned: FleetOnDisk, tmp_path: Path, mode: str
    ) -> None:
        file = changed(tmp_path, "bfb: bf-bundle-dk-ga", "bfb: bf-bundle-ga")
        result = zoned.run("apply-zone", "-f", file, f"--dry-run={mode}")

        assert [one for one in result.lines if one[2:3] in ("+", "-")] == [
            "  -        name: bf-bundle-dk-ga",
            "  +        name: bf-bundle-ga",
        ]
        assert zoned.is_untouched

    def test_a_fleet_that_takes_no_writes_takes_dry_runs(self, fleet: FleetOnDisk) -> None:
        text = fleet.path.read_text()
        dry = dpfctl("apply-zone", "-f", DK, "--from", "-", "--dry-run=server", stdin=text)
        real = dpfctl("apply-zone", "-f", DK, "--from", "-", stdin=text)

        assert (dry.code, len(dry.lines) > 7) == (0, True)
        assert (real.code, real.out) == (2, "")
        assert "hint: save a copy to work on: `dpfctl snapshot save FILE`\n" in real.err


class TestReach:
    """What a zone does beyond its objects is told before."""

    @pytest.fixture
    def hosts(self, tmp_path: Path) -> FleetOnDisk:
        """Two hosts of zone dk with a DPU each."""
        marks = {"labels": {"e2e.servers/dk": "true"}}
        return zone_fleet(tmp_path, *(dpu_node(f"host{n}").having(metadata=marks) for n in (1, 2)))

    def test_hosts_that_are_provisioned(self, hosts: FleetOnDisk) -> None:
        assert hosts.run("apply-zone", "-f", DK).err == (
            f"note: dpuset/{NS}/dpuset-dk: hosts whose DPUs are provisioned (2): host1, host2\n"
        )

    def test_a_warning_of_lint_holds_nothing_up(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        result = fleet.run("apply-zone", "-f", changed(tmp_path, "bfb: bf", "bfb: no"))

        assert (result.code, len(result.lines)) == (0, 7)
        assert result.err.startswith(
            f"{tmp_path}/changed.yaml:8: warning: dpuset/dpuset-dk: bfb/no-bundle-dk-ga: "
            "not found [Z12]\n  hint: create it first\n"
        )

    def test_strict_makes_an_error_of_it(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        file = changed(tmp_path, "bfb: bf", "bfb: no")
        result = fleet.run("apply-zone", "-f", file, "--strict")

        assert (result.code, result.out) == (1, "")
        assert "changed.yaml:8: error: dpuset/dpuset-dk: bfb/no-bundle-dk-ga" in result.err
        assert result.err.endswith(
            "error: apply-zone: 1 error, so nothing was done\n"
            "hint: docs/reference/zone.md explains each rule\n"
        )
        assert fleet.is_untouched

    def test_strict_lets_a_faultless_zone_pass(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("apply-zone", "-f", DK, "--strict").code == 0


class TestConflict:
    """Fields of other managers stay theirs: exit code 6, nothing written, the owner named."""

    @pytest.fixture
    def owned(self, fleet: FleetOnDisk) -> FleetOnDisk:
        """A fleet where somebody else set the BFB of dpuset-dk."""
        raw = dk().having(SET, (*TEMPLATE, "bfb", "name"), "bf-bundle-ga").objects[SET]
        applied_by("kubectl", fleet, raw)
        return FleetOnDisk(fleet.path, fleet.path.read_bytes())

    def test_nothing_is_written(self, owned: FleetOnDisk) -> None:
        result = owned.run("apply-zone", "-f", DK)

        assert (result.code, result.out) == (6, "")
        assert (
            f"error: dpuset/{NS}/dpuset-dk: others own .spec.dpuTemplate.spec.bfb.name (kubectl)\n"
            "hint: leave these fields out, or use --force-conflicts\n"
        ) in result.err
        assert f"warning: dpuservice/{NS}/doca-hbn-dk: not created: not tried\n" in result.err
        assert owned.is_untouched

    def test_a_dry_run_on_the_server_has_the_same_code(self, owned: FleetOnDisk) -> None:
        result = owned.run("apply-zone", "-f", DK, "--dry-run=server")

        assert result.code == 6
        assert "(kubectl)\n" in result.err
        assert owned.is_untouched

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines_get_field_and_manager(self, owned: FleetOnDisk, form: str) -> None:
        told = envelope(owned.run("apply-zone", "-f", DK, "-o", form), form)

        (error,) = told["errors"]
        assert (told["status"], told["exitCode"]) == ("error", 6)
        assert error["conflicts"] == [
            {"field": ".spec.dpuTemplate.spec.bfb.name", "manager": "kubectl"}
        ]
        results = [one["result"] for one in told["data"]["results"]]
        assert results == ["failed", *["skipped"] * 6]

    def test_force_takes_them_over(self, owned: FleetOnDisk) -> None:
        result = owned.run("apply-zone", "-f", DK, "--force-conflicts")

        assert (result.code, result.lines[0]) == (0, line("dpuset", SET, "configured"))
        assert held(owned, SET)["spec"]["dpuTemplate"]["spec"]["bfb"]["name"] == "bf-bundle-dk-ga"
        again = FleetOnDisk(owned.path, owned.path.read_bytes())
        assert again.run("apply-zone", "-f", DK).lines == of_zone("dk", "configured (unchanged)")
        assert again.is_untouched

    def test_objects_of_a_dpu_deployment_are_refused(self, zoned: FleetOnDisk) -> None:
        owner = {"svc.dpu.nvidia.com/owned-by-dpudeployment": f"{NS}_edge"}
        applied_by("dpf", zoned, dk().having(P0, ("metadata", "labels"), owner).objects[P0])
        before = zoned.path.read_bytes()
        result = zoned.run("apply-zone", "-f", DK, "--force-conflicts")

        assert (result.code, result.out) == (6, "")
        assert (
            f"error: dpuserviceinterface/{NS}/p0-sf-dk: belongs to dpudeployment/{NS}/edge, "
            "which would undo the change\n"
        ) in result.err
        assert zoned.path.read_bytes() == before

    def test_objects_of_another_zone_are_refused(self, zoned: FleetOnDisk, tmp_path: Path) -> None:
        text = Path(DK).read_text().replace("{key: bfb}", "{key: bfb, value: dk}")
        file = write(tmp_path / "north.yaml", text.replace("  name: dk\n", "  name: north\n"))
        result = zoned.run("apply-zone", "-f", file)

        assert (result.code, result.out) == (1, "")
        assert "dpuset/dpuset-dk gives nodes the label bfb=dk too [Z2]" in result.err
        assert zoned.is_untouched


class TestMachines:
    """JSON and YAML: one envelope, whatever happens."""

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_success(self, fleet: FleetOnDisk, form: str) -> None:
        told = envelope(fleet.run("apply-zone", "-f", DK, "-o", form), form)

        assert (told["command"], told["status"], told["errors"]) == ("apply-zone", "success", [])
        data: dict[str, Any] = told["data"]
        assert (data["dryRun"], data["interrupted"]) == ("none", False)
        assert [(one["action"], one["done"], one["result"]) for one in data["results"]] == [
            ("apply", "created", "done")
        ] * 7
        first = data["results"][0]
        assert (first["kind"], first["namespace"], first["name"]) == ("DPUSet", NS, SET)
        assert first["configuration"]["metadata"]["labels"] == {"dpfctl/zone": "dk"}
        assert first["resourceVersion"] == held(fleet, SET)["metadata"]["resourceVersion"]

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_findings_are_in_the_envelope_of_a_failure(
        self, fleet: FleetOnDisk, tmp_path: Path, form: str
    ) -> None:
        file = changed(tmp_path, "{labels: {uplink: p0}}", "{labels: {uplink: p7}}")
        told = envelope(fleet.run("apply-zone", "-f", file, "-o", form), form)

        lines = Path(file).read_text().splitlines()
        assert (told["status"], told["exitCode"]) == ("error", 1)
        assert told["data"]["findings"] == [
            {
                "code": "Z6",
                "severity": "error",
                "where": f"{file}:{lines.index('  - name: hbn-to-fabric') + 1}",
                "subject": "dpuservicechain/hbn-to-fabric-dk",
                "fact": "port uplink=p7 meets no interface on nodes with bfb=dk",
                "hint": f"no dpuserviceinterface in {NS} has these labels",
            }
        ]
        assert told["errors"] == [
            {
                "message": "apply-zone: 1 error, so nothing was done",
                "hint": "docs/reference/zone.md explains each rule",
            }
        ]
        assert fleet.is_untouched

    def test_names(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("apply-zone", "-f", DK, "-o", "name")

        assert result.lines == [one.partition(" ")[0] for one in of_zone("dk")]

    def test_the_file_is_the_same_whatever_the_form(self, tmp_path: Path) -> None:
        held_by_form = []
        for form in FORMS:
            (tmp_path / form).mkdir()
            fleet = zone_fleet(tmp_path / form)
            assert fleet.run("apply-zone", "-f", DK, "-o", form).code == 0
            held_by_form.append(fleet.path.read_bytes())
        assert len(set(held_by_form)) == 1

    def test_secrets_in_values_are_masked(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        file = changed(tmp_path, "      image: {", "      adminPassword: hunter2\n      image: {")
        outputs = [
            fleet.run("apply-zone", "-f", file, "--dry-run", "-o", form).out for form in FORMS
        ]

        assert "hunter2" not in "".join(outputs)
        assert fleet.run("apply-zone", "-f", file).code == 0
        assert held(fleet, HBN)["spec"]["helmChart"]["values"]["adminPassword"] == "hunter2"
