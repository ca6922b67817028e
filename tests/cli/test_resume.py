"""``dpfctl resume`` on a fleet file: what is printed, the exit code, what the file holds then."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dpfctl.marks.pause import AT, BY, REASON, UNTIL
from tests.builders import NS
from tests.cli.fleet_on_disk import FORMS, FleetOnDisk, envelope, service, write_fleet
from tests.command_line import dpfctl

HBN = "dpuservice.svc.dpu.nvidia.com/hbn"
DTS = "dpuservice.svc.dpu.nvidia.com/dts"
PTP = "dpuservice.svc.dpu.nvidia.com/ptp"
LATE, COMING = "2026-11-20T08:00:00Z", "2026-11-20T12:00:00Z"


def noted(until: str = "") -> dict[str, Any]:
    """What a suspension leaves, and a word of somebody else."""
    ours = {AT: "2026-11-20T06:00:00Z", BY: "lena", REASON: "switch upgrade"}
    end = {UNTIL: until} if until else {}
    return {"annotations": {"example.com/ticket": "1"} | ours | end}


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    """Suspended services with and without an end, one that runs, one of another namespace."""
    return write_fleet(
        tmp_path / "fleet.yaml",
        service("hbn").suspended().having(metadata=noted(LATE) | {"labels": {"app": "hbn"}}),
        service("ptp").suspended().having(metadata=noted(COMING)),
        service("snap").suspended().having(metadata=noted()),
        service("dts"),
        service("fw-7kq2x").suspended().owned_by(NS, "edge-gw"),
        service("hbn", "tenant").suspended().having(metadata=noted(LATE)),
    )


def running(fleet: FleetOnDisk, *names: str, namespace: str = NS) -> list[str]:
    """Which of these services are not suspended."""
    return [n for n in names if not fleet.service(n, namespace)["spec"].get("paused")]


class TestSuccess:
    def test_paused_becomes_false_and_our_annotations_go(self, fleet: FleetOnDisk) -> None:
        before = fleet.service("hbn")
        result = fleet.run("resume", "hbn")
        after = fleet.service("hbn")

        assert (result.code, result.out, result.err) == (0, f"{HBN} resumed\n", "")
        assert after["spec"] == before["spec"] | {"paused": False}
        assert after["metadata"]["annotations"] == {"example.com/ticket": "1"}
        assert after["metadata"]["labels"] == {"app": "hbn"}

    def test_what_was_suspended_is_as_before_but_for_paused_false(self, fleet: FleetOnDisk) -> None:
        before = fleet.service("dts")
        fleet.run("suspend", "dts", "--reason", "x", "--until", "1h", environ={"USER": "lena"})
        fleet.run("resume", "dts")
        after = fleet.service("dts")

        assert after["spec"] == before["spec"] | {"paused": False}
        assert "annotations" not in after["metadata"]
        assert running(fleet, "hbn", "ptp", "snap", "dts") == ["dts"]

    def test_all(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("resume", "--all")

        assert (result.code, len(result.lines)) == (0, 5)
        assert f"{DTS} resumed (unchanged)" in result.lines
        assert running(fleet, "hbn", "ptp", "snap", "fw-7kq2x") == [
            "hbn",
            "ptp",
            "snap",
            "fw-7kq2x",
        ]
        assert running(fleet, "hbn", namespace="tenant") == []

    def test_an_owner_wants_it_too(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("resume", "fw-7kq2x").code == 0
        assert running(fleet, "fw-7kq2x") == ["fw-7kq2x"]

    def test_the_alias(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("unpause", "hbn").out == f"{HBN} resumed\n"

    @pytest.mark.parametrize("form", FORMS)
    def test_forms(self, fleet: FleetOnDisk, form: str) -> None:
        result = fleet.run("resume", "hbn", "dts", "-o", form)

        assert (result.code, result.err) == (0, "")
        if form in ("json", "yaml"):
            told = envelope(result, form)
            assert (told["command"], told["status"]) == ("resume", "success")
            results = {one["name"]: one["result"] for one in told["data"]["results"]}
            assert results == {"dts": "unchanged", "hbn": "done"}
            assert told["data"]["impacts"] == []
        else:
            tail = ("", "") if form == "name" else (" resumed (unchanged)", " resumed")
            assert result.lines == [f"{DTS}{tail[0]}", f"{HBN}{tail[1]}"]


class TestAlreadySo:
    def test_a_service_that_runs_keeps_its_absent_field(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("resume", "dts")

        assert (result.code, result.out) == (0, f"{DTS} resumed (unchanged)\n")
        assert fleet.is_untouched

    def test_twice(self, fleet: FleetOnDisk) -> None:
        fleet.run("resume", "hbn")
        once = fleet.path.read_bytes()

        assert fleet.run("resume", "hbn").out == f"{HBN} resumed (unchanged)\n"
        assert fleet.path.read_bytes() == once

    def test_a_selector_that_matches_nothing(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("resume", "-l", "app=none")

        assert (result.code, result.out) == (0, "")
        assert result.err == "note: nothing to do: no object matches\n"


class TestDryRun:
    @pytest.mark.parametrize(
        ("mode", "words"), [("client", "(dry run)"), ("server", "(server dry run)")]
    )
    def test_shows_what_would_change(self, fleet: FleetOnDisk, mode: str, words: str) -> None:
        result = fleet.run("resume", "hbn", f"--dry-run={mode}")

        assert (result.code, result.lines[0]) == (0, f"{HBN} resumed {words}")
        assert "  -  paused: true" in result.lines
        assert "  +  paused: false" in result.lines
        assert "  -    dpfctl/suspend-reason: switch upgrade" in result.lines
        assert fleet.is_untouched

    def test_on_what_takes_no_writes(self) -> None:
        shown = dpfctl("resume", "ptp-sync", "--from", "demo", "--dry-run")
        refused = dpfctl("resume", "ptp-sync", "--from", "demo")

        assert shown.code == 0
        assert (refused.code, refused.out) == (2, "")
        assert refused.err == (
            "error: demo fleet: takes no writes\n"
            "hint: save a copy to work on: `dpfctl snapshot save FILE`\n"
        )


class TestExpired:
    """``--expired`` resumes what is over, for cron jobs; the rest stays suspended."""

    def test_of_one_namespace(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("resume", "--expired")

        assert (result.code, result.lines) == (0, [f"{HBN} resumed"])
        assert running(fleet, "hbn", "ptp", "snap", "fw-7kq2x") == ["hbn"]
        assert running(fleet, "hbn", namespace="tenant") == []

    def test_of_all_namespaces(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("resume", "--expired", "-A").lines == [
            f"{HBN} resumed in namespace {NS}",
            f"{HBN} resumed in namespace tenant",
        ]

    @pytest.mark.parametrize(
        ("args", "lines"),
        [
            pytest.param(["-l", "app=hbn"], [f"{HBN} resumed"], id="selector"),
            pytest.param(["-l", "!app"], [], id="selector without any that is over"),
            pytest.param(["--all"], [f"{HBN} resumed"], id="all"),
            pytest.param(["hbn", "ptp"], [f"{HBN} resumed"], id="names"),
        ],
    )
    def test_narrowed(self, fleet: FleetOnDisk, args: list[str], lines: list[str]) -> None:
        result = fleet.run("resume", "--expired", *args)

        assert (result.code, result.lines) == (0, lines)

    def test_nothing_is_over(self, fleet: FleetOnDisk) -> None:
        fleet.run("resume", "--expired")
        once = fleet.path.read_bytes()
        result = fleet.run("resume", "--expired")

        assert (result.code, result.out) == (0, "")
        assert result.err == "note: nothing to do: no object matches\n"
        assert fleet.path.read_bytes() == once

    def test_a_name_that_is_not_there_is_still_wrong(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("resume", "--expired", "hbm").code == 1

    def test_switched_off(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("resume", "--expired=false")

        assert (result.code, result.err) == (
            2,
            "error: resume: names no dpuservice\nhint: give NAME, -l SELECTOR or --all\n",
        )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        pytest.param(
            ["hbm"],
            1,
            f"error: dpuservice/hbm: not found in namespace {NS}\nhint: did you mean hbn?\n",
            id="unknown name gets a suggestion",
        ),
        pytest.param(
            ["dpu/hbn"],
            2,
            "error: dpu/hbn: resume takes a dpuservice, not a dpu\n",
            id="wrong kind",
        ),
        pytest.param(
            ["hbn", "-A"],
            2,
            f"error: dpuservice/hbn: exists in several namespaces: {NS}, tenant\n",
            id="a name in several namespaces",
        ),
        pytest.param([], 2, "error: resume: names no dpuservice\n", id="no target"),
        pytest.param(
            ["--all", "hbn"],
            2,
            "error: resume: --all cannot be used together with names\n",
            id="all together with names",
        ),
        pytest.param(["hbn_"], 2, 'error: dpuservice/hbn_: "hbn_" is no object name\n', id="name"),
        pytest.param(["-l", "a b"], 2, 'error: selector "a b": ', id="bad selector"),
        pytest.param(
            ["hbn", "--wait"], 2, "error: --wait: cannot be used together with --from\n", id="wait"
        ),
        pytest.param(
            ["hbn", "--timeout=1s"],
            2,
            "error: --timeout: only together with --wait\n",
            id="timeout",
        ),
    ],
)
def test_bad_input_changes_nothing(
    fleet: FleetOnDisk, args: list[str], code: int, message: str, form: str
) -> None:
    result = fleet.run("resume", *args, "-o", form)

    assert result.code == code
    assert result.err.startswith(message)
    assert fleet.is_untouched
    if form in ("json", "yaml"):
        assert envelope(result, form)["status"] == "error"
    else:
        assert result.out == ""


def test_suspend_knows_flags_that_resume_does_not(fleet: FleetOnDisk) -> None:
    result = fleet.run("resume", "hbn", "--force")

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: unknown flag: --force\n")


def test_a_reader_that_leaves_stops_no_write(fleet: FleetOnDisk) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "dpfctl", "resume", "--all", "--from", str(fleet.path)]
    with os.fdopen(write, "wb") as stdout:
        done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, stdout=stdout, check=False)

    assert done.returncode == 141
    assert running(fleet, "hbn", "ptp", "snap") == ["hbn", "ptp", "snap"]
