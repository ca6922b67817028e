"""Answers that are lost, clusters that die and lists that are refused, in the middle of a pass."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dpfctl.model import kinds
from tests.builders import NS
from tests.cluster.host_sites import path_of
from tests.controlplane.fixtures import Pool
from tests.faults.actions import CommitThenDrop, Mute, Reset
from tests.faults.pass_grounds import SERVICES, PassGround, through
from tests.faults.pass_runs import PassStage, audited, leased_ground
from tests.faults.proxy import FaultProxy
from tests.faults.scenes import answer
from tests.faults.workloads import WRITE
from tests.passes.objects import CLUSTER, HOME, ONE, WHERE, side, way_in

PARTIAL = 5
STATUS = "PUT .*/dpuservices/"


@pytest.fixture
def ground(cluster_pool: Pool, tmp_path: Path) -> Iterator[PassGround]:
    with leased_ground(cluster_pool, tmp_path) as ground:
        yield ground


@pytest.mark.parametrize(
    ("lines", "fewest"),
    [
        pytest.param(STATUS, len(SERVICES), id="to status"),
        pytest.param(WRITE, 15, id="to every write"),
    ],
)
def test_answers_that_are_lost(ground: PassGround, lines: str, fewest: int) -> None:
    """Each write is stored once, and none is told as failed: what was lost is read back."""
    wanted = ground.undisturbed().state
    ground.reset()
    with ground.open_proxy() as proxy, audited(ground) as audit:
        fault = proxy.inject(CommitThenDrop(), f"{lines}(?!.*/leases)")
        ending = PassStage(ground, proxy).run()

    assert (ending.code, ending.told("failed", "unknown")) == (0, Counter())
    assert fault.fired >= fewest
    assert ending.told("done") == audit.stored()
    assert ground.state() == wanted


def test_dpu_cluster_that_dies_after_it_was_read(ground: PassGround) -> None:
    """Its part fails once, by name; the host cluster gets all that does not need it."""
    aside = replace(ground, is_aside=True)
    with aside.open_proxy() as proxy:
        fault = proxy.inject(Reset(), WRITE)
        ending = PassStage(aside, proxy).run()

    failed = {one["name"] for one in ending.results if one["result"] == "failed"}
    done = {(one["kind"], one["name"]) for one in ending.results if one["result"] == "done"}
    assert ending.code == PARTIAL
    assert fault.fired
    assert failed
    assert failed <= {HOME, NS, "dpf-secret-one"}
    assert ("Application", "in-cluster-local") in done
    assert ("Application", f"{CLUSTER}-{ONE}") not in done
    assert ("DPUService", ONE) in done
    assert f"dpu cluster {WHERE}/{CLUSTER}" in ending.err


def test_pass_after_the_cluster_is_back(ground: PassGround) -> None:
    wanted = ground.undisturbed().state
    ground.reset()
    aside = replace(ground, is_aside=True)
    with aside.open_proxy() as proxy:
        proxy.inject(Reset(), WRITE)
        assert PassStage(aside, proxy).run().code == PARTIAL

    assert ground.run_again().code == 0
    assert ground.state() == wanted


def test_dead_cluster_does_not_hold_up_the_other_one(ground: PassGround) -> None:
    """Nobody listens where the second DPUCluster leads to."""
    with FaultProxy(listening=False) as nobody:
        text = through(nobody, ground.side.kubeconfig_text("t0ken"))
        ground.add(way_in("cluster-dead", text), side("cluster-dead", "cluster2"))
        result = ground.run()

    assert result.code == PARTIAL
    assert f"application.argoproj.io/{CLUSTER}-{ONE} created" in result.out
    assert "cluster-dead" in result.err
    ground.remove(path_of(kinds.DPU_CLUSTER, "cluster-dead", WHERE))


def test_mute_cluster_is_called_once(ground: PassGround) -> None:
    """Twice the fleet is read; a cluster that said nothing the first time is left alone then."""
    with FaultProxy() as mute:
        text = through(mute, ground.side.kubeconfig_text("t0ken"))
        ground.add(way_in("cluster-dead", text), side("cluster-dead", "cluster2"))
        mute.inject(Mute())
        result = ground.run("--request-timeout", "2s")
    ground.remove(path_of(kinds.DPU_CLUSTER, "cluster-dead", WHERE))

    assert (result.code, mute.connections) == (PARTIAL, 1)
    assert "reading the fleet again" in result.err


def test_port_that_cannot_be_published_where_nothing_is_deployed(ground: PassGround) -> None:
    """The first half is done already, and conditions tell of the second all the same."""
    ground.run()
    ground.remove(path_of(kinds.SERVICE, ONE, HOME))
    with ground.open_proxy() as proxy:
        refused = proxy.inject(answer(403, "no", "Forbidden"), "PATCH .*/services/")
        ending = PassStage(ground, proxy).run()

    status = ground.cluster.api.call("GET", path_of(kinds.DPU_SERVICE, ONE, HOME))["status"]
    found = {one["type"]: one for one in status["conditions"]}
    assert (ending.code, refused.fired) == (PARTIAL, 1)
    assert found["ConfigPortsReconciled"]["status"] == "False"
    assert "services" in found["ConfigPortsReconciled"]["message"]


@pytest.mark.parametrize(
    ("plural", "lost"),
    [
        pytest.param("endpointslices", "EndpointSlice", id="EndpointSlices"),
        pytest.param("dpus", "DPU", id="DPUs"),
        pytest.param("secrets", "Secret", id="pull secrets"),
        pytest.param("dpuserviceinterfaces", "DPUServiceInterface", id="interfaces"),
    ],
)
def test_list_that_the_host_cluster_refuses(ground: PassGround, plural: str, lost: str) -> None:
    """It is named, nothing that needs it is guessed, and the rest goes on."""
    with ground.open_proxy() as proxy:
        proxy.inject(answer(403, "no", "Forbidden"), rf"GET .*/{plural}\?")
        ending = PassStage(ground, proxy).run()

    done = {(one["kind"], one["name"]) for one in ending.results if one["result"] == "done"}
    assert ending.code == PARTIAL
    assert f"{plural}" in ending.err
    assert ("DPUService", "local") in done
    assert lost not in {kind for kind, _ in done}
