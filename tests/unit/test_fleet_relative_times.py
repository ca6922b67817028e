"""Times relative to now: where they count, and what they may say."""

from datetime import UTC, datetime

import pytest

from dpfctl.model.relative_times import resolve_times

NOW = datetime(2026, 3, 14, 9, 26, 53, 999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("${NOW}", "2026-03-14T09:26:53Z"),
        ("${NOW-40s}", "2026-03-14T09:26:13Z"),
        ("${NOW-4d20h}", "2026-03-09T13:26:53Z"),
        ("${NOW-1d1h1m1s}", "2026-03-13T08:25:52Z"),
        ("${NOW+30m}", "2026-03-14T09:56:53Z"),
    ],
)
def test_times(text: str, moment: str) -> None:
    assert resolve_times({"lastTransitionTime": text}, NOW) == {"lastTransitionTime": moment}


@pytest.mark.parametrize(
    "field",
    [
        *("creationTimestamp", "deletionTimestamp", "lastTransitionTime", "time", "renewTime"),
        *("reconciledAt", "dpfctl/suspended-at", "dpfctl/suspend-until"),
    ],
)
def test_fields_that_hold_times(field: str) -> None:
    assert resolve_times([{field: "${NOW}"}], NOW) == [{field: "2026-03-14T09:26:53Z"}]


@pytest.mark.parametrize("field", ["message", "name", "format", "data", "timeout", "x"])
def test_other_fields_keep_their_text(field: str) -> None:
    assert resolve_times({field: "${NOW}"}, NOW) == {field: "${NOW}"}


@pytest.mark.parametrize(
    "text", ["${NOW", "${NOW-}", "${NOW-1}", "${NOW-1x}", "${NOW-1d} ", "${NOW-999999999d}"]
)
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^startTime: .* is no time relative to now$"):
        resolve_times({"status": [{"startTime": text}]}, NOW)


def test_values_without_relative_times_are_shared() -> None:
    value = {"a": [{"b": 1}], "c": {"startTime": "${NOW}"}}
    resolved = resolve_times(value, NOW)
    assert resolved["a"] is value["a"]
    assert value["c"] == {"startTime": "${NOW}"}
    assert resolve_times(resolved, NOW) is resolved
