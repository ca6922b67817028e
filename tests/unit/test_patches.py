"""JSON Patch and merge patch, as an API server takes them."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpfctl.apiserver.patches import json_patched, merge_patched

Json = dict[str, Any]

VALUE: Json = {"a": {"b": 1}, "c": ["d", "e"]}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=6,
)


def op(word: str, path: str, value: Any = None) -> Json:
    return {"op": word, "path": path, "value": value}


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        pytest.param(op("replace", "/a/b", 2), {"a": {"b": 2}}, id="replace"),
        pytest.param(
            op("replace", "/a/x", 2), {"a": {"b": 1, "x": 2}}, id="replace what is absent"
        ),
        pytest.param(op("replace", "/x", 2), {"x": 2}, id="replace what is absent at the root"),
        pytest.param(op("add", "/c/-", "f"), {"c": ["d", "e", "f"]}, id="append"),
        pytest.param(op("add", "/c/0", "f"), {"c": ["f", "d", "e"]}, id="insert"),
        pytest.param(op("remove", "/c/0"), {"c": ["e"]}, id="remove"),
        pytest.param(op("add", "/a/x~1y~0", 2), {"a": {"b": 1, "x/y~": 2}}, id="escaped"),
        pytest.param(op("test", "/a/b", 1), {}, id="test what holds"),
        pytest.param(op("test", "/a/x"), {}, id="test that something is absent"),
    ],
)
def test_operation(operation: Json, changed: Json) -> None:
    before = copy.deepcopy(VALUE)
    assert json_patched(VALUE, [operation]) == {**VALUE, **changed}
    assert before == VALUE


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (op("test", "/a/b", 2), "test /a/b fails"),
        (op("test", "/a/x", 2), "test /a/x fails"),
        (op("remove", "/x"), "remove /x cannot be done"),
        (op("replace", "/x/y", 1), "replace /x/y cannot be done"),
        (op("replace", "/c/5", 1), "replace /c/5 cannot be done"),
        (op("add", "no-slash", 1), "add no-slash cannot be done"),
        (op("frobnicate", "/a"), "frobnicate /a cannot be done"),
        ({"op": "add", "value": 1}, "add None cannot be done"),
        ({"op": "replace", "path": "/a"}, "replace /a cannot be done"),
    ],
)
def test_operation_that_cannot_be_done(operation: Json, said: str) -> None:
    with pytest.raises(ValueError, match=f"^operation 2 of the patch: {said}$"):
        json_patched(VALUE, [op("add", "/a/b", 5), operation])
    assert VALUE["a"] == {"b": 1}


@pytest.mark.parametrize(
    ("patch", "result"),
    [
        ({"a": {"b": None}}, {"a": {}, "c": ["d", "e"]}),
        ({"c": None, "x": None}, {"a": {"b": 1}}),
        ({"c": ["f"]}, {"a": {"b": 1}, "c": ["f"]}),
        ({"a": 1}, {"a": 1, "c": ["d", "e"]}),
        ({"a": {"x": {"y": None, "z": 1}}}, {"a": {"b": 1, "x": {"z": 1}}, "c": ["d", "e"]}),
        ({"c": {"x": 1}}, {"a": {"b": 1}, "c": {"x": 1}}),
        ({}, VALUE),
        ([1], [1]),
    ],
)
def test_merge_patch(patch: Any, result: Any) -> None:
    before = copy.deepcopy(VALUE)
    assert merge_patched(VALUE, patch) == result
    assert before == VALUE


@given(VALUES, VALUES)
def test_merging_twice_is_merging_once(value: Any, patch: Any) -> None:
    once = merge_patched(value, patch)
    assert merge_patched(once, patch) == once
