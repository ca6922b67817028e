"""``dpfctl zone list``: one line for each zone, and what is unknown where a list failed."""

from pathlib import Path

import pytest
import yaml

from dpfctl.model import kinds
from tests.builders import NS
from tests.cli.fleet_on_disk import FleetOnDisk, envelope
from tests.cli.zone_fleets import DK, GA, with_zones, zone_fleet
from tests.command_line import dpfctl


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    """What the zones of the manual need, and no zone."""
    return zone_fleet(tmp_path)


@pytest.fixture
def zoned(fleet: FleetOnDisk) -> FleetOnDisk:
    """The same with zones dk and ga."""
    return with_zones(fleet, DK, GA)


class TestList:
    def test_zones_of_a_fleet(self, zoned: FleetOnDisk) -> None:
        result = zoned.run("zone", "list")

        assert (result.code, result.err) == (0, "")
        cells = [one.split() for one in result.lines]
        assert cells[0] == [
            "NAMESPACE",
            "ZONE",
            "LABEL",
            "SETS",
            "SERVICES",
            "IFS",
            "CHAINS",
            "DPUS",
            "HEALTH",
        ]
        assert [one[:8] for one in cells[1:]] == [
            [NS, zone, f"bfb={zone}", "1", "1", "3", "2", "0"] for zone in ("dk", "ga")
        ]

    def test_names(self, zoned: FleetOnDisk) -> None:
        assert zoned.run("zone", "list", "-o", "name").lines == ["dk", "ga"]

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines(self, zoned: FleetOnDisk, form: str) -> None:
        told = envelope(zoned.run("zone", "list", "-o", form), form)

        assert (told["command"], told["status"]) == ("zone list", "success")
        first = told["data"]["zones"][0]
        assert {key: first[key] for key in ("namespace", "name", "nodeLabel", "managed")} == {
            "namespace": NS,
            "name": "dk",
            "nodeLabel": {"key": "bfb", "value": "dk"},
            "managed": True,
        }
        assert first["dpuserviceinterfaces"] == ["app-sf-dk", "p0-sf-dk", "p1-sf-dk"]
        assert (first["ready"], len(first["notReady"])) == (False, 7)

    def test_zones_of_one_namespace(self, zoned: FleetOnDisk) -> None:
        assert len(zoned.run("zone", "list", "-n", NS, "-o", "name").lines) == 2
        result = zoned.run("zone", "list", "-n", "other")
        assert (result.code, result.out, result.err) == (0, "", "note: there are no zones\n")

    def test_a_fleet_without_zones(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("zone", "list")

        assert (result.code, result.out, result.err) == (0, "", "note: there are no zones\n")
        assert fleet.run("zone", "list", "-o", "name").out == ""

    def test_zones_that_others_made(self) -> None:
        assert dpfctl("zone", "list", "--from", "demo", "-o", "name").lines == ["north"]


class TestListThatCannotBeReadWhole:
    """A list that failed is told; the envelope has the code of the process."""

    @staticmethod
    def lost(folder: Path, *resources: str) -> FleetOnDisk:
        """A snapshot with a zone, in which some lists were forbidden."""
        fleet = zone_fleet(folder)
        fleet.run("apply-zone", "-f", DK)
        document = yaml.safe_load(fleet.path.read_text())
        gone = {resource.partition(".")[0] for resource in resources}
        kept = [o for o in document["host"]["items"] if f"{o['kind'].lower()}s" not in gone]
        entries = [
            {"resource": one, "reason": "Forbidden", "message": f"{one}: not for you"}
            for one in resources
        ]
        document |= {"host": {"items": kept}, "snapshot": {"unreadable": entries}}
        fleet.path.write_text(yaml.safe_dump(document))
        return fleet

    def test_the_rest_is_listed(self, tmp_path: Path) -> None:
        fleet = self.lost(tmp_path, kinds.DPU_SERVICE_CHAIN.resource)
        result = fleet.run("zone", "list")

        assert (result.code, len(result.lines)) == (5, 2)
        assert result.lines[1].split()[3:8] == ["1", "1", "3", "?", "0"]
        assert result.err == (
            "warning: dpuservicechain: cannot be listed: "
            "dpuservicechains.svc.dpu.nvidia.com: not for you\n"
        )

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines(self, tmp_path: Path, form: str) -> None:
        fleet = self.lost(tmp_path, kinds.DPU_SERVICE_CHAIN.resource)
        told = envelope(fleet.run("zone", "list", "-o", form), form)

        assert (told["status"], told["exitCode"], len(told["data"]["zones"])) == ("partial", 5, 1)
        assert told["data"]["zones"][0]["dpuservicechains"] is None
        assert [one["message"] for one in told["errors"]] == [
            "dpuservicechain: cannot be listed: dpuservicechains.svc.dpu.nvidia.com: not for you"
        ]

    def test_nobody_says_that_there_are_none(self, tmp_path: Path) -> None:
        lost = [kinds.DPU_SET, kinds.DPU_SERVICE, kinds.DPU_SERVICE_INTERFACE]
        every = [*lost, kinds.DPU_SERVICE_CHAIN]
        result = self.lost(tmp_path, *(k.resource for k in every)).run("zone", "list")

        assert (result.code, result.out) == (5, "")
        assert result.err.count("warning: ") == 4
        assert "there are no zones" not in result.err

    def test_if_no_list_can_be_read_it_is_a_failure(self, tmp_path: Path) -> None:
        every = [
            *(kinds.DPU_SET, kinds.DPU_SERVICE, kinds.DPU_SERVICE_INTERFACE),
            *(kinds.DPU_SERVICE_CHAIN, kinds.DPU, kinds.DPU_CLUSTER),
        ]
        result = self.lost(tmp_path, *(k.resource for k in every)).run("zone", "list")

        assert (result.code, result.out) == (7, "")
        assert result.err == (
            "error: dpuset: cannot be listed: dpusets.provisioning.dpu.nvidia.com: not for you\n"
        )


def test_a_zone_cannot_be_planned_on_a_list_that_failed(tmp_path: Path) -> None:
    fleet = TestListThatCannotBeReadWhole.lost(tmp_path, kinds.DPU_SERVICE_CHAIN.resource)
    before = fleet.path.read_bytes()
    for command in (["apply-zone"], ["zone", "diff"]):
        result = fleet.run(*command, "-f", DK)
        assert (result.code, result.out) == (7, "")
        assert "dpuservicechains.svc.dpu.nvidia.com: not for you\n" in result.err
        assert result.err.endswith("hint: without this list it is not known what would change\n")
    assert fleet.path.read_bytes() == before
