"""The SINCE column."""

from datetime import UTC, datetime, timedelta

import pytest

from dpfctl.render.age import age
from tests.builders import NOW

HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-(10**9), "<invalid>"),
        (-2, "<invalid>"),
        (-1.5, "0s"),
        (-1, "0s"),
        (-0.1, "0s"),
        (0, "0s"),
        (0.999, "0s"),
        (119, "119s"),
        (119.999, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (180, "3m"),
        (599, "9m59s"),
        (600, "10m"),
        (659, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (3 * HOUR + 59, "3h"),
        (3 * HOUR + 60, "3h1m"),
        (8 * HOUR - 1, "7h59m"),
        (8 * HOUR, "8h"),
        (2 * DAY - 1, "47h"),
        (2 * DAY, "2d"),
        (2 * DAY + HOUR - 1, "2d"),
        (2 * DAY + HOUR, "2d1h"),
        (8 * DAY - 1, "7d23h"),
        (8 * DAY, "8d"),
        (730 * DAY - 1, "729d"),
        (730 * DAY, "2y"),
        (731 * DAY, "2y1d"),
        (1095 * DAY, "3y"),
        (2920 * DAY - 1, "7y364d"),
        (2920 * DAY, "8y"),
        (3284 * DAY, "8y"),
        (3285 * DAY, "9y"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == text


def test_a_time_that_is_not_known_is_the_zero_time() -> None:
    assert age(None, NOW) == "292y"
    assert age(datetime.min.replace(tzinfo=UTC), NOW) == "292y"
