"""What a write does to a fleet: the edit, and the documents it leaves."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dpfctl.errors import ConflictError, DpfctlError, NotFoundError, RejectedError
from dpfctl.model import kinds
from dpfctl.model.documents import Document, parse_documents
from dpfctl.model.fleet import HOST, ClusterName, Fleet, ObjectKey
from dpfctl.model.fleet_edit import Edit, changes, edit_documents
from dpfctl.model.fleet_reader import read_fleet
from dpfctl.model.fleet_writes import plan_create, plan_status

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
DPU = "apiVersion: provisioning.dpu.nvidia.com/v1alpha1\nkind: DPU\n"
EDGE = ("ns", "edge")
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n9"}}


def read(text: str) -> tuple[tuple[Document, ...], Fleet]:
    documents = parse_documents(text.encode(), "fleet.yaml")
    return documents, read_fleet(documents, NOW)


def values(text: str, cluster: ClusterName, raw: dict[str, Any]) -> list[Any]:
    """What the documents hold once an object was stored."""
    documents, fleet = read(text)
    key = ObjectKey("", "Node", "", raw["metadata"]["name"])
    return [d.value for d in edit_documents(documents, fleet, Edit(cluster, key, raw))]


DOCUMENT = f"{DPU}metadata: {{name: a, namespace: n, resourceVersion: '8', generation: 3}}\n"
FLEET = read(DOCUMENT + "spec: {x: 1}\nstatus: {phase: Ready}\n")[1]


def dpu(**metadata: str) -> dict[str, Any]:
    return {"metadata": {"name": "a", "namespace": "n", **metadata}}


def test_created_object_has_what_a_server_sets() -> None:
    body = {
        "metadata": {"name": "b", "labels": {"x": "y"}, "uid": "mine", "managedFields": []},
        "spec": {"x": 1},
        "status": {"phase": "Ready"},
    }
    edit = plan_create(FLEET, HOST, kinds.DPU, body, NOW)
    assert edit.key == ObjectKey("provisioning.dpu.nvidia.com", "DPU", "default", "b")
    assert edit.raw == {
        "apiVersion": "provisioning.dpu.nvidia.com/v1alpha1",
        "kind": "DPU",
        "metadata": {
            "name": "b",
            "namespace": "default",
            "labels": {"x": "y"},
            "uid": edit.raw["metadata"]["uid"],
            "resourceVersion": "9",
            "generation": 1,
            "creationTimestamp": "2026-03-14T09:26:53Z",
        },
        "spec": {"x": 1},
    }
    assert edit.raw["metadata"]["uid"] not in ("", "mine")


def test_status_stays_where_it_is_no_subresource() -> None:
    body = {"metadata": {"name": "b"}, "status": {"health": {}}}
    assert "status" in plan_create(FLEET, HOST, kinds.APPLICATION, body, NOW).raw


def test_cluster_scoped_object_gets_no_namespace() -> None:
    body = {"metadata": {"name": "n1", "namespace": "stray"}}
    edit = plan_create(FLEET, HOST, kinds.NODE, body, NOW)
    assert edit.key == ObjectKey("", "Node", "", "n1")
    assert "namespace" not in edit.raw["metadata"]


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (dpu(), ConflictError, "dpu/n/a: already exists"),
        ({}, RejectedError, "dpu: metadata.name is missing"),
        (dpu(name="b", resourceVersion="1"), RejectedError, "dpu/n/b: a new object cannot have"),
        ({**dpu(), "kind": "BFB"}, RejectedError, "dpu/n/a: the body is a BFB of the group"),
        ({**dpu(), "apiVersion": "v1"}, RejectedError, "dpu/n/a: the body is a DPU of the group "),
    ],
)
def test_create_refuses(body: dict[str, Any], error: type[DpfctlError], message: str) -> None:
    with pytest.raises(error) as raised:
        plan_create(FLEET, HOST, kinds.DPU, body, NOW)
    assert raised.value.message.startswith(message)


def test_status_is_all_that_changes() -> None:
    body = {**dpu(resourceVersion="8"), "spec": {"x": 2}, "status": {"phase": "Error"}}
    edit = plan_status(FLEET, HOST, kinds.DPU, body)
    before = FLEET.host.find(edit.key)
    assert before is not None
    metadata = {**before["metadata"], "resourceVersion": "9"}
    assert edit.raw == {**before, "metadata": metadata, "status": {"phase": "Error"}}
    assert changes(FLEET, edit)


def test_status_can_be_removed() -> None:
    edit = plan_status(FLEET, HOST, kinds.DPU, dpu(resourceVersion="8"))
    assert "status" not in edit.raw


def test_equal_status_changes_nothing() -> None:
    body = {**dpu(resourceVersion="8"), "status": {"phase": "Ready"}}
    assert not changes(FLEET, plan_status(FLEET, HOST, kinds.DPU, body))


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (dpu(name="b"), NotFoundError, "dpu/n/b: not found"),
        (dpu(), RejectedError, "dpu/n/a: an update needs metadata.resourceVersion"),
        (dpu(resourceVersion="7"), ConflictError, "dpu/n/a: changed since it was read"),
        (dpu(resourceVersion="8", uid="x"), ConflictError, "dpu/n/a: was deleted and created"),
    ],
)
def test_status_refuses(body: dict[str, Any], error: type[DpfctlError], message: str) -> None:
    with pytest.raises(error) as raised:
        plan_status(FLEET, HOST, kinds.DPU, body)
    assert raised.value.message.startswith(message)


def test_kind_without_status_has_none_to_replace() -> None:
    with pytest.raises(NotFoundError, match="has no status subresource"):
        plan_status(FLEET, HOST, kinds.DPU_FLAVOR, dpu(resourceVersion="8"))


def test_new_object_among_manifests_is_a_document() -> None:
    assert values(DOCUMENT, HOST, NODE)[1:] == [NODE]


def test_new_object_joins_a_list() -> None:
    text = "kind: List\napiVersion: v1\nmetadata: {}\nitems: []\n"
    assert values(text, HOST, NODE)[0]["items"] == [NODE]


def test_new_object_joins_its_part_of_a_fleet() -> None:
    head = "apiVersion: dpfctl/v1\nkind: Fleet\n"
    clusters = "dpuClusters: [{namespace: ns, name: other}, {namespace: ns, name: edge}]\n"
    for host in ("", "host:\n", "host: {}\n", "host: {items: }\n", "host: {items: []}\n"):
        (value,) = values(head + host + clusters, HOST, NODE)
        assert value["host"] == {"items": [NODE]}
    (value,) = values(head + clusters, EDGE, NODE)
    assert value["dpuClusters"][1] == {"namespace": "ns", "name": "edge", "items": [NODE]}
    assert "host" not in value


def test_object_of_a_typed_list_is_replaced_where_it_stands() -> None:
    text = "kind: NodeList\napiVersion: v1\nitems: [{metadata: {name: n8}}, {metadata: {name: n9}}]"
    (value,) = values(text, HOST, NODE)
    assert value["items"] == [{"metadata": {"name": "n8"}}, NODE]


def test_other_documents_are_untouched() -> None:
    documents, fleet = read(
        f"---\n---\n{DOCUMENT}---\nkind: Node\napiVersion: v1\nmetadata: {{name: n9}}"
    )
    edit = Edit(HOST, ObjectKey("", "Node", "", "n9"), NODE)
    edited = edit_documents(documents, fleet, edit)
    assert edited[2].value is NODE
    assert edited[1].value is documents[1].value
    assert documents[2].value is not NODE
