"""The file backend: sources, reading like a cluster, and snapshots."""

import errno
import io
import json
import os
import stat
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from dpfctl.cluster.atomic_file import replace_file
from dpfctl.cluster.fleet_file import FleetCluster, open_fleet
from dpfctl.cluster.snapshot_file import save_snapshot, snapshot_target
from dpfctl.errors import (
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
from tests.cluster.fleets import DPU, SMALL_FLEET, node, open_file

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
    target.write_text(SMALL_FLEET)
    return target


def refusal(source: str | Path, stdin: str = "") -> InputError:
    with pytest.raises(InputError) as raised:
        open_file(source, stdin)
    return raised.value


# Sources


def test_file_is_a_cluster(path: Path) -> None:
    host: Cluster = open_file(path).host
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
    ((name, edge),) = open_file(path).dpu_clusters
    assert name == ("ns", "edge")
    assert edge.label == "dpu cluster ns/edge"
    assert [r.name for r in edge.list(kinds.NODE)] == ["n1"]
    assert open_file(path).host.list(kinds.NODE) == ()


def test_standard_input() -> None:
    fleet = open_file("-", SMALL_FLEET)
    assert fleet.label == "standard input"
    assert len(fleet.host.list(kinds.DPU)) == len(fleet.host.list(kinds.DPU)) == 2


def test_standard_input_is_read_as_bytes() -> None:
    stream = io.TextIOWrapper(io.BytesIO(SMALL_FLEET.encode()), encoding="ascii")
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
    assert open_file("demo").host.list(kinds.DPF_OPERATOR_CONFIG)
    assert len(open_file("demo").dpu_clusters) == 2


def test_folder_is_read_by_name_without_subfolders(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps({"apiVersion": "v1", "kind": "Node", **node("b")}))
    (tmp_path / "a.yml").write_text("{apiVersion: v1, kind: Node, metadata: {name: a}}")
    (tmp_path / "c.yaml").write_text("")
    (tmp_path / "notes.txt").write_text("not YAML: [")
    (tmp_path / "deeper.yaml").mkdir()
    assert [r.name for r in open_file(tmp_path).host.list(kinds.NODE)] == ["a", "b"]


def test_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(SMALL_FLEET,))
    writer.start()
    fleet = open_file(pipe)
    writer.join()
    assert len(fleet.host.list(kinds.DPU)) == 2
    with pytest.raises(InputError, match="takes no writes"):
        fleet.host.create(kinds.NODE, node("n"))


def test_changed_file_is_read_again(path: Path) -> None:
    fleet = open_file(path)
    replace_file(path, SNAPSHOT.replace("dpus.", "x.").encode())
    assert fleet.host.list(kinds.DPU) == ()


def test_cluster_that_left_the_file_is_named(path: Path) -> None:
    ((_, edge),) = open_file(path).dpu_clusters
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
    fleet = open_file("-", SNAPSHOT)
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


# Snapshots


def document(cluster: FleetCluster) -> dict[str, Any]:
    host = cluster.read([kinds.DPU])
    edges = {("ns", "edge"): lost("gone")}
    return take_snapshot(host, edges, now=NOW, context="fleet.yaml", version="v1.36.3")


@pytest.mark.parametrize("name", ["copy.json", "copy.yaml", "copy.yml"])
def test_saved_snapshot_is_a_fleet(path: Path, name: str) -> None:
    host = open_file(path).host
    target = path.with_name(name)
    target.touch(0o644)
    save_snapshot(document(host), snapshot_target(str(target)))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = open_file(target).host.read([kinds.DPU])
    assert [r.raw for r in copy.list(kinds.DPU)] == [r.raw for r in host.list(kinds.DPU)]
    assert open_file(target).load().snapshot
    assert open_file(target).host.server().version == "v1.36.3"


def test_snapshot_follows_links(path: Path) -> None:
    link = path.with_name("link.json")
    link.symlink_to("no-suffix")
    save_snapshot(document(open_file(path).host), snapshot_target(str(link)))
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
