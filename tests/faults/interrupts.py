"""A process that suspends many services through a proxy, the signals it gets, and what it says."""

import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from subprocess import PIPE, Popen

from tests.faults.kills import DPFCTL
from tests.faults.proxy import FaultProxy
from tests.faults.services import Services, numbered
from tests.faults.workloads import NAMESPACE, SERVICES, Ground

NAMES = numbered(SERVICES)
LIMIT = 2.0
"""Seconds from the signal to the end of the process."""

_DONE = re.compile(r"^dpuservice\.svc\.dpu\.nvidia\.com/(\S+) suspended$", re.MULTILINE)
_SKIPPED = re.compile(r"^warning: dpuservice/\S+/(\S+): not suspended: not tried$", re.MULTILINE)
_OPEN = re.compile(
    r"^warning: dpuservice/\S+/(\S+): interrupted before the answer came; perhaps suspended$",
    re.MULTILINE,
)
_END_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended: exit code, what it said, and how long after the signal, in seconds."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def done(self) -> list[str]:
        """Services that it says are suspended."""
        return _DONE.findall(self.out)

    @property
    def skipped(self) -> list[str]:
        """Services that it says were not tried."""
        return _SKIPPED.findall(self.err)

    @property
    def open(self) -> list[str]:
        """Services of which it says that nobody knows."""
        return _OPEN.findall(self.err)

    def untruths(self, services: Services) -> Iterator[str]:
        """Yield what is not so: each service is told of once, and what is open may be either."""
        if sorted(self.done + self.skipped + self.open) != list(NAMES):
            yield f"{len(self.done)} + {len(self.skipped)} + {len(self.open)} services are told of"
        paused = set(services.paused())
        yield from (f"{name}: told to be suspended" for name in self.done if name not in paused)
        yield from (f"{name}: told to be left alone" for name in self.skipped if name in paused)


@dataclass(slots=True)
class Stage:
    """One process on a ground with services that are not suspended, behind a proxy."""

    ground: Ground
    proxy: FaultProxy
    _started: "Future[Popen[str]]" = field(default_factory=Future)
    _told_at: float = 0.0

    @property
    def services(self) -> Services:
        """The services, past the proxy."""
        return Services(self.ground.cluster, NAMESPACE)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process; the time until its end counts from here."""
        self._told_at = time.monotonic()
        self._started.result(_END_SECONDS).send_signal(number)

    def run(self, stdout: int = PIPE, stderr: int = PIPE) -> Ending:
        """Run to the end; the streams are read unless others are given, which are closed."""
        argv = (*DPFCTL, *self.ground.words_through(self.proxy))
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.ground.folder)}
        with Popen(argv, env=environ, stdout=stdout, stderr=stderr, text=True) as process:
            self._started.set_result(process)
            out, err = process.communicate(timeout=_END_SECONDS)
        for number in {stdout, stderr} - {PIPE}:
            os.close(number)
        return Ending(process.returncode, out or "", err or "", time.monotonic() - self._told_at)
