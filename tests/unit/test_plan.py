"""A plan says what is sent: patches that swap only what was read, and nothing where nothing is."""

import copy
from typing import Any

import jsonpatch
from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.model import kinds
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change, Plan
from tests.builders import NS, dpu_service

BEFORE = dpu_service("hbn").having(metadata={"resourceVersion": "7"}).resource
SWAP = {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab/~0", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def change(action: Action, after: dict[str, Any], before: Resource | None = BEFORE) -> Change:
    return Change(BEFORE.ref, action, "suspended", before, after)


def with_spec(spec: Any, before: Resource = BEFORE) -> dict[str, Any]:
    return {**copy.deepcopy(dict(before.raw)), "spec": spec}


def test_a_patch_puts_the_version_that_was_read_in_its_own_place_first() -> None:
    assert change(Action.PATCH, with_spec({"paused": True})).operations == (
        SWAP,
        {"op": "add", "path": "/spec", "value": {"paused": True}},
    )


def test_a_field_that_is_absent_is_added_not_replaced() -> None:
    before = Resource(kinds.DPU_SERVICE, with_spec({"helmChart": {}}))
    patch = change(Action.PATCH, with_spec({"helmChart": {}, "paused": True}), before)

    assert patch.operations[1:] == ({"op": "add", "path": "/spec/paused", "value": True},)


def test_a_key_with_a_slash_is_escaped() -> None:
    after = copy.deepcopy(dict(BEFORE.raw))
    after["metadata"]["labels"] = {"svc.dpu.nvidia.com/critical": ""}
    before = dpu_service("hbn").having(metadata={"resourceVersion": "7", "labels": {}}).resource
    (_, operation) = change(Action.PATCH, after, before).operations

    assert operation["path"] == "/metadata/labels/svc.dpu.nvidia.com~1critical"


def test_what_is_equal_needs_no_patch() -> None:
    assert change(Action.PATCH, with_spec({})).operations
    assert change(Action.PATCH, copy.deepcopy(dict(BEFORE.raw))).operations == ()


def test_only_a_patch_of_something_has_operations() -> None:
    after = with_spec({"paused": True})

    assert change(Action.NONE, after).operations == ()
    assert change(Action.APPLY, after).operations == ()
    assert change(Action.DELETE, {}).operations == ()
    assert change(Action.PATCH, after, None).operations == ()


@given(json_values, json_values)
@settings(max_examples=200, deadline=None)
def test_operations_lead_from_before_to_after(one: Any, other: Any) -> None:
    before = Resource(kinds.DPU_SERVICE, with_spec(one))
    after = with_spec(other)
    untouched = copy.deepcopy(before.raw)
    operations = change(Action.PATCH, after, before).operations

    assert jsonpatch.apply_patch(dict(before.raw), list(operations)) == after
    assert before.raw == untouched


def test_preconditions_are_uid_and_version() -> None:
    assert change(Action.PATCH, {}).preconditions == {
        "uid": f"dpuservice-{NS}-hbn",
        "resourceVersion": "7",
    }


def test_an_object_that_has_no_version_has_no_such_precondition() -> None:
    bare = dpu_service("hbn").resource

    assert change(Action.DELETE, {}, bare).preconditions == {"uid": f"dpuservice-{NS}-hbn"}
    assert change(Action.APPLY, {}, None).preconditions == {}


def test_pending_is_what_leads_to_a_write() -> None:
    actions = (Action.NONE, Action.PATCH, Action.APPLY, Action.DELETE)
    plan = Plan("suspend", tuple(change(action, {}) for action in actions))

    assert [one.action for one in plan.pending] == [Action.PATCH, Action.APPLY, Action.DELETE]
