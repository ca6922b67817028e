"""Count requests where they arrive: in the audit log of a cluster started with ``audit=True``."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.controlplane.api import Json
from tests.controlplane.cluster import ControlPlane

FLUSH_SECONDS = 10.0


@dataclass(slots=True)
class Recording:
    """The requests of a ``with`` block, filled in at its end."""

    events: list[Json] = field(default_factory=list)

    def requests(self, *verbs: str) -> list[str]:
        """``verb URI`` of each request in the order of completion, of some verbs or of all."""
        wanted = (event for event in self.events if not verbs or event["verb"] in verbs)
        return [f"{event['verb']} {event['requestURI']}" for event in wanted]


@contextmanager
def recorded(cluster: ControlPlane, user: str = "admin") -> Iterator[Recording]:
    """Record what one user asks of a cluster meanwhile.

    Args:
        cluster: Started with ``audit=True``, as those of the fixtures are.
        user: Whose requests count: ``admin``, ``reader``.
    """
    recording = Recording()
    start = cluster.audit_log.stat().st_size
    yield recording
    last = f"/version?{uuid.uuid4()}"
    cluster.api.call("GET", last)
    events = _events_until(cluster, start, last)
    recording.events = [event for event in events if event["user"]["username"] == user]


def _events_until(cluster: ControlPlane, start: int, last: str) -> list[Json]:
    deadline = time.monotonic() + FLUSH_SECONDS
    while time.monotonic() < deadline:
        with cluster.audit_log.open("rb") as log:
            log.seek(start)
            lines = log.read().splitlines(keepends=True)
        events: list[Json] = [json.loads(line) for line in lines if line.endswith(b"\n")]
        for at, event in enumerate(events):
            if event["requestURI"] == last:
                return events[:at]
        time.sleep(0.02)
    raise TimeoutError(f"{cluster.audit_log}: no line for {last} after {FLUSH_SECONDS:.0f} s")
