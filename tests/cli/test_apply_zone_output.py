"""What ``apply-zone`` tells, before and after: nothing happens that was not said."""

import json
from pathlib import Path

import pytest

from tests.cli.fleet_on_disk import FleetOnDisk
from tests.cli.zone_fleets import DK, changed, with_zones, zone_fleet


@pytest.fixture
def zoned(tmp_path: Path) -> FleetOnDisk:
    """A fleet with zone dk applied."""
    return with_zones(zone_fleet(tmp_path), DK)


@pytest.mark.parametrize("mode", ["client", "server"])
def test_a_diff_shows_what_goes(zoned: FleetOnDisk, tmp_path: Path, mode: str) -> None:
    file = changed(tmp_path, ', rollingUpdate: {maxUnavailable: "10%"}')
    result = zoned.run("apply-zone", "-f", file, f"--dry-run={mode}")

    assert result.code == 0
    assert "  -    rollingUpdate:" in result.lines
    assert "  -      maxUnavailable: 10%" in result.lines


def test_a_deletion_is_told_with_its_reason_before_it_is_made(
    zoned: FleetOnDisk, tmp_path: Path
) -> None:
    text = Path(DK).read_text(encoding="utf-8")
    file = changed(tmp_path, text[text.index("  - name: ovn-to-hbn") :])
    result = zoned.run("apply-zone", "-f", file, "--prune")

    assert result.code == 0
    assert (
        "note: dpuservicechain/dpf-operator-system/ovn-to-hbn-dk: is to be deleted:"
        " has the label dpfctl/zone: dk and is no longer in the zone"
    ) in result.err.splitlines()


def test_machines_are_told_findings_and_notes_of_a_success(tmp_path: Path) -> None:
    file = changed(tmp_path, "bfb: bf-bundle-dk-ga", "bfb: bf-bundle-lost")
    result = zone_fleet(tmp_path).run("apply-zone", "-f", file, "-o", "json")
    data = json.loads(result.out)["data"]

    assert result.code == 0
    assert [one["code"] for one in data["findings"]] == ["Z12"]
    assert data["results"][0]["result"] == "done"
    assert isinstance(data["notes"], list)


def test_files_of_another_namespace_than_the_one_named_are_refused(tmp_path: Path) -> None:
    fleet = zone_fleet(tmp_path)
    before = fleet.path.read_bytes()
    result = fleet.run("apply-zone", "-f", DK, "-n", "other")

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(
        "error: --namespace other: the files are about dpf-operator-system"
    )
    assert fleet.path.read_bytes() == before
