"""Passes that tests disturb: their own process, what it says, and what the API servers stored."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen

from tests.controlplane.api import Json
from tests.controlplane.audit import Recording, recorded
from tests.controlplane.fixtures import Pool
from tests.faults.kills import DPFCTL
from tests.faults.pass_grounds import PassGround, full_pass
from tests.faults.proxy import FaultProxy

WRITES = frozenset({"create", "update", "patch", "delete"})
STORED = (200, 201)

_LEASES = "leases"
_END_SECONDS = 60.0

Write = tuple[str, str, str]
"""Cluster, namespace and name of the object that was written."""


@contextmanager
def leased_ground(pool: Pool, folder: Path, *words: str) -> Iterator[PassGround]:
    """Two clean clusters at the beginning of a pass; no Lease is left in them."""
    with ExitStack() as returns:
        host, side = pool.lease(returns), pool.lease(returns)
        ground = PassGround(host, full_pass(*words), folder, side)
        returns.callback(ground.forget)
        ground.reset()
        yield ground


@dataclass(frozen=True, slots=True)
class PassEnding:
    """How a process ended: exit code, streams, seconds from the signal to the end."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def results(self) -> list[Json]:
        """What it says of each change."""
        found: list[Json] = json.loads(self.out)["data"]["results"]
        return found

    def told(self, *results: str) -> Counter[Write]:
        """Objects of which it says that a change of them ended so."""
        return Counter(_write_of(one) for one in self.results if one["result"] in results)


@dataclass(slots=True)
class PassStage:
    """One process that runs a pass through a proxy, and signals for it."""

    ground: PassGround
    proxy: FaultProxy
    _started: "Future[Popen[str]]" = field(default_factory=Future)
    _told_at: float = 0.0

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal; the time until its end counts from here."""
        self._told_at = time.monotonic()
        self._started.result(_END_SECONDS).send_signal(number)

    def run(self, *more: str) -> PassEnding:
        """Run to the end, with a report as JSON."""
        argv = (*DPFCTL, *self.ground.words_through(self.proxy), "-o", "json", *more)
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.ground.folder)}
        with Popen(argv, env=environ, stdout=PIPE, stderr=PIPE, text=True) as process:
            self._started.set_result(process)
            out, err = process.communicate(timeout=_END_SECONDS)
        return PassEnding(process.returncode, out, err, time.monotonic() - self._told_at)


@dataclass(slots=True)
class Audit:
    """What both API servers were asked meanwhile; whole once the block has ended."""

    host: Recording
    side: Recording

    def stored(self) -> Counter[Write]:
        """Objects that were written, but for the Lease, once per write that was stored."""
        return Counter((*_stored("", self.host), *_stored("cluster-one", self.side)))

    def conflicts(self) -> int:
        """How many writes were answered 409."""
        events = (*self.host.events, *self.side.events)
        return sum(e["responseStatus"]["code"] == 409 for e in events if e["verb"] in WRITES)


@contextmanager
def audited(ground: PassGround) -> Iterator[Audit]:
    """Record what both API servers are asked."""
    with recorded(ground.cluster) as host, recorded(ground.side) as side:
        yield Audit(host, side)


def _stored(cluster: str, recording: Recording) -> Iterator[Write]:
    for event in recording.events:
        ref = event.get("objectRef", {})
        is_stored = event["verb"] in WRITES and event["responseStatus"]["code"] in STORED
        if is_stored and ref["resource"] != _LEASES:
            # The API server names a Namespace as the namespace of itself.
            is_space = ref["resource"] == "namespaces"
            yield cluster, "" if is_space else ref.get("namespace", ""), ref["name"]


def _write_of(one: Json) -> Write:
    cluster = one["dpuCluster"]["name"] if one["dpuCluster"] else ""
    return cluster, one["namespace"], one["name"]
