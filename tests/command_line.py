"""Runs a command line in this process, against streams and a clock of the test's own."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from dpfctl.__main__ import run
from dpfctl.session import Session

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Result:
    """What a command line did.

    Attributes:
        code: Exit code.
        out: All of stdout.
        err: All of stderr.
    """

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Lines of stdout."""
        return self.out.splitlines()


def dpfctl(
    *args: str,
    stdin: str = "",
    environ: Mapping[str, str] | None = None,
    out: TextIO | None = None,
    now: Callable[[], datetime] = lambda: NOW,
    sleep: Callable[[float], None] = lambda _seconds: None,
) -> Result:
    """Run one command line; unless told otherwise ``now`` is fixed, and nothing sleeps."""
    out = out or io.StringIO()
    err = io.StringIO()
    session = Session(out, err, io.StringIO(stdin), environ or {}, now, sleep)
    code = run(args, session)
    text = out.getvalue() if isinstance(out, io.StringIO) else ""
    return Result(code, text, err.getvalue())


def interrupted_after(pauses: int) -> Callable[[float], None]:
    """A sleep that lets some pauses go by at once and is interrupted in the next one."""
    left = iter(range(pauses))

    def sleep(_seconds: float) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    return sleep
