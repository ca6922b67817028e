"""Documents to a fleet: shapes, what is filled in, what is refused and where."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dpfctl.errors import InputError
from dpfctl.model import kinds
from dpfctl.model.cluster import HOST
from dpfctl.model.documents import parse_documents
from dpfctl.model.fleet import Fleet, ObjectKey, SnapshotInfo
from dpfctl.model.fleet_reader import read_fleet
from dpfctl.model.inventory import Trouble
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
DPU = "apiVersion: provisioning.dpu.nvidia.com/v1alpha1\nkind: DPU\n"


def fleet(text: str) -> Fleet:
    return read_fleet(parse_documents(text.encode(), "fleet.yaml"), NOW)


def refusal(text: str) -> InputError:
    with pytest.raises(InputError) as raised:
        fleet(text)
    return raised.value


def names(read: Fleet, kind: Kind = kinds.DPU) -> list[str]:
    return [f"{r.namespace}/{r.name}" for r in read.host.listing(kind).items]


def test_plain_manifests_are_host_objects() -> None:
    read = fleet(f"{DPU}metadata: {{name: b}}\n---\n---\n{DPU}metadata: {{name: a, namespace: z}}")
    assert names(read) == ["default/b", "z/a"]
    assert read.dpu_clusters == ()


def test_lists_are_flattened_at_any_depth() -> None:
    text = f"""
kind: List
apiVersion: v1
metadata: {{resourceVersion: ""}}
items:
- {DPU.replace(chr(10), chr(10) + "  ")}metadata: {{name: a}}
- apiVersion: provisioning.dpu.nvidia.com/v1alpha1
  kind: DPUList
  items:
  - metadata: {{name: b}}
  - metadata: {{name: c}}
- {{apiVersion: v1, kind: NodeList, items: null}}
- {{apiVersion: v1, kind: List, items: []}}
"""
    read = fleet(text)
    assert names(read) == ["default/a", "default/b", "default/c"]
    raw = read.host.listing(kinds.DPU).items[1].raw
    assert raw["apiVersion"] == "provisioning.dpu.nvidia.com/v1alpha1"
    assert raw["kind"] == "DPU"


def test_kind_that_ends_in_list_and_has_no_items_is_an_object() -> None:
    read = fleet("{apiVersion: x.io/v1, kind: AllowList, metadata: {name: a}}")
    assert list(read.host.entries) == [ObjectKey("x.io", "AllowList", "", "a")]


def test_fleet_document_holds_host_and_dpu_clusters() -> None:
    read = fleet("""
apiVersion: dpfctl/v1
kind: Fleet
metadata: {name: site}
host:
  items:
  - {apiVersion: v1, kind: Node, metadata: {name: n1}}
dpuClusters:
- namespace: dpu-cplane
  name: edge
  items:
  - {apiVersion: v1, kind: Node, metadata: {name: n1}}
  - {apiVersion: v1, kind: Node, metadata: {name: n2}}
- {namespace: dpu-cplane, name: empty}
""")
    assert names(read, kinds.NODE) == ["/n1"]
    assert read.dpu_clusters == (("dpu-cplane", "edge"), ("dpu-cplane", "empty"))
    edge = read.parts["dpu-cplane", "edge"].listing(kinds.NODE).items
    assert [node.name for node in edge] == ["n1", "n2"]
    assert edge[0].uid != read.host.listing(kinds.NODE).items[0].uid


def test_fleet_document_may_leave_everything_out() -> None:
    for text in ("", "host:\n", "host: {items: }\n", "dpuClusters: []\n"):
        assert not fleet(f"apiVersion: dpfctl/v1\nkind: Fleet\n{text}").host.entries


def test_objects_are_completed_without_touching_what_they_say() -> None:
    text = "{apiVersion: v1, kind: Node, metadata: {name: n1, namespace: stray}, x: 1}"
    node = fleet(text).host.listing(kinds.NODE).items[0]
    assert (node.namespace, node.resource_version) == ("", "1")
    assert node.uid == fleet(text).host.listing(kinds.NODE).items[0].uid
    (document,) = parse_documents(text.encode(), "x")
    assert document.value["metadata"] == {"name": "n1", "namespace": "stray"}


def test_complete_objects_are_kept_as_they_are() -> None:
    text = f"{DPU}metadata: {{name: a, namespace: b, uid: u, resourceVersion: '17'}}"
    documents = parse_documents(text.encode(), "x")
    read = read_fleet(documents, NOW)
    assert read.host.listing(kinds.DPU).items[0].raw is documents[0].value
    assert read.latest == 17


@pytest.mark.parametrize(
    ("version", "latest"), [("'42'", 42), ("abc", 1), ("''", 1), ("7", 1), ("'²'", 1)]
)
def test_versions_that_are_no_numbers_do_not_count(version: str, latest: int) -> None:
    assert fleet(f"{DPU}metadata: {{name: a, resourceVersion: {version}}}").latest == latest


def test_unknown_kinds_are_kept() -> None:
    read = fleet("{apiVersion: x.io/v1, kind: Thing, metadata: {name: a, namespace: n}}")
    thing = Kind("Thing", "things", "x.io", "v1")
    assert read.host.listing(thing).items[0].ref == Ref(thing, "n", "a")
    assert read.host.api_versions() == {"x.io": {"v1"}}


def test_kinds_absent_from_the_file_are_empty() -> None:
    assert fleet(f"{DPU}metadata: {{name: a}}").host.listing(kinds.BFB).trouble is None


def test_namespaces_narrow_a_listing() -> None:
    read = fleet(f"{DPU}metadata: {{name: a}}\n---\n{DPU}metadata: {{name: a, namespace: z}}")
    inventory = read.host.inventory([kinds.DPU, kinds.BFB], "z")
    assert [r.namespace for r in inventory.list(kinds.DPU)] == ["z"]


def test_snapshot_block_becomes_troubles() -> None:
    read = fleet("""
apiVersion: dpfctl/v1
kind: Fleet
snapshot:
  takenAt: "2026-03-14T09:00:00Z"
  context: site-a
  version: v1.36.3
  unreadable:
  - {resource: applications.argoproj.io, reason: NotServed}
  - {resource: nodes, reason: Unreachable, message: no route, dpuCluster: ns/edge}
""")
    assert read.snapshot == SnapshotInfo(NOW.replace(minute=0, second=0), "site-a", "v1.36.3")
    assert read.host.listing(kinds.APPLICATION).trouble is Trouble.NOT_SERVED
    edge = read.parts["ns", "edge"].listing(kinds.NODE)
    assert (edge.trouble, edge.message) == (Trouble.UNREACHABLE, "no route")
    assert read.parts["ns", "edge"].listing(kinds.POD).trouble is None


def test_relative_times_are_resolved() -> None:
    read = fleet(f'{DPU}metadata: {{name: a, creationTimestamp: "${{NOW-1d}}"}}')
    assert read.parts[HOST].listing(kinds.DPU).items[0].created == NOW.replace(day=13)


HEAD = "apiVersion: dpfctl/v1\nkind: Fleet\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("hello", "1: neither a Kubernetes object nor", id="no YAML mapping"),
        pytest.param("---\n---\n- b\n", "3: neither a Kubernetes object nor", id="a list"),
        pytest.param("\nspec: {}", "2: an object needs a kind", id="no kind"),
        pytest.param("kind: 5", "1: kind must be text", id="kind is a number"),
        pytest.param("kind: DPU", "1: dpu without an apiVersion", id="no apiVersion"),
        pytest.param(DPU, "1: dpu without metadata.name", id="no metadata"),
        pytest.param(
            f"{DPU}metadata: 5", "1: dpu without metadata.name", id="metadata is a number"
        ),
        pytest.param(f"{DPU}metadata: {{}}", "1: dpu without metadata.name", id="no name"),
        pytest.param(
            f"{DPU}metadata:\n  name: 12\n", "4: metadata.name must be text", id="name is a number"
        ),
        pytest.param(
            f"{DPU}metadata:\n  name: a\n  namespace: [x]\n",
            "5: metadata.namespace must be text",
            id="namespace is a list",
        ),
        pytest.param(
            f"{DPU}metadata: {{name: a}}\n---\n{DPU}metadata: {{name: a, namespace: default}}\n",
            "5: dpu/default/a stands here a second time",
            id="same object twice",
        ),
        pytest.param("kind: List\napiVersion: v1\nitems:\n-\n", "4: items[0] must be", id="null"),
        pytest.param(
            "kind: DPUList\napiVersion: x/v1\nitems: [{metadata: {name: a}}, 3]\n",
            "3: items[1] must be a mapping",
            id="item is a number",
        ),
        pytest.param(
            "apiVersion: dpfctl/v1\nkind: Zone\n", "1: dpfctl/v1 Zone is not a fleet", id="a zone"
        ),
        pytest.param(
            "apiVersion: dpfctl/v2\nkind: Fleet\n", "1: dpfctl/v2 Fleet is not", id="newer fleet"
        ),
        pytest.param(f"{HEAD}hosts: {{}}\n", "3: hosts is not a field of a fleet", id="bad field"),
        pytest.param(f"{HEAD}host:\n- a\n", "4: host must be a mapping", id="host is a list"),
        pytest.param(f"{HEAD}host:\n  items: a\n", "4: host.items must be a list", id="items"),
        pytest.param(
            f"{HEAD}host:\n  item: []\n", "4: host.item is not a field of a fleet", id="host field"
        ),
        pytest.param(
            f"{HEAD}dpuClusters:\n- name: a\n",
            "4: a DPU cluster needs a namespace and a name",
            id="cluster without namespace",
        ),
        pytest.param(
            f"{HEAD}dpuClusters:\n- &c {{name: a, namespace: b}}\n- *c\n",
            "5: dpucluster/b/a stands here a second time",
            id="same cluster twice",
        ),
        pytest.param(
            f"{HEAD}snapshot:\n  unreadable:\n  - {{resource: x, reason: Lost}}\n",
            "5: reason must be one of NotServed, Forbidden, Unreachable",
            id="unknown reason",
        ),
        pytest.param(
            f"{DPU}metadata: {{name: a}}\nstatus: {{startTime: '${{NOW-4x}}'}}\n",
            '1: startTime: "${NOW-4x}" is no time relative to now',
            id="bad relative time",
        ),
    ],
)
def test_refusals_name_the_line(text: str, message: str) -> None:
    assert refusal(text).message.startswith(f"fleet.yaml:{message}")


def test_both_places_of_an_object_that_stands_twice_are_named() -> None:
    text = f"{DPU}metadata: {{name: a}}\n---\n{DPU}metadata: {{name: a}}\n"
    assert refusal(text).hint == "it stands at fleet.yaml:1 already"


@pytest.mark.parametrize(
    "inside",
    [
        "status: x",
        "status: {conditions: x}",
        "status: {conditions: [null, 3, {type: 5}, {}]}",
        "spec: [1]",
        "spec: null",
    ],
)
def test_wrong_types_inside_objects_are_kept(inside: str) -> None:
    dpu = fleet(f"{DPU}metadata: {{name: a, labels: 3, annotations: [x]}}\n{inside}\n")
    resource = dpu.host.listing(kinds.DPU).items[0]
    assert resource.conditions == ()
    assert resource.label("a") is None


def test_line_is_that_of_the_object_in_a_huge_fleet() -> None:
    items: list[Any] = [
        f"  - {{apiVersion: v1, kind: Node, metadata: {{name: n{n}}}}}\n" for n in range(2000)
    ]
    items[1500] = "  - {apiVersion: v1, kind: Node, metadata: {}}\n"
    message = refusal(f"{HEAD}host:\n  items:\n{''.join(items)}").message
    assert message == "fleet.yaml:1505: node without metadata.name"
