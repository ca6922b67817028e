"""``dpfctl apply-zone`` on a fleet file: results in order, what the file then holds, exit codes."""

from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NS, dpu, dpu_node, dpu_set
from tests.cli.fleet_on_disk import FleetOnDisk, envelope
from tests.cli.zone_fleets import (
    ADAPTED,
    DK,
    DK_MANIFESTS,
    GA,
    annotated,
    applied_by,
    held,
    items,
    line,
    names,
    of_zone,
    write,
    zone_fleet,
)
from tests.command_line import Result, dpfctl
from tests.unit.zone_files import INNER, TEMPLATE, dk, unsaid

FORMS = ("text", "json", "yaml", "name")
SET, HBN, P0, CHAIN = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk", "ovn-to-hbn-dk"


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    """What the zones of the manual need, and no zone."""
    return zone_fleet(tmp_path)


@pytest.fixture
def zoned(fleet: FleetOnDisk) -> FleetOnDisk:
    """The same with zone dk."""
    assert fleet.run("apply-zone", "-f", DK).code == 0
    return FleetOnDisk(fleet.path, fleet.path.read_bytes())


def changed(folder: Path, old: str, new: str) -> str:
    """Zone dk with one text replaced."""
    text = Path(DK).read_text()
    assert old in text
    return write(folder / "changed.yaml", text.replace(old, new))


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


class TestInput:
    """Where documents may come from."""

    def test_standard_input(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("apply-zone", "-f", "-", stdin=Path(DK).read_text())

        assert (result.code, result.lines) == (0, of_zone("dk"))

    def test_a_folder(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        folder = tmp_path / "zones"
        folder.mkdir()
        for file in (DK, GA):
            (folder / Path(file).name).write_text(Path(file).read_text())
        result = fleet.run("apply-zone", "-f", str(folder))

        assert result.code == 0
        assert sorted(result.lines) == sorted((*of_zone("dk"), *of_zone("ga")))
        stages = [kind for kind, _ in groupby(result.lines, key=lambda one: one.partition(".")[0])]
        assert stages == ["dpuset", "dpuserviceinterface", "dpuservicechain", "dpuservice"]

    def test_several_files(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("apply-zone", "-f", DK, "-f", GA).code == 0
        assert {SET, "dpuset-ga"} <= set(names(fleet))

    def test_json(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        rendered = dpfctl("zone", "render", "-f", DK, "-o", "json").out
        result = fleet.run("apply-zone", "-f", write(tmp_path / "zone.json", rendered))

        assert (result.code, result.lines) == (0, of_zone("dk"))


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


class TestPrune:
    """It deletes what carries the label of a zone in the file and left the file, nothing else."""

    @pytest.fixture
    def smaller(self, tmp_path: Path) -> str:
        """Zone dk without the interface of applications and the chain that leads to it."""
        less = dk().without("app-sf-dk", CHAIN)
        less = less.having(HBN, ("spec", "interfaces"), ["p0-sf-dk", "p1-sf-dk"])
        less = less.lacking(HBN, ("spec", "helmChart", "values", "configuration"))
        values = ("spec", "helmChart", "values", "resources", "nvidia.com/bf_sf")
        return write(tmp_path / "smaller.yaml", less.having(HBN, values, 2))

    def test_objects_that_left_the_file_stay_without_it(
        self, zoned: FleetOnDisk, smaller: str
    ) -> None:
        result = zoned.run("apply-zone", "-f", smaller)

        assert (result.code, len(result.lines)) == (0, 5)
        assert {"app-sf-dk", CHAIN} <= set(names(zoned))

    def test_they_go_last_and_in_reverse(self, zoned: FleetOnDisk, smaller: str) -> None:
        result = zoned.run("apply-zone", "-f", smaller, "--prune")

        assert (result.code, result.lines[-2:]) == (
            0,
            [
                line("dpuservicechain", CHAIN, "pruned"),
                line("dpuserviceinterface", "app-sf-dk", "pruned"),
            ],
        )
        assert not {"app-sf-dk", CHAIN} & set(names(zoned))

    def test_twice_is_the_same_as_once(self, zoned: FleetOnDisk, smaller: str) -> None:
        zoned.run("apply-zone", "-f", smaller, "--prune")
        before = zoned.path.read_bytes()
        result = zoned.run("apply-zone", "-f", smaller, "--prune")

        assert (result.code, len(result.lines)) == (0, 5)
        assert all(one.endswith(" (unchanged)") for one in result.lines)
        assert zoned.path.read_bytes() == before

    @pytest.mark.parametrize("mode", ["client", "server"])
    def test_a_dry_run_shows_them(self, zoned: FleetOnDisk, smaller: str, mode: str) -> None:
        result = zoned.run("apply-zone", "-f", smaller, "--prune", f"--dry-run={mode}")

        words = {"client": "(dry run)", "server": "(server dry run)"}[mode]
        assert line("dpuserviceinterface", "app-sf-dk", f"pruned {words}") in result.lines
        assert zoned.is_untouched

    def test_other_zones_and_objects_without_the_label_stay(
        self, fleet: FleetOnDisk, smaller: str
    ) -> None:
        assert fleet.run("apply-zone", "-f", DK, "-f", GA).code == 0
        other = dk().having(P0, (*INNER, "metadata", "labels"), {"uplink": "p9"})
        applied_by("kubectl", fleet, other.renamed(P0, "p9-sf-dk").objects["p9-sf-dk"])
        before = set(names(fleet))

        assert fleet.run("apply-zone", "-f", smaller, "--prune").code == 0
        assert before - set(names(fleet)) == {"app-sf-dk", CHAIN}

    def test_a_set_that_goes_is_told_with_its_dpus(self, tmp_path: Path) -> None:
        _, owned = dpu_set("dpuset-dk").owning(dpu("dpu-1", node="host1"))
        marks = {"labels": {"e2e.servers/dk": "true"}}
        fleet = zone_fleet(tmp_path, owned, dpu_node("host1").having(metadata=marks))
        assert fleet.run("apply-zone", "-f", DK).code == 0
        other = Path(changed(tmp_path, "  bfb: bf", "  dpuSetName: set\n  bfb: bf"))
        moved = write(other, other.read_text().replace("e2e.servers/dk", "e2e.servers/new"))
        result = fleet.run("apply-zone", "-f", moved, "--prune", "--dry-run=client")

        assert result.code == 0
        assert f"warning: dpuset/{NS}/dpuset-dk: deleting it deletes its DPUs\n" in result.err
        assert f"note: dpuset/{NS}/dpuset-dk: DPUs to be deleted (1): dpu-1\n" in result.err
        assert line("dpuset", SET, "pruned (dry run)") in result.lines

    def test_most_of_a_zone_goes_only_if_that_is_allowed(
        self, zoned: FleetOnDisk, tmp_path: Path
    ) -> None:
        less = dk().without(HBN, "app-sf-dk", P0, CHAIN, "hbn-to-fabric-dk")
        args = ("apply-zone", "-f", write(tmp_path / "less.yaml", less), "--prune")
        refused = zoned.run(*args)

        assert (refused.code, refused.out) == (1, "")
        assert refused.err.endswith(
            "error: apply-zone: --prune would delete 5 of 7 objects of zone/dk\n"
            "hint: look at them with --dry-run=client; allow it with --allow-mass-prune\n"
        )
        assert zoned.is_untouched
        assert zoned.run(*args, "--allow-mass-prune").code == 0
        assert not {HBN, "app-sf-dk", P0, CHAIN} & set(names(zoned))

    def test_a_service_without_the_rest_of_its_zone_is_refused(
        self, zoned: FleetOnDisk, tmp_path: Path
    ) -> None:
        rest = [name for name in dk().objects if name != HBN]
        alone = write(tmp_path / "alone.yaml", dk().without(*rest))
        result = zoned.run("apply-zone", "-f", alone, "--prune", "--allow-mass-prune")

        assert (result.code, result.out) == (1, "")
        assert "error: zone/dk: no DPUSet gives nodes the label bfb=dk [Z1]\n" in result.err
        assert zoned.is_untouched

    @pytest.mark.parametrize("extra", [(), ("--prune",)], ids=["as it is", "with prune"])
    def test_a_set_cannot_be_renamed(
        self, zoned: FleetOnDisk, tmp_path: Path, extra: tuple[str, ...]
    ) -> None:
        renamed = changed(tmp_path, "  bfb: bf", "  dpuSetName: set\n  bfb: bf")
        result = zoned.run("apply-zone", "-f", renamed, *extra)

        assert (result.code, result.out) == (1, "")
        assert "dpuset/set-dk: selects the same DPUs as dpuset/dpuset-dk [Z2]\n" in result.err
        assert zoned.is_untouched


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


def failed(result: Result) -> tuple[int, str, str]:
    return result.code, result.out, result.err


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(
            [],
            "error: apply-zone: names no file\nhint: give -f FILE, a folder or -\n",
            id="no file",
        ),
        pytest.param(
            ["-f", "no.yaml"],
            "error: no.yaml: not found\nhint: --filename takes a file, a folder or -\n",
            id="a file that is not there",
        ),
        pytest.param(
            ["-f", DK, "-f", "no.yaml"],
            "error: no.yaml: not found\nhint: --filename takes a file, a folder or -\n",
            id="one file of two is not there",
        ),
        pytest.param(
            ["-f", ""],
            "error: --filename: names no file\nhint: --filename takes a file, a folder or -\n",
            id="a file without a name",
        ),
        pytest.param(
            ["-f", DK, "--wait"],
            "error: --wait: cannot be used together with --from\n"
            "hint: no controller works on a fleet file\n",
            id="waiting for a file",
        ),
        pytest.param(
            ["-f", DK, "--timeout=3s"],
            "error: --timeout: only together with --wait\nhint: --timeout bounds waiting only\n",
            id="timeout without waiting",
        ),
        pytest.param(
            ["-f", DK, "--dry-run=servr"],
            'error: --dry-run: "servr" is not one of none, client, server\n'
            "hint: did you mean --dry-run=server?\n",
            id="unknown dry run",
        ),
        pytest.param(
            ["-f", DK, "-o", "wide"],
            'error: --output: "wide" is not one of text, json, yaml, name\n',
            id="unknown format",
        ),
        pytest.param(
            ["-f", DK, "--context", "x"],
            "error: --from: cannot be used together with --context\n"
            "hint: a fleet file needs no cluster; leave one of the two out\n",
            id="a file and a cluster",
        ),
        pytest.param(
            [DK],
            f"error: got unexpected extra argument(s) ({DK})\n"
            "hint: see `dpfctl apply-zone --help`\n",
            id="a file without -f",
        ),
        pytest.param(
            ["-f", DK, "--purge"],
            "error: unknown flag: --purge\nhint: did you mean --prune?\n",
            id="unknown flag",
        ),
    ],
)
def test_wrong_command_lines(fleet: FleetOnDisk, args: list[str], message: str) -> None:
    assert failed(fleet.run("apply-zone", *args)) == (2, "", message)
    assert fleet.is_untouched


def test_one_standard_input_cannot_be_the_fleet_and_the_zone(fleet: FleetOnDisk) -> None:
    result = dpfctl("apply-zone", "-f", "-", "--from", "-", stdin=fleet.path.read_text())

    assert failed(result) == (
        2,
        "",
        "error: --filename -: standard input is the fleet already\n"
        "hint: put one of the two into a file\n",
    )


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_file_that_is_not_there_is_told_in_an_envelope(fleet: FleetOnDisk, form: str) -> None:
    told = envelope(fleet.run("apply-zone", "-f", "no.yaml", "-o", form), form)

    assert (told["status"], told["data"]) == ("error", {})
    assert told["errors"] == [
        {"message": "no.yaml: not found", "hint": "--filename takes a file, a folder or -"}
    ]
