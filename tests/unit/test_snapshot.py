"""What a snapshot keeps, and that it reads back as what was read."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from dpfctl.cluster.snapshot_file import snapshot_text
from dpfctl.errors import InputError
from dpfctl.model import kinds
from dpfctl.model.documents import Format, parse_documents
from dpfctl.model.dpu_services import ALLOW_LIST
from dpfctl.model.fleet import Fleet
from dpfctl.model.fleet_reader import read_fleet
from dpfctl.model.inventory import Inventory, Listing, Trouble, listing_of
from dpfctl.model.kinds import Kind
from dpfctl.model.redaction import REDACTED
from dpfctl.model.resources import Resource
from dpfctl.model.snapshot import kept, lost, take_snapshot
from tests.builders import NOW

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "fleet.schema.json"
EDGE = ("dpu-cplane", "edge")


def resource(kind: Kind, name: str, **fields: Any) -> Resource:
    metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": "7"}
    if kind.namespaced:
        metadata["namespace"] = "ns"
    metadata |= fields.pop("metadata", {})
    raw = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **fields}
    return Resource(kind, raw)


def inventory(*resources: Resource, **troubles: Listing) -> Inventory:
    listings = {kind: Listing() for kind in (kinds.NODE, kinds.DPU)}
    for kind in {r.kind: None for r in resources}:
        listings[kind] = listing_of(r for r in resources if r.kind == kind)
    return Inventory(listings)


def snapshot(host: Inventory, **dpu: Inventory) -> dict[str, Any]:
    clusters = {EDGE: dpu["edge"]} if dpu else {}
    return take_snapshot(host, clusters, now=NOW, context="site-a", version="v1.36.3")


def read_back(document: dict[str, Any], written: Format) -> Fleet:
    return read_fleet(parse_documents(snapshot_text(document, written), "snapshot"), NOW)


def raws(found: Inventory, kind: Kind) -> list[Any]:
    return [r.raw for r in found.list(kind)]


@pytest.mark.parametrize("written", list(Format))
def test_snapshot_reads_back_as_what_was_read(written: Format) -> None:
    status = {"conditions": [{"type": "Ready", "status": "True", "message": "two\nlines\n"}]}
    host = inventory(
        resource(kinds.DPU, "b", spec={"n": 1, "f": 1.5, "none": None, "on": "on"}),
        resource(kinds.DPU, "a", status=status, metadata={"labels": {"x": "1"}}),
        resource(kinds.NODE, "n1"),
    )
    edge = inventory(resource(kinds.POD, "p", status={"phase": "Running"}))
    fleet = read_back(snapshot(host, edge=edge), written)
    for kind in (kinds.DPU, kinds.NODE):
        assert raws(fleet.host.inventory([kind]), kind) == raws(host, kind)
    assert raws(fleet.parts[EDGE].inventory([kinds.POD]), kinds.POD) == raws(edge, kinds.POD)
    assert fleet.snapshot is not None
    assert (fleet.snapshot.taken_at, fleet.snapshot.context) == (NOW, "site-a")


def test_what_could_not_be_read_reads_back_as_that_trouble() -> None:
    host = Inventory(
        {
            kinds.DPU: Listing(trouble=Trouble.FORBIDDEN, message="dpus: forbidden"),
            kinds.APPLICATION: Listing(trouble=Trouble.NOT_SERVED, message="not served"),
            kinds.NODE: Listing(),
        }
    )
    fleet = read_back(snapshot(host, edge=lost("edge: no route to host")), Format.JSON)
    found = fleet.host.inventory(host.listings)
    assert found.listings == host.listings
    for kind in kinds.DPU_SIDE:
        trouble = fleet.parts[EDGE].listing(kind)
        assert (trouble.trouble, trouble.message) == (Trouble.UNREACHABLE, "edge: no route to host")


def test_lost_cluster_is_one_entry() -> None:
    document = snapshot(inventory(), edge=lost("no route"))
    assert document["snapshot"]["unreadable"] == [
        {
            "dpuCluster": "dpu-cplane/edge",
            "resource": "*",
            "reason": "Unreachable",
            "message": "no route",
        }
    ]


def test_secrets_are_left_out() -> None:
    host = inventory(resource(kinds.SECRET, "s", data={"a": "b"}), resource(kinds.NODE, "n"))
    (item,) = snapshot(host)["host"]["items"]
    assert item["kind"] == "Node"


def test_order_does_not_depend_on_the_order_of_reading() -> None:
    nodes, dpus = resource(kinds.NODE, "n"), resource(kinds.DPU, "d")
    assert snapshot(inventory(nodes, dpus)) == snapshot(inventory(dpus, nodes))


def test_the_list_of_privileged_services_is_no_secret() -> None:
    place = {"namespace": ALLOW_LIST.namespace}
    listed = resource(kinds.CONFIG_MAP, ALLOW_LIST.name, data={"a": "b"}, metadata=place)

    assert kept(listed)["data"] == {"a": "b"}


def test_config_maps_lose_their_data() -> None:
    raw = kept(resource(kinds.CONFIG_MAP, "c", data={"a": "b"}, binaryData={"c": "d"}))
    assert set(raw) == {"apiVersion", "kind", "metadata"}


def test_copies_and_managed_fields_are_left_out() -> None:
    annotations = {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "dpfctl/suspended-at": "2026-03-14T09:00:00Z",
        "db-password": "x",
    }
    raw = kept(resource(kinds.DPU, "a", metadata={"annotations": annotations, "managedFields": []}))
    assert "managedFields" not in raw["metadata"]
    assert raw["metadata"]["annotations"] == {
        "dpfctl/suspended-at": "2026-03-14T09:00:00Z",
        "db-password": REDACTED,
    }


CONTAINER = {
    "name": "c",
    "image": "i:1",
    "env": [{"name": "A", "value": "b"}],
    "envFrom": [{}],
    "args": ["--password=x"],
    "command": ["sh"],
    "livenessProbe": {"exec": {"command": ["x"]}},
}
POD_SPEC = {
    "nodeName": "n1",
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "volumes": [{"name": "v", "csi": {"volumeAttributes": {"password": "x"}}}],
    "containers": [CONTAINER, "rubbish"],
    "initContainers": [CONTAINER],
}
BARE = {"name": "c", "image": "i:1"}
BARE_SPEC = {
    "nodeName": "n1",
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "containers": [BARE, "rubbish"],
    "initContainers": [BARE],
}


def test_pods_keep_names_images_and_status() -> None:
    ended = {"exitCode": 1, "reason": "Error", "message": "last words of the log"}
    status = {"containerStatuses": [{"name": "c", "lastState": {"terminated": ended}}]}
    raw = kept(resource(kinds.POD, "p", spec=POD_SPEC, status=status))
    assert raw["spec"] == BARE_SPEC
    last = raw["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert last == {"exitCode": 1, "reason": "Error"}


@pytest.mark.parametrize("kind", [kinds.DAEMON_SET, kinds.DEPLOYMENT])
def test_templates_of_workloads_are_stripped_too(kind: Kind) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": POD_SPEC}
    raw = kept(resource(kind, "w", spec={"selector": {}, "template": template}, status={"n": 1}))
    assert raw["spec"]["template"] == {"metadata": {"labels": {"a": "b"}}, "spec": BARE_SPEC}
    assert raw["spec"]["selector"] == {}
    assert raw["status"] == {"n": 1}


@pytest.mark.parametrize("spec", [None, "x", {"template": None}, {"template": {"spec": 3}}])
def test_damaged_workloads_are_kept(spec: Any) -> None:
    assert kept(resource(kinds.DEPLOYMENT, "w", spec=spec))["spec"] == spec
    assert kept(resource(kinds.POD, "w", spec=3))["spec"] == 3


def test_helm_values_lose_what_is_called_like_a_secret() -> None:
    values = {"image": "a", "auth": {"password": "x"}}
    masked = {"image": "a", "auth": {"password": REDACTED}}
    service = resource(kinds.DPU_SERVICE, "s", spec={"helmChart": {"values": values}})
    assert kept(service)["spec"]["helmChart"]["values"] == masked
    helm = {
        "valuesObject": values,
        "values": "password: x\n",
        "parameters": [{"name": "db.password", "value": "x"}, {"name": "a", "value": "b"}],
    }
    source = {"repoURL": "https://u:p@host", "helm": helm}
    application = resource(
        kinds.APPLICATION,
        "a",
        spec={"source": source},
        status={"history": [{"source": source}], "conditions": [{"message": "get https://u:p@h"}]},
    )
    raw = kept(application)
    cleaned = {
        "repoURL": f"https://{REDACTED}@host",
        "helm": {
            "valuesObject": masked,
            "values": f"password: {REDACTED}\n",
            "parameters": [{"name": "db.password", "value": REDACTED}, {"name": "a", "value": "b"}],
        },
    }
    assert raw["spec"]["source"] == raw["status"]["history"][0]["source"] == cleaned
    assert raw["status"]["conditions"][0]["message"] == f"get https://{REDACTED}@h"


def test_variables_lose_their_values_wherever_they_stand() -> None:
    env = [{"name": "DB_PASSWORD", "value": "x"}, {"name": "LEVEL", "value": "info"}]
    container = {"additionalContainers": [{"name": "a", "env": env}]}
    raw = kept(resource(kinds.TENANT_CONTROL_PLANE, "t", spec={"deployment": container}))
    (kept_container,) = raw["spec"]["deployment"]["additionalContainers"]
    assert kept_container["env"] == [{"name": "DB_PASSWORD", "value": REDACTED}, env[1]]


def test_flavors_lose_files_and_passwords() -> None:
    spec = {
        "bfcfgParameters": ["ubuntu_PASSWORD=x", "WITH_NIC_FW_UPDATE=yes"],
        "configFiles": [{"path": "/etc/x", "raw": "anything"}, {"path": "/etc/y"}],
        "grub": {"kernelParameters": ["a=b"]},
    }
    assert kept(resource(kinds.DPU_FLAVOR, "f", spec=spec))["spec"] == {
        "bfcfgParameters": [f"ubuntu_PASSWORD={REDACTED}", "WITH_NIC_FW_UPDATE=yes"],
        "configFiles": [{"path": "/etc/x", "raw": REDACTED}, {"path": "/etc/y"}],
        "grub": {"kernelParameters": ["a=b"]},
    }


def test_names_of_secrets_and_selectors_stay() -> None:
    spec = {
        "kubeconfig": "edge-admin",
        "imagePullSecrets": ["pull"],
        "secret": {"name": "s", "namespace": "n"},
        "nodeSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["token"]}]},
    }
    before = resource(kinds.DPU_CLUSTER, "edge", spec=spec)
    assert kept(before)["spec"] is spec


def test_schema_accepts_snapshots_and_the_demo() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    host = inventory(resource(kinds.DPU, "a"))
    jsonschema.validate(snapshot(host, edge=lost("gone")), schema)
    demo = SCHEMA.parents[2] / "dpfctl" / "demo" / "fleet.yaml"
    jsonschema.validate(yaml.safe_load(demo.read_text()), schema)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "Flee"},
        {"apiVersion": "dpfctl/v2"},
        {"hosts": {}},
        {"host": []},
        {"host": {"items": [{"kind": "DPU", "apiVersion": "v1", "metadata": {}}]}},
        {"host": {"items": [{"kind": "DPU", "metadata": {"name": "a"}}]}},
        {"dpuClusters": [{"name": "a"}]},
        {"snapshot": {"unreadable": [{"resource": "x", "reason": "Lost"}]}},
    ],
)
def test_schema_and_reader_refuse_the_same(change: dict[str, Any]) -> None:
    document = {"apiVersion": "dpfctl/v1", "kind": "Fleet", **change}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    with pytest.raises(InputError):
        read_back(document, Format.JSON)
