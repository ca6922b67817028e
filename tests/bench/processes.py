"""Whole processes, timed from outside.

Every figure is the best of several runs: whatever else the machine does can only make a run slower.
Where two commands are compared they run in turn (A B A B ...), so that a machine whose speed drifts
slows both.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process.

    Attributes:
        seconds: Wall clock from start to end.
        megabytes: Peak resident memory.
    """

    seconds: float
    megabytes: float


def run(argv: Sequence[str], environ: Mapping[str, str]) -> Run:
    """Run a command to its end and read what the operating system says about it."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            argv,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = code = os.waitstatus_to_exitcode(status)
        if code:
            said.seek(0)
            text = said.read().decode(errors="replace")
            raise SystemExit(f"{text}error: bench: {' '.join(argv)}: exit code {code}")
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Run(seconds, usage.ru_maxrss / scale)


def in_turn(
    first: Sequence[str], second: Sequence[str], environ: Mapping[str, str], runs: int
) -> tuple[Run, Run]:
    """Run two commands in turn after one warm-up each and return the best run of both."""
    run(first, environ), run(second, environ)
    pairs = [(run(first, environ), run(second, environ)) for _ in range(runs)]
    return best([a for a, _ in pairs]), best([b for _, b in pairs])


def best(runs: Sequence[Run]) -> Run:
    """Return the least time and the least memory of several runs."""
    return Run(min(r.seconds for r in runs), min(r.megabytes for r in runs))
