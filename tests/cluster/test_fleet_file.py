"""The file backend: sources, reading like a cluster, and writes that are whole or not at all."""

import errno
import fcntl
import io
import json
import os
import resource
import stat
import subprocess
import sys
import tempfile
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import yaml

from dpfctl.cluster import atomic_file, fleet_file
from dpfctl.cluster.atomic_file import locked, replace_file
from dpfctl.cluster.fleet_file import FleetCluster, FleetFile, open_fleet
from dpfctl.cluster.snapshot_file import save_snapshot, snapshot_target
from dpfctl.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    KindNotServedError,
    NotFoundError,
    UnreachableError,
)
from dpfctl.model import kinds
from dpfctl.model.cluster import Cluster
from dpfctl.model.inventory import Trouble
from dpfctl.model.resources import Ref
from dpfctl.model.snapshot import lost, take_snapshot
from tests.builders import NOW

DPU = Ref(kinds.DPU, "ns", "a")
FLEET = """\
# a comment that a write loses
apiVersion: dpfctl/v1
kind: Fleet
host:
  items:
  - apiVersion: provisioning.dpu.nvidia.com/v1alpha1
    kind: DPU
    metadata: {name: a, namespace: ns, labels: {tier: "1"}}
    spec: {version: "1e3", text: "no"}
  - apiVersion: provisioning.dpu.nvidia.com/v1alpha1
    kind: DPU
    metadata: {name: b, namespace: ns, creationTimestamp: "${NOW-1d}"}
  - {apiVersion: x.io/v1, kind: Thing, metadata: {name: t}}
dpuClusters:
- namespace: ns
  name: edge
  items:
  - {apiVersion: v1, kind: Node, metadata: {name: n1}}
"""
SNAPSHOT = """\
apiVersion: dpfctl/v1
kind: Fleet
snapshot:
  unreadable:
  - {resource: dpus.provisioning.dpu.nvidia.com, reason: Forbidden, message: "dpus: forbidden"}
  - {resource: applications.argoproj.io, reason: NotServed}
  - {resource: "*", reason: Unreachable, message: no route, dpuCluster: ns/edge}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "fleet.yaml"
    target.write_text(FLEET)
    return target


def opened(source: str | Path, stdin: str = "") -> FleetFile:
    return open_fleet(str(source), stdin=io.StringIO(stdin), now=NOW)


def with_status(cluster: Cluster, phase: str) -> dict[str, Any]:
    """The DPU as it is, with another status."""
    return {**cluster.get(DPU).raw, "status": {"phase": phase}}


def node(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}}


def refusal(source: str | Path, stdin: str = "") -> InputError:
    with pytest.raises(InputError) as raised:
        opened(source, stdin)
    return raised.value


# Sources


def test_file_is_a_cluster(path: Path) -> None:
    host: Cluster = opened(path).host
    assert host.label == str(path)
    assert [r.name for r in host.read([kinds.DPU, kinds.BFB]).list(kinds.DPU)] == ["a", "b"]
    assert [r.name for r in host.list(kinds.DPU, selector="tier=1")] == ["a"]
    assert host.list(kinds.DPU, "elsewhere") == ()
    assert host.get(DPU).text("spec", "version") == "1e3"
    with pytest.raises(NotFoundError, match=r"^dpu/ns/z: not found$"):
        host.get(Ref(kinds.DPU, "ns", "z"))
    info = host.server()
    assert info.version == ""
    assert info.groups["x.io"] == ("v1",)
    host.close()


def test_dpu_clusters_are_clusters_of_their_own(path: Path) -> None:
    ((name, edge),) = opened(path).dpu_clusters
    assert name == ("ns", "edge")
    assert edge.label == "dpu cluster ns/edge"
    assert [r.name for r in edge.list(kinds.NODE)] == ["n1"]
    assert opened(path).host.list(kinds.NODE) == ()


def test_standard_input() -> None:
    fleet = opened("-", FLEET)
    assert fleet.label == "standard input"
    assert len(fleet.host.list(kinds.DPU)) == len(fleet.host.list(kinds.DPU)) == 2


def test_standard_input_is_read_as_bytes() -> None:
    stream = io.TextIOWrapper(io.BytesIO(FLEET.encode()), encoding="ascii")
    assert open_fleet("-", stdin=stream, now=NOW).host.list(kinds.DPU)


def test_standard_input_that_cannot_be_read() -> None:
    for_writing = os.open(os.devnull, os.O_WRONLY)
    with io.FileIO(for_writing) as stdin, pytest.raises(InputError) as raised:
        open_fleet("-", stdin=stdin, now=NOW)
    assert raised.value.message == "standard input: cannot be read: bad file descriptor"


def test_file_over_its_limit_is_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "fleet.json"
    huge.write_text("{")
    os.truncate(huge, (1 << 30) + 1)
    tracemalloc.start()
    assert refusal(huge).message == f"{huge}: larger than 1 GiB, the limit for JSON"
    huge.write_text("a")
    os.truncate(huge, (64 << 20) + 1)
    assert refusal(huge).message == f"{huge}: larger than 64 MiB, the limit for YAML"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_demo_is_packaged() -> None:
    assert opened("demo").host.list(kinds.DPF_OPERATOR_CONFIG)
    assert len(opened("demo").dpu_clusters) == 2


def test_folder_is_read_by_name_without_subfolders(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps({"apiVersion": "v1", "kind": "Node", **node("b")}))
    (tmp_path / "a.yml").write_text("{apiVersion: v1, kind: Node, metadata: {name: a}}")
    (tmp_path / "c.yaml").write_text("")
    (tmp_path / "notes.txt").write_text("not YAML: [")
    (tmp_path / "deeper.yaml").mkdir()
    assert [r.name for r in opened(tmp_path).host.list(kinds.NODE)] == ["a", "b"]


def test_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(FLEET,))
    writer.start()
    fleet = opened(pipe)
    writer.join()
    assert len(fleet.host.list(kinds.DPU)) == 2
    with pytest.raises(InputError, match="takes no writes"):
        fleet.host.create(kinds.NODE, node("n"))


def test_changed_file_is_read_again(path: Path) -> None:
    fleet = opened(path)
    replace_file(path, SNAPSHOT.replace("dpus.", "x.").encode())
    assert fleet.host.list(kinds.DPU) == ()


def test_cluster_that_left_the_file_is_named(path: Path) -> None:
    ((_, edge),) = opened(path).dpu_clusters
    replace_file(path, SNAPSHOT.replace("edge", "other").encode())
    with pytest.raises(InputError, match="no longer holds dpu cluster ns/edge"):
        edge.list(kinds.NODE)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        pytest.param("fleet.yaml", "", "holds no objects", id="empty"),
        pytest.param("fleet.yaml", "# nothing\n---\n", "holds no objects", id="only a comment"),
        pytest.param("fleet.json", "", "holds no objects", id="empty JSON"),
    ],
)
def test_file_without_objects(tmp_path: Path, name: str, data: str, message: str) -> None:
    (tmp_path / name).write_text(data)
    assert refusal(tmp_path / name).message == f"{tmp_path / name}: {message}"


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    absent = refusal(tmp_path / "absent.yaml")
    assert absent.message == f"{tmp_path / 'absent.yaml'}: not found"
    assert absent.hint == "--from takes a file, a folder, - or demo"
    assert refusal(tmp_path).message == f"{tmp_path}: holds no objects"
    assert "cannot be read" in refusal(tmp_path / ("x" * 300)).message


def test_file_without_read_permission(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refusal(path).message == f"{path}: cannot be read: permission denied"


# What a snapshot could not read


def test_troubles_of_a_snapshot() -> None:
    fleet = opened("-", SNAPSHOT)
    listing = fleet.host.read([kinds.DPU, kinds.NODE]).listing(kinds.DPU)
    assert (listing.trouble, listing.message) == (Trouble.FORBIDDEN, "dpus: forbidden")
    with pytest.raises(ForbiddenError, match=r"^dpus: forbidden$"):
        fleet.host.list(kinds.DPU)
    with pytest.raises(ForbiddenError):
        fleet.host.get(DPU)
    with pytest.raises(KindNotServedError, match=r"^applications\.argoproj\.io: notserved$"):
        fleet.host.create(kinds.APPLICATION, node("a"), dry_run=True)
    assert fleet.host.list(kinds.BFB) == ()
    ((_, edge),) = fleet.dpu_clusters
    with pytest.raises(UnreachableError, match=r"^no route$"):
        edge.read([kinds.NODE, kinds.POD])


# Writes


def test_created_object_is_in_the_file(path: Path) -> None:
    host = opened(path).host
    made = host.create(kinds.NODE, node("n7"))
    assert made.resource_version == "2"
    assert made.created == NOW.replace(microsecond=0)
    assert opened(path).host.get(made.ref).raw == made.raw
    with pytest.raises(ConflictError, match=r"^node/n7: already exists$"):
        opened(path).host.create(kinds.NODE, node("n7"))


def test_status_is_replaced_once(path: Path) -> None:
    host = opened(path).host
    stale = with_status(host, "Error")
    changed = host.replace_status(kinds.DPU, stale)
    assert changed.text("status", "phase") == "Error"
    assert host.get(DPU).raw == opened(path).host.get(DPU).raw == changed.raw
    with pytest.raises(ConflictError, match="the object has been modified"):
        host.replace_status(kinds.DPU, {**stale, "status": {"phase": "Ready"}})


def test_versions_are_counted_through_the_file(path: Path) -> None:
    fleet = opened(path)
    ((_, edge),) = fleet.dpu_clusters
    versions = [
        fleet.host.create(kinds.NODE, node("x")).resource_version,
        edge.create(kinds.NODE, node("x")).resource_version,
        fleet.host.replace_status(kinds.DPU, with_status(fleet.host, "Error")).resource_version,
    ]
    assert versions == ["2", "3", "4"]


def test_what_was_not_written_stays_as_it_was(path: Path) -> None:
    before = yaml.safe_load(FLEET)
    opened(path).host.replace_status(kinds.DPU, with_status(opened(path).host, "Error"))
    after = yaml.safe_load(path.read_text())
    assert after["host"]["items"][1:] == before["host"]["items"][1:]
    assert after["dpuClusters"] == before["dpuClusters"]
    assert after["host"]["items"][0]["spec"] == {"version": "1e3", "text": "no"}


def test_json_stays_json(tmp_path: Path) -> None:
    target = tmp_path / "fleet.json"
    target.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": []}))
    opened(target).host.create(kinds.NODE, node("n1"))
    assert [item["metadata"]["name"] for item in json.loads(target.read_text())["items"]] == ["n1"]


def test_plain_manifests_get_a_document_more(tmp_path: Path) -> None:
    target = tmp_path / "a.yaml"
    target.write_text("---\n{apiVersion: v1, kind: Node, metadata: {name: a}}\n---\n")
    opened(target).host.create(kinds.NODE, node("b"))
    documents = list(yaml.safe_load_all(target.read_text()))
    assert [document["metadata"]["name"] for document in documents] == ["a", "b"]


def test_nothing_is_written_when_nothing_changes(path: Path) -> None:
    host = opened(path).host
    host.replace_status(kinds.DPU, with_status(host, "Error"))
    before = path.stat()
    host.replace_status(kinds.DPU, with_status(host, "Error"))
    after = path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_dry_runs_write_nothing_and_work_everywhere(path: Path) -> None:
    for fleet in (opened(path), opened("-", FLEET), opened("demo"), opened(path.parent)):
        made = fleet.host.create(kinds.NODE, node("n7"), dry_run=True)
        assert made.name == "n7"
        with pytest.raises(NotFoundError):
            fleet.host.get(made.ref)
    host = opened(path).host
    assert host.replace_status(kinds.DPU, with_status(host, "Error"), dry_run=True).at("status")
    assert path.read_text() == FLEET


@pytest.mark.parametrize("source", ["-", "demo", "folder"])
def test_sources_that_take_no_writes(path: Path, source: str) -> None:
    fleet = opened(path.parent if source == "folder" else source, FLEET)
    with pytest.raises(InputError, match="takes no writes") as raised:
        fleet.host.create(kinds.NODE, node("n7"))
    assert raised.value.exit_code == 2
    assert raised.value.hint == "save a copy to work on: `dpfctl snapshot save FILE`"


def test_mode_is_kept_and_links_are_followed(path: Path) -> None:
    path.chmod(0o640)
    link = path.with_name("link.yaml")
    link.symlink_to(path.name)
    opened(link).host.create(kinds.NODE, node("n7"))
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert opened(path).host.list(kinds.NODE)
    assert sorted(p.name for p in path.parent.iterdir()) == ["fleet.yaml", "link.yaml"]


@pytest.mark.parametrize("step", ["create", "fsync", "replace"])
def test_full_disk_leaves_the_old_file(
    path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    steps = {"create": (tempfile, "mkstemp"), "fsync": (os, "fsync"), "replace": (Path, "replace")}
    host = opened(path).host
    with monkeypatch.context() as broken:
        broken.setattr(*steps[step], fail)
        with pytest.raises(InputError) as raised:
            host.create(kinds.NODE, node("n7"))
    assert raised.value.message == f"{path}: cannot be written: no space left on device"
    assert path.read_text() == FLEET
    assert list(path.parent.iterdir()) == [path]
    assert host.list(kinds.NODE) == ()


def test_half_written_file_is_taken_away(path: Path) -> None:
    host = opened(path).host
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        with pytest.raises(InputError, match="cannot be written: file too large"):
            host.create(kinds.NODE, node("n7"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == FLEET
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to everything")
def test_read_only_file_and_folder(path: Path) -> None:
    host = opened(path).host
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
    assert path.read_text() == FLEET


def test_second_writer_waits_and_then_gives_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_file, "_WAIT", 0.05)
    with locked(path), pytest.raises(ConflictError, match="another process is writing it"):
        opened(path).host.create(kinds.NODE, node("n7"))


def test_lock_moves_on_with_the_file(path: Path) -> None:
    old = path.open("rb")
    fcntl.flock(old, fcntl.LOCK_EX)
    replace_file(path, FLEET.encode())
    with locked(path):
        pass
    old.close()


def test_file_system_without_locks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(InputError, match="cannot be locked: no locks available"):
        opened(path).host.create(kinds.NODE, node("n7"))


def test_threads_lose_no_object(path: Path) -> None:
    host = opened(path).host
    threads = [
        threading.Thread(target=host.create, args=(kinds.NODE, node(f"n{number}")))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened(path).host.list(kinds.NODE)) == 8


def test_write_of_another_right_after_ours_is_seen(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace_and_be_replaced(target: Path, data: bytes, **options: Any) -> os.stat_result:
        ours = replace_file(target, data, **options)
        replace_file(target, data.replace(b"n7", b"n8"))
        return ours

    host = opened(path).host
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
    nodes = opened(path).host.list(kinds.NODE)
    assert len(nodes) == 30
    assert len({n.resource_version for n in nodes}) == 30


def test_killed_writer_leaves_a_whole_file(path: Path) -> None:
    process = writer(path, "w", 10_000)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    while not opened(path).host.list(kinds.NODE):
        pass
    process.kill()
    process.communicate()
    assert opened(path).host.list(kinds.DPU)
    assert opened(path).host.create(kinds.NODE, node("after")).name == "after"


# Snapshots


def document(cluster: FleetCluster) -> dict[str, Any]:
    host = cluster.read([kinds.DPU])
    edges = {("ns", "edge"): lost("gone")}
    return take_snapshot(host, edges, now=NOW, context="fleet.yaml", version="v1.36.3")


@pytest.mark.parametrize("name", ["copy.json", "copy.yaml", "copy.yml"])
def test_saved_snapshot_is_a_fleet(path: Path, name: str) -> None:
    host = opened(path).host
    target = path.with_name(name)
    target.touch(0o644)
    save_snapshot(document(host), snapshot_target(str(target)))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = opened(target).host.read([kinds.DPU])
    assert [r.raw for r in copy.list(kinds.DPU)] == [r.raw for r in host.list(kinds.DPU)]
    assert opened(target).load().snapshot
    assert opened(target).host.server().version == "v1.36.3"


def test_snapshot_follows_links(path: Path) -> None:
    link = path.with_name("link.json")
    link.symlink_to("no-suffix")
    save_snapshot(document(opened(path).host), snapshot_target(str(link)))
    assert json.loads((path.parent / "no-suffix").read_text())["kind"] == "Fleet"


def test_targets_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to("loop.json")
    for name, message in {
        "fleet": "a snapshot ends in one of .json, .yaml, .yml",
        "fleet.tar.gz": "a snapshot ends in one of",
        "folder.json": "is a folder",
        "pipe.json": "is no regular file",
        "absent/fleet.json": "there is no folder",
        "loop.json": "cannot be written: its links form a loop",
    }.items():
        with pytest.raises(InputError) as raised:
            snapshot_target(str(tmp_path / name))
        assert raised.value.message.startswith(f"{tmp_path / name}: {message}")
    assert raised.value.exit_code == 2
