"""Who owns which field after a write."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dpfctl.apiserver.field_ownership import ConflictingFieldsError, Writer, applied, updated
from dpfctl.apiserver.field_sets import FieldSet, read_fields
from dpfctl.apiserver.managed_fields import Managed, Manager, Owned, read_managed, write_managed
from dpfctl.apiserver.shapes import UNKNOWN_OBJECT, object_shape
from dpfctl.errors import FieldConflict

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
SHAPE = object_shape(
    {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "paused": {"type": "boolean"},
                    "list": {"type": "array", "items": {"type": "string"}},
                    "names": {
                        "type": "array",
                        "items": {"type": "string"},
                        "x-kubernetes-list-type": "set",
                    },
                    "ports": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name", "protocol"],
                        "items": {
                            "type": "object",
                            "properties": {
                                "name": {"type": "string"},
                                "protocol": {"type": "string", "default": "TCP"},
                                "port": {"x-kubernetes-int-or-string": True},
                            },
                        },
                    },
                    "selector": {"type": "object", "x-kubernetes-map-type": "atomic"},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            }
        },
    }
)


def writer(name: str = "dpfctl", seconds: int = 0, **options: Any) -> Writer:
    return Writer(name, "v1", NOW + timedelta(seconds=seconds), **options)


def fields(managed: Managed, name: str) -> FieldSet:
    """Everything a manager owns, by whatever operation."""
    found = [owned.fields for manager, owned in managed.items() if manager.name == name]
    return frozenset().union(*found)


def under_spec(raw: dict[str, Any]) -> FieldSet:
    return read_fields({"f:spec": raw})


def put(live: Any, config: Any, managed: Managed, name: str = "dpfctl") -> tuple[Any, Managed]:
    """Apply a spec by force."""
    return applied(SHAPE, managed, live, {"spec": config}, writer(name), force=True)


def test_creator_owns_what_it_made() -> None:
    made = {
        "apiVersion": "v1",
        "kind": "X",
        "metadata": {"name": "a", "uid": "u", "labels": {"a": "b"}},
        "spec": {"paused": True, "list": ["a"], "names": ["b"], "selector": {"c": "d"}},
    }
    managed = updated(SHAPE, {}, {}, made, writer())
    assert fields(managed, "dpfctl") == read_fields(
        {
            "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
            "f:spec": {
                ".": {},
                "f:paused": {},
                "f:list": {},
                "f:names": {".": {}, 'v:"b"': {}},
                "f:selector": {},
            },
        }
    )


def test_object_without_owners_gets_none_by_an_update() -> None:
    assert updated(SHAPE, {}, {"spec": {}}, {"spec": {"paused": True}}, writer()) == {}


def test_update_takes_what_it_changes_from_all_others() -> None:
    old = {"spec": {"paused": True, "list": ["a"], "labels": {"a": "b"}}}
    managed = updated(SHAPE, {}, {}, old, writer("first"))
    new = {"spec": {"paused": False, "list": ["a"]}}
    managed = updated(SHAPE, managed, old, new, writer("second", seconds=60))
    assert fields(managed, "first") == under_spec({".": {}, "f:list": {}})
    assert fields(managed, "second") == under_spec({"f:paused": {}})
    assert [owned.time for owned in managed.values()] == [
        "2026-03-14T09:26:53Z",
        "2026-03-14T09:27:53Z",
    ]


def test_manager_that_only_takes_away_is_no_owner() -> None:
    old = {"spec": {"paused": True, "list": ["a"]}}
    managed = updated(SHAPE, {}, {}, old, writer("first"))
    managed = updated(SHAPE, managed, old, {"spec": {"list": ["a"]}}, writer("second"))
    assert [manager.name for manager in managed] == ["first"]


def test_fields_that_a_write_cannot_change_have_no_owner() -> None:
    body = {"spec": {"paused": True}, "status": {"a": 1}}
    main = updated(SHAPE, {}, {}, body, writer(ignored=("status",)))
    assert fields(main, "dpfctl") == under_spec({".": {}, "f:paused": {}})
    status = writer(subresource="status", ignored=("metadata", "spec"))
    managed = updated(SHAPE, main, {"spec": {"paused": True}}, body, status)
    assert Manager("dpfctl", "Update", "v1", "status") in managed


def test_entries_have_keys_and_defaults_of_keys() -> None:
    ports = [{"name": "a", "port": 1}, {"name": "a", "protocol": "UDP"}]
    managed = updated(SHAPE, {}, {}, {"spec": {"ports": ports}}, writer())
    first, second = 'k:{"name":"a","protocol":"TCP"}', 'k:{"name":"a","protocol":"UDP"}'
    assert fields(managed, "dpfctl") == under_spec(
        {
            ".": {},
            "f:ports": {
                ".": {},
                first: {".": {}, "f:name": {}, "f:port": {}},
                second: {".": {}, "f:name": {}, "f:protocol": {}},
            },
        }
    )


def test_applier_takes_along_what_it_no_longer_names() -> None:
    live, managed = put({}, {"paused": True, "names": ["a", "b"], "labels": {"x": "y"}}, {})
    live, managed = put(live, {"names": ["b"], "labels": {"z": "y"}}, managed)
    assert live == {"spec": {"names": ["b"], "labels": {"z": "y"}}}


def test_what_another_owns_stays() -> None:
    live, managed = put({}, {"names": ["a", "b"], "labels": {"x": "y"}}, {})
    live, managed = put(live, {"names": ["a"], "paused": True}, managed, "other")
    live, managed = put(live, {"labels": {}}, managed)
    assert live == {"spec": {"names": ["a"], "labels": None, "paused": True}}


def test_live_object_is_returned_where_nothing_changes() -> None:
    live, managed = put({}, {"paused": True}, {})
    again, same_managed = put(live, {"paused": True}, managed)
    assert again is live
    assert same_managed == managed
    shared, both = put(live, {"paused": True}, managed, "other")
    assert shared is live
    assert [owned.time for owned in both.values()] == ["2026-03-14T09:26:53Z", ""]


def test_new_entries_stand_where_the_configuration_has_them() -> None:
    live = {"spec": {"names": ["a", "x", "b", "y", "c"]}}
    new, _ = put(live, {"names": ["n", "c", "m", "a", "o"]}, {})
    assert new["spec"]["names"] == ["x", "b", "y", "n", "c", "m", "a", "o"]


def test_conflicts_name_fields_and_managers() -> None:
    live = {"spec": {"paused": True, "names": ["a"], "list": ["a"]}}
    managed = updated(SHAPE, {}, {}, live, writer("kubectl"))
    config = {"spec": {"paused": False, "names": ["a", "b"], "list": ["b"]}}
    with pytest.raises(ConflictingFieldsError) as raised:
        applied(SHAPE, managed, live, config, writer(), force=False)
    assert raised.value.conflicts == (
        FieldConflict(".spec.list", "kubectl"),
        FieldConflict(".spec.paused", "kubectl"),
    )


def test_kinds_without_a_schema_lose_nothing_of_others() -> None:
    live, managed = applied(
        UNKNOWN_OBJECT, {}, {}, {"data": {"a": "b"}}, writer("first"), force=False
    )
    changed = {"data": {"a": "b", "c": "d"}}
    managed = updated(UNKNOWN_OBJECT, managed, live, changed, writer("second"))
    left, _ = applied(UNKNOWN_OBJECT, managed, changed, {}, writer("first"), force=False)
    assert left == {"data": {"c": "d"}}


def test_entries_stand_by_operation_time_and_name() -> None:
    owned = {
        Manager("b", "Update", "v1", ""): Owned(
            under_spec({"f:a": {}}), "v1", "2026-01-01T00:00:00Z"
        ),
        Manager("a", "Update", "v1", "status"): Owned(
            under_spec({"f:b": {}}), "v1", "2026-01-02T00:00:00Z"
        ),
        Manager("a", "Update", "v1", ""): Owned(
            under_spec({"f:c": {}}), "v1", "2026-01-02T00:00:00Z"
        ),
        Manager("z", "Apply", "", ""): Owned(under_spec({"f:d": {}}), "v1"),
    }
    written = write_managed(owned)
    assert [(e["manager"], e.get("subresource", "")) for e in written] == [
        ("z", ""),
        ("b", ""),
        ("a", ""),
        ("a", "status"),
    ]
    assert written[0] == {
        "manager": "z",
        "operation": "Apply",
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:d": {}}},
    }
    assert read_managed(written) == owned


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({}, id="nothing"),
        pytest.param("x", id="text"),
        pytest.param(
            {"operation": "Delete", "apiVersion": "v1", "fieldsType": "FieldsV1"}, id="verb"
        ),
        pytest.param(
            {"operation": "Apply", "apiVersion": "", "fieldsType": "FieldsV1"}, id="version"
        ),
        pytest.param({"operation": "Apply", "apiVersion": "v1", "fieldsType": "V2"}, id="type"),
    ],
)
def test_one_bad_entry_makes_all_void(entry: Any) -> None:
    good = {"operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}
    assert read_managed([good])
    assert read_managed([good, entry]) == {}
    assert read_managed(entry) == {}


def test_oldest_of_many_updaters_are_put_together() -> None:
    managed: Managed = {}
    live: dict[str, Any] = {}
    for number in range(12):
        new = {"spec": {"labels": {**live.get("spec", {}).get("labels", {}), f"l{number}": "x"}}}
        managed = updated(SHAPE, managed, live, new, writer(f"m{number:02}", seconds=number))
        live = new
    names = [manager.name for manager in managed]
    assert sorted(names) == ["ancient-changes", *(f"m{number:02}" for number in range(3, 12))]
    assert managed[Manager("ancient-changes", "Update", "v1", "")].time == "2026-03-14T09:26:55Z"
