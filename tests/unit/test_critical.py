"""Marking services as critical: the label's presence counts, not its value."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpfctl.errors import NotFoundError, OwnedError
from dpfctl.marks.critical import Mark, plan_critical, replan_critical
from dpfctl.model import kinds, labels
from dpfctl.model.dpu_services import is_critical
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from tests.builders import NS, Built, dpu_service

PATH = "/metadata/labels/svc.dpu.nvidia.com~1critical"
SWAP = {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
BARE = dpu_service("hbn").having(metadata={"resourceVersion": "7"})
LABELLED = BARE.having(metadata={"labels": {"team": "network"}})
CRITICAL = LABELLED.labelled(CRITICAL="")
ADD, OVERWRITE, REMOVE = Mark(), Mark(overwrites=True), Mark(is_removal=True)


def valued(value: str) -> Built:
    return LABELLED.labelled(CRITICAL=value)


def marked(built: Built, mark: Mark = ADD) -> Change:
    return plan_critical((built.resource,), mark).changes[0]


@pytest.mark.parametrize(
    ("built", "critical"),
    [
        pytest.param(BARE, False, id="no labels"),
        pytest.param(LABELLED, False, id="other labels"),
        pytest.param(CRITICAL, True, id="empty value"),
        pytest.param(valued("true"), True, id="some value"),
        pytest.param(valued("false"), True, id="false counts as critical"),
    ],
)
def test_is_critical(built: Built, critical: bool) -> None:
    assert is_critical(built.resource) is critical


@pytest.mark.parametrize(
    ("built", "mark", "operations"),
    [
        pytest.param(
            BARE,
            ADD,
            [{"op": "add", "path": "/metadata/labels", "value": {labels.CRITICAL: ""}}],
            id="first label",
        ),
        pytest.param(
            LABELLED, ADD, [{"op": "add", "path": PATH, "value": ""}], id="one more label"
        ),
        pytest.param(CRITICAL, ADD, [], id="already marked"),
        pytest.param(valued("true"), ADD, [], id="another value is left alone"),
        pytest.param(valued("false"), ADD, [], id="false is left alone: it counts"),
        pytest.param(
            valued("false"),
            OVERWRITE,
            [{"op": "replace", "path": PATH, "value": ""}],
            id="another value is overwritten if asked",
        ),
        pytest.param(CRITICAL, OVERWRITE, [], id="the empty value needs no overwriting"),
        pytest.param(
            LABELLED,
            OVERWRITE,
            [{"op": "add", "path": PATH, "value": ""}],
            id="overwriting what is not there adds it",
        ),
        pytest.param(CRITICAL, REMOVE, [{"op": "remove", "path": PATH}], id="removed"),
        pytest.param(
            valued("false"), REMOVE, [{"op": "remove", "path": PATH}], id="removed with its value"
        ),
        pytest.param(LABELLED, REMOVE, [], id="nothing to remove"),
        pytest.param(BARE, REMOVE, [], id="no labels to remove from"),
    ],
)
def test_operations(built: Built, mark: Mark, operations: list[dict[str, Any]]) -> None:
    change = marked(built, mark)

    assert change.done == ("unlabeled" if mark.is_removal else "labeled")
    assert change.action is (Action.PATCH if operations else Action.NONE)
    assert change.operations == ((SWAP, *operations) if operations else ())


def test_changes_keep_the_order_of_the_services() -> None:
    plan = plan_critical([dpu_service(name).resource for name in ("b", "a")], ADD)

    assert (plan.command, [c.ref.name for c in plan.changes]) == ("mark-critical", ["b", "a"])


class TestOwner:
    """A DPUDeployment would undo a label on what it generated."""

    OWNED = BARE.owned_by("ns", "edge")

    @pytest.mark.parametrize(
        ("built", "mark"),
        [
            pytest.param(OWNED, ADD, id="to mark"),
            pytest.param(OWNED.labelled(CRITICAL="x"), OVERWRITE, id="to overwrite"),
            pytest.param(OWNED.labelled(CRITICAL=""), REMOVE, id="to unmark"),
        ],
    )
    def test_is_refused_with_the_owner(self, built: Built, mark: Mark) -> None:
        with pytest.raises(OwnedError) as raised:
            marked(built, mark)

        assert raised.value.message == (
            f"dpuservice/{NS}/hbn: belongs to dpudeployment/ns/edge, which would undo the change"
        )
        assert "--force" in raised.value.hint

    def test_force_marks_it(self) -> None:
        assert marked(self.OWNED, replace(ADD, is_forced=True)).action is Action.PATCH

    def test_is_no_matter_where_nothing_changes(self) -> None:
        assert marked(self.OWNED.labelled(CRITICAL=""), ADD).action is Action.NONE
        assert marked(self.OWNED, REMOVE).action is Action.NONE


class TestReplan:
    """The same decision for the service as it is now."""

    def test_at_its_new_version(self) -> None:
        fresh = LABELLED.having(metadata={"resourceVersion": "8"}).resource
        change = replan_critical(marked(BARE), fresh, ADD)

        assert [op["value"] for op in change.operations] == ["8", ""]

    def test_marked_by_somebody_else(self) -> None:
        assert replan_critical(marked(BARE), CRITICAL.resource, ADD).action is Action.NONE

    def test_found_an_owner(self) -> None:
        with pytest.raises(OwnedError):
            replan_critical(marked(BARE), BARE.owned_by("ns", "edge").resource, ADD)

    def test_gone(self) -> None:
        with pytest.raises(NotFoundError, match=rf"^dpuservice/{NS}/hbn: was deleted meanwhile$"):
            replan_critical(marked(BARE), None, ADD)


found_labels = st.none() | st.dictionaries(
    st.sampled_from([labels.CRITICAL, labels.COMPONENT, "team"]), st.text("ab", max_size=2)
)


@given(found_labels, st.sampled_from([ADD, OVERWRITE, REMOVE]))
def test_twice_is_once_and_other_labels_stay(found: dict[str, str] | None, mark: Mark) -> None:
    built = BARE.having(metadata={"labels": found})
    untouched = copy.deepcopy(built.raw)
    once = marked(built, mark)
    end = Resource(kinds.DPU_SERVICE, copy.deepcopy(dict(once.after)))

    assert is_critical(end) is not mark.is_removal
    assert plan_critical((end,), mark).changes[0].action is Action.NONE
    assert built.raw == untouched
    assert unmarked(once.after) == unmarked(untouched)


def unmarked(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An object without the label, no labels and none left being the same."""
    found = raw["metadata"].get("labels") or {}
    kept = {key: value for key, value in found.items() if key != labels.CRITICAL}
    return {**raw, "metadata": {**raw["metadata"], "labels": kept}}
