"""Sets of fields, there and back, and as messages name them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpfctl.apiserver.field_sets import (
    FieldPath,
    field_step,
    field_text,
    key_step,
    ordered,
    read_fields,
    value_step,
    without_roots,
    write_fields,
)

TEXTS = st.text(max_size=4)
SCALARS = st.one_of(TEXTS, st.integers(), st.booleans())
STEPS = st.one_of(
    TEXTS.map(field_step),
    SCALARS.map(value_step),
    st.dictionaries(TEXTS, SCALARS, min_size=1, max_size=2).map(key_step),
)
PATHS = st.lists(STEPS, min_size=1, max_size=4).map(tuple)


def spec(*steps: str) -> FieldPath:
    return ("f:spec", *steps)


def test_fields_are_read_from_managed_fields() -> None:
    raw = {
        "f:spec": {
            ".": {},
            "f:paused": {},
            "f:ports": {'k:{"name":"a"}': {".": {}, "f:port": {}}},
            "f:finalizers": {'v:"a.io/b"': {}},
        }
    }
    assert read_fields(raw) == {
        spec(),
        spec("f:paused"),
        spec("f:ports", 'k:{"name":"a"}'),
        spec("f:ports", 'k:{"name":"a"}', "f:port"),
        spec("f:finalizers", 'v:"a.io/b"'),
    }
    assert write_fields(read_fields(raw)) == raw


@given(st.frozensets(PATHS))
def test_every_set_comes_back_as_it_was(fields: frozenset[FieldPath]) -> None:
    text = json.dumps(write_fields(fields))
    assert read_fields(json.loads(text)) == fields


def test_steps_are_written_as_the_server_writes_them() -> None:
    assert key_step({"b": 1, "a": "<x>"}) == 'k:{"a":"\\u003cx\\u003e","b":1}'
    assert value_step(True) == "v:true"
    assert read_fields({'k:{ "b": 1, "a": "x" }': {}}) == {('k:{"a":"x","b":1}',)}


@pytest.mark.parametrize("raw", [[], {"spec": {}}, {"f:spec": 1}, {"x:y": {}}, {"k:{": {}}])
def test_what_is_no_set_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"no fields at|no step of a field|Expecting"):
        read_fields(raw)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (spec("f:paused"), ".spec.paused"),
        (("f:metadata", "f:labels", "f:a.io/b"), ".metadata.labels.a.io/b"),
        (spec("f:ports", 'k:{"name":"a","port":1}', "f:x"), '.spec.ports[name="a",port=1].x'),
        (("f:metadata", "f:finalizers", 'v:"a"'), '.metadata.finalizers[="a"]'),
        (("f:a", "i:3"), ".a[3]"),
    ],
)
def test_field_is_named_as_in_conflicts(path: FieldPath, text: str) -> None:
    assert field_text(path) == text


def test_leaves_stand_before_what_goes_deeper() -> None:
    paths = [spec("f:b", "f:a"), spec("f:c"), spec(), spec("f:a", "f:z"), ("f:metadata", "f:z")]
    assert ordered(paths) == [
        spec(),
        ("f:metadata", "f:z"),
        spec("f:c"),
        spec("f:a", "f:z"),
        spec("f:b", "f:a"),
    ]


def test_roots_are_left_out_with_all_below_them() -> None:
    fields = frozenset({("f:status",), ("f:status", "f:a"), spec("f:status")})
    assert without_roots(fields, ["status"]) == {spec("f:status")}
