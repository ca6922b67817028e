"""Hosts that ``dpfctl mark-critical`` taints: shown with ``--preview``, limited, or not known."""

from pathlib import Path
from typing import Any

import pytest

from dpfctl.model import labels
from tests.builders import NS, operator_config
from tests.cli.fleet_on_disk import FleetOnDisk, envelope, service
from tests.cli.racks import DEAD, SRIOV, TITLES, marks, rack, unreadable
from tests.command_line import dpfctl
from tests.unit.hosts import linked, placed, running, tainted


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    return rack(tmp_path, operator_config())


@pytest.fixture
def dead(tmp_path: Path) -> FleetOnDisk:
    """The same, but the DPU cluster did not answer."""
    return unreadable(rack(tmp_path), DEAD)


class TestLimit:
    """How many hosts one mark may taint."""

    @pytest.mark.parametrize("limit", ["2", "67%", "3", "100%"])
    def test_enough(self, fleet: FleetOnDisk, limit: str) -> None:
        assert fleet.run("mark-critical", "sriov", "--max-nodes", limit).code == 0
        assert marks(fleet) == {labels.CRITICAL: ""}

    @pytest.mark.parametrize(
        ("limit", "words"),
        [
            pytest.param("1", "1", id="a number"),
            pytest.param("0", "0", id="none"),
            pytest.param("66%", "66% (1)", id="a share is rounded down"),
            pytest.param("0%", "0% (0)", id="a share of none"),
        ],
    )
    @pytest.mark.parametrize("flags", [[], ["--force"], ["--dry-run"]], ids=" ".join)
    def test_too_many(self, fleet: FleetOnDisk, limit: str, words: str, flags: list[str]) -> None:
        result = fleet.run("mark-critical", "sriov", "--max-nodes", limit, *flags)

        assert (result.code, result.out) == (1, "")
        assert result.err == (
            f"error: mark-critical: would taint 2 of 3 schedulable hosts, more than --max-nodes "
            f"{words}\nhint: see them with --preview; allow it with --max-nodes 2\n"
        )
        assert fleet.is_untouched

    @pytest.mark.parametrize("limit", ["", "x", "-1", "1.5", "101%", "%", "10 %"])
    def test_what_is_no_limit(self, fleet: FleetOnDisk, limit: str) -> None:
        result = fleet.run("mark-critical", "sriov", f"--max-nodes={limit}")

        assert (result.code, result.out) == (2, "")
        assert result.err == (
            f'error: --max-nodes "{limit}": neither a number of hosts nor a share of them\n'
            "hint: write a number such as 3, or a share such as 10%\n"
        )

    def test_by_default_one_host_must_be_left(self, tmp_path: Path) -> None:
        fleet = rack(tmp_path, service("new").status(serviceID="new"))
        result = fleet.run("mark-critical", "new")

        assert (result.code, result.out) == (1, "")
        assert result.err == (
            "error: mark-critical: would taint 3 of 3 schedulable hosts\n"
            "hint: see them with --preview; allow it with --max-nodes 3\n"
        )
        assert fleet.is_untouched
        assert fleet.run("mark-critical", "new", "--max-nodes=3").code == 0

    def test_several_services_are_judged_together(self, tmp_path: Path) -> None:
        other = service("other").status(serviceID="other")
        pods = [running(f"other-{n}", f"dpu-{n}", "other").ready() for n in (1, 3)]
        fleet = rack(tmp_path, other, pods=pods)

        assert fleet.run("mark-critical", "sriov", "--dry-run").code == 0
        assert fleet.run("mark-critical", "other", "--dry-run").code == 0
        assert fleet.run("mark-critical", "sriov", "other").code == 1
        assert fleet.is_untouched

    def test_machines_are_told(self, fleet: FleetOnDisk) -> None:
        told = envelope(fleet.run("mark-critical", "sriov", "--max-nodes=1", "-o", "json"))

        assert (told["status"], told["exitCode"], told["data"]) == ("error", 1, {})
        assert told["errors"][0]["hint"] == ("see them with --preview; allow it with --max-nodes 2")


class TestDeadDpuCluster:
    """Nobody can say which hosts would be tainted."""

    MESSAGE = DEAD["message"]

    def test_the_mark_is_refused(self, dead: FleetOnDisk) -> None:
        result = dead.run("mark-critical", "sriov")

        assert (result.code, result.out) == (7, "")
        assert result.err == (
            f"error: mark-critical: cannot tell which hosts would be tainted: {self.MESSAGE}\n"
            "hint: mark it all the same with --force\n"
        )
        assert dead.is_untouched

    def test_force_marks_it_all_the_same(self, dead: FleetOnDisk) -> None:
        result = dead.run("mark-critical", "sriov", "--force")

        assert (result.code, result.out) == (0, f"{SRIOV} labeled\n")
        assert result.err == (
            f"note: dpuservice/{NS}/sriov: hosts tainted at once: not known: {self.MESSAGE}\n"
        )

    def test_a_preview_says_so(self, dead: FleetOnDisk) -> None:
        result = dead.run("mark-critical", "sriov", "--preview")

        assert (result.code, result.err) == (5, f"warning: {self.MESSAGE}\n")
        assert [one.split()[:2] for one in result.lines[1:4]] == [
            [f"w{n}", "unknown"] for n in (1, 2, 3)
        ]

    @pytest.mark.parametrize("form", ["json", "yaml"])
    @pytest.mark.parametrize("names", [["sriov"], []], ids=["of a service", "of all hosts"])
    def test_the_envelope_has_the_code_of_the_process(
        self, dead: FleetOnDisk, names: list[str], form: str
    ) -> None:
        told = envelope(dead.run("mark-critical", *names, "--preview", "-o", form), form)

        assert (told["status"], told["exitCode"]) == ("partial", 5)
        assert told["errors"] == [{"message": self.MESSAGE, "hint": ""}]

    def test_it_does_not_matter_to_a_service_that_does_not_select_it(self, tmp_path: Path) -> None:
        picky = service("picky").status(serviceID="picky")
        selector = {"matchLabels": {"site": "elsewhere"}}
        fleet = unreadable(rack(tmp_path, picky.spec(dpuClusterSelector=selector)), DEAD)

        assert fleet.run("mark-critical", "picky").code == 0

    @pytest.mark.parametrize("names", [["sriov"], []], ids=["of a service", "of all hosts"])
    def test_a_list_of_the_host_cluster(self, tmp_path: Path, names: list[str]) -> None:
        entry = {"resource": "dpunodes.provisioning.dpu.nvidia.com", "reason": "Forbidden"}
        fleet = unreadable(rack(tmp_path), {**entry, "message": "dpunodes: not for you"})
        result = fleet.run("mark-critical", *names, "--preview")

        assert result.code == (5 if names else 7)
        assert "not for you" in result.err


class TestPreview:
    def test_of_a_service(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("mark-critical", "sriov", "--preview")

        assert (result.code, result.err) == (0, "")
        assert [one.split() for one in result.lines[:-1]] == [
            TITLES,
            ["w1", "new", f"{NS}/sriov", f"{NS}/dpu-1", "-", "no", "pod"],
            ["w3", "new", f"{NS}/sriov", f"{NS}/dpu-3", "-", "no", "pod"],
        ]
        assert result.lines[-1] == "2 of 3 schedulable hosts would be tainted"
        assert fleet.is_untouched

    def test_of_a_service_that_is_critical(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("mark-critical", "hbn", "--preview")

        assert {one.split()[1] for one in result.lines[1:-1]} == {"overdue"}
        assert result.lines[-1].startswith("0 of 3 schedulable hosts would be tainted")

    def test_of_all_hosts(self, tmp_path: Path) -> None:
        fleet = rack(tmp_path, linked("w4"), tainted("w4"), placed("dpu-4", "w4"))
        result = fleet.run("mark-critical", "--preview")

        assert result.code == 0
        assert [one.split()[:3] for one in result.lines] == [
            ["HOST", "TAINT", "SERVICE"],
            *([f"w{n}", "missing", f"{NS}/hbn"] for n in (1, 2, 3)),
            ["w4", "not", "judged"],
        ]

    def test_no_host_is_tainted(self, tmp_path: Path) -> None:
        pods = [running(f"hbn-{n}", f"dpu-{n}", "hbn").ready() for n in (1, 2, 3)]
        result = rack(tmp_path, pods=pods).run("mark-critical", "--preview")

        assert (result.code, result.out) == (0, "no host is tainted\n")

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines(self, fleet: FleetOnDisk, form: str) -> None:
        told = envelope(fleet.run("mark-critical", "sriov", "--preview", "-o", form), form)

        data: dict[str, Any] = told["data"]
        assert (told["command"], told["status"], told["errors"]) == ("mark-critical", "success", [])
        assert data["schedulableHosts"] == {"total": 3, "newlyTainted": 2, "leftUntainted": 1}
        assert [(one["node"], one["effect"]) for one in data["hosts"]] == [
            ("w1", "new"),
            ("w3", "new"),
        ]

    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_machines_get_all_hosts(self, fleet: FleetOnDisk, form: str) -> None:
        told = envelope(fleet.run("mark-critical", "--preview", "-o", form), form)

        assert [(one["node"], one["taint"]) for one in told["data"]["hosts"]] == [
            (f"w{n}", "missing") for n in (1, 2, 3)
        ]

    def test_works_where_nothing_can_be_written(self) -> None:
        result = dpfctl("mark-critical", "flow-inspector", "--preview", "--from", "demo")

        assert result.code == 0
        assert result.lines[-1] == "0 of 6 schedulable hosts would be tainted, 3 unknown"
