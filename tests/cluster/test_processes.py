"""Children and scratch folders are gone after every way a run can end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster.running import is_alive
from tests.controlplane import processes

ROOT = Path(__file__).parents[2]

# Starts a child (from another thread, which ends) and a scratch folder, says so, and does the rest.
PARENT = """\
import signal, sys, threading, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have it ignored
from pathlib import Path
from tests.controlplane import processes

def begin():
    child = processes.start("sleep", ["/bin/sleep", "60"], scratch.folder / "log")
    print(child.pid, scratch.folder, flush=True)

scratch = processes.scratch()
thread = threading.Thread(target=begin)
thread.start()
thread.join()
{rest}
"""


@contextmanager
def started_parent(rest: str) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.format(rest=rest)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout
        pid, folder = parent.stdout.readline().split()
        try:
            yield parent, int(pid), Path(folder)
        finally:
            parent.kill()


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("", id="the end of the program"),
        pytest.param("raise RuntimeError", id="an exception"),
        pytest.param("sys.exit(3)", id="sys.exit"),
    ],
)
def test_children_end_with_the_run(rest: str) -> None:
    with started_parent(rest) as (parent, pid, folder):
        parent.wait(30)

    wait_until_gone(pid)
    assert not folder.exists()


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="SIGINT"),
        pytest.param(signal.SIGTERM, id="SIGTERM"),
        pytest.param(signal.SIGHUP, id="SIGHUP"),
    ],
)
def test_children_end_when_the_run_is_ended(number: signal.Signals) -> None:
    with started_parent("time.sleep(60)") as (parent, pid, folder):
        parent.send_signal(number)
        parent.wait(30)

    assert parent.returncode == -number
    wait_until_gone(pid)
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs PR_SET_PDEATHSIG")
def test_children_end_when_the_run_is_killed() -> None:
    with started_parent("time.sleep(60)") as (parent, pid, folder):
        parent.kill()

    wait_until_gone(pid)
    assert folder.exists(), "the next run deletes it"
    os.utime(folder / "lock", (0, 0))
    processes.scratch().remove()
    assert not folder.exists()


def test_the_folder_of_a_living_run_stays() -> None:
    with processes.scratch() as folder:
        os.utime(folder / "lock", (0, 0))
        with started_parent("") as (parent, _, _):
            parent.wait(30)
        assert folder.exists()


def test_a_child_that_ends_early_shows_its_log(tmp_path: Path) -> None:
    child = processes.start("sh", ["/bin/sh", "-c", "echo no such flag; exit 2"], tmp_path / "log")

    with pytest.raises(processes.StartError, match=r"sh ended with code 2, .*\n    no such flag$"):
        processes.wait_until(lambda: False, [child], 10)
    child.end()


def test_a_child_that_is_not_ready_in_time_is_named(tmp_path: Path) -> None:
    child = processes.start("sleep", ["/bin/sleep", "60"], tmp_path / "log")

    with pytest.raises(processes.StartError, match="sleep was not ready after 0 s"):
        processes.wait_until(lambda: False, [child], 0.1)
    child.end()
    assert not is_alive(child.pid)


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; echo ready; while :; do sleep 1; done"
    log = tmp_path / "log"
    child = processes.start("sh", ["/bin/sh", "-c", stubborn], log)
    processes.wait_until(lambda: "ready" in log.read_text(), [child], 10)

    child.end(grace=0.2)

    assert child.process.returncode == -signal.SIGKILL
