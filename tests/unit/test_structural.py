"""Objects as a server reads them: what is dropped, what is filled in, what is shared."""

from typing import Any

import pytest

from dpfctl.apiserver.structural import decoded, with_defaults

SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "mode": {"type": "string", "default": "a"},
                "may": {"type": "string", "nullable": True},
                "may_mode": {"type": "string", "nullable": True, "default": "a"},
                "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "part": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": True,
                    "properties": {"known": {"type": "object", "properties": {"x": {}}}},
                },
                "texts": {"type": "object", "additionalProperties": {"type": "string"}},
                "any": {"type": "object", "additionalProperties": True},
                "list": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"a": {"default": 1}, "b": {}}},
                },
                "deep": {
                    "type": "object",
                    "default": {"x": 1},
                    "properties": {
                        "x": {"type": "integer"},
                        "y": {"type": "integer", "default": 2},
                    },
                },
            },
        }
    },
}
DEFAULTS = {"mode": "a", "may_mode": "a", "deep": {"x": 1, "y": 2}}


def read(spec: Any, stored: Any = None) -> Any:
    head = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "a", "anything": None}}
    before = {"spec": stored} if stored is not None else {}
    value = decoded(SCHEMA, {**head, "spec": spec, "unknown": 1}, before)
    assert value == {**head, "spec": value["spec"]}
    return value["spec"]


@pytest.mark.parametrize(
    ("spec", "left"),
    [
        pytest.param({"unknown": 1}, {}, id="a field that is not declared goes"),
        pytest.param({"name": None}, {}, id="a null that may not be one goes"),
        pytest.param(
            {"may": None, "may_mode": None}, {"may": None, "may_mode": None}, id="others stay"
        ),
        pytest.param({"mode": None}, {}, id="a null becomes the default"),
        pytest.param(
            {"open": {"a": None}}, {"open": {"a": None}}, id="anything stays where all may"
        ),
        pytest.param(
            {"part": {"new": 1, "known": {"x": 1, "y": 2}}},
            {"part": {"new": 1, "known": {"x": 1}}},
            id="what is declared is read by its schema, where all may stay too",
        ),
        pytest.param({"texts": {"a": "b", "c": None}}, {"texts": {"a": "b"}}, id="values are read"),
        pytest.param(
            {"any": {"a": {"b": None}}}, {"any": {"a": {"b": None}}}, id="values of any shape"
        ),
        pytest.param(
            {"list": [{"b": 1, "c": 2}]}, {"list": [{"a": 1, "b": 1}]}, id="entries are read"
        ),
        pytest.param({"deep": {"x": 3, "z": 4}}, {"deep": {"x": 3, "y": 2}}, id="defaults go deep"),
        pytest.param("text", "text", id="a wrong type is left to whoever judges"),
    ],
)
def test_object_is_read(spec: Any, left: Any) -> None:
    assert read(spec) == ({**DEFAULTS, **left} if isinstance(left, dict) else left)


def test_unknown_field_stays_where_the_file_holds_it_already() -> None:
    stored = {"later": {"a": 1}, "list": [{"b": 1, "new": 2}, {"b": 2}]}
    spec = {"later": {"a": 1}, "newer": 1, "list": [{"b": 3, "new": 2}, {"b": 2, "new": 2}]}
    assert read(spec, stored) == {
        **DEFAULTS,
        "later": {"a": 1},
        "list": [{"a": 1, "b": 3, "new": 2}, {"a": 1, "b": 2}],
    }


def test_what_lacks_nothing_is_shared() -> None:
    value = {"spec": {**DEFAULTS, "list": [{"a": 1}]}}
    assert with_defaults(SCHEMA, value) is value
    assert decoded(SCHEMA, value)["spec"] is value["spec"]


def test_defaults_are_no_part_of_the_schema() -> None:
    first = with_defaults(SCHEMA, {"spec": {}})
    first["spec"]["deep"]["x"] = 5
    assert with_defaults(SCHEMA, {"spec": {}})["spec"]["deep"]["x"] == 1
