"""Ctrl-C and SIGTERM in the middle of a pass: what it says is what the API servers stored."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane.fixtures import Pool
from tests.faults.actions import Afterwards, Meanwhile, Silence
from tests.faults.interrupts import LIMIT
from tests.faults.pass_runs import PassStage, audited, leased_ground
from tests.faults.workloads import WRITE

SIGNALS = [
    pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
    pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
]
DEPLOYS, FOLLOWS, TELLS = "PATCH .*/applications/", "PATCH .*/nodes/", "PUT .*/dpuservices/"


@pytest.fixture
def stage(cluster_pool: Pool, tmp_path: Path) -> Iterator[PassStage]:
    with leased_ground(cluster_pool, tmp_path) as ground, ground.open_proxy() as proxy:
        yield PassStage(ground, proxy)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize(
    "where",
    [
        pytest.param(DEPLOYS, id="while it deploys"),
        pytest.param(FOLLOWS, id="while it taints"),
        pytest.param(TELLS, id="while it writes status"),
    ],
)
def test_interrupt_lets_writes_under_way_end_and_tells_them(
    stage: PassStage, number: signal.Signals, code: int, where: str
) -> None:
    fault = stage.proxy.inject(Afterwards(lambda: stage.send(number)), where, times=1)
    with audited(stage.ground) as audit:
        ending = stage.run()

    assert (ending.code, fault.fired, ending.told("unknown")) == (code, 1, Counter())
    assert ending.seconds < LIMIT
    assert ending.told("done") == audit.stored()
    assert stage.ground.run_again().code == 0


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_interrupt_does_not_wait_for_a_server_that_is_silent(
    stage: PassStage, number: signal.Signals, code: int
) -> None:
    stage.proxy.inject(Meanwhile(lambda: stage.send(number)), DEPLOYS, times=1)
    lost = stage.proxy.inject(Silence(), WRITE, first=8)
    with audited(stage.ground) as audit:
        ending = stage.run()

    assert ending.code == code
    assert ending.seconds < LIMIT
    assert lost.fired
    assert ending.told("unknown")
    assert ending.told("done") == audit.stored()


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_interrupt_does_not_wait_for_the_lease_to_be_taken_back(
    stage: PassStage, number: signal.Signals, code: int
) -> None:
    """All was answered until then, so nothing shows that the server has fallen silent."""
    stage.proxy.inject(Afterwards(lambda: stage.send(number)), DEPLOYS, times=1)
    lost = stage.proxy.inject(Silence(), "PATCH .*/leases/")
    ending = stage.run()

    assert (ending.code, lost.fired) == (code, 1)
    assert ending.seconds < LIMIT


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_interrupt_while_it_reads_writes_nothing(
    stage: PassStage, number: signal.Signals, code: int
) -> None:
    stage.proxy.inject(Meanwhile(lambda: stage.send(number)), "GET .*/dpuservices", times=1)
    with audited(stage.ground) as audit:
        ending = stage.run()

    assert ending.code == code
    assert ending.seconds < LIMIT
    assert audit.stored() == Counter()


def test_lease_is_given_back(stage: PassStage) -> None:
    stage.proxy.inject(Afterwards(lambda: stage.send(signal.SIGINT)), FOLLOWS, times=1)
    assert stage.run().code == 130

    lease = stage.ground.lease()
    assert lease is not None
    assert "holderIdentity" not in lease["spec"]
