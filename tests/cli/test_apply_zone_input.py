"""What ``dpfctl apply-zone`` takes: files, folders and standard input; and wrong command lines."""

from itertools import groupby
from pathlib import Path

import pytest

from tests.cli.fleet_on_disk import FleetOnDisk, envelope
from tests.cli.zone_fleets import DK, GA, names, of_zone, write, zone_fleet
from tests.command_line import Result, dpfctl


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    """What the zones of the manual need, and no zone."""
    return zone_fleet(tmp_path)


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
        assert {"dpuset-dk", "dpuset-ga"} <= set(names(fleet))

    def test_json(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        rendered = dpfctl("zone", "render", "-f", DK, "-o", "json").out
        result = fleet.run("apply-zone", "-f", write(tmp_path / "zone.json", rendered))

        assert (result.code, result.lines) == (0, of_zone("dk"))


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
