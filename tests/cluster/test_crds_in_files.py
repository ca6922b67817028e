"""Our CRDs as a fleet file reads them: as strict as on a real API server, in the same words.

The sentences are those that ``test_crds`` asks a server.
"""

from pathlib import Path
from typing import Any

import pytest

from dpfctl.cluster.fleet_file import FleetCluster
from dpfctl.errors import RejectedError
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from tests.cluster.crd_objects import (
    DEFINED,
    Case,
    at,
    cases,
    changed,
    demo_fleet,
    longest_names,
    minimal,
    missing,
    status,
    words,
)
from tests.cluster.fleets import empty_fleet

Json = dict[str, Any]

NAMESPACE = "default"


@pytest.fixture
def fleet(tmp_path: Path) -> FleetCluster:
    return empty_fleet(tmp_path)


def each_case(section: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases(section), ids=str)


def offer(fleet: FleetCluster, kind: Kind, changes: Json) -> Json:
    """What the file would make of a new object."""
    body = changed(minimal(kind, NAMESPACE), changes)
    return dict(fleet.create(kind, body, dry_run=True).raw)


def create(fleet: FleetCluster, case: Case) -> Json:
    """Create the object a case starts from, with its status."""
    spec = {path: value for path, value in case.before.items() if path.startswith("spec")}
    made = fleet.create(case.kind, changed(minimal(case.kind, NAMESPACE), spec))
    if not case.kind.has_status:
        return dict(made.raw)
    reported = {path: value for path, value in case.before.items() if path not in spec}
    body = changed({**made.raw, "status": status(case.kind)}, reported)
    return dict(fleet.replace_status(case.kind, body).raw)


def replaced(fleet: FleetCluster, case: Case, before: Json) -> Json:
    """Make the object what the case changes it to, by a patch."""
    after = changed(before, case.then)
    patch = [{"op": "replace", "path": "/spec", "value": after.get("spec")}]
    return dict(fleet.patch(Resource(case.kind, before).ref, patch).raw)


@pytest.mark.parametrize("kind", DEFINED, ids=lambda kind: kind.name)
def test_a_minimal_object_is_taken_with_its_status(fleet: FleetCluster, kind: Kind) -> None:
    found = create(fleet, Case("minimal", kind))
    assert missing(minimal(kind, NAMESPACE).get("spec"), found.get("spec")) == []
    if kind.has_status:
        assert missing(status(kind), found.get("status", {})) == []


@pytest.mark.parametrize("kind", DEFINED, ids=lambda kind: kind.name)
def test_a_misspelt_field_is_dropped(fleet: FleetCluster, kind: Kind) -> None:
    assert "sepc" not in offer(fleet, kind, {"sepc": {}})


@each_case("defaults")
def test_the_file_fills_in(fleet: FleetCluster, case: Case) -> None:
    found = offer(fleet, case.kind, case.before)
    assert {path: at(found, path) for path in case.gives} == case.gives


@each_case("refused")
def test_the_file_refuses(fleet: FleetCluster, case: Case) -> None:
    with pytest.raises(RejectedError) as raised:
        offer(fleet, case.kind, case.before)
    assert case.says in raised.value.message


@each_case("taken")
def test_the_file_takes(fleet: FleetCluster, case: Case) -> None:
    found = offer(fleet, case.kind, case.before)
    wanted = changed(minimal(case.kind, NAMESPACE), case.before)["spec"]
    assert missing(wanted, found["spec"]) == []


@pytest.mark.parametrize(("kind", "path", "known"), words(), ids=str)
def test_a_word_is_one_of_few(
    fleet: FleetCluster, kind: Kind, path: str, known: tuple[str, ...]
) -> None:
    with pytest.raises(RejectedError) as raised:
        offer(fleet, kind, {path: "Other"})
    field, listed = path.replace("/", "."), ", ".join(f'"{word}"' for word in known)
    said = f'{field}: Unsupported value: "Other": supported values: {listed}'
    assert said in raised.value.message


@pytest.mark.parametrize(("kind", "limit"), longest_names(), ids=str)
def test_a_name_has_a_limit(fleet: FleetCluster, kind: Kind, limit: int) -> None:
    assert offer(fleet, kind, {"metadata/name": "a" * limit})
    with pytest.raises(RejectedError, match=f"name length can't be bigger than {limit} chars"):
        offer(fleet, kind, {"metadata/name": "a" * (limit + 1)})


@each_case("stays")
def test_an_object_stays_as_it_was(fleet: FleetCluster, case: Case) -> None:
    before = create(fleet, case)
    with pytest.raises(RejectedError) as raised:
        replaced(fleet, case, before)
    assert case.says in raised.value.message


@each_case("moves")
def test_an_object_is_changed(fleet: FleetCluster, case: Case) -> None:
    found = replaced(fleet, case, create(fleet, case))
    assert {path: at(found, path) for path in case.then} == case.then


@each_case("statuses")
def test_a_status_is_refused(fleet: FleetCluster, case: Case) -> None:
    before = create(fleet, case)
    with pytest.raises(RejectedError) as raised:
        fleet.replace_status(case.kind, changed(before, case.then))
    assert case.says in raised.value.message


@pytest.mark.parametrize(
    ("kind", "filled_in"),
    [
        ("DPU", {"phase": "Initializing", "dpuType": "Unknown", "dpuMode": "dpu"}),
        ("DPUDevice", {"bmcPort": 443, "dpuType": "Unknown", "dpuMode": "dpu"}),
    ],
)
def test_an_empty_status_is_filled_in(fleet: FleetCluster, kind: str, filled_in: Json) -> None:
    found = next(one for one in DEFINED if one.name == kind)
    before = create(fleet, Case("", found))
    emptied = fleet.replace_status(found, {**before, "status": {}})
    assert emptied.at("status") == filled_in


def test_the_demo_fleet_is_kept_as_it_is_written(fleet: FleetCluster) -> None:
    by_name = {kind.name: kind for kind in DEFINED}
    for one in demo_fleet()["host"]["items"]:
        if kind := by_name.get(one["kind"]):
            made = fleet.create(kind, one, dry_run=True)
            assert missing(one.get("spec"), made.raw.get("spec")) == []
