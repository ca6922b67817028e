"""Writes whose answer is lost: one effect, or the plain word that nobody knows."""

import pytest

from tests.controlplane.cluster import ControlPlane
from tests.faults.actions import (
    CommitThen,
    CommitThenDrop,
    Cut,
    Garble,
    Hangup,
    Raw,
    RequestAction,
    Reset,
    Silence,
)
from tests.faults.scenes import HTML, PATCH, READ_BACK, Scene, answer

SUSPENDED = "dpuservice.svc.dpu.nvidia.com/hbn suspended\n"
AS_WANTED = "the answer was lost; read again, it is as wanted"
NOBODY_KNOWS = "whether it was written is not known"
EMPTY = Raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n")
GARBAGE = Raw(b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n")
SUSPEND = ("suspend", "hbn", "--reason", "switch upgrade")
IMPATIENT = (*SUSPEND, "--request-timeout", "500ms")


def assert_suspended_once(scene: Scene) -> None:
    """Of the service as it was made, the first generation, this is the second: one change."""
    service = scene.services.get("hbn")
    assert service["metadata"]["annotations"]["dpfctl/suspend-reason"] == "switch upgrade"
    assert (service["spec"]["paused"], service["metadata"]["generation"]) == (True, 2)


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(CommitThenDrop(), id="reset"),
        pytest.param(CommitThen(Hangup()), id="end of the connection"),
        pytest.param(Cut(20), id="cut body"),
        pytest.param(Cut(20, reset=True), id="body reset"),
        pytest.param(CommitThen(answer(500, "etcdserver: request timed out")), id="500"),
        pytest.param(CommitThen(answer(502)), id="502"),
        pytest.param(CommitThen(answer(503)), id="503"),
        pytest.param(CommitThen(answer(504, "timed out", "Timeout", Retry_After="1")), id="504"),
        pytest.param(CommitThen(HTML), id="HTML"),
        pytest.param(CommitThen(EMPTY), id="empty answer"),
        pytest.param(CommitThen(GARBAGE), id="no HTTP"),
        pytest.param(CommitThen(Garble()), id="no TLS"),
    ],
)
def test_write_that_was_stored_is_found_by_reading(scene: Scene, action: RequestAction) -> None:
    fault = scene.proxy.inject(action, PATCH, times=1)
    run = scene.run(*SUSPEND)

    assert run.told == (0, SUSPENDED)
    assert AS_WANTED in run.result.err
    assert (run.sent, run.arrived, fault.fired) == (1, 1, 1)
    assert_suspended_once(scene)


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(Reset(), id="reset"),
        pytest.param(Hangup(), id="end of the connection"),
        pytest.param(answer(500, "etcdserver: no leader"), id="500"),
        pytest.param(answer(502), id="502"),
        pytest.param(answer(503), id="503"),
        pytest.param(answer(504), id="504"),
        pytest.param(HTML, id="HTML"),
        pytest.param(EMPTY, id="empty answer"),
    ],
)
def test_write_that_never_arrived_is_sent_again(scene: Scene, action: RequestAction) -> None:
    fault = scene.proxy.inject(action, PATCH, times=2)
    run = scene.run(*SUSPEND)

    assert run.told == (0, SUSPENDED)
    assert (run.sent, run.arrived, fault.fired) == (3, 1, 2)
    assert_suspended_once(scene)


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "lost on the way"])
def test_silence_is_settled_by_reading(scene: Scene, is_stored: bool) -> None:
    action = CommitThen(Silence()) if is_stored else Silence()
    fault = scene.proxy.inject(action, PATCH, times=1)
    run = scene.run(*IMPATIENT)

    assert run.told == (0, SUSPENDED)
    assert (run.arrived, fault.fired) == (1, 1)
    assert_suspended_once(scene)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        pytest.param(Reset(), "the connection ended before the answer did", id="reset"),
        pytest.param(HTML, "not a Kubernetes answer: text/html", id="HTML"),
        pytest.param(answer(500, "no leader"), "500 internal server error: no leader", id="500"),
    ],
)
def test_writes_that_never_arrive_end_as_unreachable(
    scene: Scene, action: RequestAction, words: str
) -> None:
    fault = scene.proxy.inject(action, PATCH)
    run = scene.run(*SUSPEND)

    assert run.told == (7, "")
    assert words in run.result.err
    assert (run.sent, run.arrived, fault.fired) == (4, 0, 4)
    assert scene.services.paused() == []


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Silence(), id="silence"),
        pytest.param(answer(401), id="401"),
        pytest.param(answer(403), id="403"),
        pytest.param(answer(503, Retry_After="60"), id="503"),
    ],
)
def test_lost_answer_that_reading_cannot_settle_is_told_as_such(
    scene: Scene, trouble: RequestAction
) -> None:
    lost = scene.proxy.inject(CommitThenDrop(), PATCH, times=1)
    unread = scene.proxy.inject(trouble, READ_BACK)
    run = scene.run(*IMPATIENT)

    assert run.told == (7, "")
    assert "the connection ended before the answer did" in run.result.err
    assert NOBODY_KNOWS in run.result.err
    assert (run.sent, run.arrived, lost.fired) == (1, 1, 1)
    assert unread.fired
    assert_suspended_once(scene)


def test_unsettled_write_is_settled_by_running_again(
    scene: Scene, host_cluster: ControlPlane
) -> None:
    scene.proxy.inject(CommitThenDrop(), PATCH, times=1)
    unread = scene.proxy.inject(answer(403), READ_BACK, times=1)
    assert scene.run(*SUSPEND).result.code == 7
    assert unread.fired == 1

    run = scene.run(*SUSPEND)
    assert run.told == (0, "dpuservice.svc.dpu.nvidia.com/hbn suspended (unchanged)\n")
    assert run.arrived == 0
    assert_suspended_once(scene)


def test_last_lost_answer_is_settled_too(scene: Scene) -> None:
    lost = scene.proxy.inject(Reset(), PATCH, times=3)
    stored = scene.proxy.inject(CommitThenDrop(), PATCH, times=1)
    run = scene.run(*SUSPEND)

    assert run.told == (0, SUSPENDED)
    assert AS_WANTED in run.result.err
    assert (lost.fired, stored.fired, run.sent, run.arrived) == (3, 1, 4, 1)
    assert_suspended_once(scene)
