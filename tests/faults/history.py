"""Whether a recorded history of objects is what its writers say they did, one after the other.

The history holds every version the API server stored. Each step from one version to the next must
be the change of the one writer who was told that version, made on the version before it, and
nothing else. A lost update is a step that also takes back what somebody else had written.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import urllib3

from tests.controlplane.api import Json
from tests.controlplane.cluster import ControlPlane
from tests.faults.services import Services

Edit = Callable[[Json], None]
"""Makes a change in a view of an object, as its writer means it."""

_END_SECONDS = 30.0
_SENTINEL = "end-of-history"


@dataclass(frozen=True, slots=True)
class Claim:
    """A write that was acknowledged.

    Attributes:
        who: The writer, for messages.
        name: The object.
        version: resourceVersion that the writer was told.
        edit: What the writer meant to do.
    """

    who: str
    name: str
    version: str
    edit: Edit


@dataclass(slots=True)
class History:
    """Versions of each object in the order in which they were stored, the first one included."""

    versions: dict[str, list[Json]] = field(default_factory=dict)

    def add(self, raw: Json) -> None:
        """Take in the next version of an object."""
        self.versions.setdefault(raw["metadata"]["name"], []).append(raw)

    def steps(self) -> int:
        """How many writes were stored."""
        return sum(len(found) - 1 for found in self.versions.values())


def view(raw: Json) -> Json:
    """What users say about an object; a map without entries is the same as none."""
    metadata = raw["metadata"]
    return {
        "labels": dict(metadata.get("labels") or {}),
        "annotations": dict(metadata.get("annotations") or {}),
        "spec": dict(raw["spec"]),
        "status": raw.get("status"),
    }


def problems(history: History, claims: Sequence[Claim], final: Mapping[str, Json]) -> Iterator[str]:
    """Yield what does not fit together, nothing for a history without a lost update.

    Args:
        history: Every version, from the first one to the last.
        claims: Every write that was acknowledged.
        final: The objects as they were read after the last write, by name.
    """
    by_version = {(claim.name, claim.version): claim for claim in claims}
    if len(by_version) < len(claims):
        yield "two writers were told the same version"
    for name, versions in history.versions.items():
        for before, after in pairwise(versions):
            yield from _step(by_version.pop((name, _version(after)), None), before, after)
        if _version(versions[-1]) != _version(final[name]):
            yield f"{name}: stored as {_version(final[name])}, not seen in the history"
    for claim in by_version.values():
        yield f"{claim.name}: {claim.who}: acknowledged as {claim.version}, never stored"


def _step(claim: Claim | None, before: Json, after: Json) -> Iterator[str]:
    where = f"{after['metadata']['name']}: version {_version(after)}"
    if claim is None:
        yield f"{where}: nobody was told that this was stored"
        return
    wanted = view(before)
    claim.edit(wanted)
    found = view(after)
    for part, value in wanted.items():
        if found[part] != value:
            yield f"{where}: {claim.who}: {part}: wanted {value}, stored {found[part]}"


def _version(raw: Json) -> str:
    return str(raw["metadata"]["resourceVersion"])


@contextmanager
def watched(services: Services) -> Iterator[History]:
    """Record every version of the services of a namespace; whole once the block has ended."""
    history = History()
    listed = services.cluster.api.call("GET", services.path())
    for raw in listed["items"]:
        history.add(raw)
    start = listed["metadata"]["resourceVersion"]
    thread = threading.Thread(target=_watch, args=(services, start, history), daemon=True)
    thread.start()
    yield history
    services.create(_SENTINEL)
    thread.join(_END_SECONDS)
    assert not thread.is_alive(), "the watch did not come to the end of the history"
    services.remove(_SENTINEL)


def _watch(services: Services, version: str, history: History) -> None:
    query = f"watch=true&resourceVersion={version}&timeoutSeconds=3600"
    with _stream(services.cluster, f"{services.path()}?{query}") as lines:
        for line in lines:
            event: dict[str, Any] = json.loads(line)
            raw = event["object"]
            assert event["type"] in ("ADDED", "MODIFIED"), raw
            if raw["metadata"]["name"] == _SENTINEL:
                return
            history.add(raw)


@contextmanager
def _stream(cluster: ControlPlane, target: str) -> Iterator[Iterator[bytes]]:
    with urllib3.PoolManager(ca_certs=str(cluster.ca_file)) as pool:
        response = pool.request(
            "GET",
            f"{cluster.url}{target}",
            headers={"Authorization": f"Bearer {cluster.admin_token}"},
            preload_content=False,
            timeout=urllib3.Timeout(connect=5, read=_END_SECONDS),
        )
        try:
            yield _lines(response)
        finally:
            response.close()


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    rest = b""
    for piece in response.stream(1 << 16):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
