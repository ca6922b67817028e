"""A preview as people and as machines see it."""

import pytest

from dpfctl.errors import UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.reconcile.hosts import Preview, preview, why_tainted
from dpfctl.render.machine import to_json, to_yaml
from dpfctl.render.preview_view import (
    preview_data,
    preview_lines,
    preview_summary,
    tainted_data,
    tainted_lines,
)
from tests.builders import NS, inventory, node, operator_config
from tests.golden import Golden
from tests.render.tables import banned
from tests.unit.hosts import (
    Site,
    cluster,
    critical,
    linked,
    one_host,
    placed,
    running,
    service,
    site,
    tainted,
    worker,
)

DEAD = UnreachableError("dpu cluster ns1/cluster-two: no answer", "is it up?")
NAMES = ("worker1", "worker2", "worker3", "worker4", "worker5")


def rack() -> Site:
    """Five hosts: one to be tainted, one cordoned, one tainted, one ready, one unreadable."""
    return site(
        cluster(),
        cluster("cluster-two"),
        *map(linked, NAMES),
        worker("worker1"),
        worker("worker2", unschedulable=True),
        tainted("worker3"),
        worker("worker4"),
        worker("worker5"),
        *(placed(f"dpu-{n}", f"worker{n}") for n in range(1, 5)),
        placed("dpu-5", "worker5", "cluster-two"),
        service(),
        sides={
            "cluster-one": (
                *(node(f"dpu-{n}") for n in range(1, 5)),
                running("sriov-2", "dpu-2"),
                running("sriov-3", "dpu-3").status(phase="Pending"),
                running("sriov-4", "dpu-4").ready(),
            ),
            "cluster-two": DEAD,
        },
    )


def asked(fleet: Site) -> Preview:
    return preview(fleet.host, fleet.sides, [service().resource.ref])


def text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def troubled() -> Site:
    """Tainted, stale, missing, not judged, clear and unknown hosts, and one that nobody links."""
    return site(
        cluster(),
        cluster("cluster-two"),
        *map(linked, NAMES),
        tainted("worker1"),
        tainted("worker2"),
        worker("worker3"),
        tainted("worker4"),
        worker("worker5"),
        tainted("lost"),
        placed("dpu-1", "worker1"),
        placed("dpu-2", "worker2"),
        placed("dpu-3", "worker3"),
        placed("dpu-4", "worker4", "cluster-two"),
        placed("dpu-5", "worker5"),
        linked("worker6"),
        worker("worker6"),
        placed("dpu-6", "worker6", "cluster-two"),
        critical(),
        critical("hbn"),
        sides={
            "cluster-one": (
                *(node(f"dpu-{n}") for n in (1, 2, 3, 5)),
                *(running(f"sriov-{n}", f"dpu-{n}").ready() for n in (2, 5)),
                *(running(f"hbn-{n}", f"dpu-{n}", "hbn").ready() for n in (2, 3, 5)),
            ),
            "cluster-two": DEAD,
        },
    )


def test_a_preview(golden: Golden) -> None:
    golden("preview.txt", text(preview_lines(asked(rack()))))


def test_why_hosts_are_tainted(golden: Golden) -> None:
    found = why_tainted(troubled().host, troubled().sides)
    golden("preview_tainted.txt", text(tainted_lines(found)))


@pytest.mark.parametrize(
    ("found", "summary"),
    [
        pytest.param(
            asked(one_host(service())),
            "1 of 1 schedulable hosts would be tainted",
            id="all of them",
        ),
        pytest.param(
            asked(one_host(critical())),
            "0 of 1 schedulable hosts would be tainted, 1 to be tainted anyway",
            id="a service that is critical already",
        ),
        pytest.param(
            asked(
                one_host(
                    service(),
                    operator_config().spec(dpuServiceController={"disableDPUReadyTaints": True}),
                )
            ),
            "taints are disabled in the DPFOperatorConfig: no host would be tainted",
            id="the kill switch",
        ),
        pytest.param(
            preview(
                inventory(service(), troubles={kinds.NODE: (Trouble.FORBIDDEN, "no")}),
                {},
                [service().resource.ref],
            ),
            "cannot tell which hosts would be tainted",
            id="a list that is forbidden",
        ),
    ],
)
def test_the_last_line_sums_up(found: Preview, summary: str) -> None:
    assert preview_summary(found) == summary
    assert preview_lines(found)[-1] == summary


def test_without_hosts_there_is_no_table() -> None:
    ready = one_host(service(), pods=[running().ready()])
    assert preview_lines(asked(ready)) == ["0 of 1 schedulable hosts would be tainted"]
    assert tainted_lines(()) == ["no host is tainted"]


def test_machines_get_everything_a_preview_holds() -> None:
    fleet = one_host(service(), pods=[running()])
    assert preview_data(asked(fleet)) == {
        "targets": [{"namespace": NS, "name": "sriov"}],
        "taintsDisabled": False,
        "schedulableHosts": {"total": 1, "newlyTainted": 1, "leftUntainted": 0},
        "hosts": [
            {
                "node": "worker1",
                "dpuNode": {"namespace": NS, "name": "worker1"},
                "effect": "new",
                "schedulable": True,
                "waitsFor": [
                    {
                        "service": {"namespace": NS, "name": "sriov"},
                        "dpu": {"namespace": NS, "name": "dpu-1"},
                        "cluster": {"namespace": "ns1", "name": "cluster-one"},
                        "pod": {"namespace": NS, "name": "sriov-1"},
                        "why": "pod not Ready",
                    }
                ],
            }
        ],
        "unknown": [],
        "unreadable": [],
    }


def test_machines_are_told_what_could_not_be_read() -> None:
    data = preview_data(asked(rack()))
    worker5 = {"node": "worker5", "dpuNode": {"namespace": NS, "name": "worker5"}}
    assert data["unknown"] == [{**worker5, "reason": DEAD.message}]
    assert data["unreadable"] == [{"message": DEAD.message, "hint": "is it up?"}]


def test_machines_get_the_standing_of_every_host() -> None:
    hosts = tainted_data(why_tainted(troubled().host, troubled().sides))["hosts"]
    assert [(h["node"], h["taint"], h["tainted"], h["shouldBeTainted"]) for h in hosts] == [
        ("worker1", "tainted", True, True),
        ("worker2", "stale", True, False),
        ("worker3", "missing", False, True),
        ("worker4", "not judged", True, True),
        ("worker6", "unknown", False, False),
        ("lost", "not judged", True, True),
    ]
    assert [w["service"]["name"] for w in hosts[0]["waitsFor"]] == ["hbn", "sriov"]
    assert hosts[0]["waitsFor"][0]["pod"] is None
    assert (hosts[3]["waitsFor"], hosts[3]["reason"]) == ([], DEAD.message)
    assert (hosts[5]["dpuNode"], hosts[5]["reason"]) == (None, "no DPUNode links it")


def test_no_output_drives_a_terminal() -> None:
    evil = "\x1b[31m\u202e"
    fleet = one_host(
        service(), pods=[running(f"p{evil}", namespace=f"n{evil}").status(phase=f"Odd{evil}")]
    ).reading("cluster-two", UnreachableError(evil))
    unread = one_host(service()).reading("cluster-one", UnreachableError(evil))
    for found in (asked(fleet), asked(unread)):
        data = preview_data(found)
        for output in (text(preview_lines(found)), to_json(data), to_yaml(data)):
            assert not banned(output)
            assert "31m" in output
