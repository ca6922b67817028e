"""Runs one command line on a fleet file again and again, each time with a signal a step later.

``python -m tests.faults.dying SIGNAL FOLDER WORD...`` copies ``FOLDER/fleet.yaml`` to
``FOLDER/1/fleet.yaml``, lets a child run the command on it, and sends the child the signal at the
first step of replacing the file; then to ``FOLDER/2``, at the second step, and so on until a child
ends without having got so far. A step is the moment before or after one call to the operating
system. Prints one line per child: its number, and how it ended (a signal is negative).

A process of its own, because a process with threads cannot be forked safely.
"""

import os
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from dpfctl.cluster import atomic_file
from tests.command_line import dpfctl

_CALLS = frozenset(
    ("open", "stat", "fchown", "fchmod", "write", "flush", "fsync", "replace", "close", "fstat")
)
_MOMENTS = ("c_call", "c_return")
_REPLACING = "_replace"


class _Striker:
    """A profiler that sends this process a signal at the n-th step of replacing a file."""

    def __init__(self, number: int, step: int) -> None:
        self._number = number
        self._steps_left = step
        self._is_replacing = False

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:
        code = frame.f_code
        if code.co_name == _REPLACING and code.co_filename == atomic_file.__file__:
            self._is_replacing = event != "return"
        if self._is_replacing and event in _MOMENTS and arg.__name__ in _CALLS:
            self._steps_left -= 1
            if not self._steps_left:
                os.kill(os.getpid(), self._number)


def main(number: int, folder: Path, words: Sequence[str]) -> None:
    """Start child after child."""
    dpfctl(*words, "--from", str(_copy(folder, 0)))  # loads what all children share
    for step in range(1, 1000):
        fleet = _copy(folder, step)
        child = os.fork()
        if not child:
            _die(_Striker(number, step), fleet, words)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{step} {os.waitstatus_to_exitcode(status)}\n")
        if not status:
            return


def _copy(folder: Path, step: int) -> Path:
    target = folder / str(step) / "fleet.yaml"
    target.parent.mkdir()
    shutil.copyfile(folder / "fleet.yaml", target)
    return target


def _die(striker: _Striker, fleet: Path, words: Sequence[str]) -> None:
    threading.setprofile(striker)
    sys.setprofile(striker)
    done = dpfctl(*words, "--from", str(fleet))
    sys.setprofile(None)
    fleet.with_suffix(".out").write_text(done.out)
    fleet.with_suffix(".err").write_text(done.err)
    os._exit(done.code)


if __name__ == "__main__":
    main(signal.Signals[sys.argv[1]], Path(sys.argv[2]), sys.argv[3:])
