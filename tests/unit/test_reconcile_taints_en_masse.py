"""When a pass taints too much of a fleet at once."""

import pytest

from dpfctl.reconcile.hosts.taints import mass_taints, plan_taints
from dpfctl.reconcile.world import World
from tests.builders import NOW, Built, node
from tests.unit.hosts import Site, cluster, critical, linked, placed, running, site, tainted, worker

CONTROL_PLANE = {"node-role.kubernetes.io/control-plane": ""}


def refusal(fleet: Site) -> str:
    seen = World(fleet.host, fleet.sides, NOW)
    return mass_taints(plan_taints(fleet.judge(), seen), seen)


def fleet_of(waiting: int, ready: int, *others: Built) -> Site:
    names = [f"h{number}" for number in range(waiting + ready)]
    dpus = [node(f"dpu-{name}") for name in names]
    pods = [running(f"pod-{name}", f"dpu-{name}").ready() for name in names[waiting:]]
    return site(
        cluster(),
        critical(),
        *(linked(name) for name in names),
        *(worker(name) for name in names),
        *(placed(f"dpu-{name}", name) for name in names),
        *others,
        sides={"cluster-one": (*dpus, *pods)},
    )


@pytest.mark.parametrize(
    ("fleet", "reason"),
    [
        pytest.param(fleet_of(1, 0), "", id="a fleet of one host"),
        pytest.param(fleet_of(1, 1), "", id="half of the hosts"),
        pytest.param(
            fleet_of(2, 1),
            "would taint 2 of 3 schedulable hosts in one pass",
            id="more than half of them",
        ),
        pytest.param(
            fleet_of(2, 0), "would taint 2 of 2 schedulable hosts in one pass", id="all of two"
        ),
        pytest.param(
            fleet_of(2, 1, linked("c"), worker("c", unschedulable=True)),
            "would taint 2 of 3 schedulable hosts in one pass",
            id="a cordoned host does not make the fleet larger",
        ),
        pytest.param(
            fleet_of(2, 1, linked("c"), worker("c").having(metadata={"labels": CONTROL_PLANE})),
            "would taint 2 of 3 schedulable hosts in one pass",
            id="nor does a control plane",
        ),
        pytest.param(
            fleet_of(2, 1, worker("c")),
            "would taint 2 of 3 schedulable hosts in one pass",
            id="nor does a host without DPUs",
        ),
        pytest.param(fleet_of(0, 3), "", id="nothing to be tainted"),
    ],
)
def test_a_pass_that_taints_most_of_a_fleet_is_told(fleet: Site, reason: str) -> None:
    assert refusal(fleet) == reason


def test_hosts_that_are_tainted_already_do_not_count() -> None:
    fleet = site(
        cluster(),
        critical(),
        *(linked(name) for name in "ab"),
        *(tainted(name) for name in "ab"),
        *(placed(f"dpu-{name}", name) for name in "ab"),
        sides={"cluster-one": (node("dpu-a"), node("dpu-b"))},
    )
    assert refusal(fleet) == ""
