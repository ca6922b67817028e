"""Ctrl-C, SIGTERM and readers that leave, in the middle of writes: what is said is what is so."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.cluster import ControlPlane
from tests.faults.actions import Afterwards, CommitThen, Meanwhile, Silence
from tests.faults.interrupts import LIMIT, NAMES, Stage
from tests.faults.workloads import SERVICES, WRITE, Ground, bulk_suspend


@pytest.fixture
def stage(leased_cluster: ControlPlane, tmp_path: Path) -> Iterator[Stage]:
    ground = Ground(leased_cluster, bulk_suspend(), tmp_path)
    ground.reset()
    with ground.open_proxy() as proxy:
        yield Stage(ground, proxy)


def unread() -> int:
    """A stream whose reader has left."""
    read, write = os.pipe()
    os.close(read)
    return write


SIGNALS = [
    pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
    pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
]


@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize("write", [1, 20, SERVICES - 1])
def test_interrupt_between_writes_lets_those_under_way_end(
    stage: Stage, number: signal.Signals, code: int, write: int
) -> None:
    fault = stage.proxy.inject(Afterwards(lambda: stage.send(number)), WRITE, first=write, times=1)
    ending = stage.run()

    assert (ending.code, fault.fired, ending.open) == (code, 1, [])
    assert ending.seconds < LIMIT
    assert write <= len(ending.done)
    assert ending.skipped or write == SERVICES - 1
    assert list(ending.untruths(stage.services)) == []


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_interrupt_does_not_wait_for_a_server_that_is_silent(
    stage: Stage, number: signal.Signals, code: int
) -> None:
    """Seven writes of eight under way are not answered; three of them are stored all the same."""
    stage.proxy.inject(Meanwhile(lambda: stage.send(number)), WRITE, first=17, times=1)
    stored = stage.proxy.inject(CommitThen(Silence()), WRITE, first=10, times=3)
    lost = stage.proxy.inject(Silence(), WRITE, first=10)
    ending = stage.run()

    assert ending.code == code
    assert ending.seconds < LIMIT
    assert (stored.fired, lost.fired) == (3, 4)
    assert (len(ending.done), len(ending.open)) == (10, 7)
    assert list(ending.untruths(stage.services)) == []


def test_second_interrupt_ends_at_once(stage: Stage) -> None:
    silent = stage.proxy.inject(Silence(), WRITE, first=11)

    def twice() -> None:
        stage.send(signal.SIGINT)
        time.sleep(0.2)
        stage.send(signal.SIGINT)

    stage.proxy.inject(Afterwards(twice), WRITE, first=10, times=1)
    ending = stage.run()

    assert ending.code == 130
    assert ending.seconds < LIMIT / 2
    assert silent.fired <= len(ending.open)
    assert list(ending.untruths(stage.services)) == []


def test_reader_that_leaves_costs_no_write(stage: Stage) -> None:
    """``dpfctl suspend --all | head -0``: what was begun is finished, then it is 141."""
    ending = stage.run(stdout=unread())

    assert (ending.code, "error: " in ending.err) == (141, False)
    assert stage.services.paused() == list(NAMES)


def test_nobody_who_reads_messages_costs_no_write(stage: Stage) -> None:
    ending = stage.run(stderr=unread())

    assert ending.code == 0
    assert ending.done == list(NAMES) == stage.services.paused()
