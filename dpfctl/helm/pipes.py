"""Pipes to and from a child process, served by threads so that neither side holds up the other."""

import contextlib
import os
import threading
from collections.abc import Callable
from typing import IO


class Kept:
    """A limited part of what comes out of a pipe; the rest is read and dropped.

    Attributes:
        data: What is kept.
        is_cut: Whether there was more.
    """

    def __init__(self, limit: int, *, from_end: bool = False) -> None:
        self.data = bytearray()
        self.is_cut = False
        self._limit = limit
        self._from_end = from_end

    def fill(self, pipe: IO[bytes]) -> None:
        """Read the pipe to its end."""
        while piece := _next(pipe):
            self.is_cut = self.is_cut or len(self.data) + len(piece) > self._limit
            if self._from_end:
                self.data += piece
                del self.data[: -self._limit]
            else:
                self.data += piece[: self._limit - len(self.data)]


def in_background(work: Callable[..., None], *args: object) -> threading.Thread:
    """Start a thread that does not keep the process alive."""
    thread = threading.Thread(target=work, args=args, daemon=True)
    thread.start()
    return thread


def feed_pipe(pipe: IO[bytes], data: bytes) -> None:
    """Write all of it and close the pipe; who does not read it has missed it."""
    rest = memoryview(data)
    with contextlib.suppress(OSError, ValueError), pipe:
        while rest:
            rest = rest[pipe.write(rest) :]


def _next(pipe: IO[bytes]) -> bytes:
    try:
        return os.read(pipe.fileno(), 65536)
    except (OSError, ValueError):
        return b""
