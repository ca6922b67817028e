"""``dpfctl snapshot save`` on fleet files: what is written where, and the exit code."""

import json
import stat
from pathlib import Path

import pytest

from tests.cli.test_describe import HEALTHY
from tests.command_line import NOW, dpfctl


@pytest.mark.parametrize("name", ["fleet.json", "fleet.yaml", "fleet.yml"])
def test_what_was_saved_is_described_alike(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    result = dpfctl("snapshot", "save", str(path), "--from", "demo")
    view = ("describe", "all", "--show-storage", "--show-conditions=all", "-o", "json")

    assert (result.code, result.out, result.err) == (0, f"{path} saved\n", "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert dpfctl(*view, "--from", str(path)).out == dpfctl(*view, "--from", "demo").out


def test_dpu_clusters_come_along_unless_told_otherwise() -> None:
    whole = json.loads(dpfctl("snapshot", "save", "-", "--from", "demo").out)
    host_only = json.loads(dpfctl("snapshot", "save", "-", "--from", "demo", "--host-only").out)

    assert [part["name"] for part in whole["dpuClusters"]] == ["compute", "storage"]
    assert host_only["dpuClusters"] == []
    assert host_only["host"] == whole["host"]


def test_standard_input_is_read_once_for_all_clusters() -> None:
    demo = dpfctl("snapshot", "save", "-", "--from", "demo").out
    result = dpfctl("snapshot", "save", "-", "--from", "-", stdin=demo)

    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out)["dpuClusters"] == json.loads(demo)["dpuClusters"]


def test_what_was_read_in_part_is_saved_in_part(tmp_path: Path) -> None:
    lack = {"resource": "dpus.provisioning.dpu.nvidia.com", "reason": "Forbidden", "message": "no"}
    fleet = {
        "apiVersion": "dpfctl/v1",
        "kind": "Fleet",
        "snapshot": {"takenAt": NOW.isoformat(), "unreadable": [lack]},
    }
    path = tmp_path / "part.json"
    result = dpfctl("snapshot", "save", str(path), "--from", "-", stdin=json.dumps(fleet))

    assert result.code == 5
    assert result.err == "warning: dpus.provisioning.dpu.nvidia.com: not in the snapshot: no\n"
    assert json.loads(path.read_text())["snapshot"]["unreadable"] == [lack]


@pytest.mark.parametrize(
    ("file", "fact"),
    [
        pytest.param("fleet.txt", "a snapshot ends in one of .json, .yaml, .yml", id="suffix"),
        pytest.param("gone/fleet.json", "there is no folder", id="no folder"),
        pytest.param("folder.json", "is a folder", id="folder"),
    ],
)
def test_a_target_that_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, file: str, fact: str
) -> None:
    (tmp_path / "folder.json").mkdir()
    result = dpfctl("snapshot", "save", str(tmp_path / file), "--from", "/nowhere")

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {tmp_path / file}: {fact}")


def test_an_old_snapshot_is_replaced_whatever_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "fleet.json"
    path.write_text("old")
    path.chmod(0o644)

    assert dpfctl("snapshot", "save", str(path), "--from", "-", stdin=HEALTHY).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["kind"] == "Fleet"
