"""What holds for the readiness of every site, however damaged."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.errors import DpfctlError, UnreachableError
from dpfctl.model.resources import Ref
from dpfctl.reconcile.hosts import (
    Effect,
    HostVerdict,
    State,
    judge_hosts,
    preview,
)
from tests.builders import Built, inventory, node
from tests.unit.hosts import (
    Site,
    cluster,
    critical,
    linked,
    meant_for,
    placed,
    running,
    service,
    site,
    tainted,
    with_label,
    worker,
)

modest = settings(max_examples=150, deadline=None)
CLUSTERS = ("one", "two")
DPUS = ("d1", "d2", "d3", "d4")
HOSTS = ("h1", "h2", "h3")
NAMES = ("a", "b")
SPACES = ("n1", "n2")


class _Dice(random.Random):
    """Objects of one site, linked at random."""

    def chance(self, one_in: int = 2) -> bool:
        return self.randrange(one_in) == 0

    def service(self, name: str, namespace: str) -> Built:
        built = critical(name, namespace) if self.chance() else service(name, namespace)
        built = built.status(serviceID=self.choice(("a", "b", "b", "")))
        if self.chance(3):
            built = built.spec(dpuClusterSelector={"matchLabels": {"zone": self.choice(CLUSTERS)}})
        if self.chance(3):
            built = meant_for(built, with_label("rack", *self.sample("xyz", self.randrange(3))))
        return built.spec(deployInCluster=True) if self.chance(8) else built

    def host(self, name: str) -> list[Built]:
        dpu_node = linked(name, self.choice(HOSTS))
        if self.chance(8):
            dpu_node = dpu_node.deleting()
        return [dpu_node, tainted(name) if self.chance() else worker(name)]

    def pod(self, number: int) -> Built:
        service_id, dpu = self.choice(NAMES), self.choice(DPUS)
        built = running(f"p{number}", dpu, service_id, self.choice((*SPACES, "n3")))
        built = built.ready() if self.chance() else built
        return built.deleting() if self.chance(4) else built

    def side(self) -> list[Built] | DpfctlError:
        if self.chance(6):
            return UnreachableError("no answer")
        nodes = [node(dpu, rack=self.choice("xyz")) for dpu in DPUS if not self.chance(6)]
        return [*nodes, *(self.pod(number) for number in range(self.randrange(12)))]


def objects(seed: int) -> tuple[list[Built], dict[str, list[Built] | DpfctlError]]:
    dice = _Dice(seed)
    host = [cluster(name, zone=name) for name in CLUSTERS if not dice.chance(8)]
    host += [dice.service(name, space) for name in NAMES for space in SPACES]
    host += [one for name in HOSTS for one in dice.host(name)]
    host += [placed(d, dice.choice(HOSTS), dice.choice(CLUSTERS)) for d in DPUS]
    return host, {name: dice.side() for name in CLUSTERS}


def built(seed: int) -> Site:
    host, sides = objects(seed)
    return site(*host, sides=sides)


seeds = st.integers(0, 10**6)


def told(verdict: HostVerdict) -> tuple[object, ...]:
    """A verdict without the objects it points to."""
    assert verdict.dpu_node is not None
    name = verdict.node.name if verdict.node else ""
    errors = [gap.error.message for gap in verdict.gaps]
    return verdict.dpu_node.ref, name, verdict.waits, errors, verdict.reason, verdict.state


@given(seeds, st.sampled_from(CLUSTERS), st.sampled_from(DPUS), st.sampled_from(NAMES))
@modest
def test_a_ready_pod_more_never_adds_a_taint(
    seed: int, where: str, dpu: str, service_id: str
) -> None:
    host, sides = objects(seed)
    before = site(*host, sides=sides).judge()
    side = sides[where]
    if not isinstance(side, DpfctlError):
        more = [running("more", dpu, service_id, space).ready() for space in SPACES]
        sides[where] = [*side, *more]
    for old, new in zip(before, site(*host, sides=sides).judge(), strict=True):
        assert set(new.waits) <= set(old.waits)
        assert old.state is not State.READY or new.state is State.READY


@given(seeds, st.integers())
@modest
def test_the_order_of_the_input_does_not_matter(seed: int, shuffle: int) -> None:
    host, sides = objects(seed)
    dice = random.Random(shuffle)
    mixed = {
        name: side if isinstance(side, DpfctlError) else dice.sample(side, len(side))
        for name, side in reversed(sides.items())
    }
    one, other = site(*host, sides=sides), site(*dice.sample(host, len(host)), sides=mixed)
    assert [told(v) for v in one.judge()] == [told(v) for v in other.judge()]


@given(seeds)
@modest
def test_a_host_that_is_not_judged_keeps_its_taint_and_says_why(seed: int) -> None:
    for verdict in built(seed).judge():
        if verdict.state is State.NOT_JUDGED:
            assert verdict.reason
            assert verdict.should_be_tainted is verdict.is_tainted
        else:
            assert not verdict.reason
            assert verdict.should_be_tainted is bool(verdict.waits)


@given(seeds)
@modest
def test_verdicts_about_one_host_node_agree(seed: int) -> None:
    wanted: dict[str, set[bool]] = {}
    for verdict in built(seed).judge():
        if verdict.node is not None and not verdict.exemption:
            wanted.setdefault(verdict.node.name, set()).add(verdict.should_be_tainted)
    assert all(len(answers) == 1 for answers in wanted.values())


@given(seeds)
@modest
def test_a_dead_dpu_cluster_never_makes_a_host_ready_nor_adds_a_taint(seed: int) -> None:
    whole = built(seed)
    cut = whole.reading("one", UnreachableError("gone"))
    for before, after in zip(whole.judge(), cut.judge(), strict=True):
        assert set(after.waits) <= set(before.waits)
        assert after.state is not State.READY or before.state is State.READY


@given(seeds)
@modest
def test_a_preview_foretells_what_the_verdicts_will_be(seed: int) -> None:
    host, sides = objects(seed)
    fleet = site(*host, sides=sides)
    target = next(one for one in host if one.resource.kind.name == "DPUService")
    ref: Ref = target.resource.ref
    marked = [one.labelled(CRITICAL="") if one is target else one for one in host]
    foretold = preview(fleet.host, fleet.sides, [ref])
    now = {v.node.name for v in fleet.judge() if v.node and v.should_be_tainted}
    then = {
        v.node.name
        for v in judge_hosts(inventory(*marked), fleet.sides)
        if v.node and v.should_be_tainted
    }
    added = {h.verdict.node.name for h in foretold.having(Effect.NEW) if h.verdict.node}
    open_now = {v.node.name for v in fleet.judge() if v.node and not v.is_tainted}
    assert (then - now) & open_now <= added
    assert added <= then & open_now
