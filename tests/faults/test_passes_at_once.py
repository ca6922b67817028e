"""Two passes at once, and others who write what a pass writes: nothing of anybody is lost."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dpfctl.cluster.pass_lease import NAME
from dpfctl.model import kinds
from tests.builders import NS
from tests.cluster.host_sites import path_of
from tests.command_line import Result
from tests.controlplane.api import MERGE_PATCH, Json
from tests.controlplane.fixtures import Pool
from tests.faults.actions import Afterwards, Meanwhile
from tests.faults.pass_grounds import LEASE, PassGround
from tests.faults.pass_runs import PassStage, audited, leased_ground
from tests.passes.objects import CLUSTER, HOME, ONE

CONFLICT = 6
DEPLOYS, TELLS = "PATCH .*/applications/", f"PUT .*/dpuservices/{ONE}/status"
SERVICE, HOST = path_of(kinds.DPU_SERVICE, ONE, HOME), path_of(kinds.NODE, "worker1")
RACK = {"key": "example.com/rack", "value": "7", "effect": "NoSchedule"}
POWER: Json = {
    "type": "example.com/Power",
    "status": "True",
    "reason": "On",
    "message": "",
    "lastTransitionTime": "2026-11-20T08:00:00Z",
}


@pytest.fixture
def ground(cluster_pool: Pool, tmp_path: Path) -> Iterator[PassGround]:
    with leased_ground(cluster_pool, tmp_path) as ground:
        yield ground


def hold(ground: PassGround, seconds: int, age: float = 0.0) -> None:
    """Let somebody have taken the Lease for so many seconds, some time ago."""
    then = datetime.now(UTC) - timedelta(seconds=age)
    body = {
        "metadata": {"name": NAME, "namespace": NS},
        "spec": {
            "holderIdentity": "ci@runner-7:4711",
            "leaseDurationSeconds": seconds,
            "renewTime": then.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "leaseTransitions": 4,
        },
    }
    ground.cluster.api.call("POST", LEASE.rpartition("/")[0], body)


def test_second_pass_names_the_first_and_writes_nothing(ground: PassGround) -> None:
    seconds: list[Result] = []
    with ground.open_proxy() as proxy:
        stage = PassStage(ground, proxy)
        proxy.inject(Meanwhile(lambda: seconds.append(ground.run())), DEPLOYS, times=1)
        with audited(ground) as audit:
            first = stage.run()

    (second,) = seconds
    assert (first.code, second.code, second.out) == (0, CONFLICT, "")
    assert f"lease/{NS}/{NAME}: another pass is under way: " in second.err
    assert first.told("done") == audit.stored()


def test_what_a_pass_wrote_before_the_lease_was_ours_is_not_written_again(
    ground: PassGround,
) -> None:
    seconds: list[Result] = []
    with ground.open_proxy() as proxy:
        meanwhile = Meanwhile(lambda: seconds.append(ground.run()))
        proxy.inject(meanwhile, f"GET .*/leases/{NAME}", times=1)
        first = PassStage(ground, proxy).run()

    assert (first.code, [second.code for second in seconds]) == (0, [0])
    assert "reading the fleet again: somebody else may have written" in first.err
    assert not first.told("done")


def test_what_others_changed_before_the_lease_was_ours_is_judged_anew(
    ground: PassGround,
) -> None:
    """A selector that selects nothing is refused, whenever it comes to be known."""
    ground.run()
    change(ground, helmChart={"source": {"version": "v9"}})

    def mistype() -> None:
        change(ground, dpuClusterSelector={"matchLabels": {"dpucluster": "nowhere"}})
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        ground.cluster.api.call("PATCH", LEASE, {"spec": {"renewTime": now}}, MERGE_PATCH)

    with ground.open_proxy() as proxy:
        proxy.inject(Meanwhile(mistype), f"GET .*/leases/{NAME}", times=1)
        ending = PassStage(ground, proxy).run()

    assert ending.code == 1
    assert "all of its 1 Application would be deleted" in ending.out
    application = ground.cluster.api.call("GET", path_of(kinds.APPLICATION, f"{CLUSTER}-{ONE}"))
    assert "deletionTimestamp" not in application["metadata"]


def change(ground: PassGround, **spec: object) -> None:
    """Let somebody edit the service."""
    ground.cluster.api.call("PATCH", SERVICE, {"spec": spec}, MERGE_PATCH)


def test_passes_without_a_lease_between_them_lead_to_the_same(ground: PassGround) -> None:
    """Nothing is right because of the Lease: one more pass begins and ends amid the first."""
    wanted = ground.undisturbed().state
    ground.reset()
    seconds: list[Result] = []

    def intrude() -> None:
        ground.forget()
        seconds.append(ground.run())

    with ground.open_proxy() as proxy:
        proxy.inject(Meanwhile(intrude), DEPLOYS, times=1)
        first = PassStage(ground, proxy).run()

    assert (first.code, [second.code for second in seconds]) == (0, [0])
    assert ground.state() == wanted


def test_lease_of_a_crashed_pass_is_respected_until_it_ends(ground: PassGround) -> None:
    hold(ground, seconds=2)
    early = ground.run()
    assert early.code == CONFLICT
    assert "another pass is under way: ci@runner-7:4711" in early.err

    time.sleep(3.1)  # the clock of the API server's answers knows whole seconds only
    late = ground.run()
    lease = ground.lease()
    assert late.code == 0, late.err
    assert lease is not None
    assert (lease["spec"]["leaseTransitions"], "holderIdentity" in lease["spec"]) == (5, False)


def test_lease_that_was_taken_is_not_given_back(ground: PassGround) -> None:
    """Whoever lost it in the middle leaves it to the one who has it now."""
    theirs = {"spec": {"holderIdentity": "ci@runner-7:4711"}}

    def take() -> None:
        ground.cluster.api.call("PATCH", LEASE, theirs, MERGE_PATCH)

    with ground.open_proxy() as proxy:
        proxy.inject(Afterwards(take), DEPLOYS, times=1)
        assert PassStage(ground, proxy).run().code == 0
    lease = ground.lease()
    assert lease is not None
    assert lease["spec"]["holderIdentity"] == "ci@runner-7:4711"


def test_status_that_somebody_else_writes_meanwhile(ground: PassGround) -> None:
    reasons = iter(("Off", "On"))

    def meddle() -> None:
        status = ground.cluster.api.call("GET", SERVICE).get("status", {})
        others = [one for one in status.get("conditions", []) if one["type"] != POWER["type"]]
        body = {"status": {"conditions": [*others, {**POWER, "reason": next(reasons)}]}}
        ground.cluster.api.call("PATCH", f"{SERVICE}/status", body, MERGE_PATCH)

    with ground.open_proxy() as proxy, audited(ground) as audit:
        fault = proxy.inject(Meanwhile(meddle), TELLS, times=2)
        ending = PassStage(ground, proxy).run()

    found = ground.cluster.api.call("GET", SERVICE)["status"]["conditions"]
    (told,) = (r for r in ending.results if r["name"] == ONE and r["step"] == "status")
    assert (ending.code, fault.fired, audit.conflicts()) == (0, 2, 2)
    assert (told["result"], told["attempts"]) == ("done", 3)
    assert POWER in found
    assert {"Ready", "ApplicationsReconciled"} <= {one["type"] for one in found}


def test_taint_that_somebody_else_adds_meanwhile(ground: PassGround) -> None:
    def meddle() -> None:
        taints = ground.cluster.api.call("GET", HOST)["spec"]["taints"]
        body = {"spec": {"taints": [RACK, *taints]}}
        ground.cluster.api.call("PATCH", HOST, body, MERGE_PATCH)

    before = ground.cluster.api.call("GET", HOST)["spec"]["taints"]
    with ground.open_proxy() as proxy, audited(ground) as audit:
        proxy.inject(Meanwhile(meddle), "PATCH .*/nodes/worker1", times=1)
        ending = PassStage(ground, proxy).run()

    ours = {"key": "dpu.nvidia.com/dpu-ready", "effect": "NoSchedule"}
    assert (ending.code, audit.conflicts()) == (0, 1)
    assert ground.cluster.api.call("GET", HOST)["spec"]["taints"] == [RACK, *before, ours]


def test_service_that_is_deleted_meanwhile(ground: PassGround) -> None:
    """It stays for its finalizer, and nothing says that it is ready."""
    with ground.open_proxy() as proxy:
        gone = Meanwhile(lambda: ground.cluster.api.call("DELETE", SERVICE))
        proxy.inject(gone, TELLS, times=1)
        ending = PassStage(ground, proxy).run()

    found = ground.cluster.api.call("GET", SERVICE)
    ready = {one["type"]: one["status"] for one in found["status"]["conditions"]}["Ready"]
    assert (ending.code, ready) == (0, "False")
    assert "deletionTimestamp" in found["metadata"]
