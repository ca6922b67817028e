"""What keeps a pass from writing: a live controller, and changes that hit most of a fleet."""

from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.plan import Action, Change
from dpfctl.reconcile.guards import (
    controller_wrote_since,
    is_held,
    is_unused_since,
    live_controller,
    mass_deletions,
)
from dpfctl.reconcile.service_pass import ServicePass
from dpfctl.reconcile.steps import Step
from tests.builders import NOW, NS, Built, ago, application, build, inventory
from tests.unit.reconcile_fleets import ONE, service

NEWER, OLDER = "dpuservice.dpu.nvidia.com", "e361afcf.nvidia.com"
MANAGER = "dpuservice-controller-manager"


def lease(name: str = NEWER, renewed: str | None = "5s", **spec: Any) -> Built:
    """A Lease of 15 seconds that somebody holds."""
    given = {"holderIdentity": "manager-0_ab12", "leaseDurationSeconds": 15, **spec}
    when = {} if renewed is None else {"renewTime": ago(renewed)}
    return build(kinds.LEASE, name).spec(**given, **when)


def manager(name: str = MANAGER, ready: int = 1) -> Built:
    return build(kinds.DEPLOYMENT, name).status(readyReplicas=ready)


class TestController:
    @pytest.mark.parametrize(
        ("objects", "told"),
        [
            pytest.param([], "", id="there is nothing"),
            pytest.param([lease()], f"lease/{NS}/{NEWER} is held by manager-0_ab12", id="newer"),
            pytest.param(
                [lease(OLDER)], f"lease/{NS}/{OLDER} is held by manager-0_ab12", id="older"
            ),
            pytest.param([lease("somebody.else")], "", id="the lease of somebody else"),
            pytest.param([lease(renewed="16s")], "", id="the lease is over"),
            pytest.param(
                [lease(renewed="1h"), lease(OLDER)],
                f"lease/{NS}/{OLDER} is held by manager-0_ab12",
                id="one lease is over, the other is not",
            ),
            pytest.param(
                [manager()], f"deployment/{NS}/{MANAGER} has ready replicas", id="no lease"
            ),
            pytest.param([manager(ready=0)], "", id="no replica is ready"),
            pytest.param([manager("other")], "", id="another deployment"),
            pytest.param(
                [lease(renewed="1h"), manager()], "", id="a lease that is over says that none leads"
            ),
        ],
    )
    def test_runs(self, objects: list[Built], told: str) -> None:
        assert live_controller(inventory(*objects), NOW) == told


class TestLease:
    @pytest.mark.parametrize(
        ("built", "held"),
        [
            pytest.param(lease(renewed="14s"), True, id="one second to go"),
            pytest.param(lease(renewed="15s"), False, id="over this very second"),
            pytest.param(lease(holderIdentity=""), False, id="given back"),
            pytest.param(lease(holderIdentity=None), False, id="without a holder"),
            pytest.param(lease(renewed=None), False, id="never renewed"),
            pytest.param(lease(renewTime="soon", renewed=None), False, id="no time at all"),
            pytest.param(
                lease(renewTime="2026-03-14T09:26:50.123456Z", renewed=None),
                True,
                id="microseconds",
            ),
            pytest.param(lease(leaseDurationSeconds=None), False, id="no duration"),
        ],
    )
    def test_is_held(self, built: Built, held: bool) -> None:
        assert is_held(built.resource, NOW) is held

    @pytest.mark.parametrize(
        ("built", "unused"),
        [
            pytest.param(None, True, id="never there"),
            pytest.param(lease(renewed="5s", holderIdentity=None), True, id="given back before"),
            pytest.param(lease(renewed="3s", holderIdentity=None), True, id="three seconds before"),
            pytest.param(lease(renewed="2s", holderIdentity=None), False, id="two seconds before"),
            pytest.param(lease(renewed="0s", holderIdentity=None), False, id="in the same second"),
            pytest.param(
                lease(renewTime="2026-03-14T09:27:00Z", renewed=None, holderIdentity=None),
                False,
                id="given back since",
            ),
            pytest.param(lease(renewed="15s"), True, id="ran out"),
            pytest.param(lease(renewed="14s"), False, id="ran out since"),
            pytest.param(lease(renewed=None, holderIdentity=None), False, id="without a time"),
        ],
    )
    def test_is_unused_since(self, built: Built | None, unused: bool) -> None:
        assert is_unused_since(built.resource if built else None, NOW) is unused


class TestRest:
    """Whether a controller that is at rest now was at work a while ago."""

    @pytest.mark.parametrize(
        ("found", "wrote"),
        [
            pytest.param((), False, id="there is none"),
            pytest.param((lease(renewed="1h"),), False, id="long ago"),
            pytest.param((lease(renewed="1s", holderIdentity=""),), True, id="just stopped"),
            pytest.param(
                (lease(renewed="1h"), lease(OLDER, renewed="1s", holderIdentity="")),
                True,
                id="one of two just stopped",
            ),
            pytest.param((lease("other", renewed="1s"),), False, id="the Lease of another program"),
            pytest.param((manager(ready=0),), True, id="without a Lease nobody knows"),
            pytest.param((manager(ready=0), lease(renewed="1h")), False, id="its Lease tells"),
            pytest.param((manager("other"),), False, id="another Deployment"),
        ],
    )
    def test_controller_wrote_since(self, found: tuple[Built, ...], wrote: bool) -> None:
        assert controller_wrote_since(inventory(*found), NOW) is wrote


class TestDeletions:
    """Every Application of a service that stays itself."""

    def change(self, name: str, action: Action, stage: Step = Step.STALE) -> Change:
        built = application(name).resource
        return Change(built.ref, action, "x", built, built.raw, stage=stage)

    def told(self, *changes: Change, built: Built | None = None) -> tuple[str, ...]:
        one = ServicePass((built or service()).resource, changes=changes)
        return mass_deletions([one])

    def test_are_told_with_their_number(self) -> None:
        gone = [self.change(name, Action.DELETE) for name in "ab"]

        assert self.told(*gone) == (
            "dpuservice/svc-ns/dpu-one: all of its 2 Applications would be deleted",
        )

    def test_of_one(self) -> None:
        assert self.told(self.change("a", Action.DELETE))[0].endswith(
            "all of its 1 Application would be deleted"
        )

    @pytest.mark.parametrize("action", [Action.NONE, Action.PATCH, Action.APPLY])
    def test_one_that_stays_or_comes_is_enough(self, action: Action) -> None:
        kept = self.change("b", action, Step.DEPLOY)

        assert self.told(self.change("a", Action.DELETE), kept) == ()

    def test_what_is_let_go_before_its_deletion_does_not_stay(self) -> None:
        let_go = self.change("a", Action.PATCH, Step.HOLD)

        assert len(self.told(let_go, self.change("a", Action.DELETE))) == 1

    def test_a_service_in_deletion_asked_for_it(self) -> None:
        gone = self.change("a", Action.DELETE)

        assert self.told(gone, built=service().deleting()) == ()

    def test_releases_count_too(self) -> None:
        ref = build(kinds.RELEASE, "edge-hbn", "svc-ns").resource.ref
        gone = Change(ref, Action.UNINSTALL, "uninstalled", None, stage=Step.STALE, cluster=ONE)

        assert self.told(gone)[0].endswith("all of its 1 Release would be deleted")

    def test_other_objects_do_not(self) -> None:
        ref = build(kinds.NAMESPACE, "svc-ns").resource.ref

        assert self.told(Change(ref, Action.DELETE, "deleted", None)) == ()
