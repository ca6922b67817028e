"""``dpfctl suspend`` with input that cannot be used: message, exit code, and an untouched file."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NS
from tests.cli.fleet_on_disk import FORMS, FleetOnDisk, busy_fleet, envelope, service
from tests.command_line import Result, dpfctl

SAVE = "hint: save a copy to work on: `dpfctl snapshot save FILE`\n"


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    return busy_fleet(tmp_path / "fleet.yaml")


WRONG = [
    pytest.param(
        ["hbm"],
        1,
        f"error: dpuservice/hbm: not found in namespace {NS}\nhint: did you mean hbn?\n",
        id="unknown name gets a suggestion",
    ),
    pytest.param(
        ["hbn", "hbm", "zzz"],
        1,
        f"error: dpuservice/hbm, dpuservice/zzz: not found in namespace {NS}\n",
        id="one wrong name among right ones changes nothing",
    ),
    pytest.param(
        ["dts", "-n", "tenant"],
        1,
        "error: dpuservice/dts: not found in namespace tenant\n"
        f"hint: it exists in {NS}: write {NS}/dts\n",
        id="a name of another namespace",
    ),
    pytest.param(
        ["hbn", "-n", "nowhere"],
        1,
        "error: dpuservice/hbn: not found in namespace nowhere\n"
        f"hint: it exists in {NS}, tenant: write {NS}/hbn\n",
        id="a namespace that is not there",
    ),
    pytest.param(
        ["dpuset/hbn"],
        2,
        "error: dpuset/hbn: suspend takes a dpuservice, not a dpuset\n",
        id="wrong kind",
    ),
    pytest.param(
        ["hbn", "-A"],
        2,
        f"error: dpuservice/hbn: exists in several namespaces: {NS}, tenant\n"
        f"hint: write {NS}/hbn\n",
        id="a name in several namespaces",
    ),
    pytest.param(
        [],
        2,
        "error: suspend: names no dpuservice\nhint: give NAME, -l SELECTOR or --all\n",
        id="no target",
    ),
    pytest.param(
        ["hbn", "--all"],
        2,
        "error: suspend: --all cannot be used together with names\nhint: leave one out\n",
        id="all together with names",
    ),
    pytest.param(
        ["hbn", "-l", "a=b"],
        2,
        "error: suspend: --selector cannot be used together with names\n",
        id="selector together with names",
    ),
    pytest.param(
        ["--all", "-l", "a=b"],
        2,
        "error: suspend: --all cannot be used together with --selector\n",
        id="all together with a selector",
    ),
    pytest.param(
        ["hbn", "-A", "-n", "tenant"],
        2,
        "error: --all-namespaces: cannot be used together with --namespace\n",
        id="all namespaces together with one",
    ),
    pytest.param(
        ["HBN"],
        2,
        'error: dpuservice/HBN: "HBN" is no object name\nhint: lower-case letters, digits',
        id="capitals",
    ),
    pytest.param(
        ["hbn_1"], 2, 'error: dpuservice/hbn_1: "hbn_1" is no object name\n', id="underscore"
    ),
    pytest.param(
        ["a/b/c"],
        2,
        'error: "a/b/c" is no name\nhint: write name, namespace/name or dpuservice/name\n',
        id="too many parts",
    ),
    pytest.param(
        ["hbn", "-n", "Tenant"],
        2,
        'error: --namespace: "Tenant" is no namespace name\n',
        id="a namespace that cannot be",
    ),
    pytest.param(
        ["-l", "app in hbn"],
        2,
        'error: selector "app in hbn": cannot be read from ',
        id="bad selector",
    ),
    pytest.param(
        ["-l", ""],
        2,
        "error: suspend: --selector: selects everything\nhint: say --all if you mean all\n",
        id="empty selector",
    ),
    pytest.param(
        ["hbn", "--reason", "bad\udcff"],
        2,
        "error: --reason: is not UTF-8 text\nhint: set the terminal to UTF-8\n",
        id="bytes that are no text",
    ),
    pytest.param(
        ["hbn", "--until", "soon"],
        2,
        'error: --until: "soon" is neither a duration nor a time\n'
        "hint: write 2h, 3d, or 2026-12-01T08:00Z\n",
        id="bad duration",
    ),
    pytest.param(
        ["hbn", "--until", "120"],
        2,
        'error: --until: "120" is neither a duration nor a time\n',
        id="a number without a unit",
    ),
    pytest.param(
        ["hbn", "--until=-2h"],
        2,
        'error: --until: "-2h" is neither a duration nor a time\n',
        id="negative duration",
    ),
    pytest.param(
        ["hbn", "--until", "0s"],
        2,
        'error: --until: "0s" is in the past\nhint: it is 2026-11-20T09:00:00Z now\n',
        id="until now",
    ),
    pytest.param(
        ["hbn", "--until", "2026-11-19"],
        2,
        'error: --until: "2026-11-19" is in the past\n',
        id="until yesterday",
    ),
    pytest.param(
        ["hbn", "--until", "99999999d"],
        2,
        'error: --until: "99999999d" is neither a duration nor a time\n',
        id="until the end of time",
    ),
    pytest.param(
        ["hbn", "--wait"],
        2,
        "error: --wait: cannot be used together with --from\n"
        "hint: no controller works on a fleet file\n",
        id="waiting for a file",
    ),
    pytest.param(
        ["hbn", "--timeout", "5m"],
        2,
        "error: --timeout: only together with --wait\nhint: --timeout bounds waiting only\n",
        id="timeout without waiting",
    ),
    pytest.param(
        ["hbn", "--wait", "--dry-run"],
        2,
        "error: --wait: cannot be used together with --from\n",
        id="waiting for a dry run on a file",
    ),
    pytest.param(
        ["--list", "hbn"],
        2,
        "error: --list: takes no names\nhint: narrow it with -l or -n\n",
        id="list together with names",
    ),
    pytest.param(
        ["--list", "--all"], 2, "error: --list: takes no names\n", id="list together with all"
    ),
    pytest.param(
        ["--list", "-A", "-n", "tenant"],
        2,
        "error: --all-namespaces: cannot be used together with --namespace\n",
        id="list of all namespaces and of one",
    ),
    pytest.param(
        ["--list", "--reason", "x"],
        2,
        "error: --list: cannot be used together with --reason\n",
        id="list together with a reason",
    ),
    pytest.param(
        ["--list", "--until", "2h"],
        2,
        "error: --list: cannot be used together with --until\n",
        id="list together with an end",
    ),
    pytest.param(
        ["--list", "--force"],
        2,
        "error: --list: cannot be used together with --force\n",
        id="list together with force",
    ),
    pytest.param(
        ["--list", "--wait"],
        2,
        "error: --list: cannot be used together with --wait\n",
        id="list together with wait",
    ),
    pytest.param(
        ["--list", "-l", "app in hbn"], 2, 'error: selector "app in hbn": ', id="list, bad selector"
    ),
    pytest.param(
        ["--list", "-n", "Tenant"],
        2,
        'error: --namespace: "Tenant" is no namespace name\n',
        id="list of a namespace that cannot be",
    ),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("args", "code", "message"), WRONG)
def test_bad_input_changes_nothing(
    fleet: FleetOnDisk, args: list[str], code: int, message: str, form: str
) -> None:
    result = fleet.run("suspend", *args, "-o", form)

    assert result.code == code
    assert result.err.startswith(message)
    assert fleet.is_untouched
    if form in ("json", "yaml"):
        told = envelope(result, form)
        assert (told["command"], told["status"], told["data"]) == ("suspend", "error", {})
        (error,) = told["errors"]
        assert result.err.startswith(f"error: {error['message']}\n")
        assert error["hint"] in result.err
    else:
        assert result.out == ""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(
            ["hbn", "-o", "table=x"],
            'error: --output: "table=x" is not one of text, json, yaml, name\n',
            id="format",
        ),
        pytest.param(
            ["hbn", "--dry-run=maybe"],
            'error: --dry-run: "maybe" is not one of none, client, server\n',
            id="dry run",
        ),
        pytest.param(
            ["hbn", "--dry-run=servr"],
            'error: --dry-run: "servr" is not one of none, client, server\n'
            "hint: did you mean --dry-run=server?\n",
            id="misspelt dry run",
        ),
        pytest.param(["hbn", "--color=pink"], 'error: --color: "pink" is not one of ', id="colour"),
        pytest.param(
            ["hbn", "--context", "c"],
            "error: --from: cannot be used together with --context\n",
            id="file and cluster",
        ),
        pytest.param(
            ["hbn", "--reson", "x"],
            "error: unknown flag: --reson\nhint: did you mean --reason?\n",
            id="misspelt flag",
        ),
        pytest.param(
            ["--all", "true"], "error: --all: its value goes behind '='\n", id="boolean with a word"
        ),
        pytest.param(
            ["hbn", "--force=maybe"], 'error: --force: "maybe" is not true or false\n', id="boolean"
        ),
    ],
)
def test_bad_flags_change_nothing(fleet: FleetOnDisk, args: list[str], message: str) -> None:
    result = fleet.run("suspend", *args)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(message)
    assert fleet.is_untouched


class TestFilesThatTakeNoWrites:
    """``demo``, ``-`` and a folder: dry runs work, writes are exit 2 with the way out."""

    @pytest.fixture(params=["demo", "-", "folder"])
    def target(self, request: pytest.FixtureRequest, fleet: FleetOnDisk, tmp_path: Path) -> Any:
        """A service name, arguments and options for a command line on this kind of fleet."""
        if request.param == "demo":
            return "flow-inspector", ("--from", "demo"), {}
        if request.param == "-":
            return "hbn", ("--from", "-"), {"stdin": fleet.path.read_text()}
        folder = tmp_path / "folder"
        folder.mkdir()
        fleet.path.rename(folder / "fleet.yaml")
        return "hbn", ("--from", str(folder)), {}

    @pytest.mark.parametrize("form", FORMS)
    def test_write(self, target: Any, form: str) -> None:
        name, args, options = target
        result: Result = dpfctl("suspend", name, "-o", form, *args, **options)

        assert result.code == 2
        assert "takes no writes\n" in result.err
        assert result.err.endswith(SAVE)
        if form in ("json", "yaml"):
            assert envelope(result, form)["status"] == "error"
        else:
            assert result.out == ""

    @pytest.mark.parametrize("mode", ["client", "server"])
    def test_dry_run(self, target: Any, mode: str) -> None:
        name, args, options = target
        result: Result = dpfctl("suspend", name, f"--dry-run={mode}", *args, **options)

        assert result.code == 0
        assert result.lines[0].startswith(f"dpuservice.svc.dpu.nvidia.com/{name} suspended (")

    def test_what_is_so_already_needs_no_write(self) -> None:
        result = dpfctl("suspend", "ptp-sync", "--from", "demo")

        assert (result.code, result.lines) == (
            0,
            ["dpuservice.svc.dpu.nvidia.com/ptp-sync suspended (unchanged)"],
        )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_read_only_file(fleet: FleetOnDisk) -> None:
    fleet.path.chmod(0o444)
    result = fleet.run("suspend", "hbn")

    assert (result.code, result.out) == (2, "")
    assert f"error: {fleet.path}: cannot be written: permission denied\n" in result.err
    assert fleet.is_untouched


def test_a_file_that_is_not_there() -> None:
    result = dpfctl("suspend", "hbn", "--from", "/nowhere/fleet.yaml", "-o", "json")

    assert result.code == 2
    assert envelope(result)["errors"][0]["message"] == "/nowhere/fleet.yaml: not found"


@pytest.mark.parametrize("form", FORMS)
def test_no_cluster(form: str) -> None:
    result = dpfctl("suspend", "hbn", "-o", form, environ={"HOME": "/nowhere"})

    assert result.code == 7
    assert result.err.startswith("error: no cluster: ")
    if form in ("json", "yaml"):
        assert envelope(result, form)["status"] == "error"
    else:
        assert result.out == ""


class TestUnreadableLists:
    """A snapshot answers as the cluster did that it was taken of."""

    def fleet(self, tmp_path: Path, resource: str, reason: str) -> FleetOnDisk:
        lack = {"resource": resource, "reason": reason, "message": "no luck"}
        path = tmp_path / "part.json"
        fleet = {
            "apiVersion": "dpfctl/v1",
            "kind": "Fleet",
            "snapshot": {"takenAt": "2026-11-20T08:00:00Z", "unreadable": [lack]},
            "host": {"items": [] if resource.startswith("dpuservices") else [service("hbn").raw]},
        }
        path.write_text(json.dumps(fleet))
        return FleetOnDisk(path, path.read_bytes())

    @pytest.mark.parametrize("args", [("hbn",), ("--all",), ("--list",)], ids=" ".join)
    @pytest.mark.parametrize(
        ("reason", "code"), [("NotServed", 1), ("Forbidden", 7), ("Unreachable", 7)]
    )
    def test_services(self, tmp_path: Path, args: tuple[str, ...], reason: str, code: int) -> None:
        fleet = self.fleet(tmp_path, "dpuservices.svc.dpu.nvidia.com", reason)
        result = fleet.run("suspend", *args)

        assert (result.code, result.out) == (code, "")
        assert result.err.startswith("error: no luck\n")
        assert fleet.is_untouched

    @pytest.mark.parametrize("reason", ["NotServed", "Forbidden", "Unreachable"])
    def test_applications_are_told_as_not_known(self, tmp_path: Path, reason: str) -> None:
        fleet = self.fleet(tmp_path, "applications.argoproj.io", reason)
        result = fleet.run("suspend", "hbn", "--dry-run")

        note = f"note: dpuservice/{NS}/hbn: applications held: not known: no luck\n"
        assert result.code == 0
        assert result.err.endswith(note)
