"""Zones to plans: order, what is left alone, what is refused, and what goes."""

from dataclasses import replace
from typing import Any

import pytest

from dpfctl.errors import (
    AccessError,
    ConflictError,
    DpfctlError,
    ExitCode,
    KindNotServedError,
    OwnedError,
)
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.kinds import Kind
from dpfctl.plan import Action
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.planning import plan_zones
from tests.builders import NS, Built, dpu
from tests.unit.zone_cluster import carried_out, edited, suited
from tests.unit.zone_files import HOSTS, INNER, SELECTOR, Manifests, dk, fleet, zones_in
from tests.unit.zone_plans import FABRIC, HBN, P0, SET, done, live, owned, pending, planned, with_dk


@pytest.fixture
def applied() -> Inventory:
    """A cluster that zone dk was applied to."""
    return with_dk()


# What is applied


def test_sets_come_first_and_services_last() -> None:
    plan = planned(dk(), fleet())

    assert plan.command == "apply-zone"
    assert done(plan) == [
        (0, "dpuset", SET, "apply created"),
        (1, "dpuserviceinterface", "app-sf-dk", "apply created"),
        (1, "dpuserviceinterface", P0, "apply created"),
        (1, "dpuserviceinterface", "p1-sf-dk", "apply created"),
        (2, "dpuservicechain", FABRIC, "apply created"),
        (2, "dpuservicechain", "ovn-to-hbn-dk", "apply created"),
        (3, "dpuservice", HBN, "apply created"),
    ]


def test_the_configuration_is_the_manifest_with_our_label() -> None:
    manifests = dk().having(P0, ("metadata", "labels"), {"team": "network"})
    plan = planned(manifests, fleet())
    (change,) = [c for c in plan.changes if c.ref.name == P0]

    expected = manifests.objects[P0]
    labels = {"team": "network", "dpfctl/zone": "dk"}
    assert change.after == {**expected, "metadata": {**expected["metadata"], "labels": labels}}
    assert change.before is None
    assert change.force is False


def test_several_zones_are_one_plan() -> None:
    zones = suited(zones_in("zone-dk.yaml", "zone-ga.yaml"))
    plan = plan_zones(zones, fleet(), prune=False, force=False)

    stages = [change.stage for change in plan.changes]
    assert stages == sorted(stages)
    marks = {change.ref.name: change.after["metadata"]["labels"] for change in plan.changes}
    assert marks["dpuset-ga"] == {"dpfctl/zone": "ga"}
    assert marks[SET] == {"dpfctl/zone": "dk"}


# Twice is the same as once


def test_a_second_run_writes_nothing(applied: Inventory) -> None:
    plan = planned(dk(), applied, prune=True)

    assert plan.pending == ()
    assert {change.action for change in plan.changes} == {Action.NONE}
    assert plan.warnings == ()
    assert plan.impacts == ()
    assert plan.changes[0].after is live(applied, SET).raw


def test_a_zone_document_and_its_manifests_are_the_same_zone(applied: Inventory) -> None:
    zones = suited(zones_in("zone-dk.yaml"))
    assert plan_zones(zones, applied, prune=True, force=False).pending == ()


def test_status_and_what_others_add_do_not_matter(applied: Inventory) -> None:
    hbn = live(applied, HBN)
    extra = {**hbn.raw["spec"], "paused": True}
    host = edited(applied, hbn, spec=extra, status={"conditions": []})
    assert planned(dk(), host).pending == ()


def test_a_default_in_the_entry_of_a_list_is_no_difference(applied: Inventory) -> None:
    chain = live(applied, FABRIC)
    spec = dk().objects[FABRIC]["spec"]
    switches = spec["template"]["spec"]["template"]["spec"]["switches"]
    for mtu, names in ((1500, []), (9000, [(FABRIC, "configured")])):
        changed = [{**switch, "serviceMTU": mtu} for switch in switches]
        other = dk().having(FABRIC, (*INNER, "spec", "switches"), changed).objects[FABRIC]
        host = edited(applied, chain, spec=other["spec"])
        assert pending(planned(dk(), host)) == names


@pytest.mark.parametrize(
    ("manifests", "name"),
    [
        pytest.param(
            dk().having(HBN, ("spec", "helmChart", "source", "version"), "1.0.2"),
            HBN,
            id="another value",
        ),
        pytest.param(
            dk().having(HBN, ("spec", "helmChart", "values", "new"), 1), HBN, id="a new field"
        ),
        pytest.param(
            dk().lacking(HBN, ("spec", "helmChart", "values", "resources", "memory")),
            HBN,
            id="a field less",
        ),
        pytest.param(
            dk().having(P0, ("metadata", "labels"), {"team": "network"}), P0, id="a label more"
        ),
        pytest.param(
            dk().having(SET, HOSTS, {"matchLabels": {"e2e.servers/dk": "yes"}}),
            SET,
            id="another selector, which is one field",
        ),
        pytest.param(
            dk().having(HBN, ("spec", "interfaces"), ["p1-sf-dk", "p0-sf-dk", "app-sf-dk"]),
            HBN,
            id="a list in another order",
        ),
        pytest.param(
            dk().having(
                HBN, ("spec", "helmChart", "values", "resources", "nvidia.com/bf_sf"), True
            ),
            HBN,
            id="true instead of a number",
        ),
    ],
)
def test_what_changed_in_the_file_is_applied(
    applied: Inventory, manifests: Manifests, name: str
) -> None:
    plan = planned(manifests, applied)
    assert pending(plan) == [(name, "configured")]
    assert plan.pending[0].before is live(applied, name)
    assert planned(manifests, carried_out(applied, plan.changes)).pending == ()


def test_what_somebody_else_changed_is_applied_again(applied: Inventory) -> None:
    (change,) = [c for c in planned(dk(), fleet()).changes if c.ref.name == HBN]
    other = dict(dk().having(HBN, ("spec", "serviceID"), "other").objects[HBN])
    theirs = replace(change, after=other)
    host = carried_out(applied, [theirs], manager="kubectl")

    plan = planned(dk(), host)
    assert pending(plan) == [(HBN, "configured")]


def test_an_object_that_others_made_just_so_still_becomes_ours() -> None:
    assert len(planned(dk(), fleet(dk())).pending) == 7


def test_an_object_with_damaged_owners_is_applied(applied: Inventory) -> None:
    hbn = live(applied, HBN)
    metadata = {**hbn.metadata, "managedFields": [{"manager": "dpfctl"}]}
    assert pending(planned(dk(), edited(applied, hbn, metadata=metadata))) == [(HBN, "configured")]


def test_force_is_said_in_each_change(applied: Inventory) -> None:
    manifests = dk().having(HBN, ("spec", "serviceID"), "other")
    manifests = manifests.having(P0, (*INNER, "spec", "service", "serviceID"), "other")
    plan = planned(manifests, applied, force=True)
    assert [change.force for change in plan.pending] == [True, True]


# What is refused


@pytest.mark.parametrize("force", [False, True])
def test_objects_of_a_dpu_deployment_are_refused(force: bool) -> None:
    with pytest.raises(OwnedError) as raised:
        planned(dk(), fleet(owned(HBN)), force=force)
    assert raised.value.message == (
        f"dpuservice/{NS}/doca-hbn-dk: belongs to dpudeployment/{NS}/edge, which would undo the "
        "change"
    )
    assert raised.value.hint.startswith(f"edit dpudeployment/{NS}/edge")
    assert raised.value.exit_code is ExitCode.CONFLICT


def test_objects_in_deletion_are_a_conflict() -> None:
    going = Built(kinds.DPU_SERVICE, dk().objects[HBN]).deleting()
    with pytest.raises(ConflictError) as raised:
        planned(dk(), fleet(going))
    assert raised.value.message == f"dpuservice/{NS}/doca-hbn-dk: is being deleted"


def test_objects_of_another_zone_are_refused_unless_forced() -> None:
    host = fleet(dk().having(P0, ("metadata", "labels"), {"dpfctl/zone": "ga"}))
    with pytest.raises(OwnedError) as raised:
        planned(dk(), host)
    assert raised.value.message == (
        f"dpuserviceinterface/{NS}/p0-sf-dk: belongs to zone ga, not to zone dk"
    )
    assert planned(dk(), host, force=True).changes[2].action is Action.APPLY


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("prune", [False, True])
@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble.FORBIDDEN, AccessError),
        (Trouble.UNREACHABLE, AccessError),
        (Trouble.NOT_SERVED, KindNotServedError),
    ],
)
def test_nothing_is_planned_on_a_list_that_failed(
    kind: Kind, prune: bool, trouble: Trouble, error: type[DpfctlError]
) -> None:
    with pytest.raises(error) as raised:
        planned(dk(), fleet(troubles={kind: trouble}), prune=prune)
    assert kind.resource in raised.value.message


# What goes


def test_objects_that_left_the_file_are_pruned_last_and_in_reverse(applied: Inventory) -> None:
    zone = dk().without(P0, HBN, FABRIC)
    plan = planned(zone, applied, prune=True)

    assert [(c.stage, c.ref.name, c.done) for c in plan.pending] == [
        (4, HBN, "pruned"),
        (5, FABRIC, "pruned"),
        (6, P0, "pruned"),
    ]
    assert {change.action for change in plan.pending} == {Action.DELETE}
    assert plan.pending[0].reasons == (
        "has the label dpfctl/zone: dk and is no longer in the zone",
    )
    assert planned(zone, carried_out(applied, plan.changes), prune=True).pending == ()


def test_without_prune_nothing_goes(applied: Inventory) -> None:
    assert planned(dk().without(P0, HBN, FABRIC), applied).pending == ()


def test_a_pruned_set_comes_after_all_else(applied: Inventory) -> None:
    plan = planned(dk().without(SET, HBN), applied, prune=True)
    assert [(c.stage, c.ref.name) for c in plan.pending] == [(4, HBN), (7, SET)]
    assert plan.warnings == (f"dpuset/{NS}/dpuset-dk: deleting it deletes its DPUs",)


@pytest.mark.parametrize(
    ("labels", "namespace"),
    [
        pytest.param({}, NS, id="without our label"),
        pytest.param({"dpfctl/zone": "ga"}, NS, id="of another zone"),
        pytest.param({"dpfctl/zone": "dk"}, "other", id="of a zone in another namespace"),
    ],
)
def test_objects_of_others_are_never_pruned(
    applied: Inventory, labels: dict[str, str], namespace: str
) -> None:
    stranger = Manifests({P0: dk().objects[P0]}).renamed(P0, "stranger")
    stranger = stranger.having("stranger", ("metadata", "labels"), labels)
    stranger = stranger.having("stranger", ("metadata", "namespace"), namespace)
    assert planned(dk(), with_interface(applied, stranger), prune=True).pending == ()


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param({"matchLabels": {"bfb": "ga"}}, id="another value"),
        pytest.param({"matchLabels": {"tier": "dk"}}, id="another key"),
        pytest.param({}, id="no label at all"),
    ],
)
def test_objects_with_another_node_label_are_never_pruned(
    applied: Inventory, selector: dict[str, Any]
) -> None:
    stranger = Manifests({P0: dk().objects[P0]}).renamed(P0, "stranger")
    stranger = stranger.having("stranger", ("metadata", "labels"), {"dpfctl/zone": "dk"})
    same = with_interface(applied, stranger)
    other = with_interface(applied, stranger.having("stranger", SELECTOR, selector))

    assert pending(planned(dk(), same, prune=True)) == [("stranger", "pruned")]
    assert planned(dk(), other, prune=True).pending == ()


def test_what_moves_to_another_zone_of_the_file_is_not_pruned(applied: Inventory) -> None:
    ga = zones_in("zone-ga.yaml")[0]
    (moved,) = [m for m in dk().zones[0].members if m.resource.name == P0]
    zones = suited([*dk().without(P0).zones, replace(ga, members=(*ga.members, moved))])
    plan = plan_zones(zones, applied, prune=True, force=True)
    assert [change.action for change in plan.changes if change.ref.name == P0] == [Action.APPLY]


def with_interface(host: Inventory, manifests: Manifests) -> Inventory:
    there = fleet(manifests).list(kinds.DPU_SERVICE_INTERFACE)
    listing = host.listing(kinds.DPU_SERVICE_INTERFACE)
    added = replace(listing, items=(*listing.items, *there))
    return Inventory({**host.listings, kinds.DPU_SERVICE_INTERFACE: added})


def test_objects_of_other_kinds_are_never_pruned() -> None:
    marked = dpu("w1").having(metadata={"labels": {"dpfctl/zone": "dk"}})
    plan = planned(dk(), fleet(marked), prune=True)
    assert [change for change in plan.changes if change.action is Action.DELETE] == []


def test_what_is_going_already_is_not_deleted_again() -> None:
    going = Built(kinds.DPU_SERVICE, dk().objects[HBN]).having(
        metadata={"labels": {"dpfctl/zone": "dk"}}
    )
    plan = planned(dk().without(HBN), fleet(going.deleting()), prune=True)
    assert [change for change in plan.changes if change.action is Action.DELETE] == []


def test_objects_of_a_dpu_deployment_are_not_pruned() -> None:
    mine = owned(HBN).having(HBN, ("metadata", "labels", "dpfctl/zone"), "dk")
    with pytest.raises(OwnedError) as raised:
        planned(dk().without(HBN), fleet(Manifests({HBN: mine.objects[HBN]})), prune=True)
    assert "so it is not pruned" in raised.value.message
