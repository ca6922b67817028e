"""What may be stored, and what a refusal says, beyond the sentences about our CRDs."""

from collections.abc import Iterator
from typing import Any

import pytest

from dpfctl.apiserver.admission import ObjectSchema, object_schema, unknown_schema
from dpfctl.apiserver.cel_rules import MESSAGES, RULES
from dpfctl.apiserver.rule_checks import folded
from dpfctl.cluster.fleet_schemas import packaged_schema
from dpfctl.cluster.packaged_crds import packaged_crds
from dpfctl.model import kinds
from dpfctl.model.kinds import CUSTOM_RESOURCE_DEFINITION, Kind
from dpfctl.model.resources import Resource

Json = dict[str, Any]

THING = Kind("Thing", "things", "x.io", "v1")


def schema(spec: Json, **options: Any) -> ObjectSchema:
    """The schema of a kind with this spec."""
    found = {"type": "object", "properties": {"spec": spec}}
    return ObjectSchema(THING, found, has_status=True, **options)


def thing(spec: Any, **metadata: Any) -> Json:
    return {"metadata": {"name": "a", **metadata}, "spec": spec}


def faults(spec: Json, value: Any, old: Any = None) -> list[str]:
    """What is wrong with a value of ``spec``."""
    known = schema(spec)
    if old is None:
        return [fault.text for fault in known.faults_of_new(thing(value))]
    return [fault.text for fault in known.faults_of_change(thing(value), thing(old))]


def packaged_rules() -> Iterator[Json]:
    for crd in packaged_crds().values():
        yield from _rules_in(crd.raw)


def _rules_in(value: Any) -> Iterator[Json]:
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for name, child in children:
        if name == "x-kubernetes-validations":
            yield from child
        elif isinstance(child, dict | list):
            yield from _rules_in(child)


# Rules


def test_every_rule_of_our_crds_has_its_function() -> None:
    asked = {folded(rule["rule"]) for rule in packaged_rules()}
    assert asked == set(RULES)


def test_every_message_expression_of_our_crds_has_its_function() -> None:
    worded = {folded(r["messageExpression"]) for r in packaged_rules() if "messageExpression" in r}
    assert worded == set(MESSAGES)


@pytest.mark.parametrize("name", sorted(packaged_crds()))
def test_no_packaged_crd_has_rules_that_are_not_checked(name: str) -> None:
    kind = next(kind for kind in kinds.ALL if kind.resource == name)
    assert packaged_schema(kind).unknown_rules == ()


def test_rules_of_others_are_told() -> None:
    rules = [{"rule": "self.a\n  > 1"}, {"rule": "self == oldSelf", "messageExpression": "'a'"}]
    spec = {"type": "object", "x-kubernetes-validations": rules}
    assert schema(spec).unknown_rules == ("self.a > 1", "'a'")
    assert faults(spec, {"a": 0}) == []


def test_rule_about_a_field_that_is_not_there_says_so() -> None:
    rule = {"rule": "self.type != 'pci' || has(self.pci)", "message": "pci must be set"}
    spec = {
        "type": "object",
        "properties": {"type": {}, "pci": {}},
        "x-kubernetes-validations": [rule],
    }
    assert faults(spec, {}) == [
        'spec: Invalid value: "object": no such key: type evaluating rule: pci must be set'
    ]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"message": "no"}, "spec.a: Invalid value: 2: no"),
        ({}, "spec.a: Invalid value: 2: failed rule: self == oldSelf"),
    ],
)
def test_broken_rule_of_a_plain_value_shows_it(rule: Json, said: str) -> None:
    child = {"type": "integer", "x-kubernetes-validations": [{"rule": "self == oldSelf", **rule}]}
    spec = {"type": "object", "properties": {"a": child}}
    assert faults(spec, {"a": 2}, {"a": 1}) == [said]
    assert faults(spec, {"a": 2}) == faults(spec, {"a": 2}, {}) == []


def test_transition_rules_meet_entries_by_their_keys() -> None:
    entry = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "node": {"type": "string"}},
        "x-kubernetes-validations": [{"rule": "self.node == oldSelf.node", "message": "stays"}],
    }
    keyed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    old = [{"name": "a", "node": "n"}, {"name": "b", "node": "n"}]
    new = [{"name": "b", "node": "m"}, {"name": "c", "node": "m"}, {"name": "a", "node": "n"}]
    assert faults({"type": "array", "items": entry, **keyed}, new, old) == [
        "spec[0]: Invalid value: stays"
    ]
    assert faults({"type": "array", "items": entry}, new, old) == []


# Schemas


@pytest.mark.parametrize(
    ("child", "value", "said"),
    [
        (
            {"type": "integer"},
            "a",
            'Invalid value: "string": spec.a in body must be of type integer: "string"',
        ),
        (
            {"type": "string"},
            None,
            'Invalid value: "null": spec.a in body must be of type string: "null"',
        ),
        (
            {"type": "string", "enum": ["x", "y"]},
            "z",
            'Unsupported value: "z": supported values: "x", "y"',
        ),
        ({"type": "string", "maxLength": 2}, "abc", "Too long: may not be more than 2 bytes"),
        (
            {"type": "string", "minLength": 1},
            "",
            'Invalid value: "": spec.a in body should be at least 1 chars long',
        ),
        (
            {"type": "string", "pattern": "^a$"},
            "a\n",
            "Invalid value: \"a\\n\": spec.a in body should match '^a$'",
        ),
        (
            {"type": "string", "format": "ipv4"},
            "x",
            'Invalid value: "x": spec.a in body must be of type ipv4: "x"',
        ),
        (
            {"type": "array", "items": {}, "maxItems": 1},
            [1, 2],
            "Too many: 2: must have at most 1 items",
        ),
        (
            {"type": "array", "items": {}, "minItems": 1},
            [],
            "Invalid value: 0: spec.a in body should have at least 1 items",
        ),
        (
            {"type": "object", "minProperties": 1},
            {},
            "Invalid value: 0: spec.a in body should have at least 1 properties",
        ),
        (
            {"type": "object", "maxProperties": 1},
            {"a": 1, "b": 2},
            "Too many: 2: must have at most 1 items",
        ),
        (
            {"type": "integer", "minimum": 1},
            0,
            "Invalid value: 0: spec.a in body should be greater than or equal to 1",
        ),
        (
            {"type": "integer", "maximum": 1},
            2,
            "Invalid value: 2: spec.a in body should be less than or equal to 1",
        ),
        (
            {"type": "integer", "multipleOf": 2},
            3,
            "Invalid value: 3: spec.a in body should be a multiple of 2",
        ),
    ],
)
def test_fault_is_worded_as_the_server_words_it(child: Json, value: Any, said: str) -> None:
    (first, *_) = faults({"type": "object", "properties": {"a": child}}, {"a": value})
    assert first == f"spec.a: {said}"


@pytest.mark.parametrize(
    ("child", "value"),
    [
        pytest.param({"type": "integer"}, 1.0, id="a whole number with a point"),
        pytest.param({"type": "string", "nullable": True}, None, id="a null that may be one"),
        pytest.param({"x-kubernetes-int-or-string": True}, 1, id="a number"),
        pytest.param({"x-kubernetes-int-or-string": True}, "1", id="or a text"),
        pytest.param({"type": "string", "format": "whatever"}, "x", id="a format nobody knows"),
        pytest.param({"type": "string", "pattern": r"^[$]\d$"}, "$1", id="a dollar in a class"),
        pytest.param({"type": "string", "format": "ipv4"}, "010.0.0.1", id="zeros in an address"),
    ],
)
def test_value_is_taken(child: Json, value: Any) -> None:
    assert faults({"type": "object", "properties": {"a": child}}, {"a": value}) == []


@pytest.mark.parametrize(
    "child",
    [
        {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {"not": {"type": "boolean"}},
    ],
)
def test_value_of_no_form_is_refused(child: Json) -> None:
    found = faults({"type": "object", "properties": {"a": child}}, {"a": True})
    assert found[0].startswith(
        ('spec.a: Invalid value: "boolean"', '<nil>: Invalid value: "": "spec.a" must')
    )


@pytest.mark.parametrize(
    "text", ["2026-02-30T00:00:00Z", "2026-03-14", "2026-03-14T24:00:00Z", "x", ""]
)
def test_time_is_one(text: str) -> None:
    spec = {"type": "string", "format": "date-time"}
    assert faults(spec, "2026-03-14T09:26:53.5+01:00") == []
    assert f'must be of type date-time: "{text}"' in faults(spec, text)[0]


def test_numbers_fit_their_width() -> None:
    spec = {"type": "integer", "format": "int32"}
    assert faults(spec, 2**31 - 1) == []
    assert faults(spec, 2**31) == [
        '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec'
    ]


def test_duplicates_are_told_once() -> None:
    names = {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}
    assert faults(names, ["a", "b", "a", "a"]) == ['spec[2]: Duplicate value: "a"']
    assert faults(names, ["a", "a", "b"], ["a", "a"]) == []


def test_rules_are_not_asked_about_what_is_broken() -> None:
    rule = {"rule": "self.type != 'pci' || has(self.pci)"}
    spec = {"type": "object", "required": ["type"], "x-kubernetes-validations": [rule]}
    assert faults(spec, {}) == [
        "spec.type: Required value",
        "<nil>: Invalid value: null: some validation rules were not checked because the object was"
        " invalid; correct the existing errors to complete validation",
    ]


def test_what_did_not_change_is_forgiven() -> None:
    port = {"type": "object", "properties": {"name": {"type": "string", "pattern": "^a$"}}}
    keyed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    spec = {"type": "object", "properties": {"ports": {"type": "array", "items": port, **keyed}}}
    old = {"ports": [{"name": "x"}, {"name": "y"}]}
    assert faults(spec, {"ports": [{"name": "y"}, {"name": "x"}], "more": 1}, old) == []
    assert len(faults(spec, {"ports": [{"name": "z"}, {"name": "x"}]}, old)) == 1
    listed = {"type": "object", "properties": {"ports": {"type": "array", "items": port}}}
    assert len(faults(listed, {"ports": [{"name": "x"}]}, old)) == 1


def test_what_was_lacking_before_is_forgiven() -> None:
    need = {
        "type": "object",
        "required": ["chart"],
        "properties": {"source": {"required": ["url"]}},
    }
    assert faults(need, {"paused": True}, {}) == []
    assert faults(need, {"source": {}}, {}) == ["spec.source.url: Required value"]
    assert faults(need, {"paused": True}, {"chart": "a"})[0] == "spec.chart: Required value"


def test_an_object_without_a_spec_may_get_one() -> None:
    need = schema({"type": "object", "required": ["chart"]})
    old = {key: value for key, value in thing({}).items() if key != "spec"}
    assert need.faults_of_change(thing({"paused": True}), old) == []


def test_replicas_are_whole_numbers() -> None:
    known = schema({"type": "object"}, replicas=(".spec.replicas", ".status.replicas"))
    assert [fault.text for fault in known.faults_of_new(thing({"replicas": -1}))] == [
        ".spec.replicas: Invalid value: -1: should be a non-negative integer"
    ]
    body = {**thing({"replicas": -1}), "status": {"replicas": 2**31}}
    assert [fault.text for fault in known.faults_of_status(body, body)] == [
        f".status.replicas: Invalid value: {2**31}: should be less than or equal to {2**31 - 1}"
    ]


# Kinds


def crd(**version: Any) -> Resource:
    versions = [{"name": "v1", "served": True, **version}]
    return Resource(CUSTOM_RESOURCE_DEFINITION, {"spec": {"versions": versions}})


def test_crd_says_whether_status_is_a_subresource() -> None:
    assert object_schema(crd(subresources={"status": {}}), THING).has_status
    assert not object_schema(crd(), THING).has_status
    assert object_schema(crd(served=False), THING).has_status is THING.has_status


def test_crd_without_a_schema_lets_everything_pass() -> None:
    known = object_schema(crd(), THING)
    assert known.openapi is None
    assert known.decoded(thing({"a": None})) == thing({"a": None})


def test_only_metadata_is_judged_of_a_kind_without_a_crd() -> None:
    known = unknown_schema(kinds.CONFIG_MAP)
    assert known.faults_of_new({"metadata": {"name": "a"}, "data": 5}) == []
    (fault,) = known.faults_of_new({"metadata": {"name": "A"}})
    assert fault.text.startswith(
        'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain'
    )
    assert known.faults_of_status({}, {}) == []
