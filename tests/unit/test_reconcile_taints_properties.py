"""What holds for the taints of every host, whoever else writes there."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.hosts.readiness import judge_hosts
from dpfctl.reconcile.hosts.taints import our_effects, plan_taints, replan_taints, with_cut_off
from dpfctl.reconcile.hosts.verdicts import TAINT_KEY
from dpfctl.reconcile.world import World
from tests import builders as make
from tests.builders import NOW, Built, condition, operator_config
from tests.unit.hosts import cluster, critical, linked, placed, running, site

modest = settings(max_examples=150, deadline=None)
OURS = ("NoSchedule", "NoExecute")

taint_maps = st.fixed_dictionaries(
    {
        "key": st.sampled_from((TAINT_KEY, "dpu", "node.kubernetes.io/not-ready")),
        "effect": st.sampled_from((*OURS, "PreferNoSchedule")),
    },
    optional={"value": st.sampled_from(("", "x")), "timeAdded": st.just("2026-01-01T00:00:00Z")},
)
taint_lists = st.lists(taint_maps, max_size=6)


def host(taints: list[dict[str, Any]]) -> Built:
    return make.node("worker1").spec(taints=taints)


def planned(taints: list[dict[str, Any]], *, waits: bool, is_down: bool, asks: bool) -> Change:
    switch = {"disableHostNetworkReadyNoExecuteTaints": not asks}
    network = condition("HostNetworkReady", "False" if is_down else "True")
    fleet = site(
        cluster(),
        linked(),
        host(taints),
        placed().status(phase="Ready", conditions=[network]),
        critical(),
        operator_config().spec(dpuServiceController=switch),
        sides={"cluster-one": (make.node("dpu-1"), *(() if waits else (running().ready(),)))},
    )
    world = World(fleet.host, fleet.sides, NOW)
    judged = judge_hosts(fleet.host, fleet.sides)
    (change,) = plan_taints(with_cut_off(judged, world), world)
    return change


changes = st.builds(
    planned, taint_lists, waits=st.booleans(), is_down=st.booleans(), asks=st.booleans()
)


def foreign(raw: Any) -> list[dict[str, Any]]:
    taints = raw.get("spec", {}).get("taints", [])
    return [t for t in taints if t["key"] != TAINT_KEY or t["effect"] not in OURS]


def stored(change: Change) -> Resource:
    return Resource(change.ref.kind, change.after)


@given(changes)
@modest
def test_foreign_taints_survive_in_their_order(change: Change) -> None:
    assert change.before is not None
    assert foreign(change.after) == foreign(change.before.raw)


@given(changes, taint_lists)
@modest
def test_those_that_came_meanwhile_survive_as_well(
    change: Change, meanwhile: list[dict[str, Any]]
) -> None:
    again = replan_taints(change, host(meanwhile).resource)
    assert foreign(again.after) == foreign(host(meanwhile).raw)


@given(changes, taint_lists)
@modest
def test_planning_again_on_what_was_written_changes_nothing(
    change: Change, meanwhile: list[dict[str, Any]]
) -> None:
    again = replan_taints(change, host(meanwhile).resource)
    assert replan_taints(change, stored(change)).action is Action.NONE
    assert replan_taints(change, stored(again)).action is Action.NONE
    assert replan_taints(again, stored(again)).action is Action.NONE


@given(taint_lists, st.booleans(), st.booleans(), st.booleans())
@modest
def test_the_next_pass_has_nothing_to_do(
    taints: list[dict[str, Any]], waits: bool, is_down: bool, asks: bool
) -> None:
    first = planned(taints, waits=waits, is_down=is_down, asks=asks)
    after = stored(first).at("spec", "taints")
    assert planned(after, waits=waits, is_down=is_down, asks=asks).action is Action.NONE


@given(taint_lists, st.booleans(), st.booleans(), st.booleans())
@modest
def test_the_taints_of_ours_are_those_that_are_asked_for(
    taints: list[dict[str, Any]], waits: bool, is_down: bool, asks: bool
) -> None:
    found = our_effects(stored(planned(taints, waits=waits, is_down=is_down, asks=asks)))
    assert ("NoSchedule" in found) is waits
    assert ("NoExecute" in found) is (is_down and asks)
