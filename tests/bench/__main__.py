"""``make bench``: every figure of ``docs/benchmarks.md``, each beside its floor or its limit.

A figure beyond its limit ends the run with exit code 1, after all of them were measured.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.endurance import figures as figures_of_endurance
from tests.bench.figures import Figure
from tests.bench.on_cluster import figures as figures_on_cluster
from tests.bench.on_files import figures as figures_on_files
from tests.bench.passes import figures as figures_of_passes
from tests.bench.passes import figures_of_kills
from tests.bench.planning import figures as figures_of_planning
from tests.bench.writes import figures as figures_of_writes

RUNS = 5


def main() -> int:
    """Measure and print."""
    # A shell that starts us in the background lets us ignore Ctrl-C, and so do those we interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    is_within = True
    with tempfile.TemporaryDirectory(prefix="dpfctl-bench-") as name:
        for figure in _figures(Path(name)):
            sys.stdout.write(f"{figure}\n")
            sys.stdout.flush()
            is_within = is_within and figure.is_within
    return 0 if is_within else 1


def _figures(folder: Path) -> Iterator[Figure]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    # A process counts as having used, at its start, as much memory as the one that started it: the
    # figures whose limit is low come before those that make this one large.
    yield from figures_of_writes(folder, environ, RUNS)
    yield from figures_of_passes(folder, environ, RUNS)
    yield from figures_on_files(folder, environ, RUNS)
    yield from figures_on_cluster(folder, environ, RUNS)
    yield from figures_of_endurance(folder)
    yield from figures_of_kills(folder)
    yield from figures_of_planning(RUNS)


if __name__ == "__main__":
    sys.exit(main())
