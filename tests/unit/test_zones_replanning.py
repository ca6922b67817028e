"""Zones planned again for one object, because it changed meanwhile."""

import pytest

from dpfctl.errors import ConflictError, OwnedError
from dpfctl.model.inventory import Inventory
from dpfctl.plan import Action, Change
from dpfctl.zones.planning import replan
from tests.builders import NS
from tests.unit.zone_cluster import apply
from tests.unit.zone_files import SELECTOR, dk, fleet
from tests.unit.zone_plans import HBN, P0, live, only, owned, planned, with_dk


@pytest.fixture
def applied() -> Inventory:
    """A cluster that zone dk was applied to."""
    return with_dk()


def test_an_object_that_came_meanwhile_is_configured() -> None:
    change = only(planned(dk(), fleet()), P0)
    there = live(fleet(dk()), P0)
    again = replan(change, there)
    assert (again.action, again.done, again.before) == (Action.APPLY, "configured", there)
    assert again.after == change.after


def test_an_object_that_is_as_wanted_meanwhile_is_left_alone() -> None:
    change = only(planned(dk(), fleet()), P0)
    again = replan(change, apply(None, change))
    assert again.action is Action.NONE


def test_an_object_that_is_gone_meanwhile_is_created(applied: Inventory) -> None:
    change = only(planned(dk().having(HBN, ("spec", "serviceID"), "x"), applied), HBN)
    again = replan(change, None)
    assert (again.action, again.done, again.before) == (Action.APPLY, "created", None)


def test_an_object_that_a_dpu_deployment_took_meanwhile_is_refused() -> None:
    with pytest.raises(OwnedError):
        replan(only(planned(dk(), fleet()), P0), live(fleet(owned(P0)), P0))


def test_force_stays_when_planned_again() -> None:
    change = only(planned(dk(), fleet(), force=True), P0)
    assert replan(change, live(fleet(dk()), P0)).force is True


class TestDeletionPlannedAgain:
    @pytest.fixture
    def deletion(self, applied: Inventory) -> Change:
        return only(planned(dk().without(P0), applied, prune=True), P0)

    def test_of_the_same_object_stays(self, deletion: Change, applied: Inventory) -> None:
        fresh = live(applied, P0)
        again = replan(deletion, fresh)
        assert (again.action, again.before, again.stage) == (Action.DELETE, fresh, 6)

    def test_of_an_object_that_is_gone_is_done(self, deletion: Change) -> None:
        assert replan(deletion, None).action is Action.NONE

    def test_of_an_object_without_our_label_is_a_conflict(self, deletion: Change) -> None:
        with pytest.raises(ConflictError) as raised:
            replan(deletion, live(fleet(dk()), P0))
        assert raised.value.message == (
            f"dpuserviceinterface/{NS}/p0-sf-dk: no longer has the label dpfctl/zone: dk"
        )

    def test_of_an_object_with_another_node_label_is_a_conflict(self, deletion: Change) -> None:
        other = dk().having(P0, SELECTOR, {"matchLabels": {"bfb": "ga"}})
        other = other.having(P0, ("metadata", "labels"), {"dpfctl/zone": "dk"})
        with pytest.raises(ConflictError) as raised:
            replan(deletion, live(fleet(other), P0))
        assert raised.value.message == (
            f"dpuserviceinterface/{NS}/p0-sf-dk: has another node label than before, so it is kept"
        )
