"""The document that ``zone new`` prints."""

import pytest

from dpfctl.zones.findings import Code
from dpfctl.zones.starter import starter
from tests.builders import NS, dpu_node
from tests.unit.zone_cluster import suited
from tests.unit.zone_files import findings, fleet, read, told


@pytest.mark.parametrize("name", ["dk", "zone-7", "7", "on", "1e3", "null", "0x1f"])
def test_it_is_a_zone_of_that_name(name: str) -> None:
    found = read(starter(name, "dpf"))

    assert found.findings == ()
    (zone,) = found.zones
    assert (zone.name, zone.namespace, zone.label.value) == (name, "dpf", name)
    assert {member.resource.name.endswith(f"-{name}") for member in zone.members} == {True}


def test_only_what_is_to_be_filled_in_is_missing() -> None:
    host = dpu_node("w1").having(metadata={"labels": {"example.com/zone": "dk"}})
    zones = suited(read(starter("dk", NS)).zones)
    assert told(findings(zones, fleet(host)), Code.REFERENCES) == [
        "warning dpuset/dpuset-dk: bfb/bf-bundle: not found",
        "warning dpuset/dpuset-dk: dpuflavor/dpu-flavor: not found",
    ]
    assert {finding.code for finding in findings(zones, fleet(host))} == {Code.REFERENCES}


def test_it_explains_itself() -> None:
    text = starter("dk", NS)
    comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    assert len(comments) >= 8
    assert max(map(len, text.splitlines())) <= 100
