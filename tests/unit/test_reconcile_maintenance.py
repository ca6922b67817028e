"""Who no longer has to be waited for before a host is maintained."""

from typing import Any

import pytest

from dpfctl.errors import NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.plan import Action, Change
from dpfctl.reconcile.hosts.maintenance import plan_requestors, replan_requestors
from dpfctl.reconcile.steps import Step
from tests.builders import NS, Built, build, condition, dpu_service_chain, maintenance, node
from tests.unit.hosts import linked, meant_for, placed, running, service, with_label
from tests.unit.reconcile_fleets import ONE, world

MINE = f"{NS}_edge_sriov"
OTHER = f"{NS}_core_other"
SERVICE = service().owned_by(NS, "edge")
APPLIED = {**condition("NodeEffectApplied"), "observedGeneration": 1}
HELD = (
    maintenance("m", MINE, OTHER, node="worker1")
    .having(metadata={"generation": 1})
    .conditions(APPLIED)
)
DPU = node("dpu-1", zone="dk")
UP = running().ready()


def planned(*host: Built, side: Any = (DPU, UP), held: Built = HELD, **options: Any) -> Any:
    objects = (linked(), placed(), held, *host)
    return plan_requestors(world(*objects, dpus={ONE: side}, **options))


def only(*host: Built, **options: Any) -> Change:
    (change,) = planned(*host, **options)
    assert isinstance(change, Change)
    return change


def left(change: Change) -> list[str]:
    found: list[str] = change.after["spec"]["requestor"]
    return found


def test_r_op_02b_a_service_that_is_ready_is_not_waited_for_any_more() -> None:
    change = only(SERVICE)
    assert (change.action, change.stage, change.done) == (
        Action.PATCH,
        Step.REQUESTOR,
        "requestors removed",
    )
    assert left(change) == [OTHER]
    assert change.reasons == (f"{MINE} is ready on every DPU it is meant for",)
    assert change.needs == ()


@pytest.mark.parametrize(
    ("host", "side"),
    [
        pytest.param((SERVICE,), (DPU,), id="it has no pod"),
        pytest.param((SERVICE,), (DPU, running()), id="its pod is not ready"),
        pytest.param((), (DPU, UP), id="it does not exist"),
        pytest.param((service(),), (DPU, UP), id="it is of no DPUDeployment"),
        pytest.param(
            (meant_for(SERVICE, with_label("zone", "ga")),), (DPU, UP), id="it is meant for no DPU"
        ),
        pytest.param((SERVICE,), (UP,), id="the DPU is no node of its cluster"),
        pytest.param(
            (SERVICE, placed("dpu-2")), (DPU, UP), id="another DPU is no node of its cluster"
        ),
        pytest.param((SERVICE,), UnreachableError("no answer"), id="the cluster is dead"),
        pytest.param(
            (SERVICE, placed("dpu-2")), (DPU, node("dpu-2"), UP), id="one of two DPUs is not ready"
        ),
    ],
)
def test_otherwise_it_is(host: tuple[Built, ...], side: Any) -> None:
    change = only(*host, side=side)
    assert change.action is Action.NONE
    assert left(change) == [MINE, OTHER]


def test_only_dpus_that_it_is_meant_for_count() -> None:
    picked = meant_for(SERVICE, with_label("zone", "dk"))
    assert left(only(picked, placed("dpu-2"), side=(DPU, node("dpu-2"), UP))) == [OTHER]


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(HELD.conditions(), id="the host is not disturbed yet"),
        pytest.param(
            HELD.conditions({**APPLIED, "observedGeneration": 0}), id="what it says is old"
        ),
        pytest.param(HELD.conditions({**APPLIED, "status": "False"}), id="it says no"),
        pytest.param(HELD.spec(dpuNodeName="elsewhere"), id="it is about no DPUNode"),
    ],
)
def test_a_maintenance_that_is_not_in_effect_is_not_looked_at(held: Built) -> None:
    assert planned(SERVICE, held=held) == ()


def test_a_dpu_node_in_deletion_is_left_alone() -> None:
    seen = world(linked().deleting(), placed(), HELD, SERVICE, dpus={ONE: (DPU, UP)})
    assert plan_requestors(seen) == ()


class TestChains:
    """Chains ask as well."""

    NAME = f"{NS}_edge_c"
    CHAIN = dpu_service_chain("c").owned_by(NS, "edge")
    ASKING = HELD.spec(requestor=[NAME])

    @staticmethod
    def on(dpu: str) -> Built:
        built = build(kinds.SERVICE_CHAIN, f"c-{dpu}").labelled(
            SERVICE_CHAIN_SET_NAME="c", SERVICE_CHAIN_SET_NAMESPACE=NS
        )
        return built.spec(node=dpu).ready()

    def test_one_that_is_ready_on_the_dpu(self) -> None:
        change = only(self.CHAIN, held=self.ASKING, side=(DPU, self.on("dpu-1")))
        assert left(change) == []

    @pytest.mark.parametrize(
        "more", [(), (placed("dpu-2"),)], ids=["ready nowhere", "ready on one of two"]
    )
    def test_one_that_is_not(self, more: tuple[Built, ...]) -> None:
        there = (self.on("dpu-1"),) if more else ()
        side = (DPU, node("dpu-2"), *there)
        assert left(only(self.CHAIN, *more, held=self.ASKING, side=side)) == [self.NAME]


def test_planned_again_only_the_same_names_go() -> None:
    change = only(SERVICE)
    fresh = HELD.spec(requestor=["new", OTHER, MINE]).resource
    assert left(replan_requestors(change, fresh)) == ["new", OTHER]
    done = HELD.spec(requestor=[OTHER]).resource
    assert replan_requestors(change, done).action is Action.NONE
    with pytest.raises(NotFoundError, match="is gone"):
        replan_requestors(change, None)
