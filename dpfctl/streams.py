"""The standard streams of the process, made to tell the truth.

Python leaves three traps: a stream that was closed by the caller is ``None``; under
``PYTHONUNBUFFERED``, usual in containers, a disk that gets full in the middle of a write goes
unnoticed; and a failing stderr ends a command that has done its work.
"""

import contextlib
import io
import os
import sys
from typing import TextIO


def open_streams() -> None:
    """Replace ``sys.stdin``, ``sys.stdout`` and ``sys.stderr``; the descriptors stay."""
    _occupy()
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")
    sys.stdout = _text(1, sys.stdout, io.TextIOWrapper)
    sys.stderr = _text(2, sys.stderr, _Bystander)


class _Bystander(io.TextIOWrapper):
    """Text that may get lost: whether anybody reads stderr changes no exit code."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()


def _occupy() -> None:
    """Open what was closed, so that no other file gets its number.

    Input is empty. Output is opened for reading: to write fails, as it should.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)


def _text(number: int, stream: TextIO | None, kind: type[io.TextIOWrapper]) -> io.TextIOWrapper:
    raw = io.FileIO(number, "w", closefd=False)
    encoding = getattr(stream, "encoding", "utf-8")
    return kind(
        io.BufferedWriter(raw),
        encoding,
        "backslashreplace",
        line_buffering=number == 2 or raw.isatty(),
    )
