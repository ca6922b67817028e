"""Conditions as the API holds them, and as hands write them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dpfctl.model.conditions import Condition, find_ready, read_conditions


def test_every_field_is_read() -> None:
    raw = {
        "type": "Ready",
        "status": "False",
        "reason": "Error",
        "message": "two\nlines",
        "lastTransitionTime": "2026-01-02T03:04:05Z",
        "observedGeneration": 7,
    }
    since = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert read_conditions([raw]) == (
        Condition("Ready", "False", "Error", "two\nlines", since, observed_generation=7),
    )


def test_order_is_kept() -> None:
    raw = [{"type": t, "status": "True"} for t in ("Z", "Ready", "A")]
    assert [c.type for c in read_conditions(raw)] == ["Z", "Ready", "A"]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(None, id="nothing"),
        pytest.param({"type": "Ready"}, id="no list"),
        pytest.param("Ready", id="a word"),
        pytest.param([None, 1, "Ready", ["Ready"]], id="no objects"),
        pytest.param([{"status": "True"}, {"type": 5, "status": "True"}], id="no type"),
    ],
)
def test_what_is_no_condition_is_passed_over(raw: Any) -> None:
    assert read_conditions(raw) == ()


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        pytest.param("status", True, "True", id="a bare YAML word"),
        pytest.param("status", None, "", id="null"),
        pytest.param("status", ["True"], "", id="a list"),
        pytest.param("reason", 404, "404", id="a number"),
        pytest.param("message", {}, "", id="an object"),
    ],
)
def test_fields_of_the_wrong_type(field: str, value: Any, read: str) -> None:
    (found,) = read_conditions([{"type": "Ready", field: value}])
    assert getattr(found, field) == read


@pytest.mark.parametrize("raw", [None, "", "yesterday", 5])
def test_a_condition_may_lack_its_time(raw: Any) -> None:
    (found,) = read_conditions([{"type": "Ready", "lastTransitionTime": raw}])
    assert found.since is None


@pytest.mark.parametrize("raw", [None, "7", 7.5])
def test_a_generation_is_a_whole_number(raw: Any) -> None:
    (found,) = read_conditions([{"type": "Ready", "observedGeneration": raw}])
    assert found.observed_generation == 0


@pytest.mark.parametrize(
    ("kind", "is_ready"),
    [("Ready", True), ("ready", False), ("Ready ", False), ("Operational/Ready", False)],
)
def test_ready_is_exactly_ready(kind: str, is_ready: bool) -> None:
    found = find_ready((Condition("Other", "True"), Condition(kind, "False")))
    assert (found is not None) is is_ready


@pytest.mark.parametrize(
    ("status", "reason", "is_true", "is_pending"),
    [
        ("True", "Success", True, False),
        ("True", "Pending", True, False),
        ("Unknown", "Pending", False, True),
        ("False", "Pending", False, False),
        ("Unknown", "Error", False, False),
        ("true", "", False, False),
        ("Synced", "Healthy", False, False),
    ],
)
def test_what_a_status_means(status: str, reason: str, is_true: bool, is_pending: bool) -> None:
    condition = Condition("Any", status, reason)
    assert (condition.is_true, condition.is_pending) == (is_true, is_pending)
