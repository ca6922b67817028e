"""Writes that belong together: one lock, one new file, or none; and what judges each of them."""

import copy
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dpfctl.cluster import atomic_file, fleet_file
from dpfctl.cluster.atomic_file import locked
from dpfctl.cluster.fleet_file import FleetCluster, FleetFile
from dpfctl.cluster.packaged_crds import packaged_crds
from dpfctl.errors import ConflictError, InputError, NotFoundError, RejectedError
from dpfctl.model import kinds
from dpfctl.model.cluster import Cluster
from dpfctl.model.fleet_draft import FleetDraft
from dpfctl.model.resources import Ref, Resource
from tests.cluster.crd_objects import minimal
from tests.cluster.fleets import open_file

Json = dict[str, Any]

EDGE = ("ns", "edge")
PAUSE: Json = {"spec": {"paused": True}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    fleet = {
        "apiVersion": "dpfctl/v1",
        "kind": "Fleet",
        "host": {"items": [minimal(kinds.DPU_SERVICE, "ns", f"s{n}") for n in range(10)]},
        "dpuClusters": [{"namespace": "ns", "name": "edge", "items": []}],
    }
    target = tmp_path / "fleet.json"
    target.write_text(json.dumps(fleet))
    return target


@pytest.fixture
def file(path: Path) -> FleetFile:
    return open_file(path)


@pytest.fixture
def replacements(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were replaced, one entry for each time."""
    seen: list[Path] = []

    def counted(path: Path, data: bytes, **options: Any) -> Any:
        seen.append(path)
        return atomic_file.replace_file(path, data, **options)

    monkeypatch.setattr(fleet_file, "replace_file", counted)
    return seen


def service(number: int) -> Ref:
    return Ref(kinds.DPU_SERVICE, "ns", f"s{number}")


def node(name: str) -> Json:
    return {"metadata": {"name": name}}


def paused(cluster: Cluster) -> list[str]:
    return [r.name for r in cluster.list(kinds.DPU_SERVICE) if r.at("spec", "paused")]


def pause(cluster: Cluster, number: int) -> Resource:
    """Pause a service as a command does: read, then compare and swap."""
    found = cluster.get(service(number))
    version = {
        "op": "replace",
        "path": "/metadata/resourceVersion",
        "value": found.resource_version,
    }
    change = {"op": "replace", "path": "/spec/paused", "value": True}
    return cluster.patch(found.ref, [version, change])


def pause_and_fail(cluster: Cluster, number: int, error: type[BaseException]) -> None:
    with cluster.batch():
        pause(cluster, number)
        raise error


def test_file_is_written_once(file: FleetFile, path: Path, replacements: list[Path]) -> None:
    host = file.host
    before = path.read_bytes()
    with host.batch():
        versions = [pause(host, number).resource_version for number in range(3)]
        assert path.read_bytes() == before
        assert paused(host) == ["s0", "s1", "s2"]
        assert host.get(service(1)).resource_version == versions[1] == "3"
    assert replacements == [path]
    assert paused(open_file(path).host) == ["s0", "s1", "s2"]


def test_threads_share_a_batch(file: FleetFile, path: Path, replacements: list[Path]) -> None:
    host = file.host
    with host.batch(), ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda number: pause(host, number), range(10)))
    assert len({one.resource_version for one in made}) == 10
    assert len(paused(open_file(path).host)) == 10
    assert len(replacements) == 1


def test_threads_without_a_batch_lose_nothing(file: FleetFile, path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: pause(file.host, number), range(10)))
    assert len(paused(open_file(path).host)) == 10


def test_batch_covers_all_clusters_of_the_file(file: FleetFile, path: Path) -> None:
    ((_, edge),) = file.dpu_clusters
    with file.host.batch():
        edge.create(kinds.NODE, node("n1"))
        pause(file.host, 0)
        assert [r.name for r in edge.list(kinds.NODE)] == ["n1"]
    ((_, edge),) = open_file(path).dpu_clusters
    assert [r.name for r in edge.list(kinds.NODE)] == ["n1"]


def test_what_is_raised_leaves_the_file_as_it_was(file: FleetFile, path: Path) -> None:
    before = path.read_bytes()
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error):
            pause_and_fail(file.host, 0, error)
    assert path.read_bytes() == before
    assert paused(file.host) == []


def test_discarded_writes_are_taken_back(file: FleetFile, path: Path) -> None:
    before = path.read_bytes()
    with file.host.batch() as batch:
        pause(file.host, 0)
        assert batch.discard() is True
        assert paused(file.host) == []
    assert path.read_bytes() == before
    with file.host.batch() as batch:
        pause(file.host, 0)
        batch.discard()
        pause(file.host, 1)
    assert paused(open_file(path).host) == []


@pytest.mark.parametrize("way", ["replaced", "rewritten"])
def test_file_that_somebody_else_wrote_without_a_lock_stays_theirs(
    file: FleetFile, path: Path, way: str
) -> None:
    theirs = path.read_bytes().replace(b'"s9"', b'"ours"')
    told = pytest.raises(ConflictError, match="was written by another program meanwhile")
    with told, file.host.batch():
        pause(file.host, 0)
        if way == "replaced":
            other = path.with_name("other.json")
            other.write_bytes(theirs)
            other.replace(path)
        else:
            path.write_bytes(theirs)

    assert path.read_bytes() == theirs
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    pause(file.host, 1)
    assert paused(open_file(path).host) == ["s1"]


def test_refused_write_leaves_the_others(file: FleetFile, path: Path) -> None:
    with file.host.batch():
        pause(file.host, 0)
        with pytest.raises(RejectedError):
            file.host.merge(service(1), {"spec": {"paused": "yes"}})
        with pytest.raises(NotFoundError):
            file.host.merge(service(99), PAUSE)
        pause(file.host, 2)
    assert paused(open_file(path).host) == ["s0", "s2"]


def test_batch_in_a_batch_is_a_part_of_it(
    file: FleetFile, path: Path, replacements: list[Path]
) -> None:
    with file.host.batch():
        pause(file.host, 0)
        with file.host.batch():
            pause(file.host, 1)
        with pytest.raises(RuntimeError):
            pause_and_fail(file.host, 2, RuntimeError)
        assert replacements == []
    assert paused(open_file(path).host) == ["s0", "s1"]
    assert len(replacements) == 1


def test_dry_runs_in_a_batch_see_it_and_add_nothing(file: FleetFile, path: Path) -> None:
    host = file.host
    with host.batch():
        host.create(kinds.NODE, node("n1"))
        with pytest.raises(ConflictError, match="already exists"):
            host.create(kinds.NODE, node("n1"), dry_run=True)
        assert host.merge(service(0), PAUSE, dry_run=True).at("spec", "paused") is True
        assert paused(host) == []
    assert paused(open_file(path).host) == []


def test_batch_without_writes_writes_nothing(file: FleetFile, replacements: list[Path]) -> None:
    with file.host.batch():
        file.host.merge(service(0), {"spec": {"paused": None}})
    assert replacements == []


def test_file_that_cannot_be_written_stays(
    file: FleetFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def full(*_: Any, **_options: Any) -> None:
        raise InputError(f"{path}: cannot be written: no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(fleet_file, "replace_file", full)
        with pytest.raises(InputError, match="no space left on device"), file.host.batch():
            pause(file.host, 0)
    assert path.read_bytes() == before
    assert paused(file.host) == []
    pause(file.host, 1)
    assert paused(open_file(path).host) == ["s1"]


@pytest.mark.parametrize("source", ["demo", "folder"])
def test_what_takes_no_writes_takes_no_batch(path: Path, source: str) -> None:
    fleet = open_file(path.parent if source == "folder" else Path(source))
    with pytest.raises(InputError, match="takes no writes") as raised, fleet.host.batch():
        pytest.fail("the batch began")
    assert raised.value.hint == "save a copy to work on: `dpfctl snapshot save FILE`"
    assert fleet.host.create(kinds.NODE, node("n1"), dry_run=True).name == "n1"


def test_batch_keeps_other_processes_out(
    file: FleetFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_file, "_WAIT", 0.05)
    other = open_file(path).host
    with file.host.batch():
        pause(file.host, 0)
        with pytest.raises(ConflictError, match="another process is writing it"):
            pause(other, 1)
        with pytest.raises(ConflictError), other.batch():
            pytest.fail("the batch began")
    pause(other, 1)
    assert paused(file.host) == ["s0", "s1"]


def test_thread_that_waits_for_a_batch_goes_on_after_it(file: FleetFile, path: Path) -> None:
    with locked(path):
        waiting = threading.Thread(target=pause, args=(file.host, 0))
        waiting.start()
    waiting.join(20)
    assert paused(file.host) == ["s0"]


def test_deleted_object_does_not_give_its_version_away(file: FleetFile, path: Path) -> None:
    made = file.host.create(kinds.NODE, node("n1"))
    file.host.delete(made.ref, uid=made.uid)
    again = open_file(path).host.create(kinds.NODE, node("n1"))
    assert int(again.resource_version) > int(made.resource_version)
    assert again.uid != made.uid
    with pytest.raises(ConflictError):
        file.host.delete(made.ref, uid=made.uid)


def test_last_object_of_a_manifest_can_be_deleted(tmp_path: Path) -> None:
    target = tmp_path / "one.yaml"
    target.write_text("apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n")
    host = open_file(target).host
    host.delete(Ref(kinds.NODE, "", "n1"), uid=host.get(Ref(kinds.NODE, "", "n1")).uid)
    assert open_file(target).host.list(kinds.NODE) == ()
    assert open_file(target).host.create(kinds.NODE, node("n1")).resource_version == "3"


def test_no_write_of_a_batch_puts_the_whole_fleet_together(
    tmp_path: Path, replacements: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "fleet.json"
    items = [minimal(kinds.DPU_SERVICE, "ns", f"s{number}") for number in range(2_000)]
    target.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    host = open_file(target).host

    def refuse(_: FleetDraft) -> None:
        pytest.fail("all objects were looked at")

    with host.batch(), monkeypatch.context() as watched:
        watched.setattr(FleetDraft, "fleet", refuse)
        for number in range(300):
            pause(host, number)
    assert len(paused(open_file(target).host)) == 300
    assert len(replacements) == 1


# What judges a write


def crd_of(name: str) -> Json:
    return copy.deepcopy(dict(packaged_crds()[name].raw))


def fleet_with(folder: Path, *objects: Any) -> FleetCluster:
    target = folder / "with.json"
    target.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
    return open_file(target).host


def test_crd_in_the_file_wins(tmp_path: Path) -> None:
    crd = crd_of("dpuservices.svc.dpu.nvidia.com")
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["properties"]["paused"] = {"type": "string"}
    host = fleet_with(tmp_path, crd, minimal(kinds.DPU_SERVICE, "ns", "s0"))
    assert host.merge(service(0), {"spec": {"paused": "yes"}}).at("spec", "paused") == "yes"
    assert host.schemas([kinds.DPU_SERVICE])[kinds.DPU_SERVICE] == schema
    with pytest.raises(RejectedError, match="must be of type string"):
        host.merge(service(0), PAUSE)


def test_packaged_crds_fill_in() -> None:
    host = open_file(Path("demo")).host
    found = host.schemas([kinds.DPU_SERVICE, kinds.NODE, kinds.APPLICATION])
    assert set(found) == {kinds.DPU_SERVICE, kinds.APPLICATION}
    assert found[kinds.DPU_SERVICE]["properties"]["spec"]["required"]


def test_rules_that_are_not_checked_are_told(tmp_path: Path) -> None:
    crd = crd_of("dpuservices.svc.dpu.nvidia.com")
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["x-kubernetes-validations"].append({"rule": "self.new == 1"})
    host = fleet_with(tmp_path, crd, minimal(kinds.DPU_SERVICE, "ns", "s0"))
    before = host.file.warnings
    host.merge(service(0), PAUSE, dry_run=True)
    (warning,) = host.file.warnings
    assert before == ()
    said = "dpuservices.svc.dpu.nvidia.com: a rule of its CRD is not checked: self.new == 1"
    assert warning == said


def test_our_own_crds_leave_nothing_unchecked(file: FleetFile) -> None:
    pause(file.host, 0)
    assert file.warnings == ()


def test_packaged_crds_are_read_once() -> None:
    assert packaged_crds() is packaged_crds()


def test_writer_has_a_name(file: FleetFile) -> None:
    other = file.host.writing_as("controller")
    made = other.create(kinds.NODE, {"metadata": {"name": "n1", "labels": {"a": "b"}}})
    assert [entry["manager"] for entry in made.metadata["managedFields"]] == ["controller"]
    assert file.host.default_namespace == ""
