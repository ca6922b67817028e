"""SIGKILL at a chosen write, and what one further run makes of what was left behind."""

import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen

from tests.faults.actions import Afterwards, Instead
from tests.faults.workloads import WRITE, Ground, Undisturbed

DPFCTL = (sys.executable, "-m", "dpfctl")
_END_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Boundary:
    """A moment between two writes as the API server sees them.

    Attributes:
        number: Of the write, from 1, in the order of arrival.
        is_stored: Whether the server has stored it; if not, it has never heard of it.
    """

    number: int
    is_stored: bool

    def __str__(self) -> str:
        return f"write {self.number} {'stored, not answered' if self.is_stored else 'not arrived'}"


def boundaries(writes: int) -> tuple[Boundary, ...]:
    """Every boundary of a run with so many writes, two per write."""
    return tuple(Boundary(n, stored) for n in range(1, writes + 1) for stored in (False, True))


def spread(found: Sequence[Boundary], count: int) -> tuple[Boundary, ...]:
    """Some boundaries, evenly over all, the first and the last one included."""
    last = len(found) - 1
    return tuple(found[round(number * last / (count - 1))] for number in range(count))


def killed_at(boundary: Boundary, ground: Ground, wanted: Undisturbed) -> str:
    """Kill a run, run once more, and say what is not as it should be; empty if all is well."""
    ground.reset()
    trouble = _kill(boundary, ground)
    again = ground.run_again()
    if again.code:
        trouble += f"; the run after it ended with {again.code}: {again.err}"
    if ground.state() != wanted.state:
        trouble += "; the run after it did not lead to the same objects"
    return f"{boundary}: {trouble.removeprefix('; ')}" if trouble else ""


def _kill(boundary: Boundary, ground: Ground) -> str:
    """Start a process and kill it at the boundary; what is wrong with its end."""
    started: Future[Popen[bytes]] = Future()

    def kill() -> None:
        process = started.result(_END_SECONDS)
        process.kill()
        process.wait(_END_SECONDS)

    action = Afterwards(kill) if boundary.is_stored else Instead(kill)
    with ground.open_proxy() as proxy, tempfile.TemporaryDirectory(dir=ground.folder) as name:
        fault = proxy.inject(action, WRITE, first=boundary.number, times=1)
        argv = (*DPFCTL, *ground.words_through(proxy))
        with Popen(argv, env=_environ(name), stdout=DEVNULL, stderr=DEVNULL) as process:
            started.set_result(process)
            process.wait(_END_SECONDS)
        left = sorted(str(path) for path in Path(name).rglob("*"))
    if process.returncode != -9 or fault.fired != 1:
        return f"; ended with {process.returncode}, {fault.fired} kills"
    return f"; left files: {left}" if left else ""


def _environ(folder: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": folder, "TMPDIR": folder}
