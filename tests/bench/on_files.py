"""Figures that need no cluster: start-up, big files, rendering."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from dpfctl.describe import Node, Role, Tree
from dpfctl.render.columns import lay_out
from dpfctl.render.tree_view import tree_rows
from tests.bench.figures import Figure
from tests.bench.fleets import fleet_document
from tests.bench.processes import in_turn
from tests.builders import NOW, dpu

PYTHON = sys.executable
DPFCTL = (PYTHON, "-m", "dpfctl")
ROWS = 30_000


def figures(folder: Path, environ: Mapping[str, str], runs: int) -> Iterator[Figure]:
    """Yield the figures, smallest first."""
    yield from _start_up(environ, runs)
    yield from _big_files(folder, environ, runs)
    yield _rendering()


def _start_up(environ: Mapping[str, str], runs: int) -> Iterator[Figure]:
    floor = (PYTHON, "-c", "import typer")
    for flag in ("--help", "--version"):
        ours, theirs = in_turn((*DPFCTL, flag), floor, environ, 3 * runs)
        detail = f"{ours.seconds:.3f} s to {theirs.seconds:.3f} s"
        ratio = ours.seconds / theirs.seconds
        yield Figure(f"dpfctl {flag} to `import typer`", ratio, 1.6, "x", detail)


def _big_files(folder: Path, environ: Mapping[str, str], runs: int) -> Iterator[Figure]:
    for dpus in (1_000, 10_000):
        text = json.dumps(fleet_document(dpus))
        folder.joinpath(f"{dpus}.json").write_text(text, encoding="utf-8")
    big, small = in_turn(
        _describe(folder / "10000.json"), _describe(folder / "1000.json"), environ, runs
    )
    detail = f"{big.seconds:.2f} s to {small.seconds:.2f} s"
    yield Figure("10,000 DPUs from JSON to 1,000", big.seconds / small.seconds, 10.5, "x", detail)
    yield Figure("peak memory, 10,000 DPUs from JSON", big.megabytes, 400, "MB")


def _describe(fleet: Path) -> tuple[str, ...]:
    return (*DPFCTL, "describe", "all", "--from", str(fleet))


def _rendering() -> Figure:
    """Lay out a tree of many rows; the tree itself is not counted."""
    leaves = tuple(
        Node(Role.OBJECT, f"DPU/dpu-{n:05}", resource=one, conditions=one.conditions)
        for n, one in ((n, dpu(f"dpu-{n:05}").ready().resource) for n in range(ROWS))
    )
    tree = Tree(Node(Role.HEADER, "DPUs", children=leaves))
    started = time.perf_counter()
    count = sum(1 for _ in lay_out(tree_rows(tree, NOW), colour=True))
    seconds = time.perf_counter() - started
    return Figure(f"rendering {count - 1:,} rows", seconds, 1.0, "s")
