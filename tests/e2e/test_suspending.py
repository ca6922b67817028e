"""A suspended service is left as it is in every cluster, and goes on when it is resumed."""

from dpfctl.model import kinds
from tests.controlplane.controllers import HOLD
from tests.e2e.environment import EAST, WEST, writes
from tests.e2e.site import Site

PORT = {"name": "httpserver", "port": 8000, "protocol": "TCP"}


def test_nothing_is_rolled_out_until_it_is_resumed(site: Site) -> None:
    site.add(site.service())
    site.ready()
    assert site.run("suspend", "web", "-n", site.namespace).code == 0
    site.source(version="1.1.0")
    site.change(dpuClusterSelector={"matchLabels": {"side": EAST}})
    site.change(serviceDaemonSet={"annotations": {HOLD: "true"}})
    with site.environment.watched() as recordings:
        result = site.settle()

    assert f"{site.namespace}/web  suspended" in result.out
    assert {line.partition("?")[0].rpartition("/")[2] for line in writes(recordings)} <= {"status"}
    assert site.revisions() == {EAST: 1, WEST: 1}

    site.change(serviceDaemonSet={"annotations": None})
    assert site.run("resume", "web", "-n", site.namespace).code == 0
    site.ready()
    assert site.revisions() == {EAST: 2}
    assert site.releases()["east-web"].chart_version == "1.1.0"


def test_its_ports_stay_as_they_are(site: Site) -> None:
    site.add(site.in_east(configPorts={"serviceType": "NodePort", "ports": [PORT]}))
    site.ready()
    before = site.get(kinds.ENDPOINT_SLICE)
    assert site.run("suspend", "web", "-n", site.namespace).code == 0
    site.change(configPorts=None)
    site.settle()
    assert site.get(kinds.ENDPOINT_SLICE) == before

    assert site.run("resume", "web", "-n", site.namespace).code == 0
    site.ready()
    assert site.find(kinds.ENDPOINT_SLICE) is None
    assert site.find(kinds.SERVICE) is None


def test_its_deletion_waits(site: Site) -> None:
    site.add(site.in_east())
    site.ready()
    assert site.run("suspend", "web", "-n", site.namespace).code == 0
    site.delete()
    site.settle()
    assert site.revisions() == {EAST: 1}

    assert site.run("resume", "web", "-n", site.namespace).code == 0
    site.ready()
    assert (site.revisions(), site.all_of(kinds.DPU_SERVICE)) == ({}, {})
