"""Our CRDs on a real API server: accepted, complete, and as strict as DPF's own."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from dpfctl.model.kinds import Kind
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
from tests.controlplane.api import Answer, Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.crds import crd_documents
from tests.controlplane.load import apply_objects, create_namespace
from tests.controlplane.wipe import delete_namespace

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
STRICT = {"fieldValidation": "Strict"}
DRY_RUN = STRICT | {"dryRun": "All"}

each_kind = pytest.mark.parametrize("kind", DEFINED, ids=lambda kind: kind.name)


def each_case(section: str) -> pytest.MarkDecorator:
    """One test per sentence of a section."""
    return pytest.mark.parametrize("case", cases(section), ids=str)


@pytest.fixture(scope="module")
def shelf(host_cluster: ControlPlane) -> Iterator[str]:
    """A namespace for the objects of this module."""
    name = f"crds-{uuid.uuid4().hex[:8]}"
    create_namespace(host_cluster, name)
    yield name
    delete_namespace(host_cluster, name)


@pytest.fixture
def name(host_cluster: ControlPlane, shelf: str) -> Iterator[str]:
    """A new name. Objects without a namespace that bear it are deleted afterwards."""
    name = f"c{uuid.uuid4().hex[:8]}"
    yield name
    for kind in (kind for kind in DEFINED if not kind.namespaced):
        host_cluster.api.request("DELETE", path_of(kind, shelf, name))


def path_of(kind: Kind, namespace: str, name: str = "", sub: str = "") -> str:
    """Where the objects of a kind are, or one of them, or its status."""
    inside = f"/namespaces/{namespace}" if kind.namespaced else ""
    tail = "".join(f"/{part}" for part in (name, sub) if part)
    return f"/apis/{kind.api_version}{inside}/{kind.plural}{tail}"


def offer(
    cluster: ControlPlane, kind: Kind, changes: Json, query: Mapping[str, str] = DRY_RUN
) -> Answer:
    """Ask the server what it would say to the creation of an object."""
    body = changed(minimal(kind, "default"), changes)
    return cluster.api.request("POST", path_of(kind, "default"), body, query=query)


def create(cluster: ControlPlane, case: Case, namespace: str, name: str) -> Json:
    """Create the object a case starts from, with its status."""
    spec = {path: value for path, value in case.before.items() if path.startswith("spec")}
    body = changed(minimal(case.kind, namespace, name), spec)
    created = cluster.api.call("POST", path_of(case.kind, namespace), body, query=STRICT)
    if not case.kind.has_status:
        return created
    created["status"] = status(case.kind)
    reported = {path: value for path, value in case.before.items() if path not in spec}
    return cluster.api.call(
        "PUT",
        path_of(case.kind, namespace, name, "status"),
        changed(created, reported),
        query=STRICT,
    )


def replace(cluster: ControlPlane, case: Case, before: Json, sub: str = "") -> Answer:
    """Send the object back as the case changes it."""
    namespace, name = before["metadata"].get("namespace", ""), before["metadata"]["name"]
    after = changed(before, case.then)
    return cluster.api.request("PUT", path_of(case.kind, namespace, name, sub), after, query=STRICT)


def refused(answer: Answer) -> str:
    """The message of a refusal."""
    assert answer.status == 422, (answer.status, answer.message())
    return answer.message()


def test_the_definitions_are_those_of_the_kinds_table() -> None:
    defined = {
        (
            crd["spec"]["names"]["kind"],
            crd["metadata"]["name"],
            crd["spec"]["group"],
            *(version["name"] for version in crd["spec"]["versions"]),
            crd["spec"]["scope"],
            "status" in crd["spec"]["versions"][0].get("subresources", {}),
        )
        for crd in crd_documents()
    }
    scopes = {True: "Namespaced", False: "Cluster"}
    assert defined == {
        (k.name, k.resource, k.group, k.version, scopes[k.namespaced], k.has_status)
        for k in DEFINED
    }


def test_dpf_kinds_outlive_the_chart_that_brought_them() -> None:
    kept = {
        crd["spec"]["group"]
        for crd in crd_documents()
        if crd["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep"
    }
    assert kept == {kind.group for kind in DEFINED if kind.group.endswith(".dpu.nvidia.com")}


@each_kind
def test_the_server_finds_no_fault_with_a_definition(
    host_cluster: ControlPlane, kind: Kind
) -> None:
    crd = host_cluster.api.call("GET", f"{CRDS}/{kind.resource}")
    conditions = {c["type"]: c["status"] for c in crd["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}, crd["status"]


@each_kind
def test_a_minimal_object_is_taken_with_its_status(
    host_cluster: ControlPlane, shelf: str, name: str, kind: Kind
) -> None:
    wanted = minimal(kind, shelf, name)
    if kind.has_status:
        found = create(host_cluster, Case("minimal", kind), shelf, name)
    else:
        wanted |= {"status": status(kind)} if status(kind) else {}
        found = host_cluster.api.call("POST", path_of(kind, shelf), wanted, query=STRICT)
    assert missing(wanted.get("spec"), found.get("spec")) == []
    assert missing(status(kind), found.get("status", {})) == []


@each_kind
def test_a_misspelt_field_is_noticed(host_cluster: ControlPlane, kind: Kind) -> None:
    answer = offer(host_cluster, kind, {"sepc": {}})
    assert (answer.status, 'unknown field "sepc"' in answer.message()) == (400, True)


@each_case("defaults")
def test_the_server_fills_in(host_cluster: ControlPlane, case: Case) -> None:
    answer = offer(host_cluster, case.kind, case.before)
    assert answer.status == 201, answer.message()
    assert {path: at(answer.json(), path) for path in case.gives} == case.gives


@each_case("refused")
def test_the_server_refuses(host_cluster: ControlPlane, case: Case) -> None:
    assert case.says in refused(offer(host_cluster, case.kind, case.before))


@each_case("taken")
def test_the_server_takes(host_cluster: ControlPlane, case: Case) -> None:
    answer = offer(host_cluster, case.kind, case.before)
    assert answer.status == 201, answer.message()
    wanted = changed(minimal(case.kind, "default"), case.before)["spec"]
    assert missing(wanted, answer.json()["spec"]) == []


@pytest.mark.parametrize(("kind", "path", "known"), words(), ids=str)
def test_a_word_is_one_of_few(
    host_cluster: ControlPlane, kind: Kind, path: str, known: tuple[str, ...]
) -> None:
    said = refused(offer(host_cluster, kind, {path: "Other"}))
    field, listed = path.replace("/", "."), ", ".join(f'"{word}"' for word in known)
    assert f'{field}: Unsupported value: "Other": supported values: {listed}' in said


@pytest.mark.parametrize(("kind", "limit"), longest_names(), ids=str)
def test_a_name_has_a_limit(host_cluster: ControlPlane, kind: Kind, limit: int) -> None:
    longest = offer(host_cluster, kind, {"metadata/name": "a" * limit})
    assert longest.status == 201, longest.message()
    longer = refused(offer(host_cluster, kind, {"metadata/name": "a" * (limit + 1)}))
    assert f"name length can't be bigger than {limit} chars" in longer


@each_case("stays")
def test_an_object_stays_as_it_was(
    host_cluster: ControlPlane, shelf: str, name: str, case: Case
) -> None:
    before = create(host_cluster, case, shelf, name)
    assert case.says in refused(replace(host_cluster, case, before))


@each_case("moves")
def test_an_object_is_changed(
    host_cluster: ControlPlane, shelf: str, name: str, case: Case
) -> None:
    before = create(host_cluster, case, shelf, name)
    answer = replace(host_cluster, case, before)
    assert answer.status == 200, answer.message()
    assert {path: at(answer.json(), path) for path in case.then} == case.then


@each_case("statuses")
def test_a_status_is_refused(host_cluster: ControlPlane, shelf: str, name: str, case: Case) -> None:
    before = create(host_cluster, case, shelf, name)
    assert case.says in refused(replace(host_cluster, case, before, "status"))


@pytest.mark.parametrize(
    ("kind", "filled_in"),
    [
        ("DPU", {"phase": "Initializing", "dpuType": "Unknown", "dpuMode": "dpu"}),
        ("DPUDevice", {"bmcPort": 443, "dpuType": "Unknown", "dpuMode": "dpu"}),
    ],
)
def test_an_empty_status_is_filled_in(
    host_cluster: ControlPlane, shelf: str, name: str, kind: str, filled_in: Json
) -> None:
    found = next(one for one in DEFINED if one.name == kind)
    before = create(host_cluster, Case("", found), shelf, name)
    emptied = replace(host_cluster, Case("", found, then={"status": {}}), before, "status")
    assert emptied.json()["status"] == filled_in


def test_the_demo_fleet_is_kept_as_it_is_written(leased_cluster: ControlPlane) -> None:
    assert not_kept(leased_cluster, demo_fleet()["host"]["items"]) == []


@pytest.mark.parametrize("number", [0, 1])
def test_the_dpu_clusters_of_the_demo_are_kept_as_they_are_written(
    leased_cluster: ControlPlane, number: int
) -> None:
    assert not_kept(leased_cluster, demo_fleet()["dpuClusters"][number]["items"]) == []


def not_kept(cluster: ControlPlane, objects: list[Json]) -> list[str]:
    """Put objects into a cluster; return the fields that the server dropped or changed."""
    others = [one for one in objects if one["kind"] != "Namespace"]
    answers = apply_objects(cluster, objects)
    return [
        f"{one['kind']}/{one['metadata']['name']}: {path}"
        for one, answer in zip(others, answers, strict=True)
        for part in ("spec", "status")
        for path in missing(one.get(part, {}), answer.get(part, {}), part)
    ]


def test_every_rule_has_a_case() -> None:
    said = {case.says for section in ("refused", "stays", "statuses") for case in cases(section)}
    said |= {f"name length can't be bigger than {limit} chars" for _, limit in longest_names()}
    rules = {rule["message"] for rule in rules_in(list(crd_documents())) if "message" in rule}
    assert rules - said == set()


def rules_in(value: Any) -> Iterator[Json]:
    """Every CEL rule below a value."""
    for key, child in value.items() if isinstance(value, dict) else enumerate(value):
        if key == "x-kubernetes-validations":
            yield from child
        elif isinstance(child, dict | list):
            yield from rules_in(child)
