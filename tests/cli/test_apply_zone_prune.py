"""``dpfctl apply-zone --prune`` on a fleet file: what goes, what stays, what is refused."""

from pathlib import Path

import pytest

from tests.builders import NS, dpu, dpu_node, dpu_set
from tests.cli.fleet_on_disk import FleetOnDisk
from tests.cli.zone_fleets import (
    DK,
    GA,
    applied_by,
    changed,
    line,
    names,
    with_zones,
    write,
    zone_fleet,
)
from tests.unit.zone_files import INNER, dk

SET, HBN, P0, CHAIN = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk", "ovn-to-hbn-dk"


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    """What the zones of the manual need, and no zone."""
    return zone_fleet(tmp_path)


@pytest.fixture
def zoned(fleet: FleetOnDisk) -> FleetOnDisk:
    """The same with zone dk."""
    return with_zones(fleet, DK)


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
