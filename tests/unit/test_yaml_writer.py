"""Values to YAML text: everything comes back, for us and for readers of YAML 1.1."""

import math
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.model.yaml_text import parse_yaml
from dpfctl.model.yaml_writer import write_yaml


def test_block_style_keeps_the_order_of_keys() -> None:
    value: dict[str, Any] = {
        "kind": "DPU",
        "spec": {},
        "list": [{"a": 1, "b": []}, [2]],
        "none": None,
    }
    text = "kind: DPU\nspec: {}\nlist:\n- a: 1\n  b: []\n- - 2\nnone: null\n"
    assert write_yaml([value]).decode() == text


def test_documents_are_separated() -> None:
    assert write_yaml([{"a": True}, {"b": 1.5}]).decode() == "a: true\n---\nb: 1.5\n"


def test_text_of_several_lines_is_a_block() -> None:
    assert write_yaml([{"a": "one\ntwo\n"}]).decode() == "a: |\n  one\n  two\n"


@pytest.mark.parametrize(
    "text",
    [
        *("", "~", "null", "true", "Yes", "no", "ON", "y", "N", "=", "<<"),
        *("1", "-1", "012", "08", "0o7", "0x1F", "0b1", "1_000", "12:30:45", "1e3", "1.", ".5"),
        *(".inf", "-.Inf", ".NaN", "2026-01-02", "2026-01-02T03:04:05Z", "2026-1-2 3:04:05"),
    ],
)
def test_ambiguous_text_is_quoted(text: str) -> None:
    assert write_yaml([{text: [text]}]).decode() == f'"{text}":\n- "{text}"\n'


@pytest.mark.parametrize("text", ["a", "1.2.3", "10.0.0.1", "v1", "88161e25-dee2", "on-1", "e1"])
def test_plain_text_is_not_quoted(text: str) -> None:
    assert write_yaml([text]).decode().removesuffix("...\n") == f"{text}\n"


def test_long_lines_are_not_folded() -> None:
    assert write_yaml([{"a": "word " * 1000 + "end"}]).count(b"\n") == 1


def test_shared_values_are_written_out() -> None:
    shared = {"a": [1]}
    assert write_yaml([[shared, shared]]).decode() == "- a:\n  - 1\n- a:\n  - 1\n"


def test_what_json_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        write_yaml([math.inf])
    with pytest.raises(TypeError):
        write_yaml([{1, 2}])


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | TEXT
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(VALUES, min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_what_is_written_reads_back(values: list[Any]) -> None:
    assert parse_yaml(write_yaml(values).decode(), "x") == tuple(values)


@given(TEXT)
@settings(max_examples=200, deadline=None)
def test_yaml_1_1_reads_text_as_text(text: str) -> None:
    assert yaml.safe_load(write_yaml([{"key": text}])) == {"key": text}
