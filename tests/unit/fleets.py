"""Fleets in which everything may be linked to everything, and broken in every way.

A fleet is a seed and a size. The first objects of a larger fleet are those of the smaller one, so
a counterexample shrinks to the few objects it needs to begin with. Drawing each field from
Hypothesis instead takes twenty times as long.
"""

import random
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from dpfctl.model import kinds
from tests import builders as make
from tests.builders import Built, condition

NAMES = ("a", "b", "x\x1b[31m\u202e")
NAMESPACES = ("n1", "n1", "n2")
TEXTS = (
    "Success",
    "Pending",
    "",
    "a\n* b",
    "\x1b]0;t\x07",
    "\x7f\x9b1m",
    "\u202eb",
    "\ud800",
    "\t[x]",
)
STATES = ("Success", "Success", "Success", "Other", "broken", "broken", "bare")


class _Dice(random.Random):
    """Names, links and states of one fleet."""

    def name(self) -> str:
        return self.choice(NAMES)

    def namespace(self) -> str:
        return self.choice(NAMESPACES)

    def chance(self, one_in: int = 2) -> bool:
        return self.randrange(one_in) == 0

    def owned(self, built: Built) -> Built:
        if self.chance(3):
            return built
        return built.owned_by(self.namespace(), self.name())

    def labelled(self, built: Built, name: str, namespace: str) -> Built:
        """Name an owner, mostly with both labels."""
        if not self.chance(8):
            built = built.labelled(**{name: self.name()})
        if not self.chance(8):
            built = built.labelled(**{namespace: self.namespace()})
        return built

    def conditions(self) -> list[dict[str, Any]]:
        statuses = ("True", "False", "Unknown")
        types = self.sample(["Ready", "Up", "Down\x1b[2J"], self.randrange(4))
        return [
            condition(t, self.choice(statuses), self.choice(TEXTS), self.choice(TEXTS))
            for t in types
        ]

    def state(self, built: Built) -> Built:
        state = self.choice(STATES)
        if self.chance(12):
            built = built.deleting()
        if state == "bare":
            return built
        if state == "broken":
            return built.conditions(*self.conditions())
        return built.ready(reason=state, message=self.choice(TEXTS))


def _service(dice: _Dice, name: str, namespace: str) -> Built:
    service = dice.owned(make.dpu_service(name, namespace))
    if dice.chance(4):
        service = service.labelled(COMPONENT=dice.choice(["", "flannel"]))
    return service.suspended() if dice.chance(6) else service


def _application(dice: _Dice, name: str, namespace: str) -> Built:
    health = {"status": dice.choice(["Healthy", "Degraded"])}
    built = make.application(name, namespace).status(health=health)
    return dice.labelled(built, "DPU_SERVICE_NAME", "DPU_SERVICE_NAMESPACE")


def _dpu(dice: _Dice, name: str, namespace: str) -> Built:
    built = make.dpu(name, namespace, dice.name(), dice.name())
    built = built.status(operationalConditions=dice.conditions())
    return dice.labelled(built, "DPU_SET_NAME", "DPU_SET_NAMESPACE")


def _plane(dice: _Dice, name: str, namespace: str) -> Built:
    built = make.tenant_control_plane(name, namespace)
    return dice.labelled(built, "CLUSTER_NAME", "CLUSTER_NAMESPACE")


def _interface(dice: _Dice, name: str, namespace: str) -> Built:
    kind = dice.choice(["pf", "vf", "service", "physical"])
    network = "" if kind == "physical" else dice.name()
    return dice.owned(make.dpu_service_interface(name, namespace, network, kind))


def _deployment(dice: _Dice, name: str, namespace: str) -> Built:
    return make.dpu_deployment(name, namespace, dice.sample(NAMES, dice.randrange(3)))


def _maintenance(dice: _Dice, name: str, namespace: str) -> Built:
    requestors = dice.sample([*NAMES, "n1_a_more"], dice.randrange(3))
    return make.maintenance(name, *requestors, node=dice.name(), namespace=namespace)


def _plain(kind: kinds.Kind) -> Callable[[_Dice, str, str], Built]:
    return lambda dice, name, namespace: make.build(kind, name, namespace)


_MAKERS: tuple[Callable[[_Dice, str, str], Built], ...] = (
    _service,
    _application,
    _dpu,
    _dpu,
    _plane,
    _interface,
    _deployment,
    _maintenance,
    lambda dice, n, ns: dice.owned(make.dpu_set(n, ns, dice.name())),
    lambda dice, n, ns: dice.owned(make.dpu_service_chain(n, ns)),
    lambda dice, n, ns: make.bfb(n, ns, dice.choice(["Ready", "Ready", "Error"])),
    lambda dice, n, ns: make.dpu_cluster(n, ns, dice.choice(["static", "kamaji", "kamaji"])),
    lambda dice, n, ns: make.dpu_vpc(n, ns, dice.name()),
    lambda dice, n, ns: make.dpu_virtual_network(n, ns, dice.name()),
    lambda dice, n, ns: make.isolation_class(n),
    _plain(kinds.DPU_SERVICE_TEMPLATE),
    _plain(kinds.DPU_NODE),
    _plain(kinds.DPU_DEVICE),
    _plain(kinds.DPU_SERVICE_IPAM),
    _plain(kinds.DPU_SERVICE_NAD),
    _plain(kinds.DPU_SERVICE_CREDENTIAL_REQUEST),
)


def fleet(seed: int, size: int) -> list[Built]:
    """Throw that many objects; of two with the same name the first stays."""
    dice = _Dice(seed)
    thrown: dict[object, Built] = {}
    for _ in range(size):
        built = dice.state(dice.choice(_MAKERS)(dice, dice.name(), dice.namespace()))
        thrown.setdefault(built.resource.ref, built)
    return list(thrown.values())


fleets = st.builds(fleet, st.integers(0, 10**6), st.integers(0, 120))
