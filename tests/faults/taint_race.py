"""Somebody who taints hosts while a pass does: what was acknowledged to them must stay."""

import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from dpfctl.model import kinds
from tests.cluster.host_sites import path_of
from tests.controlplane.api import JSON, JSON_PATCH, MERGE_PATCH, Api, Json
from tests.controlplane.audit import Recording
from tests.controlplane.cluster import ControlPlane
from tests.faults.contention import LEAST_CONFLICTS

WRITERS = 3
OURS = "dpu.nvidia.com/dpu-ready"
_PAUSE = 0.08


@dataclass(slots=True)
class Meddling:
    """What others did to the taints of hosts.

    Attributes:
        before: Host -> its taints at first, ours left out.
        added: Host -> the taints that others added and were told so, in no order.
    """

    before: Mapping[str, Sequence[Json]]
    added: dict[str, list[Json]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many taints were added."""
        return sum(map(len, self.added.values()))

    def losses(self, now: Mapping[str, Sequence[Json]]) -> Iterator[str]:
        """Yield what is not as it must be: every taint of others is there, and ours once.

        Args:
            now: Host -> its taints.
        """
        for host, taints in now.items():
            others = [taint for taint in taints if taint["key"] != OURS]
            known = [*self.before[host], *self.added.get(host, ())]
            yield from (f"{host}: lost {taint['key']}" for taint in known if taint not in others)
            if others[: len(self.before[host])] != list(self.before[host]):
                yield f"{host}: other order"
            if len(taints) - len(others) != 1:
                yield f"{host}: {len(taints) - len(others)} taints of ours"


def taints_of(cluster: ControlPlane) -> dict[str, list[Json]]:
    """The taints of all hosts."""
    nodes = cluster.api.items("/api/v1/nodes")
    return {one["metadata"]["name"]: one["spec"].get("taints", []) for one in nodes}


@contextmanager
def meddled(cluster: ControlPlane, seed: int) -> Iterator[Meddling]:
    """Let others taint hosts of a cluster all the while, each in a way of their own."""
    before = {
        host: [taint for taint in taints if taint["key"] != OURS]
        for host, taints in taints_of(cluster).items()
    }
    meddling, is_over = Meddling(before), threading.Event()
    with ThreadPoolExecutor(WRITERS) as threads:
        work: list[Future[None]] = [
            threads.submit(_meddle, cluster, meddling, number, seed, is_over)
            for number in range(WRITERS)
        ]
        try:
            yield meddling
        finally:
            is_over.set()
    for done in work:
        done.result()


def our_conflicts(recording: Recording) -> int:
    """How many patches of hosts by a pass were answered 409."""
    patches = (event for event in recording.events if "/nodes/" in event["requestURI"])
    ours = (event for event in patches if "fieldManager=dpfctl" in event["requestURI"])
    return sum(event["responseStatus"]["code"] == 409 for event in ours)


def is_valid(conflicts: int, hosts: int) -> bool:
    """Whether others got in the way often enough for the run to show anything."""
    return conflicts >= LEAST_CONFLICTS * hosts


def _meddle(
    cluster: ControlPlane, meddling: Meddling, number: int, seed: int, is_over: threading.Event
) -> None:
    dice, serial = random.Random(f"{seed}/{number}"), 0
    hosts = sorted(meddling.before)
    with cluster.api_for(cluster.admin_token) as api:
        while not is_over.wait(_PAUSE):
            host, serial = dice.choice(hosts), serial + 1
            key = f"example.com/{seed}-{number}-{serial}"
            taint = {"key": key, "effect": "PreferNoSchedule"}
            if _WAYS[number % len(_WAYS)](api, path_of(kinds.NODE, host), taint):
                meddling.added.setdefault(host, []).append(taint)


def _appended(api: Api, path: str, taint: Json) -> bool:
    """Add a taint to whatever there is: the server does it in one step."""
    body = [{"op": "add", "path": "/spec/taints/-", "value": taint}]
    return api.request("PATCH", path, body, JSON_PATCH).status == 200


def _merged(api: Api, path: str, taint: Json) -> bool:
    """Merge a whole list, made from what was read, if that is still so."""
    node = api.call("GET", path)
    version = {"resourceVersion": node["metadata"]["resourceVersion"]}
    body = {"metadata": version, "spec": {"taints": [*node["spec"]["taints"], taint]}}
    return api.request("PATCH", path, body, MERGE_PATCH).status == 200


def _put(api: Api, path: str, taint: Json) -> bool:
    """Write the whole object, as an older controller would."""
    node = api.call("GET", path)
    node["spec"]["taints"].append(taint)
    return api.request("PUT", path, node, JSON).status == 200


_WAYS = (_appended, _merged, _put)
