"""Zones as a table, as data, and as manifests."""

import json

import yaml

from dpfctl.model.progress import unready_fact
from dpfctl.model.resources import Resource
from dpfctl.render.machine import to_json, to_yaml
from dpfctl.render.zone_view import manifests_text, zone_data, zone_lines
from dpfctl.zones.listing import ZoneState, list_zones
from dpfctl.zones.zone import NodeLabel
from tests.builders import NS, Built, dpu_service, dpu_service_interface, dpu_set
from tests.golden import Golden
from tests.render.tables import banned
from tests.unit.zone_files import dk, fleet, zones_in

DK = NodeLabel("bfb", "dk")


def state(
    *objects: Built,
    name: str = "dk",
    label: NodeLabel | None = DK,
    dpus: int = 4,
    nodes: int | None = None,
) -> ZoneState:
    found: tuple[Resource, ...] = tuple(built.resource for built in objects)
    waiting = tuple(one.ref for one in found if unready_fact(one))
    return ZoneState(name, NS, label, found, dpus, nodes, is_managed=True, not_ready=waiting)


def rack() -> list[ZoneState]:
    """A healthy zone, one with much to wait for, one without a common label."""
    interfaces = [dpu_service_interface(f"p{n}-sf-ga").pending() for n in range(4)]
    return [
        state(dpu_set("dpuset-dk").ready(), dpu_service("hbn-dk").ready()),
        state(
            dpu_set("dpuset-ga").ready(),
            *interfaces,
            dpu_service("hbn-ga").degraded("ImagePull"),
            name="ga",
            label=NodeLabel("bfb", "ga"),
            dpus=0,
        ),
        state(dpu_service("fw").pending(), name="spare", label=None),
    ]


def test_a_table_of_zones(golden: Golden) -> None:
    golden("zones.txt", "".join(f"{line}\n" for line in zone_lines(rack())))


def test_machines_get_everything_that_a_zone_holds() -> None:
    healthy, waiting, spare = zone_data(rack())

    assert healthy == {
        "namespace": NS,
        "name": "dk",
        "nodeLabel": {"key": "bfb", "value": "dk"},
        "dpusets": ["dpuset-dk"],
        "dpuserviceinterfaces": [],
        "dpuservicechains": [],
        "dpuservices": ["hbn-dk"],
        "dpus": 4,
        "nodes": None,
        "managed": True,
        "ready": True,
        "notReady": [],
    }
    assert (waiting["ready"], len(waiting["notReady"])) == (False, 5)
    assert waiting["notReady"][-1] == f"dpuservice/{NS}/hbn-ga"
    assert spare["nodeLabel"] is None


def test_nodes_are_counted_where_they_were_read() -> None:
    assert [z["nodes"] for z in zone_data([state(nodes=3), state(nodes=None)])] == [3, None]


def test_zones_of_a_cluster() -> None:
    lines = zone_lines(list_zones(fleet(dk()), None))

    assert lines[1].split()[:8] == [NS, "dk", "bfb=dk", "1", "1", "3", "2", "0"]


def test_manifests_stand_in_the_order_in_which_they_are_applied() -> None:
    zones = zones_in("zone-dk.yaml", "zone-ga.yaml")
    documents = list(yaml.safe_load_all(manifests_text(zones, "yaml")))
    (listed,) = [json.loads(manifests_text(zones, "json"))]

    assert [one["kind"] for one in documents] == [
        "DPUSet",
        *["DPUServiceInterface"] * 3,
        *["DPUServiceChain"] * 2,
        "DPUService",
    ] * 2
    assert listed == {"apiVersion": "v1", "kind": "List", "items": documents}


def test_no_output_drives_a_terminal() -> None:
    evil = "\x1b[31m\u202e"
    zones = [
        state(
            dpu_service(f"s{evil}").degraded(),
            name=f"z{evil}",
            label=NodeLabel(f"k{evil}", f"v{evil}"),
        )
    ]
    data = zone_data(zones)
    for output in ("\n".join(zone_lines(zones)), to_json(data), to_yaml(data)):
        assert not banned(output)
        assert "31m" in output
