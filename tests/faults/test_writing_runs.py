"""Many writes in one run: what one of them meets does not hide the others, nor drag on."""

import time

import pytest

from tests.faults.actions import CommitThenDrop, RequestAction, Reset, Silence
from tests.faults.scenes import PATCH, Scene, answer
from tests.faults.services import numbered

MANY = 40
NAMES = numbered(MANY)
ALL = ("suspend", "--all", "--request-timeout", "500ms")


@pytest.fixture
def many(scene: Scene) -> Scene:
    """The scene with many services instead of one."""
    scene.services.remove("hbn")
    scene.services.create(*NAMES)
    return scene


def suspended(names: list[str]) -> str:
    return "".join(f"dpuservice.svc.dpu.nvidia.com/{name} suspended\n" for name in names)


def not_tried(err: str) -> list[str]:
    lines = [line for line in err.splitlines() if line.endswith(": not suspended: not tried")]
    return [line.split("/")[1].split(":")[0] for line in lines]


def test_every_answer_lost_once(many: Scene) -> None:
    """Of 40 services one after the other loses its answer, so that each write meets the fault."""
    faults = [
        many.proxy.inject(CommitThenDrop(), f"{PATCH}.*/{name}[?]", times=1) for name in NAMES
    ]
    run = many.run("suspend", "--all")

    assert run.told == (0, suspended(list(NAMES)))
    assert run.result.err.count("the answer was lost; read again, it is as wanted") == MANY
    assert [fault.fired for fault in faults] == [1] * MANY
    assert (run.sent, run.arrived) == (MANY, MANY)
    assert {one["metadata"]["generation"] for one in many.services.all()} == {2}


def test_one_failure_does_not_hide_the_others(many: Scene) -> None:
    fault = many.proxy.inject(answer(422, "denied by policy"), f"{PATCH}.*/{NAMES[7]}[?]")
    run = many.run("suspend", "--all")

    others = [name for name in NAMES if name != NAMES[7]]
    assert run.told == (5, suspended(others))
    assert f"/{NAMES[7]}: denied by policy\n" in run.result.err
    assert fault.fired == 1
    assert many.services.paused() == others


def test_one_object_that_cannot_be_written_does_not_stop_the_others(many: Scene) -> None:
    fault = many.proxy.inject(answer(500, "failed calling webhook"), f"{PATCH}.*/{NAMES[7]}[?]")
    run = many.run("suspend", "--all")

    others = [name for name in NAMES if name != NAMES[7]]
    assert run.told == (5, suspended(others))
    assert fault.fired == 4
    assert many.services.paused() == others


@pytest.mark.parametrize(
    ("action", "seconds"),
    [
        pytest.param(Silence(), 3, id="silent"),
        pytest.param(Reset(), 3, id="resetting"),
        pytest.param(answer(401), 3, id="refusing the credentials"),
        pytest.param(answer(429, Retry_After="60"), 3, id="overloaded"),
    ],
)
def test_server_that_is_lost_on_the_way_is_not_asked_for_the_rest(
    many: Scene, action: RequestAction, seconds: float
) -> None:
    """Nine writes are stored; those under way fail, and none is begun after them."""
    lost = many.proxy.inject(action, PATCH, first=10)
    many.proxy.inject(action, "^GET .*/dpuservices/")
    start = time.monotonic()
    run = many.run(*ALL)

    assert time.monotonic() - start < seconds
    assert run.result.code == 5
    done = many.services.paused()
    assert run.result.out == suspended(done)
    assert len(done) == 9
    assert lost.fired <= 8 * 4
    assert len(not_tried(run.result.err)) >= MANY - 9 - 8
    assert set(not_tried(run.result.err)).isdisjoint(done)


def test_a_run_has_eight_requests_in_flight_at_most(many: Scene) -> None:
    assert many.run("suspend", "--all").result.code == 0
    assert 1 < many.proxy.peak <= 8
