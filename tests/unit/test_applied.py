"""When nothing need be sent because an object already is what is applied."""

from collections.abc import Mapping
from typing import Any

import pytest

from dpfctl.apiserver.applied import is_applied
from dpfctl.model import kinds
from dpfctl.model.resources import Resource

Json = dict[str, Any]
MANAGER = "dpuservice-manager"
WEB = {"name": "web", "protocol": "TCP", "port": 80}
DNS = {"name": "dns", "protocol": "UDP", "port": 80}
PORTS_HELD: Json = {
    'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}},
    'k:{"port":80,"protocol":"UDP"}': {".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}},
}


def live(body: Json, fields: Json | None = None, manager: str = MANAGER) -> Resource:
    """An object as it is read: of this body, with an entry for the last apply of a manager."""
    entry = {
        "manager": manager,
        "operation": "Apply",
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    entries = {} if fields is None else {"managedFields": [entry]}
    metadata = {"name": "a", "namespace": "ns", **body.get("metadata", {}), **entries}
    return Resource(kinds.SERVICE, {**body, "metadata": metadata})


def wanted(body: Json) -> Json:
    head = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "ns"}}
    return {**head, **body}


def holds(there: Json, fields: Json | None, body: Json, **options: Any) -> bool:
    return is_applied(live(there, fields), wanted(body), manager=MANAGER, **options)


SPEC = {"spec": {"a": 1, "b": {"c": 2}}}
SPEC_HELD: Json = {"f:spec": {"f:a": {}, "f:b": {"f:c": {}}}}


@pytest.mark.parametrize(
    ("there", "fields", "answer"),
    [
        pytest.param(SPEC, SPEC_HELD, True, id="the same"),
        pytest.param({"spec": {**SPEC["spec"], "z": 9}}, SPEC_HELD, True, id="others add a field"),
        pytest.param({"spec": {"a": 3, "b": {"c": 2}}}, SPEC_HELD, False, id="another value"),
        pytest.param({"spec": {"a": True, "b": {"c": 2}}}, SPEC_HELD, False, id="true is not 1"),
        pytest.param({"spec": {"b": {"c": 2}}}, SPEC_HELD, False, id="a field is gone"),
        pytest.param(SPEC, {"f:spec": {"f:a": {}}}, False, id="somebody took a field over"),
        pytest.param(
            SPEC,
            {"f:spec": {"f:a": {}, "f:b": {"f:c": {}}, "f:old": {}}},
            False,
            id="the last configuration had a field more",
        ),
    ],
)
def test_values_and_ownership_both_count(there: Json, fields: Json, answer: bool) -> None:
    assert holds(there, fields, SPEC) is answer


def test_the_apply_of_another_manager_does_not_count() -> None:
    assert not is_applied(live(SPEC, SPEC_HELD, "kubectl"), wanted(SPEC), manager=MANAGER)
    assert is_applied(live(SPEC, SPEC_HELD, "dpfctl"), wanted(SPEC))


class TestListsWithKeys:
    def test_entries_are_found_by_their_keys(self) -> None:
        there = {"spec": {"ports": [{**DNS, "nodePort": 2}, {**WEB, "nodePort": 1}]}}

        assert holds(there, {"f:spec": {"f:ports": PORTS_HELD}}, {"spec": {"ports": [WEB, DNS]}})

    def test_an_entry_with_another_value_is_not_held(self) -> None:
        there = {"spec": {"ports": [{**WEB, "name": "other"}, DNS]}}

        assert not holds(
            there, {"f:spec": {"f:ports": PORTS_HELD}}, {"spec": {"ports": [WEB, DNS]}}
        )

    @pytest.mark.parametrize("ports", [[WEB], [WEB, DNS, {**WEB, "port": 81}]])
    def test_an_entry_more_or_less_is_a_change(self, ports: list[Json]) -> None:
        there = {"spec": {"ports": [WEB, DNS]}}

        assert not holds(there, {"f:spec": {"f:ports": PORTS_HELD}}, {"spec": {"ports": ports}})

    def test_an_entry_that_is_gone_is_a_change(self) -> None:
        there = {"spec": {"ports": [WEB]}}

        assert not holds(
            there, {"f:spec": {"f:ports": PORTS_HELD}}, {"spec": {"ports": [WEB, DNS]}}
        )

    def test_a_key_may_be_left_to_its_default(self) -> None:
        held: Json = {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}}}
        there = {"spec": {"ports": [WEB]}}

        assert holds(there, {"f:spec": {"f:ports": held}}, {"spec": {"ports": [{"port": 80}]}})

    def test_the_owner_is_one_field(self) -> None:
        owner = {"uid": "u", "kind": "DPUService", "controller": True}
        held: Json = {"f:metadata": {"f:ownerReferences": {'k:{"uid":"u"}': {}}}}
        body = {"metadata": {"name": "a", "namespace": "ns", "ownerReferences": [owner]}}

        assert holds(body, held, body)
        assert not holds({"metadata": {"ownerReferences": [{"uid": "u"}]}}, held, body)


class TestSets:
    HELD: Mapping[str, Any] = {"f:metadata": {"f:finalizers": {'v:"one"': {}}}}

    @pytest.mark.parametrize(
        ("asked", "there", "answer"),
        [
            pytest.param(["one"], ["two", "one"], True, id="others add one"),
            pytest.param(["one"], ["two"], False, id="it is gone"),
            pytest.param(["two"], ["one", "two"], False, id="another is asked for"),
        ],
    )
    def test_only_what_is_asked_for_counts(
        self, asked: list[str], there: list[str], answer: bool
    ) -> None:
        body = {"metadata": {"name": "a", "namespace": "ns", "finalizers": asked}}

        assert holds({"metadata": {"finalizers": there}}, dict(self.HELD), body) is answer


class TestListsAsAWhole:
    @pytest.mark.parametrize(
        ("there", "answer"),
        [
            pytest.param([{"ip": "1"}], True, id="the same"),
            pytest.param([{"ip": "1", "mtu": 1500}], True, id="with a known default"),
            pytest.param([{"ip": "1", "mtu": 9000}], False, id="with another value there"),
            pytest.param([{"ip": "1"}, {"ip": "2"}], False, id="longer"),
            pytest.param([], False, id="empty"),
        ],
    )
    def test_they_are_compared_entry_by_entry(self, there: list[Json], answer: bool) -> None:
        body = {"subsets": [{"ip": "1"}]}

        found = holds({"subsets": there}, {"f:subsets": {}}, body, defaults={"mtu": 1500})
        assert found is answer

    def test_a_list_where_fields_were_is_a_change(self) -> None:
        assert not holds({"spec": {"a": 1}}, {"f:spec": {"f:a": {}}}, {"spec": [1]})

    def test_entries_by_number_are_never_held(self) -> None:
        assert not holds({"list": [1]}, {"f:list": {"i:0": {}}}, {"list": [1]})


class TestWithoutManagers:
    @pytest.mark.parametrize(
        ("there", "answer"),
        [
            pytest.param({**SPEC, "status": {}}, True, id="it has every value"),
            pytest.param({"spec": {"a": 1}}, False, id="one is missing"),
            pytest.param({"spec": {"a": 1, "b": {"c": 3}}}, False, id="one differs"),
        ],
    )
    def test_the_values_decide(self, there: Json, answer: bool) -> None:
        assert holds(there, None, SPEC) is answer

    def test_entries_of_lists_may_say_more(self) -> None:
        there = {"spec": {"ports": [{**WEB, "nodePort": 1}]}}

        assert holds(there, None, {"spec": {"ports": [WEB]}})
        assert not holds(there, None, {"spec": {"ports": [WEB, DNS]}})

    def test_it_was_not_applied_where_that_counts(self) -> None:
        assert not holds(SPEC, None, SPEC, is_strict=True)
