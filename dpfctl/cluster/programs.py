"""Start one program, wait for it with a limit, and leave nothing of it behind."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

OUTPUT_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended.

    Attributes:
        code: Exit code; negative: the signal that ended it.
        stdout: At most ``OUTPUT_LIMIT`` bytes from the start. May hold secrets.
        stderr: At most ``OUTPUT_LIMIT`` bytes from the end.
        timed_out: Whether we ended it.
    """

    code: int
    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)
    timed_out: bool


def run_program(
    argv: Sequence[str], environ: Mapping[str, str], limit: float, *, interactive: bool = False
) -> Finished:
    """Run a program to its end or to the limit, without a shell.

    Args:
        argv: Path of the program and its arguments.
        environ: Its whole environment.
        limit: Seconds until it is killed, with all it started unless it is interactive.
        interactive: It may read the terminal, so it stays in our process group, and what it
            writes to stderr is shown as it comes.

    Raises:
        OSError: It cannot be started.
    """
    process = subprocess.Popen(
        argv,
        env=dict(environ),
        stdin=None if interactive else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=not interactive,
    )
    with process:
        try:
            return _collect(process, limit, echo=interactive)
        finally:
            _end(process, whole_group=not interactive)


def _collect(process: subprocess.Popen[bytes], limit: float, *, echo: bool) -> Finished:
    stdout, stderr = bytearray(), bytearray()
    readers = (
        threading.Thread(target=_keep_head, args=(process.stdout, stdout), daemon=True),
        threading.Thread(target=_keep_tail, args=(process.stderr, stderr, echo), daemon=True),
    )
    for reader in readers:
        reader.start()
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        _end(process, whole_group=not echo)
        return Finished(-signal.SIGKILL, b"", bytes(stderr), timed_out=True)
    # A child it left behind may hold the pipe open; what was printed so far is what counts.
    for reader in readers:
        reader.join(0.5)
    return Finished(code, bytes(stdout), bytes(stderr), timed_out=False)


def _keep_head(pipe: IO[bytes], kept: bytearray) -> None:
    while piece := _next(pipe):
        kept += piece[: OUTPUT_LIMIT - len(kept)]


def _keep_tail(pipe: IO[bytes], kept: bytearray, echo: bool) -> None:
    while piece := _next(pipe):
        kept += piece
        del kept[:-OUTPUT_LIMIT]
        if echo:
            sys.stderr.write(piece.decode("utf-8", "replace"))
            sys.stderr.flush()


def _next(pipe: IO[bytes]) -> bytes:
    try:
        return os.read(pipe.fileno(), 65536)
    except (OSError, ValueError):
        return b""


def _end(process: subprocess.Popen[bytes], *, whole_group: bool) -> None:
    """Kill a program that still runs; what one that ended left running is none of our business."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            if whole_group:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
