"""The file backend: writes are whole or not at all, whoever else writes."""

import errno
import fcntl
import json
import os
import resource
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from dpfctl.cluster import atomic_file, fleet_file
from dpfctl.cluster.atomic_file import locked, replace_file
from dpfctl.errors import ConflictError, InputError, NotFoundError
from dpfctl.model import kinds
from dpfctl.model.cluster import Cluster
from tests.builders import NOW
from tests.cluster.fleets import DPU, SMALL_FLEET, node, open_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "fleet.yaml"
    target.write_text(SMALL_FLEET)
    return target


def with_status(cluster: Cluster, phase: str) -> dict[str, Any]:
    """The DPU as it is, with another status."""
    return {**cluster.get(DPU).raw, "status": {"phase": phase}}


def test_created_object_is_in_the_file(path: Path) -> None:
    host = open_file(path).host
    made = host.create(kinds.NODE, node("n7"))
    assert made.resource_version == "2"
    assert made.created == NOW.replace(microsecond=0)
    assert open_file(path).host.get(made.ref).raw == made.raw
    with pytest.raises(ConflictError, match=r"^node/n7: already exists$"):
        open_file(path).host.create(kinds.NODE, node("n7"))


def test_status_is_replaced_once(path: Path) -> None:
    host = open_file(path).host
    stale = with_status(host, "Error")
    changed = host.replace_status(kinds.DPU, stale)
    assert changed.text("status", "phase") == "Error"
    assert host.get(DPU).raw == open_file(path).host.get(DPU).raw == changed.raw
    with pytest.raises(ConflictError, match="the object has been modified"):
        host.replace_status(kinds.DPU, {**stale, "status": {"phase": "Ready"}})


def test_versions_are_counted_through_the_file(path: Path) -> None:
    fleet = open_file(path)
    ((_, edge),) = fleet.dpu_clusters
    versions = [
        fleet.host.create(kinds.NODE, node("x")).resource_version,
        edge.create(kinds.NODE, node("x")).resource_version,
        fleet.host.replace_status(kinds.DPU, with_status(fleet.host, "Error")).resource_version,
    ]
    assert versions == ["2", "3", "4"]


def test_what_was_not_written_stays_as_it_was(path: Path) -> None:
    before = yaml.safe_load(SMALL_FLEET)
    open_file(path).host.replace_status(kinds.DPU, with_status(open_file(path).host, "Error"))
    after = yaml.safe_load(path.read_text())
    assert after["host"]["items"][1:] == before["host"]["items"][1:]
    assert after["dpuClusters"] == before["dpuClusters"]
    assert after["host"]["items"][0]["spec"] == {"version": "1e3", "text": "no"}


def test_json_stays_json(tmp_path: Path) -> None:
    target = tmp_path / "fleet.json"
    target.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": []}))
    open_file(target).host.create(kinds.NODE, node("n1"))
    assert [item["metadata"]["name"] for item in json.loads(target.read_text())["items"]] == ["n1"]


def test_plain_manifests_get_a_document_more(tmp_path: Path) -> None:
    target = tmp_path / "a.yaml"
    target.write_text("---\n{apiVersion: v1, kind: Node, metadata: {name: a}}\n---\n")
    open_file(target).host.create(kinds.NODE, node("b"))
    documents = list(yaml.safe_load_all(target.read_text()))
    assert [document["metadata"]["name"] for document in documents] == ["a", "b"]


def test_nothing_is_written_when_nothing_changes(path: Path) -> None:
    host = open_file(path).host
    host.replace_status(kinds.DPU, with_status(host, "Error"))
    before = path.stat()
    host.replace_status(kinds.DPU, with_status(host, "Error"))
    after = path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_dry_runs_write_nothing_and_work_everywhere(path: Path) -> None:
    for fleet in (
        open_file(path),
        open_file("-", SMALL_FLEET),
        open_file("demo"),
        open_file(path.parent),
    ):
        made = fleet.host.create(kinds.NODE, node("n7"), dry_run=True)
        assert made.name == "n7"
        with pytest.raises(NotFoundError):
            fleet.host.get(made.ref)
    host = open_file(path).host
    assert host.replace_status(kinds.DPU, with_status(host, "Error"), dry_run=True).at("status")
    assert path.read_text() == SMALL_FLEET


@pytest.mark.parametrize("source", ["-", "demo", "folder"])
def test_sources_that_take_no_writes(path: Path, source: str) -> None:
    fleet = open_file(path.parent if source == "folder" else source, SMALL_FLEET)
    with pytest.raises(InputError, match="takes no writes") as raised:
        fleet.host.create(kinds.NODE, node("n7"))
    assert raised.value.exit_code == 2
    assert raised.value.hint == "save a copy to work on: `dpfctl snapshot save FILE`"


def test_mode_is_kept_and_links_are_followed(path: Path) -> None:
    path.chmod(0o640)
    link = path.with_name("link.yaml")
    link.symlink_to(path.name)
    open_file(link).host.create(kinds.NODE, node("n7"))
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert open_file(path).host.list(kinds.NODE)
    assert sorted(p.name for p in path.parent.iterdir()) == ["fleet.yaml", "link.yaml"]


@pytest.mark.parametrize("step", ["create", "fsync", "replace"])
def test_full_disk_leaves_the_old_file(
    path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    steps = {"create": (tempfile, "mkstemp"), "fsync": (os, "fsync"), "replace": (Path, "replace")}
    host = open_file(path).host
    with monkeypatch.context() as broken:
        broken.setattr(*steps[step], fail)
        with pytest.raises(InputError) as raised:
            host.create(kinds.NODE, node("n7"))
    assert raised.value.message == f"{path}: cannot be written: no space left on device"
    assert path.read_text() == SMALL_FLEET
    assert list(path.parent.iterdir()) == [path]
    assert host.list(kinds.NODE) == ()


def test_half_written_file_is_taken_away(path: Path) -> None:
    host = open_file(path).host
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        with pytest.raises(InputError, match="cannot be written: file too large"):
            host.create(kinds.NODE, node("n7"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == SMALL_FLEET
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to everything")
def test_read_only_file_and_folder(path: Path) -> None:
    host = open_file(path).host
    path.chmod(0o444)
    with pytest.raises(InputError, match="cannot be written: permission denied"):
        host.create(kinds.NODE, node("n7"))
    path.chmod(0o644)
    path.parent.chmod(0o555)
    try:
        with pytest.raises(InputError, match="cannot be written: permission denied"):
            host.create(kinds.NODE, node("n7"))
    finally:
        path.parent.chmod(0o755)
    assert path.read_text() == SMALL_FLEET


def test_second_writer_waits_and_then_gives_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_file, "_WAIT", 0.05)
    with locked(path), pytest.raises(ConflictError, match="another process is writing it"):
        open_file(path).host.create(kinds.NODE, node("n7"))


def test_lock_moves_on_with_the_file(path: Path) -> None:
    old = path.open("rb")
    fcntl.flock(old, fcntl.LOCK_EX)
    replace_file(path, SMALL_FLEET.encode())
    with locked(path):
        pass
    old.close()


def test_file_system_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(InputError, match="cannot be locked: no locks available"):
        open_file(path).host.create(kinds.NODE, node("n7"))


def test_threads_lose_no_object(path: Path) -> None:
    host = open_file(path).host
    threads = [
        threading.Thread(target=host.create, args=(kinds.NODE, node(f"n{number}")))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(open_file(path).host.list(kinds.NODE)) == 8


def test_write_of_another_right_after_ours_is_seen(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace_and_be_replaced(target: Path, data: bytes, **options: Any) -> os.stat_result:
        ours = replace_file(target, data, **options)
        replace_file(target, data.replace(b"n7", b"n8"))
        return ours

    host = open_file(path).host
    monkeypatch.setattr(fleet_file, "replace_file", replace_and_be_replaced)
    host.create(kinds.NODE, node("n7"))
    assert [r.name for r in host.list(kinds.NODE)] == ["n8"]


WRITER = """
import io, sys
from datetime import UTC, datetime
from dpfctl.cluster.fleet_file import open_fleet
from dpfctl.model import kinds
host = open_fleet(sys.argv[1], stdin=io.StringIO(), now=datetime.now(UTC)).host
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    host.create(kinds.NODE, {"metadata": {"name": f"{sys.argv[2]}-{number}"}})
"""


def writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_lose_no_object(path: Path) -> None:
    writers = [writer(path, f"w{number}", 10) for number in range(3)]
    for process in writers:
        process.communicate()
        assert process.returncode == 0
    nodes = open_file(path).host.list(kinds.NODE)
    assert len(nodes) == 30
    assert len({n.resource_version for n in nodes}) == 30


def test_killed_writer_leaves_a_whole_file(path: Path) -> None:
    process = writer(path, "w", 10_000)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    while not open_file(path).host.list(kinds.NODE):
        pass
    process.kill()
    process.communicate()
    assert open_file(path).host.list(kinds.DPU)
    assert open_file(path).host.create(kinds.NODE, node("after")).name == "after"
