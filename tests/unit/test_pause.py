"""Suspending and resuming: which change becomes of which service."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.errors import NotFoundError, OwnedError
from dpfctl.marks.guard import owned_warnings
from dpfctl.marks.pause import (
    ANNOTATIONS,
    AT,
    BY,
    REASON,
    UNTIL,
    Pause,
    overdue,
    plan_resume,
    plan_suspend,
    replan_resume,
    replan_suspend,
)
from dpfctl.model import kinds
from dpfctl.model.dpu_services import is_paused
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from tests.builders import NOW, NS, Built, ago, dpu_service

PAUSE = Pause(NOW)
TOLD = Pause(NOW, by="lena", reason="switch upgrade", until=NOW + timedelta(hours=2))
SWAP = {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
PAUSED_ADDED = {"op": "add", "path": "/spec/paused", "value": True}
OURS = ("/metadata/resourceVersion", "/metadata/annotations", "/spec/paused")


def service(name: str = "hbn", **annotations: str) -> Built:
    """A service as it is read: with a version, a chart, and annotations ``dpfctl/NAME``."""
    noted = {f"dpfctl/{key.replace('_', '-')}": value for key, value in annotations.items()}
    built = dpu_service(name).spec(helmChart={}).having(metadata={"resourceVersion": "7"})
    return built.having(metadata={"annotations": noted}) if noted else built


def suspended(built: Built, pause: Pause = PAUSE) -> Change:
    return plan_suspend((built.resource,), pause).changes[0]


def resumed(built: Built) -> Change:
    return plan_resume((built.resource,)).changes[0]


def annotations_of(change: Change) -> Mapping[str, str]:
    found: Mapping[str, str] = change.after["metadata"].get("annotations", {})
    return found


class TestSuspend:
    @pytest.mark.parametrize(
        ("built", "operation"),
        [
            pytest.param(service(), PAUSED_ADDED, id="paused is absent"),
            pytest.param(
                service().spec(paused=False),
                {"op": "replace", "path": "/spec/paused", "value": True},
                id="paused is false",
            ),
            pytest.param(
                service().spec(paused=None),
                {"op": "replace", "path": "/spec/paused", "value": True},
                id="paused is null",
            ),
            pytest.param(
                service().having(spec=None),
                {"op": "replace", "path": "/spec", "value": {"paused": True}},
                id="spec is null",
            ),
        ],
    )
    def test_paused_becomes_true(self, built: Built, operation: dict[str, Any]) -> None:
        change = suspended(built)
        swap, *operations = change.operations

        assert (change.action, change.done) == (Action.PATCH, "suspended")
        assert swap == SWAP
        assert operation in operations
        assert len(operations) == 2  # the other one says when

    def test_only_when_is_noted_if_nothing_else_is_known(self) -> None:
        assert annotations_of(suspended(service())) == {AT: "2026-03-14T09:26:53Z"}

    def test_who_why_and_until_when_are_noted(self) -> None:
        assert annotations_of(suspended(service(), TOLD)) == {
            REASON: "switch upgrade",
            UNTIL: "2026-03-14T11:26:53Z",
            BY: "lena",
            AT: "2026-03-14T09:26:53Z",
        }

    def test_what_a_former_suspension_left_is_not_taken_over(self) -> None:
        stale = service(suspend_reason="old", suspend_until=ago("9d"), suspended_by="otto")

        assert annotations_of(suspended(stale)) == {AT: "2026-03-14T09:26:53Z"}

    def test_a_suspended_service_is_left_alone(self) -> None:
        change = suspended(service(suspended_by="otto").suspended(), replace(PAUSE, by="lena"))

        assert (change.action, change.operations) == (Action.NONE, ())
        assert change.before is not None
        assert change.after is change.before.raw

    def test_a_suspended_service_gets_a_new_reason_and_keeps_its_author(self) -> None:
        change = suspended(
            service(suspended_by="otto", suspend_until=ago("1h")).suspended(),
            Pause(NOW, by="lena", reason="later"),
        )

        assert change.action is Action.PATCH
        assert annotations_of(change) == {BY: "otto", UNTIL: ago("1h"), REASON: "later"}

    def test_the_same_reason_again_is_no_change(self) -> None:
        again = service(suspend_reason="later").suspended()

        assert suspended(again, Pause(NOW, reason="later")).action is Action.NONE

    @pytest.mark.parametrize("damaged", [["a"], "a", None, {}])
    def test_annotations_that_are_no_map_count_as_none(self, damaged: object) -> None:
        built = service().having(metadata={"annotations": damaged})

        assert annotations_of(suspended(built)) == {AT: "2026-03-14T09:26:53Z"}
        assert resumed(built).action is Action.NONE

    def test_a_text_is_no_true(self) -> None:
        assert suspended(service().spec(paused="true")).action is Action.PATCH

    def test_changes_keep_the_order_of_the_services(self) -> None:
        services = [service(name).resource for name in ("b", "a")]
        plan = plan_suspend(services, PAUSE)

        assert (plan.command, [c.ref.name for c in plan.changes]) == ("suspend", ["b", "a"])

    def test_nothing_to_suspend_is_an_empty_plan(self) -> None:
        assert plan_suspend((), PAUSE).changes == ()


class TestResume:
    @pytest.mark.parametrize(
        "built",
        [
            pytest.param(service(), id="paused is absent"),
            pytest.param(service().spec(paused=False), id="paused is false"),
        ],
    )
    def test_what_is_not_suspended_is_left_alone(self, built: Built) -> None:
        change = resumed(built)

        assert (change.action, change.done) == (Action.NONE, "resumed")
        assert change.before is not None
        assert change.after is change.before.raw

    def test_paused_becomes_false_and_stays(self) -> None:
        change = resumed(service().suspended())

        assert change.operations == (
            SWAP,
            {"op": "replace", "path": "/spec/paused", "value": False},
        )

    def test_our_annotations_go_and_others_stay(self) -> None:
        noted = dict.fromkeys(ANNOTATIONS, "x") | {"example.com/ticket": "NET-1", "dpfctl/z": "y"}
        change = resumed(service().suspended().having(metadata={"annotations": noted}))

        assert annotations_of(change) == {"example.com/ticket": "NET-1", "dpfctl/z": "y"}

    def test_annotations_that_were_left_behind_go_too(self) -> None:
        change = resumed(service(suspend_reason="old"))

        assert change.action is Action.PATCH
        assert annotations_of(change) == {}
        assert "paused" not in change.after["spec"]

    def test_the_command_is_named(self) -> None:
        assert plan_resume(()).command == "resume"


class TestOwner:
    """A DPUDeployment would undo a suspension of what it generated."""

    OWNED = service().owned_by("ns", "edge")

    def test_is_refused_with_the_owner(self) -> None:
        with pytest.raises(OwnedError) as raised:
            suspended(self.OWNED)

        assert raised.value.message == (
            f"dpuservice/{NS}/hbn: belongs to dpudeployment/ns/edge, which would undo the change"
        )
        assert raised.value.hint == (
            "edit dpudeployment/ns/edge instead, or use --force to change it until then"
        )

    @pytest.mark.parametrize(("names", "more"), [("ab", 1), ("abc", 2)])
    def test_says_how_many_more_there_are(self, names: str, more: int) -> None:
        services = [service(name).owned_by("ns", "edge").resource for name in names]
        with pytest.raises(OwnedError, match=rf"undo the change \(and {more} more like it\)$"):
            plan_suspend((service().resource, *services), PAUSE)

    def test_what_becomes_of_it_is_a_warning(self) -> None:
        assert owned_warnings((service("dts").resource, self.OWNED.resource)) == (
            f"dpuservice/{NS}/hbn: dpudeployment/ns/edge will undo the change "
            "when it is reconciled next, within minutes",
        )

    def test_force_suspends_it(self) -> None:
        assert suspended(self.OWNED, replace(PAUSE, is_forced=True)).action is Action.PATCH

    def test_is_no_matter_where_nothing_changes(self) -> None:
        assert suspended(self.OWNED.suspended()).action is Action.NONE

    def test_resuming_is_what_the_owner_wants_too(self) -> None:
        assert resumed(self.OWNED.suspended()).action is Action.PATCH


class TestReplan:
    """The same decision for the service as it is now."""

    OLD = suspended(service(), TOLD)

    def fresh(self, built: Built, version: str = "8") -> Resource:
        return built.having(metadata={"resourceVersion": version}).resource

    def test_a_service_that_moved_is_suspended_at_its_new_version(self) -> None:
        moved = self.fresh(service().spec(helmChart={"source": {"version": "2"}}))
        change = replan_suspend(self.OLD, moved, TOLD)

        assert change.operations[0]["value"] == "8"
        assert change.after["spec"] == {"helmChart": {"source": {"version": "2"}}, "paused": True}

    def test_a_service_that_became_as_wanted_is_left_alone(self) -> None:
        done = self.fresh(Built(kinds.DPU_SERVICE, dict(self.OLD.after)))

        assert replan_suspend(self.OLD, done, TOLD).action is Action.NONE

    def test_a_suspension_by_somebody_else_keeps_their_name(self) -> None:
        theirs = self.fresh(service(suspended_by="otto").suspended())
        change = replan_suspend(self.OLD, theirs, TOLD)

        assert change.action is Action.PATCH
        assert annotations_of(change)[BY] == "otto"
        assert annotations_of(change)[REASON] == "switch upgrade"

    def test_a_service_that_found_an_owner_is_refused(self) -> None:
        with pytest.raises(OwnedError):
            replan_suspend(self.OLD, self.fresh(service().owned_by("ns", "edge")), TOLD)

    @pytest.mark.parametrize("again", [lambda c: replan_suspend(c, None, PAUSE),
                                       lambda c: replan_resume(c, None)],
                             ids=["suspend", "resume"])  # fmt: skip
    def test_a_service_that_is_gone_is_not_found(self, again: Any) -> None:
        with pytest.raises(NotFoundError, match=rf"^dpuservice/{NS}/hbn: was deleted meanwhile$"):
            again(self.OLD)

    def test_a_service_that_was_resumed_meanwhile_needs_no_resuming(self) -> None:
        change = resumed(service().suspended())

        assert replan_resume(change, self.fresh(service())).action is Action.NONE

    def test_a_service_that_moved_is_resumed_at_its_new_version(self) -> None:
        change = replan_resume(
            resumed(service().suspended()), self.fresh(service(suspend_reason="x").suspended())
        )

        assert change.operations[0]["value"] == "8"
        assert (change.after["spec"]["paused"], annotations_of(change)) == (False, {})

    def test_a_deadline_that_was_put_off_meanwhile_is_kept(self) -> None:
        change = resumed(service(suspend_until=ago("2h")).suspended())
        later = self.fresh(service(suspend_until="2026-03-15T09:26:53Z").suspended())
        again = replan_resume(change, later, due=lambda one: overdue(one, NOW) is not None)

        assert again.action is Action.NONE


@pytest.mark.parametrize(
    ("built", "late"),
    [
        pytest.param(service().suspended(), None, id="no end was said"),
        pytest.param(service(suspend_until=ago("2h")).suspended(), 7200, id="two hours over"),
        pytest.param(service(suspend_until=ago("0s")).suspended(), 0, id="over this very second"),
        pytest.param(
            service(suspend_until="2026-03-14T09:26:54Z").suspended(), None, id="one second to go"
        ),
        pytest.param(service(suspend_until=ago("2h")), None, id="not suspended"),
        pytest.param(service(suspend_until="soon").suspended(), None, id="no time at all"),
        pytest.param(
            service(suspend_until="2026-03-14T10:26:53+02:00").suspended(), 3600, id="offset"
        ),
    ],
)
def test_overdue(built: Built, late: float | None) -> None:
    found = overdue(built.resource, NOW)

    assert (None if found is None else found.total_seconds()) == late


keys = st.sampled_from(
    [*ANNOTATIONS, "example.com/ticket", "dpfctl/zone", "argocd.argoproj.io/skip-reconcile"]
)
texts = st.text(max_size=5)
specs = st.fixed_dictionaries(
    {"helmChart": st.just({"source": {"version": "1"}})},
    optional={"paused": st.sampled_from([True, False, None]), "serviceID": texts},
)
metadata = st.fixed_dictionaries(
    {"name": st.just("hbn"), "namespace": st.just(NS), "resourceVersion": st.just("7")},
    optional={
        "annotations": st.none() | st.dictionaries(keys, st.none() | texts, max_size=5),
        "labels": st.dictionaries(st.sampled_from(["team", "app"]), texts, max_size=2),
        "finalizers": st.just(["dpu.nvidia.com/dpuservice"]),
    },
)
services = st.builds(
    lambda meta, spec, status: Resource(
        kinds.DPU_SERVICE, {"metadata": meta, "spec": spec, "status": status}
    ),
    metadata,
    specs,
    st.just({"conditions": []}),
)
moments = st.none() | st.just(NOW + timedelta(hours=2))
pauses = st.builds(
    Pause, at=st.just(NOW), by=texts, reason=st.none() | texts, until=moments
)  # fmt: skip
modest = settings(max_examples=200, deadline=None)


def after(change: Change) -> Resource:
    """The service once the change was made."""
    return Resource(kinds.DPU_SERVICE, copy.deepcopy(dict(change.after)))


def foreign(found: Resource) -> dict[str, Any]:
    """Everything that is neither ``spec.paused`` nor an annotation of ours."""
    raw = copy.deepcopy(dict(found.raw))
    raw["spec"].pop("paused", None)
    noted = raw["metadata"].pop("annotations", None) or {}
    return raw | {"noted": {k: v for k, v in noted.items() if k not in ANNOTATIONS}}


@given(services, pauses)
@modest
def test_suspending_twice_is_suspending_once(found: Resource, pause: Pause) -> None:
    once = plan_suspend((found,), pause).changes[0]
    again = plan_suspend((after(once),), replace(pause, at=NOW + timedelta(days=1))).changes[0]

    assert is_paused(after(once))
    assert (again.action, again.after) == (Action.NONE, once.after)


@given(services)
@modest
def test_resuming_twice_is_resuming_once(found: Resource) -> None:
    once = plan_resume((found,)).changes[0]

    assert not is_paused(after(once))
    assert plan_resume((after(once),)).changes[0].action is Action.NONE


@given(services, pauses)
@modest
def test_a_resumed_suspension_leaves_paused_false_and_nothing_else(
    found: Resource, pause: Pause
) -> None:
    suspension = after(plan_suspend((found,), pause).changes[0])
    end = after(plan_resume((suspension,)).changes[0])

    assert end.raw["spec"]["paused"] is False
    assert not set(ANNOTATIONS) & set(end.mapping("metadata", "annotations"))
    assert foreign(end) == foreign(found)


@given(services, pauses)
@modest
def test_what_is_not_ours_is_never_touched(found: Resource, pause: Pause) -> None:
    untouched = copy.deepcopy(found.raw)

    for change in (*plan_suspend((found,), pause).changes, *plan_resume((found,)).changes):
        assert foreign(after(change)) == foreign(found)
        assert all(op["path"].startswith(OURS) for op in change.operations)
    assert found.raw == untouched
