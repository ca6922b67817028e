"""One DPU with what its cluster says, and what its operational conditions say then."""

from collections.abc import Iterable
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.resources import Resource
from dpfctl.plan import Change
from dpfctl.reconcile.dpus.parts import PROBLEMS
from dpfctl.reconcile.dpus.planning import FEATURE, plan_operational
from dpfctl.reconcile.world import World
from tests.builders import Built, condition, node
from tests.unit.hosts import linked, placed
from tests.unit.reconcile_fleets import ONE, world

READY = placed().status(phase="Ready")
Said = dict[str, tuple[str, str, str]]


def healthy(name: str = "dpu-1", **reasons: str) -> Built:
    """A node without problems, but for those that are named with their reason."""
    conditions = (
        condition(kind, "True" if kind in reasons else "False", reasons.get(kind, "Fine"))
        for kind in PROBLEMS
    )
    return node(name, zone="dk").conditions(*conditions)


def known(*host: Built, side: Iterable[Built] = (), dpu: Built = READY, **options: Any) -> World:
    return world(linked(), dpu, *host, dpus={ONE: tuple(side)}, features=(FEATURE,), **options)


def only(seen: World) -> Change:
    (change,) = plan_operational(seen)
    return change


def said(seen: World) -> Said:
    """Type -> status, reason and message."""
    found = Resource(kinds.DPU, only(seen).after).items("status", "operationalConditions")
    return {c["type"]: (c["status"], c["reason"], c["message"]) for c in found}
