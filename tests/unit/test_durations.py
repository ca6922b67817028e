"""Durations as users type them."""

import pytest

from dpfctl.model.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("1.5", 1.5),
        ("90s", 90),
        ("1m30s", 90),
        ("2h", 7200),
        ("1.5h", 5400),
        ("7d", 604800),
        ("1d12h", 129600),
        ("250ms", 0.25),
        ("1m250ms", 60.25),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "s", "5x", "5 s", " 5s", "5s ", "-5s", "+5s", "1m30", "1e3", "1h,2m", "5S", "inf", ".5s"],
)
def test_what_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None
