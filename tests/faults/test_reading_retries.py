"""The retry table by itself: no clock, no network."""

from datetime import UTC, datetime

import pytest

from dpfctl.cluster.faults import Cause, FaultError
from dpfctl.cluster.retries import next_pause, retry_after
from dpfctl.cluster.transport import Answer

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
BUSY = (429, 500, 502, 503, 504)


def busy(status: int = 503, header: str = "") -> Answer:
    return Answer(status, b"", retry_after=header)


def fault(cause: Cause) -> FaultError:
    return FaultError(cause, "x")


@pytest.mark.parametrize("outcome", [*map(busy, BUSY), fault(Cause.BROKEN), fault(Cause.REFUSED)])
def test_reads_are_repeated(outcome: Answer | FaultError) -> None:
    assert next_pause("GET", 1, outcome, 30, 0.5) is not None


@pytest.mark.parametrize(
    "outcome",
    [
        *map(busy, (200, 301, 302, 400, 401, 403, 404, 405, 409, 410, 415, 422, 501)),
        *map(fault, (Cause.TLS, Cause.SILENT, Cause.NO_ROUTE, Cause.RUBBISH, Cause.TOO_LARGE)),
    ],
)  # fmt: skip
def test_reads_are_not_repeated(outcome: Answer | FaultError) -> None:
    assert next_pause("GET", 1, outcome, 30, 0.5) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("outcome", "is_repeated"),
    [
        pytest.param(fault(Cause.REFUSED), True, id="never sent"),
        pytest.param(busy(429, "1"), True, id="not taken"),
        pytest.param(busy(503, "1"), True, id="shutting down"),
        pytest.param(busy(429), False, id="429 without Retry-After"),
        pytest.param(busy(503), False, id="503 without Retry-After"),
        pytest.param(busy(500, "1"), False, id="500"),
        pytest.param(busy(504, "1"), False, id="504"),
        pytest.param(fault(Cause.BROKEN), False, id="answer lost"),
        pytest.param(fault(Cause.SILENT), False, id="silence"),
    ],
)
def test_writes_are_repeated_only_if_they_were_not_taken(
    method: str, outcome: Answer | FaultError, is_repeated: bool
) -> None:
    assert (next_pause(method, 1, outcome, 30, 0.5) is not None) is is_repeated


def test_pauses_double_up_to_four_and_then_end() -> None:
    pauses = [next_pause("GET", attempt, busy(), 30, 1.0) for attempt in range(1, 7)]
    assert pauses == [0.2, 0.4, 0.8, 1.6, None, None]


def test_jitter_is_full() -> None:
    assert next_pause("GET", 3, busy(), 30, 0.0) == 0.0
    assert next_pause("GET", 3, busy(), 30, 0.25) == pytest.approx(0.2)


def test_dead_clusters_are_knocked_at_once() -> None:
    assert next_pause("GET", 1, fault(Cause.REFUSED), 30, 0.5, connects=1) is None
    assert next_pause("GET", 1, fault(Cause.BROKEN), 30, 0.5, connects=1) is not None


@pytest.mark.parametrize(
    ("header", "left", "pause"),
    [
        pytest.param("3", 30, 3.0, id="obeyed"),
        pytest.param("0", 30, 0.1, id="jitter is the least"),
        pytest.param("31", 30, None, id="beyond the budget"),
        pytest.param("5", 4, None, id="beyond what is left"),
        pytest.param("31", float("inf"), None, id="no budget, but not for ever"),
        pytest.param("3", float("inf"), 3.0, id="no budget"),
    ],
)
def test_retry_after_is_the_least_pause(header: str, left: float, pause: float | None) -> None:
    assert next_pause("GET", 1, busy(429, header), left, 0.5) == pause


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0), ("7", 7), (" 7 ", 7), ("-1", 0), ("1.5", 0), ("soon", 0), ("\u0663", 0),
        ("99999999999999999999", 999999999),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 99 Mar 2026 11:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 -2400", 0),
    ],
)  # fmt: skip
def test_retry_after_in_all_forms(header: str, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds
