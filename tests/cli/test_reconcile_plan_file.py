"""``dpfctl reconcile --plan-out`` and ``--plan``: exactly as planned, or not at all."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.builders import NS, application, dpu_cluster, operator_config
from tests.cli.fleet_on_disk import FleetOnDisk, envelope, service, write_fleet
from tests.command_line import Result

PLAN = "plan.json"
EDGE = ("dpu-cplane", "edge")
EMPTY = {
    "apiVersion": "dpfctl/v1",
    "kind": "ReconcilePlan",
    "at": "2026-11-20T09:00:00Z",
    "services": {},
    "changes": [],
}


@pytest.fixture
def fleet(tmp_path: Path) -> FleetOnDisk:
    """One service that is not deployed yet, and one DPU cluster."""
    return write_fleet(
        tmp_path / "fleet.yaml",
        operator_config().spec(deploymentMode="host-trusted", provisioningController={}),
        dpu_cluster("edge", "dpu-cplane", "static"),
        service("hbn"),
        dpu_clusters={EDGE: ()},
    )


def reconcile(fleet: FleetOnDisk, *flags: str) -> Result:
    return fleet.run("reconcile", "--once", *flags)


def plan_of(fleet: FleetOnDisk) -> Path:
    """Keep a plan beside the fleet."""
    path = fleet.path.with_name(PLAN)
    result = reconcile(fleet, "--dry-run=client", "--plan-out", str(path))
    assert result.code == 0, result.err
    return path


def test_a_plan_is_kept_and_carried_out(fleet: FleetOnDisk) -> None:
    path = plan_of(fleet)
    assert fleet.is_untouched

    result = reconcile(fleet, "--plan", str(path), "-o", "name")

    assert (result.code, result.lines) == (
        0,
        [
            "dpuservice.svc.dpu.nvidia.com/hbn",
            f"namespace/{NS}",
            "application.argoproj.io/edge-hbn",
        ],
    )
    assert fleet.service("hbn")["status"]["serviceID"]


def test_only_its_owner_can_read_it(fleet: FleetOnDisk) -> None:
    assert stat.S_IMODE(plan_of(fleet).stat().st_mode) == 0o600


def test_it_takes_the_place_of_an_older_one(fleet: FleetOnDisk) -> None:
    path = fleet.path.with_name(PLAN)
    path.write_text("old")

    plan_of(fleet)

    assert json.loads(path.read_text())["kind"] == "ReconcilePlan"
    assert {entry.name for entry in path.parent.iterdir()} == {"fleet.yaml", PLAN}


def test_an_object_that_moved_stops_all_of_it(fleet: FleetOnDisk) -> None:
    path = plan_of(fleet)
    fleet.run("mark-critical", "hbn", "--force")
    before = fleet.path.read_bytes()

    result = reconcile(fleet, "--plan", str(path))

    assert (result.code, result.out) == (6, "")
    assert f"dpuservice/{NS}/hbn has moved" in result.err
    assert "hint: nothing was written; make a new plan" in result.err
    assert fleet.path.read_bytes() == before


def test_a_machine_is_told_the_same(fleet: FleetOnDisk) -> None:
    path = plan_of(fleet)
    fleet.run("mark-critical", "hbn", "--force")

    found = envelope(reconcile(fleet, "--plan", str(path), "-o", "json"))

    assert (found["status"], found["exitCode"]) == ("error", 6)
    assert found["errors"][0]["message"].startswith("--plan: not as planned any more: ")


def test_what_the_second_half_finds_besides_is_left_alone(fleet: FleetOnDisk) -> None:
    path = plan_of(fleet)
    kept = json.loads(path.read_text())
    kept["changes"] = [c for c in kept["changes"] if c["step"] != "status"]
    path.write_text(json.dumps(kept))

    result = reconcile(fleet, "--plan", str(path))

    assert result.code == 0
    line = f"warning: dpuservice/{NS}/hbn: not status updated: the plan does not hold it"
    assert line in result.err.splitlines()
    assert "status" not in fleet.service("hbn")


def test_a_finished_plan_is_done_only_once(fleet: FleetOnDisk) -> None:
    path = plan_of(fleet)
    reconcile(fleet, "--plan", str(path))
    after = fleet.path.read_bytes()

    result = reconcile(fleet, "--plan", str(path))

    assert result.code == 6
    assert fleet.path.read_bytes() == after


def test_an_empty_plan_changes_nothing(tmp_path: Path) -> None:
    fleet = write_fleet(
        tmp_path / "fleet.yaml",
        operator_config().spec(deploymentMode="host-trusted", provisioningController={}),
        application("edge-other"),
    )
    path = plan_of(fleet)

    assert json.loads(path.read_text())["changes"] == []
    assert reconcile(fleet, "--plan", str(path)).code == 0
    assert fleet.is_untouched


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "--plan-out without a dry run": (
        ("--plan-out", "x.json"),
        "error: --plan-out: only together with --dry-run",
    ),
    "both": (
        ("--dry-run=client", "--plan-out", "x.json", "--plan", "x.json"),
        "error: --plan-out: cannot be used together with --plan",
    ),
    "a plan that there is not": (
        ("--plan", "none.json"),
        "error: --plan: none.json: No such file or directory",
    ),
    "a plan that cannot be kept": (
        ("--dry-run=client", "--plan-out", "none/x.json"),
        "error: --plan-out: none/x.json: No such file or directory",
    ),
}


@pytest.mark.parametrize(("flags", "told"), WRONG.values(), ids=WRONG)
def test_wrong_flags(
    fleet: FleetOnDisk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.json").write_text(json.dumps(EMPTY))

    result = reconcile(fleet, *flags)

    assert (result.code, result.out) == (2, "")
    assert told in result.err.splitlines()
    assert fleet.is_untouched


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", "[" * 100_000])
def test_a_file_that_is_no_plan(fleet: FleetOnDisk, tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)

    result = reconcile(fleet, "--plan", str(path))

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: --plan: {path}: is n")
    assert fleet.is_untouched


class TestWhatIsNoRegularFile:
    """A plan never takes the place of a device, and is never read from one."""

    @pytest.mark.parametrize("kind", ["a pipe", "a folder"])
    def test_is_left_alone(self, fleet: FleetOnDisk, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "there"
        os.mkfifo(path) if kind == "a pipe" else path.mkdir()
        before = path.stat()

        result = reconcile(fleet, "--dry-run=client", "--plan-out", str(path))

        assert (result.code, result.out) == (2, "")
        assert result.err.splitlines()[-1] == f"error: --plan-out: {path}: is no regular file"
        assert (path.stat().st_ino, path.stat().st_mode) == (before.st_ino, before.st_mode)

    def test_a_device_is_no_plan(self, fleet: FleetOnDisk) -> None:
        result = reconcile(fleet, "--plan", os.devnull)

        assert (result.code, result.out) == (2, "")
        assert result.err == f"error: --plan: {os.devnull}: is no regular file\n"

    def test_a_link_is_followed(self, fleet: FleetOnDisk, tmp_path: Path) -> None:
        target, link = tmp_path / "target.json", tmp_path / "link.json"
        target.write_text("old")
        link.symlink_to(target)

        reconcile(fleet, "--dry-run=client", "--plan-out", str(link))

        assert link.is_symlink()
        assert json.loads(target.read_text())["kind"] == "ReconcilePlan"


@pytest.mark.parametrize(
    "flag",
    ["--plan", "--plan-out", "--summary", "--helm-timeout", "--namespace", "--repo-ca-file"],
)
def test_an_empty_value_is_never_no_value(fleet: FleetOnDisk, flag: str) -> None:
    result = reconcile(fleet, flag, "")

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {flag}: is empty\n")
    assert fleet.is_untouched
