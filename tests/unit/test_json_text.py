"""JSON text to values: the refusals that ``json`` leaves out."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.errors import InputError
from dpfctl.model.json_text import parse_json
from dpfctl.model.json_writer import write_json
from dpfctl.model.yaml_text import MAX_DEPTH

DEEP = 100_000


def test_texts_may_follow_one_another() -> None:
    assert parse_json(' {"a": 1}\n[2]{"b": null} ', "x") == ({"a": 1}, [2], {"b": None})
    assert parse_json(" \n", "x") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('{"a": 1,\n "b": 2,\n "a": 3}', '3: duplicate key "a"', id="same key"),
        pytest.param('{"a": 1,\n', "2: not valid JSON: expecting property name", id="cut"),
        pytest.param('{"a": 1}\nx', "2: not valid JSON: expecting value", id="rubbish behind"),
        pytest.param('{"a": "\t"}', "1: not valid JSON: invalid control character", id="control"),
        pytest.param("[" * DEEP + "]" * DEEP, "1: nested deeper than 100 levels", id="very deep"),
        pytest.param("[" * 101 + "]" * 101, "1: nested deeper than 100 levels", id="deep"),
    ],
)
def test_refusals_name_the_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_json(text, "fleet.json")
    assert raised.value.message.startswith(f"fleet.json:{message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": NaN}', "fleet.json: NaN is not a number that JSON can hold"),
        ('{"a": -Infinity}', "fleet.json: -Infinity is not a number that JSON can hold"),
        ('{"a": ' + "9" * 5000 + "}", "fleet.json: holds a number that is too long"),
        ('{"a": -1e999}', "fleet.json: -1e999 is not a number that JSON can hold"),
        ('{"a": ' + "9" * 5000 + ".5}", f"fleet.json: {'9' * 40}... is not a number that JSON"),
        ('{}{"a": 1, "a": 2}', 'fleet.json: duplicate key "a"'),
    ],
)
def test_refusals_without_a_line_name_the_file(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_json(text, "fleet.json")
    assert raised.value.message.startswith(message)


def test_depth_counts_lists_and_mappings() -> None:
    assert parse_json('{"a":[' * 50 + "]}" * 50, "x")
    with pytest.raises(InputError, match="nested deeper"):
        parse_json("[" + '{"a":[' * 50 + "]}" * 50 + "]", "x")
    assert MAX_DEPTH == 100


def test_halves_of_surrogate_pairs_are_replaced() -> None:
    text = r'["\ud83d\ude00", "\ud83d", "\\ud83d", "a\ude00b"]'
    assert parse_json(text, "x") == (["\U0001f600", "\ufffd", "\\ud83d", "a\ufffdb"],)


def test_one_object_per_line() -> None:
    fleet = {"kind": "Fleet", "host": {"items": [{"a": {"b": 1}}, {"c": []}]}, "dpuClusters": []}
    assert write_json([fleet]).decode() == (
        '{\n  "kind": "Fleet",\n  "host": {\n    "items": [\n'
        '      {"a": {"b": 1}},\n      {"c": []}\n    ]\n  },\n  "dpuClusters": []\n}\n'
    )


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        write_json([{"items": [{"a": float("nan")}]}])


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=10)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.just("items"), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.lists(VALUES, max_size=3))
@settings(deadline=None)
def test_what_is_written_reads_back(values: list[Any]) -> None:
    text = write_json(values).decode("ascii")
    assert parse_json(text, "x") == tuple(values)
    assert [json.loads(line) for line in map(json.dumps, values)] == values
