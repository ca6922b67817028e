"""Figures of planning a pass, reading left out: of many DPUs, and of many services.

It is the work of one thread, so the processor's time is what counts.
"""

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from dpfctl.errors import DpfctlError
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, listing_of
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from dpfctl.reconcile.passing import begin, follow, status_plan
from dpfctl.reconcile.slimming import slim
from dpfctl.reconcile.world import World
from tests.bench.figures import Figure
from tests.bench.pass_fleet import (
    CLUSTERS,
    NAMESPACE,
    Object,
    busy_host,
    busy_side,
    host_objects,
    side_objects,
)

DPUS, PLAN_SECONDS = 10_000, 3
FEW, MANY, TIMES = 150, 1_500, 20
FEATURES = frozenset({"DPU.status.operationalConditions", "DPUService.spec.security"})


def figures(runs: int) -> Iterator[Figure]:
    """Plan a first pass of fleets that are in memory, and yield the figures."""
    threshold = gc.get_threshold()
    gc.set_threshold(1_000_000, 20, 50)  # as the command does
    seconds = _seconds(_world(host_objects(DPUS), side_objects, DPUS), runs)
    yield Figure(f"planning alone, {DPUS:,} DPUs", seconds, PLAN_SECONDS, "s")
    few, many = (_seconds(_world(busy_host(n), busy_side, n), runs) for n in (FEW, MANY))
    what, detail = f"planning {MANY:,} services, to {FEW}", f"{many:.2f} s to {few:.2f} s"
    yield Figure(what, many / few, TIMES, "x", detail)
    gc.set_threshold(*threshold)


def _seconds(world: World, runs: int) -> float:
    return min(_timed(lambda: _plan(world)) for _ in range(runs))


def _timed(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _plan(world: World) -> None:
    world = _unlooked_at(world)
    first = begin(world.host.list(kinds.DPU_SERVICE), world)
    second = follow(first, world)
    status = status_plan(second, ())
    assert first.first_plan().pending
    assert second.second_plan().pending
    assert len(status.pending) >= len(world.host.list(kinds.DPU_SERVICE))


def _unlooked_at(world: World) -> World:
    """The same lists without what was indexed when they were planned with before."""
    sides = {name: _afresh(side) for name, side in world.dpus.items()}
    return replace(world, host=_afresh(world.host), dpus=sides)


def _afresh(side: Inventory | DpfctlError) -> Inventory:
    assert isinstance(side, Inventory)
    return Inventory(side.listings)


def _world(
    host: Iterable[Object], side: Callable[[str, int], Iterable[Object]], size: int
) -> World:
    sides = {(NAMESPACE, name): _inventory(side(name, size)) for name in CLUSTERS}
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    return World(_inventory(host), sides, now, features=FEATURES)


def _inventory(objects: Iterable[Object]) -> Inventory:
    """The objects as a pass reads them."""
    found: dict[Kind, list[Resource]] = {}
    for raw in objects:
        kind = kinds.find(raw["apiVersion"], raw["kind"])
        assert kind is not None
        found.setdefault(kind, []).append(Resource(kind, slim(kind, raw)))
    return Inventory({kind: listing_of(resources) for kind, resources in found.items()})
