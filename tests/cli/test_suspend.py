"""``dpfctl suspend`` on a fleet file: what is printed, the exit code, what the file holds then."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dpfctl.marks.pause import AT, BY, REASON, UNTIL
from tests.builders import NS
from tests.cli.fleet_on_disk import FORMS, FleetOnDisk, busy_fleet, envelope, service, write_fleet

HBN = "dpuservice.svc.dpu.nvidia.com/hbn"
DTS = "dpuservice.svc.dpu.nvidia.com/dts"


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    return busy_fleet(tmp_path / "fleet.yaml")


class TestSuccess:
    def test_a_service_is_suspended_and_nothing_else_changes(self, fleet: FleetOnDisk) -> None:
        before = fleet.service("hbn")
        result = fleet.run("suspend", "hbn")
        after = fleet.service("hbn")

        assert (result.code, result.out) == (0, f"{HBN} suspended\n")
        assert after["spec"] == before["spec"] | {"paused": True}
        assert after["metadata"]["annotations"] == {
            "example.com/ticket": "1",
            AT: "2026-11-20T09:00:00Z",
        }
        assert after["metadata"]["labels"] == before["metadata"]["labels"]
        assert after["status"] == before["status"]
        assert "paused" not in fleet.service("dts")["spec"]
        assert "paused" not in fleet.service("hbn", "tenant")["spec"]

    def test_who_why_and_until_when(self, fleet: FleetOnDisk) -> None:
        result = fleet.run(
            "suspend",
            "hbn",
            "--reason",
            "switch upgrade",
            "--until",
            "2h",
            environ={"USER": "lena"},
        )

        assert result.code == 0
        assert fleet.annotations("hbn") == {
            "example.com/ticket": "1",
            AT: "2026-11-20T09:00:00Z",
            BY: "lena",
            REASON: "switch upgrade",
            UNTIL: "2026-11-20T11:00:00Z",
        }

    def test_a_user_whose_name_is_no_text_is_not_told(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "hbn", environ={"USER": "bad\udcff"})

        assert result.code == 0
        assert BY not in fleet.annotations("hbn")

    @pytest.mark.parametrize(
        ("until", "moment"),
        [
            ("90s", "2026-11-20T09:01:30Z"),
            ("3d", "2026-11-23T09:00:00Z"),
            ("2026-12-01T08:00Z", "2026-12-01T08:00:00Z"),
            ("2026-12-01T08:00+02:00", "2026-12-01T06:00:00Z"),
            ("2026-12-01", "2026-12-01T00:00:00Z"),
        ],
    )
    def test_every_form_of_until(self, fleet: FleetOnDisk, until: str, moment: str) -> None:
        assert fleet.run("suspend", "hbn", "--until", until).code == 0
        assert fleet.annotations("hbn")[UNTIL] == moment

    @pytest.mark.parametrize(
        ("environ", "author"),
        [
            pytest.param({"USER": "lena", "LOGNAME": "l"}, "lena", id="USER"),
            pytest.param({"LOGNAME": "l"}, "l", id="LOGNAME"),
            pytest.param({"USER": ""}, None, id="nobody"),
        ],
    )
    def test_author(self, fleet: FleetOnDisk, environ: dict[str, str], author: str | None) -> None:
        fleet.run("suspend", "hbn", environ=environ)

        assert fleet.annotations("hbn").get(BY) == author

    def test_how_far_it_reaches_is_said_on_stderr_before(self, fleet: FleetOnDisk) -> None:
        """R-PAUSE-06: the Applications that are held, and the clusters that have none."""
        assert fleet.run("suspend", "hbn").err.splitlines() == [
            f"note: dpuservice/{NS}/hbn: applications held (1): {NS}/edge-hbn",
            f"note: dpuservice/{NS}/hbn: clusters without an application (1): core",
            f"note: dpuservice/{NS}/hbn: pods left running (1): tenant/hbn-x",
        ]

    def test_what_should_give_pause_is_a_warning(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("suspend", "dts").err.startswith(
            f"warning: dpuservice/{NS}/dts: an update is half rolled out and stays so: "
            "edge-dts (OutOfSync/Healthy)\n"
        )

    @pytest.mark.parametrize(
        ("args", "lines"),
        [
            pytest.param(("dts", "hbn"), [f"{DTS} suspended", f"{HBN} suspended"], id="names"),
            pytest.param(("hbn", "hbn"), [f"{HBN} suspended"], id="the same name twice"),
            pytest.param(
                ("-l", "app in (hbn,dts)"), [f"{DTS} suspended", f"{HBN} suspended"], id="-l"
            ),
            pytest.param(("dpuservice/hbn",), [f"{HBN} suspended"], id="kind and name"),
            pytest.param((HBN,), [f"{HBN} suspended"], id="as it is printed"),
            pytest.param(("tenant/hbn",), [f"{HBN} suspended"], id="namespace and name"),
            pytest.param(("hbn", "-n", "tenant"), [f"{HBN} suspended"], id="-n"),
            pytest.param(("--all", "-n", "tenant"), [f"{HBN} suspended"], id="all of a namespace"),
            pytest.param(
                ("-A", "-l", "app=hbn"),
                [f"{HBN} suspended in namespace {NS}", f"{HBN} suspended in namespace tenant"],
                id="-l in all namespaces",
            ),
            pytest.param(
                ("hbn", "tenant/hbn"),
                [f"{HBN} suspended in namespace {NS}", f"{HBN} suspended in namespace tenant"],
                id="names of two namespaces",
            ),
        ],
    )
    def test_targets(self, fleet: FleetOnDisk, args: Sequence[str], lines: list[str]) -> None:
        result = fleet.run("suspend", *args)

        assert (result.code, result.lines) == (0, lines)

    def test_the_namespace_of_a_name_is_the_one_that_is_written(self, fleet: FleetOnDisk) -> None:
        fleet.run("suspend", "tenant/hbn")

        assert fleet.service("hbn", "tenant")["spec"]["paused"] is True
        assert "paused" not in fleet.service("hbn")["spec"]

    def test_the_alias(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("pause", "hbn").out == f"{HBN} suspended\n"

    def test_a_hundred_services_are_one_write(self, tmp_path: Path) -> None:
        many = write_fleet(tmp_path / "many.yaml", *(service(f"s{n:03}") for n in range(100)))
        result = many.run("suspend", "--all")

        assert (result.code, len(result.lines)) == (0, 100)
        assert many.path.read_text().count("paused: true") == 100
        versions = re.findall(r'resourceVersion: "(\d+)"', many.path.read_text())
        assert sorted(map(int, versions)) == list(range(2, 102))


class TestAlreadySo:
    def test_it_is_said_and_nothing_is_written(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "ptp", environ={"USER": "lena"})

        assert (result.code, result.err) == (0, "")
        assert result.out == "dpuservice.svc.dpu.nvidia.com/ptp suspended (unchanged)\n"
        assert fleet.is_untouched

    def test_a_new_reason_is_written_and_the_author_stays(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "ptp", "--reason", "later", environ={"USER": "lena"})

        assert result.out == "dpuservice.svc.dpu.nvidia.com/ptp suspended\n"
        assert fleet.annotations("ptp") == {BY: "otto", REASON: "later"}

    def test_some_so_already(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("suspend", "hbn", "ptp").lines == [
            f"{HBN} suspended",
            "dpuservice.svc.dpu.nvidia.com/ptp suspended (unchanged)",
        ]

    @pytest.mark.parametrize("form", FORMS)
    def test_a_selector_that_matches_nothing(self, fleet: FleetOnDisk, form: str) -> None:
        result = fleet.run("suspend", "-l", "app=none", "-o", form)

        assert result.code == 0
        if form in ("json", "yaml"):
            assert (envelope(result, form)["data"]["results"], result.err) == ([], "")
        else:
            assert (result.out, result.err) == ("", "note: nothing to do: no object matches\n")
        assert fleet.is_untouched


class TestDryRun:
    """The same plan, shown; the file keeps every byte."""

    @pytest.mark.parametrize(
        ("args", "words"),
        [
            pytest.param(["--dry-run"], "(dry run)", id="bare"),
            pytest.param(["--dry-run=client"], "(dry run)", id="client"),
            pytest.param(["--dry-run", "client"], "(dry run)", id="client, separate"),
            pytest.param(["--dry-run=server"], "(server dry run)", id="server"),
        ],
    )
    def test_shows_what_would_change(self, fleet: FleetOnDisk, args: list[str], words: str) -> None:
        result = fleet.run("suspend", "hbn", "ptp", "--reason", "later", *args)

        assert result.code == 0
        assert result.lines[0] == f"{HBN} suspended {words}"
        assert "  +    dpfctl/suspend-reason: later" in result.lines
        assert "  +  paused: true" in result.lines
        assert "  -    dpfctl/suspend-reason: GM" in result.lines
        assert fleet.is_untouched

    def test_none_is_the_real_run(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("suspend", "hbn", "--dry-run=none").out == f"{HBN} suspended\n"
        assert not fleet.is_untouched

    def test_colour_is_for_diffs(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "hbn", "--dry-run", "--color=always")

        assert "  \x1b[32m+  paused: true\x1b[0m" in result.lines

    def test_what_is_so_already_has_no_diff(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "ptp", "--dry-run")

        assert result.lines == ["dpuservice.svc.dpu.nvidia.com/ptp suspended (unchanged) (dry run)"]

    @pytest.mark.parametrize("mode", ["client", "server"])
    def test_the_patch_of_a_dry_run_is_the_one_that_is_sent(
        self, fleet: FleetOnDisk, mode: str
    ) -> None:
        args = ("suspend", "hbn", "--reason", "x", "-o", "json")
        (shown,) = envelope(fleet.run(*args, f"--dry-run={mode}"))["data"]["results"]
        (sent,) = envelope(fleet.run(*args))["data"]["results"]

        assert (shown["result"], sent["result"]) == ("planned", "done")
        assert shown["patch"] == sent["patch"]

    def test_a_wrong_name_is_wrong_in_a_dry_run_too(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("suspend", "hbm", "--dry-run").code == 1


class TestOwner:
    """What a DPUDeployment generated is changed back within minutes."""

    MESSAGE = (
        f"dpuservice/{NS}/fw-7kq2x: belongs to dpudeployment/{NS}/edge-gw, "
        "which would undo the change"
    )
    HINT = f"edit dpudeployment/{NS}/edge-gw instead, or use --force to change it until then"

    @pytest.mark.parametrize("args", [[], ["--dry-run"], ["hbn"]], ids=["alone", "dry run", "two"])
    def test_is_refused(self, fleet: FleetOnDisk, args: list[str]) -> None:
        result = fleet.run("suspend", "fw-7kq2x", *args)

        assert (result.code, result.out) == (6, "")
        assert result.err == f"error: {self.MESSAGE}\nhint: {self.HINT}\n"
        assert fleet.is_untouched

    def test_all_is_refused_because_of_one(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("suspend", "--all").code == 6
        assert fleet.is_untouched

    def test_force_does_it_with_a_warning(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "fw-7kq2x", "--force")

        assert result.code == 0
        assert result.err.startswith(
            f"warning: dpuservice/{NS}/fw-7kq2x: dpudeployment/{NS}/edge-gw "
            "will undo the change when it is reconciled next, within minutes\n"
        )
        assert fleet.service("fw-7kq2x")["spec"]["paused"] is True

    def test_in_json(self, fleet: FleetOnDisk) -> None:
        told = envelope(fleet.run("suspend", "fw-7kq2x", "-o", "json"))

        assert (told["status"], told["data"]) == ("error", {})
        assert told["errors"] == [{"message": self.MESSAGE, "hint": self.HINT}]


class TestPartly:
    """One service that its CRD does not take: the others are suspended, both is told."""

    @pytest.fixture
    def fleet(self, tmp_path: Path) -> FleetOnDisk:
        broken = service("broken").having(spec={"helmChart": None})
        return write_fleet(tmp_path / "fleet.yaml", service("hbn"), broken)

    @pytest.mark.parametrize("form", FORMS)
    def test_code_does_not_depend_on_the_format(self, fleet: FleetOnDisk, form: str) -> None:
        result = fleet.run("suspend", "hbn", "broken", "-o", form)

        assert result.code == 5
        assert f"error: dpuservice/{NS}/broken: " in result.err
        assert fleet.service("hbn")["spec"]["paused"] is True
        assert "paused" not in fleet.service("broken")["spec"]
        if form in ("json", "yaml"):
            told = envelope(result, form)
            outcomes = {one["name"]: one["result"] for one in told["data"]["results"]}
            assert (told["status"], outcomes) == ("partial", {"broken": "failed", "hbn": "done"})
            assert told["errors"] == [told["data"]["results"][0]["error"]]
        else:
            assert result.out.startswith(HBN)
            assert len(result.lines) == 1

    def test_alone_it_is_refused(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "broken")

        assert (result.code, result.out) == (1, "")
        assert fleet.is_untouched

    def test_a_server_side_dry_run_finds_out(self, fleet: FleetOnDisk) -> None:
        result = fleet.run("suspend", "hbn", "broken", "--dry-run=server")

        assert result.code == 5
        assert result.lines[0] == f"{HBN} suspended (server dry run)"
        assert fleet.is_untouched


class TestForms:
    @pytest.mark.parametrize("form", ["json", "yaml"])
    def test_envelope(self, fleet: FleetOnDisk, form: str) -> None:
        told = envelope(fleet.run("suspend", "hbn", "ptp", "-o", form), form)

        assert (told["command"], told["status"], told["errors"]) == ("suspend", "success", [])
        done, unchanged = told["data"]["results"]
        assert (done["name"], done["result"], done["attempts"]) == ("hbn", "done", 1)
        assert (unchanged["name"], unchanged["result"], unchanged["attempts"]) == (
            "ptp",
            "unchanged",
            0,
        )
        assert done["resourceVersion"] == fleet.service("hbn")["metadata"]["resourceVersion"]
        assert [one["what"] for one in told["data"]["impacts"]] == [
            "applications held",
            "clusters without an application",
            "dpus concerned",
            "pods left running",
        ]

    def test_stderr_has_no_notes_beside_an_envelope(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("suspend", "hbn", "-o", "json").err == ""

    def test_names(self, fleet: FleetOnDisk) -> None:
        assert fleet.run("suspend", "dts", "ptp", "-o", "name").lines == [
            DTS,
            "dpuservice.svc.dpu.nvidia.com/ptp",
        ]

    def test_yaml_holds_what_json_holds(self, fleet: FleetOnDisk) -> None:
        args = ("suspend", "--all", "--force", "--dry-run=server")
        yaml_form = fleet.run(*args, "-o", "yaml")

        assert envelope(yaml_form, "yaml") == envelope(fleet.run(*args, "-o", "json"))


def test_a_reader_that_leaves_stops_no_write(fleet: FleetOnDisk) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "dpfctl", "suspend", "hbn", "dts", "--from", str(fleet.path)]
    with os.fdopen(write, "wb") as stdout:
        done = subprocess.run(
            command, env={"PATH": os.environ["PATH"]}, stdout=stdout, stderr=stdout, check=False
        )

    assert done.returncode == 141
    assert fleet.service("hbn")["spec"]["paused"] is True
    assert fleet.service("dts")["spec"]["paused"] is True
