"""Child processes and scratch folders that never outlive the run.

A child ends when its handle is ended, when the run ends normally or by an exception (atexit), when
the run gets SIGTERM or SIGHUP (a handler), and on Linux also when the run is killed with SIGKILL
(``leash.py``). Children live in sessions of their own, so Ctrl-C reaches the run alone, which then
ends them in order.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

GRACE = 5.0
LOG_TAIL = 20
SETTLED = 60.0

_LEASH = Path(__file__).with_name("leash.py")
_SCRATCH_PREFIX = "dpfctl-controlplane-"

# The kernel pulls a leash when the *thread* that started the child ends, so one thread that lives
# as long as the run starts them all.
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="child-starter")

_owner = 0
_children: list["Child"] = []
_scratch: list["Scratch"] = []


class StartError(RuntimeError):
    """A child process ended or stayed silent instead of getting ready."""


@dataclass(frozen=True, slots=True, eq=False)
class Child:
    """A running program and the file that holds what it said."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Process id of the program itself, not of a wrapper."""
        return self.process.pid

    def is_running(self) -> bool:
        """Whether the program has not ended yet."""
        return self.process.poll() is None

    def end(self, grace: float = GRACE) -> None:
        """End the program: SIGTERM, and SIGKILL after ``grace`` seconds."""
        end_children([self], grace)

    def tail(self) -> str:
        """The last lines of its log, indented."""
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
        return "\n".join(f"    {line}" for line in lines) or "    (it said nothing)"


@dataclass(frozen=True, slots=True, eq=False)
class Scratch:
    """A temporary folder, locked while its run lives and gone with it."""

    folder: Path
    lock: int

    def __enter__(self) -> Path:
        return self.folder

    def __exit__(self, *error: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Delete the folder with all it holds; twice is the same as once."""
        if self in _scratch:
            _scratch.remove(self)
            shutil.rmtree(self.folder, ignore_errors=True)
            os.close(self.lock)


def start(
    name: str, command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None
) -> Child:
    """Start a program that ends with this process.

    Args:
        name: What messages call it.
        command: Absolute path of the program and its arguments.
        log: File that takes its output, replaced when it exists.
        env: Its whole environment, ours by default.

    Returns:
        The running child; nothing says yet that it is ready.
    """
    end_with_this_process()
    child = _STARTER.submit(_spawn, name, [str(word) for word in command], log, env).result()
    _children.append(child)
    return child


def _spawn(name: str, command: list[str], log: Path, env: Mapping[str, str] | None) -> Child:
    with log.open("wb") as output:
        process = subprocess.Popen(
            on_leash(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
    return Child(name, log, process)


def on_leash(command: list[str]) -> list[str]:
    """The command line that runs ``command`` and lets it die with this process (Linux)."""
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), *command]


def wait_until(ready: Callable[[], bool], children: Iterable[Child], seconds: float) -> None:
    """Wait until ``ready`` holds.

    Args:
        ready: Asked every 50 ms.
        children: Programs that all have to live on meanwhile; the last one is the one waited for.
        seconds: How long to wait.

    Raises:
        StartError: A child ended, or time ran out. The message has the tail of its log.
    """
    awaited = tuple(children)
    deadline = time.monotonic() + seconds
    while not ready():
        for child in awaited:
            if not child.is_running():
                fact = f"{child.name} ended with code {child.process.returncode}"
                raise StartError(f"{fact}, its log ends with:\n{child.tail()}")
        if time.monotonic() > deadline:
            fact = f"{awaited[-1].name} was not ready after {seconds:.0f} s"
            raise StartError(f"{fact}, its log ends with:\n{awaited[-1].tail()}")
        time.sleep(0.05)


def end_children(children: Sequence[Child], grace: float = GRACE) -> None:
    """End programs, the last started first.

    Args:
        children: Programs in the order of their start.
        grace: Seconds that each one has after SIGTERM before SIGKILL.
    """
    for child in reversed(children):
        if child.is_running():
            child.process.terminate()
            has_ended(child, grace)
            with contextlib.suppress(OSError):  # what it started, and itself after the grace
                os.killpg(child.pid, signal.SIGKILL)
            has_ended(child, grace)
        if child in _children:
            _children.remove(child)


def has_ended(child: Child, seconds: float) -> bool:
    """Wait for the end of a program.

    ``Popen.wait`` would hold a lock that our signal handler could then never get.

    Returns:
        Whether it came within that time.
    """
    deadline = time.monotonic() + seconds
    while child.is_running() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not child.is_running()


def scratch(parent: Path | None = None) -> Scratch:
    """Make a temporary folder that is gone after the run.

    Folders that killed runs left behind are deleted on the way: nobody holds their lock, and they
    are old enough not to be just in the making.

    Args:
        parent: Folder to make it in, by default the machine's for temporary files.
    """
    end_with_this_process()
    parent = parent or Path(tempfile.gettempdir())
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=_SCRATCH_PREFIX, dir=parent))
    made = Scratch(folder, _locked(folder / "lock"))
    _scratch.append(made)
    return made


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _sweep(parent: Path) -> None:
    for lock in parent.glob(f"{_SCRATCH_PREFIX}*/lock"):
        try:
            if time.time() - lock.stat().st_mtime < SETTLED:
                continue
            descriptor = _locked(lock)
        except OSError:  # alive, someone else's, or just deleted
            continue
        shutil.rmtree(lock.parent, ignore_errors=True)
        os.close(descriptor)


def end_with_this_process() -> None:
    """End children and scratch folders on every way out of this process.

    Signal handlers can only be set by the main thread: a program that starts children from other
    threads calls this first. Handlers that someone else has set are left alone.
    """
    global _owner
    if _owner == os.getpid() or threading.current_thread() is not threading.main_thread():
        return
    _owner = os.getpid()
    atexit.register(_end_everything)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end_and_die)


def _end_everything() -> None:
    if os.getpid() != _owner:  # a fork inherited the handlers, but the children are not its own
        return
    end_children(list(_children))
    while _scratch:
        _scratch[-1].remove()


def _end_and_die(number: int, frame: FrameType | None) -> None:
    _end_everything()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
