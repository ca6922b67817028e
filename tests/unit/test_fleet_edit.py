"""What edits do to the documents of a fleet."""

from datetime import UTC, datetime
from typing import Any

from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.documents import Document, parse_documents
from dpfctl.model.fleet import Fleet, ObjectKey
from dpfctl.model.fleet_draft import FleetDraft
from dpfctl.model.fleet_edit import Edit, edit_documents
from dpfctl.model.fleet_reader import read_fleet

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
EDGE = ("ns", "edge")
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n9"}}
PLAIN = "apiVersion: v1\nkind: Node\nmetadata: {name: n8, resourceVersion: '8'}\n"


def read(text: str) -> tuple[tuple[Document, ...], Fleet]:
    documents = parse_documents(text.encode(), "fleet.yaml")
    return documents, read_fleet(documents, NOW)


def key(name: str) -> ObjectKey:
    return ObjectKey("", "Node", "", name)


def node(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


def values(text: str, *edits: Edit, latest: int = 0) -> list[Any]:
    """What the documents hold once the edits are made."""
    documents, fleet = read(text)
    return [d.value for d in edit_documents(documents, fleet, edits, latest)]


def put(name: str, cluster: ClusterName = HOST) -> Edit:
    return Edit(cluster, key(name), node(name))


def gone(name: str, cluster: ClusterName = HOST) -> Edit:
    return Edit(cluster, key(name), None)


def test_new_objects_among_manifests_are_documents() -> None:
    assert values(PLAIN, put("n9"), put("n7"))[1:] == [node("n9"), node("n7")]


def test_new_objects_join_a_list() -> None:
    text = "kind: List\napiVersion: v1\nmetadata: {}\nitems: []\n"
    assert values(text, put("n9"), put("n7"))[0]["items"] == [node("n9"), node("n7")]


def test_new_object_joins_its_part_of_a_fleet() -> None:
    head = "apiVersion: dpfctl/v1\nkind: Fleet\n"
    clusters = "dpuClusters: [{namespace: ns, name: other}, {namespace: ns, name: edge}]\n"
    for host in ("", "host:\n", "host: {}\n", "host: {items: }\n", "host: {items: []}\n"):
        (value,) = values(head + host + clusters, put("n9"))
        assert value["host"] == {"items": [NODE]}
    (value,) = values(head + clusters, put("n9", EDGE))
    assert value["dpuClusters"][1] == {"namespace": "ns", "name": "edge", "items": [NODE]}
    assert "host" not in value


def test_object_of_a_typed_list_is_replaced_where_it_stands() -> None:
    text = "kind: NodeList\napiVersion: v1\nitems: [{metadata: {name: n8}}, {metadata: {name: n9}}]"
    (value,) = values(text, put("n9"))
    assert value["items"] == [{"metadata": {"name": "n8"}}, NODE]


def test_several_edits_of_one_list_are_made_together() -> None:
    items = ", ".join(f"{{apiVersion: v1, kind: Node, metadata: {{name: n{i}}}}}" for i in range(5))
    text = f"{{kind: List, apiVersion: v1, items: [{items}]}}"
    edits = (gone("n1"), put("n9"), gone("n3"), Edit(HOST, key("n2"), {**node("n2"), "spec": {}}))
    (value,) = values(text, *edits)
    names = [item["metadata"]["name"] for item in value["items"]]
    assert names == ["n0", "n2", "n4", "n9"]
    assert value["items"][1]["spec"] == {}


def test_other_documents_are_untouched() -> None:
    documents, fleet = read(
        f"---\n---\n{PLAIN}---\nkind: Node\napiVersion: v1\nmetadata: {{name: n9}}"
    )
    edited = edit_documents(documents, fleet, [Edit(HOST, key("n9"), NODE)])
    assert edited[2].value is NODE
    assert edited[1].value is documents[1].value
    assert documents[2].value is not NODE


def test_version_of_what_is_gone_is_noted_in_the_list() -> None:
    (value,) = values(
        "kind: Fleet\napiVersion: dpfctl/v1\nhost: {items: []}\n", gone("n8"), latest=8
    )
    assert list(value) == ["apiVersion", "kind", "metadata", "host"]
    assert value["metadata"] == {"resourceVersion": "8"}


def test_last_manifest_that_goes_leaves_a_list_with_its_version() -> None:
    gone_one, left = values(PLAIN, gone("n8"), latest=12)
    assert gone_one is None
    assert left == {
        "apiVersion": "v1",
        "kind": "List",
        "metadata": {"resourceVersion": "12"},
        "items": [],
    }
    text = "apiVersion: v1\nkind: List\nmetadata: {resourceVersion: '12'}\nitems: []\n"
    assert read(text)[1].latest == 12


def test_draft_shows_what_will_be_written() -> None:
    documents, base = read(PLAIN)
    draft = FleetDraft(base)
    assert draft.fleet() is base
    draft.put(HOST, key("n9"), NODE)
    draft.put(HOST, key("n8"), None)
    assert draft.find(HOST, key("n8")) is None
    assert list(draft.fleet().host.entries) == [key("n9")]
    assert draft.latest == draft.fleet().latest == 10
    written = edit_documents(documents, base, draft.edits, draft.latest)
    assert read_fleet(written, NOW).host.entries.keys() == draft.fleet().host.entries.keys()


def test_draft_forgets_what_came_and_went() -> None:
    draft = FleetDraft(read(PLAIN)[1])
    draft.put(HOST, key("n9"), NODE)
    draft.put(HOST, key("n9"), None)
    assert draft.edits == ()
    assert draft.latest == 10


def test_copied_draft_goes_its_own_way() -> None:
    draft = FleetDraft(read(PLAIN)[1])
    copied = draft.copy()
    draft.put(HOST, key("n9"), NODE)
    assert copied.find(HOST, key("n9")) is None
    assert copied.latest == 8
