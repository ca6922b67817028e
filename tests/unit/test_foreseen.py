"""What clusters will probably hold once a plan is carried out."""

from typing import Any

import pytest

from dpfctl.errors import UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.foreseen import foreseen
from dpfctl.reconcile.world import World
from tests.builders import NS, Built, application, build
from tests.unit.reconcile_fleets import ONE, TWO, service, world

APP = application("edge-hbn").spec(project="one")
NEW = application("edge-dts").spec(project="new")
DEAD = UnreachableError("no route to host")


def change(built: Built, action: Action, *, before: Built | None = None, **more: Any) -> Change:
    known = None if before is None else before.resource
    return Change(built.resource.ref, action, "x", known, built.raw, **more)


def after(there: World, *changes: Change) -> dict[str, Resource]:
    """The Applications that are left, by name."""
    return {one.name: one for one in foreseen(there, changes).host.list(kinds.APPLICATION)}


def test_nothing_changes_nothing() -> None:
    there = world(APP)

    assert foreseen(there, [change(APP, Action.NONE, before=APP)]).host is there.host


def test_a_new_object_is_there() -> None:
    found = after(world(APP), change(NEW, Action.APPLY))

    assert list(found) == ["edge-dts", "edge-hbn"]
    assert found["edge-dts"].text("spec", "project") == "new"


def test_a_changed_object_is_as_wanted() -> None:
    found = after(world(APP), change(APP.spec(project="two"), Action.PATCH, before=APP))

    assert found["edge-hbn"].text("spec", "project") == "two"


def test_what_is_applied_stands_over_what_is_there() -> None:
    live = APP.status(health={"status": "Healthy"})
    found = after(world(live), change(APP.spec(project="two"), Action.APPLY, before=live))

    assert found["edge-hbn"].text("spec", "project") == "two"
    assert found["edge-hbn"].text("status", "health", "status") == "Healthy"


def test_a_deleted_object_is_gone() -> None:
    assert after(world(APP), change(APP, Action.DELETE, before=APP)) == {}


def test_one_that_finalizers_hold_is_being_deleted() -> None:
    held = APP.having(metadata={"finalizers": ["resources-finalizer.argocd.argoproj.io"]})
    found = after(world(held), change(held, Action.DELETE, before=held))

    assert found["edge-hbn"].is_deleting


def test_of_two_changes_of_an_object_the_later_counts() -> None:
    noted = APP.having(metadata={"annotations": {"a": "b"}})
    changes = change(noted, Action.PATCH, before=APP), change(APP, Action.DELETE, before=APP)

    assert after(world(APP), *changes) == {}


def test_a_change_in_a_dpu_cluster_is_there_and_nowhere_else() -> None:
    space = build(kinds.NAMESPACE, "svc-ns")
    there = foreseen(
        world(service(), dpus={ONE: [], TWO: []}), [change(space, Action.APPLY, cluster=ONE)]
    )
    ref = Ref(kinds.NAMESPACE, "", "svc-ns")
    sides = {name: side for name, side in there.dpus.items() if not isinstance(side, Exception)}

    assert [name for name, side in sides.items() if side.find(ref)] == [ONE]
    assert there.host.find(ref) is None


def test_a_dead_cluster_stays_dead() -> None:
    space = build(kinds.NAMESPACE, "svc-ns")
    there = foreseen(world(dpus={ONE: DEAD}), [change(space, Action.APPLY, cluster=ONE)])

    assert there.dpus[ONE] is DEAD


def test_a_list_that_failed_stays_unknown() -> None:
    lost = {kinds.APPLICATION: (Trouble.FORBIDDEN, "forbidden")}
    there = foreseen(world(troubles=lost), [change(NEW, Action.APPLY)])

    assert there.host.listing(kinds.APPLICATION).trouble is Trouble.FORBIDDEN


@pytest.mark.parametrize("action", [Action.INSTALL, Action.UNINSTALL])
def test_what_becomes_of_a_release_is_up_to_its_chart(action: Action) -> None:
    release = build(kinds.RELEASE, "edge-hbn", NS)
    there = world(dpus={ONE: []})

    assert foreseen(there, [change(release, action, cluster=ONE)]).dpus == there.dpus
