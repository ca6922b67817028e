"""What a preview says about server-side apply before a server was asked."""

from typing import Any

from dpfctl.apiserver.foretelling import foretold

Json = dict[str, Any]


def live(spec: Json, *owners: "Owner") -> Json:
    entries = [
        {"manager": manager, "operation": operation, "fieldsV1": {"f:spec": fields}}
        for manager, operation, fields in owners
    ]
    return {"metadata": {"name": "a", "managedFields": entries}, "spec": spec}


def spec_after(before: Json, spec: Json) -> Any:
    return foretold(before, {"spec": spec}).get("spec")


Owner = tuple[str, str, Json]
OURS: Owner = ("dpfctl", "Apply", {"f:a": {}, "f:b": {"f:c": {}, ".": {}}})


def test_a_new_object_is_its_configuration() -> None:
    assert foretold({}, {"spec": {"a": 1}}) == {"spec": {"a": 1}}


def test_a_field_that_the_configuration_lost_goes() -> None:
    assert spec_after(live({"a": 1, "b": {"c": 2}, "z": 9}, OURS), {"a": 1}) == {"a": 1, "z": 9}


def test_a_field_that_somebody_else_owns_too_stays() -> None:
    theirs: Owner = ("kubectl", "Update", {"f:b": {"f:c": {}}})
    assert spec_after(live({"a": 1, "b": {"c": 2}}, OURS, theirs), {"a": 1}) == {
        "a": 1,
        "b": {"c": 2},
    }


def test_an_update_of_ours_is_no_claim() -> None:
    update: Owner = ("dpfctl", "Update", {"f:a": {}})
    assert spec_after(live({"a": 1}, update), {"b": 2}) == {"a": 1, "b": 2}


def test_each_manager_gives_up_only_what_it_applied_itself() -> None:
    theirs: Owner = ("dpuservice-manager", "Apply", {"f:d": {}})
    before = live({"a": 1, "b": {"c": 2}, "d": 3}, OURS, theirs)

    assert foretold(before, {"spec": {}}, "dpuservice-manager")["spec"] == {"a": 1, "b": {"c": 2}}
    assert foretold(before, {"spec": {}})["spec"] == {"d": 3}


def test_lists_are_replaced_and_mappings_merged() -> None:
    before = live({"list": [1, 2], "map": {"x": 1}})
    assert spec_after(before, {"list": [3], "map": {"y": 2}}) == {
        "list": [3],
        "map": {"x": 1, "y": 2},
    }


def test_the_object_that_was_read_is_left_alone() -> None:
    before = live({"a": 1, "b": {"c": 2}}, OURS)
    foretold(before, {"spec": {}})
    assert before["spec"] == {"a": 1, "b": {"c": 2}}
