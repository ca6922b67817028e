"""Raw objects, read tolerantly."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Listing, Trouble, listing_of
from dpfctl.model.resources import Ref, Resource
from tests.builders import build, dpu, dpu_service, inventory, isolation_class


def resource(raw: Any) -> Resource:
    return Resource(kinds.DPU_SERVICE, raw)


WHOLE = resource(
    {
        "metadata": {
            "name": "hbn",
            "namespace": "ns",
            "uid": "u-1",
            "resourceVersion": "42",
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "deletionTimestamp": "2026-01-03T03:04:05+01:00",
            "labels": {"a": "1", "b": 2},
            "annotations": {"c": "3"},
        },
        "spec": {"list": [{"x": 1}, "word", None], "word": "w", "number": 5},
    }
)


def test_metadata_is_read() -> None:
    assert (WHOLE.name, WHOLE.namespace, WHOLE.uid) == ("hbn", "ns", "u-1")
    assert WHOLE.resource_version == "42"
    assert WHOLE.created == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert WHOLE.deleted == datetime(2026, 1, 3, 2, 4, 5, tzinfo=UTC)
    assert WHOLE.is_deleting
    assert (WHOLE.label("a"), WHOLE.label("b"), WHOLE.label("z")) == ("1", None, None)
    assert (WHOLE.annotation("c"), WHOLE.annotation("z")) == ("3", None)


def test_paths_are_followed_as_far_as_they_go() -> None:
    assert WHOLE.text("spec", "word") == "w"
    assert WHOLE.text("spec", "number") == ""
    assert WHOLE.at("spec", "number") == 5
    assert WHOLE.at("spec", "word", "deeper") is None
    assert WHOLE.items("spec", "list") == ({"x": 1},)
    assert WHOLE.texts("spec", "list") == ("word",)
    assert WHOLE.mapping("spec", "word") == {}


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({}, id="nothing at all"),
        pytest.param({"metadata": None, "spec": None, "status": None}, id="null everywhere"),
        pytest.param({"metadata": [], "spec": "x", "status": 1}, id="the wrong types"),
        pytest.param({"metadata": {"name": 5, "labels": [], "uid": {}}}, id="wrong types inside"),
    ],
)
def test_a_damaged_object_is_empty(raw: Any) -> None:
    damaged = resource(raw)
    assert damaged.ref == Ref(kinds.DPU_SERVICE, "", "")
    assert (damaged.uid, damaged.created, damaged.conditions) == ("", None, ())
    assert (damaged.label("a"), damaged.annotation("a")) == (None, None)
    assert (damaged.items("spec", "x"), damaged.mapping("status", "y")) == ((), {})
    assert not damaged.is_deleting


def test_a_ref_reads_like_kubectl() -> None:
    assert str(dpu_service("hbn", "ns").resource.ref) == "dpuservice/ns/hbn"
    assert str(isolation_class("ovn").resource.ref) == "isolationclass/ovn"


def test_a_listing_goes_by_namespace_then_name() -> None:
    mixed = [dpu("b", "y"), dpu("a", "z"), dpu("c", "y")]
    ordered = listing_of(d.resource for d in mixed).items
    assert [(r.namespace, r.name) for r in ordered] == [("y", "b"), ("y", "c"), ("z", "a")]


def test_an_inventory_finds_by_kind_namespace_and_name() -> None:
    fleet = inventory(dpu("d", "one"), dpu("d", "two"), build(kinds.DPU_NODE, "d", "three"))
    found = fleet.find(Ref(kinds.DPU, "two", "d"))
    assert found is not None
    assert found.namespace == "two"
    assert fleet.find(Ref(kinds.DPU, "three", "d")) is None
    assert fleet.find(Ref(kinds.BFB, "one", "d")) is None


def test_a_list_that_was_not_asked_for_is_empty() -> None:
    assert inventory().listing(kinds.DPU) == Listing()


def test_a_list_that_failed_says_why() -> None:
    fleet = inventory(dpu("d"), troubles={kinds.DPU: (Trouble.FORBIDDEN, "no")})
    assert fleet.listing(kinds.DPU) == Listing((), Trouble.FORBIDDEN, "no")
    assert fleet.find(dpu("d").resource.ref) is None
