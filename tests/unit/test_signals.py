"""Signals that come when nothing is left to stop: the first passes, the second counts."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from dpfctl.signals import hold, release


@pytest.fixture(autouse=True)
def released() -> Iterator[None]:
    yield
    release()


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_one_passes_and_the_second_counts() -> None:
    hold()
    interrupt()
    with pytest.raises(KeyboardInterrupt):
        interrupt()


def test_twice_held_is_held_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    hold()
    hold()
    release()

    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        hold()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_change_nothing() -> None:
    before = signal.getsignal(signal.SIGINT)
    other = threading.Thread(target=hold)
    other.start()
    other.join()

    assert signal.getsignal(signal.SIGINT) is before
