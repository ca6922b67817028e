"""Times as the API writes them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from dpfctl.model.timestamps import format_time, parse_time

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("2026-01-02T03:04:05Z", MOMENT, id="as metav1.Time writes it"),
        pytest.param(
            "2026-01-02T03:04:05.250000Z", MOMENT.replace(microsecond=250000), id="microseconds"
        ),
        pytest.param(
            "2026-01-02T03:04:05.123456789Z", MOMENT.replace(microsecond=123456), id="nanoseconds"
        ),
        pytest.param("2026-01-02T05:04:05+02:00", MOMENT, id="with an offset"),
        pytest.param("2026-01-02T03:04:05", MOMENT, id="without an offset it is UTC"),
        pytest.param("0001-01-01T00:00:00Z", datetime.min.replace(tzinfo=UTC), id="the zero time"),
    ],
)
def test_timestamps(raw: str, expected: datetime) -> None:
    found = parse_time(raw)
    assert found is not None
    assert found == expected
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "raw",
    [None, "", "now", 5, True, ["2026-01-02T03:04:05Z"], "2026-13-02T03:04:05Z",
     pytest.param("0001-01-01T00:00:00+05:00", id="before all times")],
)  # fmt: skip
def test_what_is_no_timestamp(raw: Any) -> None:
    assert parse_time(raw) is None


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, "2026-01-02T03:04:05Z"),
        (MOMENT.replace(microsecond=999999), "2026-01-02T03:04:05Z"),
        (MOMENT.astimezone(timezone(timedelta(hours=-7))), "2026-01-02T03:04:05Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
    ids=["UTC", "fractions are cut off", "other zones", "years have four digits"],
)
def test_writing(moment: datetime, text: str) -> None:
    assert format_time(moment) == text
