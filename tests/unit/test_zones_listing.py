"""The zones that a cluster has, ours and others."""

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Ref
from dpfctl.zones.listing import ZoneState, list_zones
from dpfctl.zones.planning import plan_zones
from dpfctl.zones.zone import NodeLabel
from tests.builders import NS, Built, condition, dpu
from tests.unit.zone_cluster import carried_out, suited
from tests.unit.zone_files import SELECTOR, TEMPLATE, TERMS, Manifests, dk, fleet, nodes, zones_in

SET, HBN, P0 = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk"
LABEL = NodeLabel("bfb", "dk")
EDGE = ("dpu-cplane", "edge")


def named(found: tuple[ZoneState, ...]) -> list[tuple[str, str, str, bool]]:
    return [(zone.namespace, zone.name, str(zone.label), zone.is_managed) for zone in found]


def applied(*names: str, host: Inventory | None = None) -> Inventory:
    host = host or fleet()
    plan = plan_zones(suited(zones_in(*names)), host, prune=False, force=False)
    return carried_out(host, plan.changes)


def test_a_cluster_without_zones() -> None:
    assert list_zones(fleet(), None) == ()


def test_zones_that_were_applied() -> None:
    found = list_zones(applied("zone-dk.yaml", "zone-ga.yaml"), None)

    assert named(found) == [(NS, "dk", "bfb=dk", True), (NS, "ga", "bfb=ga", True)]
    sizes = [len(found[0].of(kind)) for kind in (kinds.DPU_SET, kinds.DPU_SERVICE)]
    assert sizes == [1, 1]
    assert [len(found[0].of(kinds.DPU_SERVICE_INTERFACE)), len(found[0].objects)] == [3, 7]


def test_zones_that_others_made() -> None:
    assert named(list_zones(fleet(dk()), None)) == [(NS, "dk", "bfb=dk", False)]


def test_objects_that_others_added_make_a_zone_half_ours() -> None:
    extra = Manifests({P0: dk().objects[P0]}).renamed(P0, "p2-sf-dk")
    (zone,) = list_zones(applied("zone-dk.yaml", host=fleet(extra)), None)

    assert zone.is_managed is False
    assert [r.name for r in zone.of(kinds.DPU_SERVICE_INTERFACE)][-1] == "p2-sf-dk"


def test_a_zone_may_be_named_otherwise_than_its_label() -> None:
    marked = dk()
    for name in marked.objects:
        marked = marked.having(name, ("metadata", "labels"), {"dpfctl/zone": "north"})
    assert named(list_zones(fleet(marked), None)) == [(NS, "north", "bfb=dk", True)]


def test_zones_of_one_name_in_two_namespaces_are_two() -> None:
    moved = dk()
    for name in moved.objects:
        moved = moved.having(name, ("metadata", "namespace"), "other")
    assert [zone.namespace for zone in list_zones(fleet(dk(), moved), None)] == [NS, "other"]


def test_labels_of_dpf_and_kubernetes_make_no_zone() -> None:
    key = "svc.dpu.nvidia.com/owned-by-dpudeployment"
    manifests = dk().having(SET, (*TEMPLATE, "cluster", "nodeLabels"), {key: "x"})
    arch = {"key": "kubernetes.io/arch", "operator": "In", "values": ["arm64"]}
    manifests = manifests.having(HBN, TERMS, [{"matchExpressions": [arch]}])
    assert list_zones(fleet(manifests), None) == ()


def test_objects_of_a_dpu_deployment_make_no_zone() -> None:
    generated = dk()
    for name in generated.objects:
        generated = generated.having(
            name, ("metadata", "labels"), {"svc.dpu.nvidia.com/owned-by-dpudeployment": "a_b"}
        )
    assert list_zones(fleet(generated), None) == ()


def test_a_label_that_only_interfaces_ask_for_makes_no_zone() -> None:
    assert list_zones(fleet(dk().without(SET, HBN)), None) == ()


def test_of_several_labels_of_a_set_the_one_that_is_asked_for_counts() -> None:
    labels = {"a-rack": "7", "bfb": "dk"}
    manifests = dk().having(SET, (*TEMPLATE, "cluster", "nodeLabels"), labels)
    assert named(list_zones(fleet(manifests), None)) == [(NS, "dk", "bfb=dk", False)]


def test_a_set_whose_label_nobody_asks_for() -> None:
    only_set = Manifests({SET: dk().objects[SET]})
    assert named(list_zones(fleet(only_set), None)) == [(NS, "dk", "bfb=dk", False)]


def test_an_object_that_asks_for_more_is_still_of_the_zone() -> None:
    manifests = dk().having(P0, (*SELECTOR, "matchLabels", "rack"), "7")
    (zone,) = list_zones(fleet(manifests), None)
    assert len(zone.objects) == 7


def test_dpus_are_counted_by_their_label_and_by_their_set() -> None:
    there = fleet(
        dk(),
        dpu("labelled").spec(cluster={"nodeLabels": {"bfb": "dk"}}),
        dpu("owned").labelled(DPU_SET_NAME=SET, DPU_SET_NAMESPACE=NS),
        dpu("both")
        .spec(cluster={"nodeLabels": {"bfb": "dk"}})
        .labelled(DPU_SET_NAME=SET, DPU_SET_NAMESPACE=NS),
        dpu("other").spec(cluster={"nodeLabels": {"bfb": "ga"}}),
    )
    (zone,) = list_zones(there, None)
    assert (zone.dpus, zone.nodes) == (3, None)


def test_nodes_are_counted_where_dpu_clusters_were_read() -> None:
    clusters = {
        EDGE: nodes(w1={"bfb": "dk"}, w2={"bfb": "ga"}),
        ("other", "edge"): nodes(w1={"bfb": "dk"}),
    }
    (zone,) = list_zones(fleet(dk()), clusters)
    assert zone.nodes == 2


def test_objects_that_are_not_ready_are_named() -> None:
    ready = [Built(_kind(raw), raw).ready() for raw in dk().without(HBN).objects.values()]
    broken = Built(kinds.DPU_SERVICE, dk().objects[HBN])
    states = (
        broken,
        broken.degraded(),
        broken.conditions(condition("Ready", "Unknown")),
        broken.ready(),
    )
    for state, is_ready in zip(states, (False, False, False, True), strict=True):
        (zone,) = list_zones(fleet(*ready, state), None)
        assert zone.not_ready == (() if is_ready else (Ref(kinds.DPU_SERVICE, NS, HBN),))
        assert zone.is_ready is is_ready


def _kind(raw: dict[str, object]) -> kinds.Kind:
    found = kinds.find(str(raw["apiVersion"]), str(raw["kind"]))
    assert found is not None
    return found
