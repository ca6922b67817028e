"""Values against schemas, and the fields that lost their place."""

from collections.abc import Iterator
from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.zones.checking import find_problems
from dpfctl.zones.indentation import find_strays
from dpfctl.zones.manifests import MANIFESTS
from tests.unit.zone_files import packaged_schemas
from tests.unit.zone_releases import release_25_1, release_25_10

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
SCHEMA: Json = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {**TEXT, "minLength": 1},
        "count": {"type": "integer"},
        "share": {"type": "number"},
        "is_on": {"type": "boolean"},
        "size": {"x-kubernetes-int-or-string": True},
        "either": {"type": ["boolean", "object"], "properties": {"x": TEXT}},
        "mode": {"type": "string", "enum": ["a", "b"]},
        "fixed": {"const": "v1"},
        "labels": {"type": "object", "minProperties": 1, "additionalProperties": TEXT},
        "items": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {}}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "closed": {"type": "object"},
        "maybe": {"type": "string", "nullable": True},
        "inner": {"type": "object", "properties": {"depth": {"type": "integer"}}},
        "any": {},
    },
}


def problems(**value: Any) -> list[str]:
    found = find_problems({"name": "x", **value}, SCHEMA)
    return [f"{p.flaw}: {p.message} ({p.hint})" for p in found]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"count": 1, "share": 0.5, "is_on": False, "mode": "a", "fixed": "v1"},
        {"share": 1, "size": 1},
        {"size": "10%"},
        {"either": True},
        {"either": {"x": "y"}},
        {"labels": {"a": "b"}, "items": [{}], "free": {"a": [None, {"b": 1}]}},
        {"closed": {}, "maybe": None, "any": None},
        {"any": [1, {"x": None}]},
    ],
    ids=str,
)
def test_what_fits(value: Json) -> None:
    assert problems(**value) == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"name": ""}, "value: name: must not be empty ()"),
        ({"count": "1"}, "type: count: must be a whole number ()"),
        ({"count": True}, "type: count: must be a whole number ()"),
        ({"count": 1.5}, "type: count: must be a whole number ()"),
        ({"share": "x"}, "type: share: must be a number ()"),
        ({"is_on": "yes"}, "type: is_on: must be true or false ()"),
        ({"size": 1.5}, 'type: size: must be a whole number or text (quote it: "1.5")'),
        ({"either": "x"}, "type: either: must be true or false or a mapping ()"),
        ({"either": {"y": 1}}, "unknown: either.y: unknown field (the fields here are x)"),
        ({"mode": "c"}, 'value: mode: "c" must be a or b ()'),
        ({"fixed": "v2"}, 'value: fixed: "v2" must be v1 ()'),
        ({"labels": {}}, "value: labels: must not be empty ()"),
        ({"labels": {"a": 1}}, 'type: labels.a: must be text (quote it: "1")'),
        ({"labels": ["a"]}, "type: labels: must be a mapping ()"),
        ({"items": []}, "value: items: must not be empty ()"),
        ({"items": [{}, {"a": 1}]}, "unknown: items[1].a: unknown field (there is none here)"),
        ({"closed": {"a": 1}}, "unknown: closed.a: unknown field (there is none here)"),
        ({"count": None}, "empty: count: has no value (give it a value, or leave the field out)"),
        ({"depth": 1}, "unknown: depth: unknown field (it belongs to inner.depth)"),
        ({"cuont": 1}, "unknown: cuont: unknown field (did you mean count?)"),
    ],
    ids=str,
)
def test_what_does_not(value: Json, problem: str) -> None:
    assert problems(**value) == [problem]


def test_what_is_missing_comes_first() -> None:
    found = list(find_problems({"extra": 1}, SCHEMA, ("spec",)))
    assert [p.message for p in found] == ["spec.name: is missing", "spec.extra: unknown field"]


def strays(value: Json, kind: kinds.Kind = kinds.DPU_SERVICE_CHAIN) -> list[tuple[str, str]]:
    found = find_strays(value, MANIFESTS[kind])
    return [(".".join(map(str, stray.path)), stray.parent) for stray in found]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param({"spec": {"template": None}}, [], id="an empty field alone"),
        pytest.param(
            {"spec": {"template": None, "nonsense": 1}}, [], id="a field that belongs nowhere"
        ),
        pytest.param(
            {"spec": {"template": None, "spec": {}}},
            [("spec.spec", "template")],
            id="a field behind the one it belongs below",
        ),
        pytest.param(
            {"spec": {"spec": {}, "template": None}}, [], id="a field before the empty one"
        ),
        pytest.param(
            {"spec": {"template": None, "dpuClusterSelector": {}, "spec": {}}},
            [],
            id="a field behind another one that is at home here",
        ),
        pytest.param(
            {"spec": {"dpuClusterSelector": None, "matchLabels": None, "site": "a"}},
            [("spec.matchLabels", "dpuClusterSelector"), ("spec.site", "matchLabels")],
            id="labels, whose names can be anything",
        ),
        pytest.param(
            {"metadata": {"labels": {"a": None, "name": "x"}}}, [], id="labels without a value"
        ),
    ],
)
def test_strays(value: Json, found: list[tuple[str, str]]) -> None:
    assert strays(value) == found


def test_values_of_a_chart_may_be_empty() -> None:
    values = {"image": None, "tag": "x", "source": None, "version": 1}
    assert strays({"spec": {"helmChart": {"values": values}}}, kinds.DPU_SERVICE) == []


@pytest.mark.parametrize(
    "schemas", [packaged_schemas(), release_25_10(), release_25_1()], ids=["26", "25.10", "25.1"]
)
@pytest.mark.parametrize("kind", MANIFESTS, ids=lambda kind: kind.name)
def test_manifests_may_have_every_field_of_every_release(
    schemas: dict[kinds.Kind, Json], kind: kinds.Kind
) -> None:
    wanted = set(_fields(schemas[kind]["properties"]["spec"]))
    known = set(_fields(MANIFESTS[kind]["properties"]["spec"]))
    assert wanted - known == set()


def _fields(schema: Json, path: str = "spec") -> Iterator[str]:
    yield path
    for name, child in (schema.get("properties") or {}).items():
        yield from _fields(child, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from _fields(schema["items"], f"{path}[]")
