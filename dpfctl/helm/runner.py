"""Start one helm process, and leave nothing of it behind.

Its environment is built from a short list: ``HELM_DRIVER``, ``HELM_KUBECONTEXT`` or ``KUBECONFIG``
of the user would change what it does. Everything it stores goes into the private folder of the run.
What it prints may hold secrets, so it is kept in memory, a limited part of it.

Whoever calls must wait in the same thread until the process has ended: on Linux the kernel ends it
together with that thread.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dpfctl.errors import DpfctlError
from dpfctl.helm.pipes import Kept, feed_pipe, in_background
from dpfctl.helm.private_files import PrivateFile, private_file

GRACE = 15.0
"""Seconds between SIGTERM, on which Helm marks its revision as failed, and SIGKILL."""

STDOUT_LIMIT = 16 << 20
STDERR_LIMIT = 1 << 20

_POLL = 0.02
_LEASH = Path(__file__).with_name("leash.py")
_KEPT_VARIABLES = frozenset(
    {"PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR"}
    | {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}
)


class Ended(StrEnum):
    """Who ended a process."""

    ITSELF = "itself"
    LIMIT = "limit"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Finished:
    """How a helm process ended.

    Attributes:
        code: Exit code; negative: the signal that ended it.
        stdout: At most ``STDOUT_LIMIT`` bytes from the start. May hold secrets.
        stderr: At most ``STDERR_LIMIT`` bytes from the end.
        ended: Who ended it.
        is_cut: Whether there was more stdout.
        limit: Seconds it had.
    """

    code: int
    stdout: bytes = field(default=b"", repr=False)
    stderr: bytes = field(default=b"", repr=False)
    ended: Ended = Ended.ITSELF
    is_cut: bool = False
    limit: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether it did what it was asked for."""
        return self.code == 0 and self.ended is Ended.ITSELF


class Runner:
    """Starts helm for one run of dpfctl, from any number of threads; close it at the end."""

    def __init__(
        self, program: str, environ: Mapping[str, str], stop: threading.Event | None = None
    ) -> None:
        """Make the private folder.

        Args:
            program: Absolute path of helm.
            environ: Our own environment.
            stop: Ends all processes at once when it is set; no new ones begin.
        """
        self.program = program
        self.folder = Path(tempfile.mkdtemp(prefix="dpfctl-helm-"))  # 0700
        self._environ = _environment(environ, self.folder)
        self._stop = stop or threading.Event()
        self._running = 0
        self._change = threading.Condition()

    def run(
        self,
        words: Sequence[str],
        limit: float,
        *,
        files: Iterable[PrivateFile] = (),
        feed: bytes | None = None,
    ) -> Finished:
        """Run helm to its end, to the limit, or until we are to stop.

        Args:
            words: Arguments; no secrets.
            limit: Seconds until it is ended with all it started.
            files: What it must be able to read.
            feed: What it reads from stdin, None for nothing.

        Raises:
            DpfctlError: It cannot be started.
        """
        with self._counted():
            if self._stop.is_set():
                return Finished(-signal.SIGTERM, ended=Ended.STOP)
            process = self._start(words, files, feed)
            with process:
                try:
                    return self._collect(process, limit, feed)
                finally:
                    _end(process)

    @contextlib.contextmanager
    def file(self, data: bytes) -> Iterator[PrivateFile]:
        """Hold a file that one process may read."""
        with private_file(self.folder, data) as found:
            yield found

    def new_folder(self, name: str) -> Path:
        """Make a folder inside of the private one, for the rest of the run."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))

    def close(self) -> None:
        """End what still runs, wait for that, and remove the folder; twice is the same as once."""
        self._stop.set()
        with self._change:
            self._change.wait_for(lambda: not self._running, GRACE + 5)
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._change:
            self._running += 1
        try:
            yield
        finally:
            with self._change:
                self._running -= 1
                self._change.notify_all()

    def _start(
        self, words: Sequence[str], files: Iterable[PrivateFile], feed: bytes | None
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                _on_leash([self.program, *words]),
                env=self._environ,
                cwd=self.folder,
                stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                pass_fds=[number for one in files for number in one.descriptors],
            )
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise DpfctlError(f"helm: cannot be started: {reason}") from error

    def _collect(
        self, process: subprocess.Popen[bytes], limit: float, feed: bytes | None
    ) -> Finished:
        stdout, stderr = Kept(STDOUT_LIMIT), Kept(STDERR_LIMIT, from_end=True)
        readers = (
            in_background(stdout.fill, process.stdout),
            in_background(stderr.fill, process.stderr),
        )
        if feed is not None:
            in_background(feed_pipe, process.stdin, feed)
        ended = self._wait(process, limit)
        # A child it left behind may hold the pipe open; what was printed so far is what counts.
        for reader in readers:
            reader.join(0.5)
        return Finished(
            process.returncode, bytes(stdout.data), bytes(stderr.data), ended, stdout.is_cut, limit
        )

    def _wait(self, process: subprocess.Popen[bytes], limit: float) -> Ended:
        deadline = time.monotonic() + limit
        while process.poll() is None:
            if self._stop.wait(_POLL):
                _end(process)
                return Ended.STOP
            if time.monotonic() >= deadline:
                _end(process)
                return Ended.LIMIT
        return Ended.ITSELF


def _environment(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if name in _KEPT_VARIABLES}
    return kept | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "HELM_CACHE_HOME": str(folder / "cache"),
        "HELM_CONFIG_HOME": str(folder / "config"),
        "HELM_DATA_HOME": str(folder / "data"),
        "HELM_NO_PLUGINS": "1",
    }


def _on_leash(command: list[str]) -> list[str]:
    if sys.platform != "linux" or not sys.executable:
        return command
    return [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), *command]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, gently at first, with all it started."""
    if process.poll() is not None:
        return
    for number, seconds in ((signal.SIGTERM, GRACE), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
