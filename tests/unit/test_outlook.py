"""A pass as far as it can be planned before anything is written."""

from dataclasses import replace

import pytest

from dpfctl.plan import Plan
from dpfctl.reconcile.outlook import Outlook, look_ahead
from dpfctl.reconcile.passing import begin
from dpfctl.reconcile.steps import Part
from dpfctl.reconcile.world import World
from tests.builders import Built
from tests.unit.reconcile_fleets import ONE, service, world

SERVICE = service().having(metadata={"finalizers": ["dpu.nvidia.com/dpuservice"]})
HELD = SERVICE.suspended()
NOTHING = Plan("reconcile", ())


def ahead(built: Built, *parts: Part) -> Outlook:
    there: World = world(built, dpus={ONE: []})
    return look_ahead(begin([built.resource], there, frozenset(parts or Part)))


def test_what_follows_writes_is_a_guess() -> None:
    found = ahead(SERVICE)

    assert (found.is_exact, found.is_pending) == (False, True)
    assert found.second.world is not found.first.world


def test_what_follows_from_what_is_there_is_none() -> None:
    found = ahead(HELD)

    assert (found.is_exact, found.is_pending) == (True, True)
    assert found.second.world.host.listings == found.first.world.host.listings


@pytest.mark.parametrize("plan", ["status", "none"])
def test_a_status_alone_is_something_to_write(plan: str) -> None:
    found = ahead(HELD)
    if plan == "none":
        found = replace(found, status=NOTHING)

    assert found.is_pending is (plan == "status")


def test_parts_that_are_not_asked_for_are_not_pending() -> None:
    assert not ahead(SERVICE, Part.TAINTS).is_pending
