"""Zones on a real API server: it takes what is planned, and the second plan is empty."""

from collections.abc import Callable

import pytest

from dpfctl.model.documents import parse_documents
from dpfctl.model.inventory import Inventory, listing_of
from dpfctl.model.resources import Resource
from dpfctl.plan import Plan
from dpfctl.zones.adapting import adapt
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.planning import plan_zones
from dpfctl.zones.reading import read_zones
from tests.controlplane.cluster import ControlPlane
from tests.unit.zone_files import EXAMPLES, packaged_schemas

MANAGER = {"fieldManager": "dpfctl", "fieldValidation": "Strict"}
APPLY = "application/apply-patch+yaml"
FORMS = ("zone-dk.yaml", "zone-dk-manifests.yaml")

Change = Callable[[str], str]


def text_of(form: str, namespace: str) -> str:
    text = (EXAMPLES / form).read_text(encoding="utf-8")
    return text.replace("namespace: dpf-operator-system", f"namespace: {namespace}")


def lists(cluster: ControlPlane, namespace: str) -> Inventory:
    """What a namespace holds of the four kinds."""
    found = {}
    for kind in PARTS:
        path = f"/apis/{kind.api_version}/namespaces/{namespace}/{kind.plural}"
        items = cluster.api.call("GET", path)["items"]
        found[kind] = listing_of(Resource(kind, item) for item in items)
    return Inventory(found)


def plan(cluster: ControlPlane, namespace: str, text: str, *, prune: bool = False) -> Plan:
    read = read_zones(parse_documents(text.encode(), "zone.yaml"), namespace=namespace)
    assert read.findings == ()
    zones = adapt(read.zones, packaged_schemas()).zones
    return plan_zones(zones, lists(cluster, namespace), prune=prune, force=False)


def carry_out(cluster: ControlPlane, planned: Plan) -> None:
    for change in planned.pending:
        ref = change.ref
        path = (
            f"/apis/{ref.kind.api_version}/namespaces/{ref.namespace}/{ref.kind.plural}/{ref.name}"
        )
        cluster.api.call("PATCH", path, dict(change.after), APPLY, MANAGER)


@pytest.mark.parametrize("form", FORMS)
def test_applying_twice_is_applying_once(
    host_cluster: ControlPlane, namespace: str, form: str
) -> None:
    text = text_of(form, namespace)
    first = plan(host_cluster, namespace, text)
    assert len(first.pending) == 7
    carry_out(host_cluster, first)

    for again in FORMS:
        assert plan(host_cluster, namespace, text_of(again, namespace), prune=True).pending == ()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param(
            lambda text: text.replace(
                "{memory: 6Gi, nvidia.com/bf_sf: 3}", "{nvidia.com/bf_sf: 3}"
            ),
            "doca-hbn-dk",
            id="a value less",
        ),
        pytest.param(
            lambda text: text.replace('e2e.servers/dk: "true"', 'e2e.servers/dk: "yes"'),
            "dpuset-dk",
            id="another selector",
        ),
        pytest.param(
            lambda text: text.replace(
                "- ports: [{labels: {uplink: p0}}",
                "- serviceMTU: 9000\n      ports: [{labels: {uplink: p0}}",
            ),
            "hbn-to-fabric-dk",
            id="another MTU than the default",
        ),
    ],
)
def test_one_change_and_its_way_back_are_one_write_each(
    host_cluster: ControlPlane, namespace: str, change: Change, name: str
) -> None:
    text = text_of("zone-dk.yaml", namespace)
    carry_out(host_cluster, plan(host_cluster, namespace, text))

    for wanted in (change(text), text):
        planned = plan(host_cluster, namespace, wanted)
        assert [entry.ref.name for entry in planned.pending] == [name]
        carry_out(host_cluster, planned)
        assert plan(host_cluster, namespace, wanted).pending == ()
