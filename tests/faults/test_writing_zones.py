"""Zones through a network that loses answers: every object once, stages in order, prunes too."""

from pathlib import Path

import pytest

from dpfctl.model import kinds
from tests.command_line import dpfctl
from tests.controlplane.api import Json
from tests.controlplane.audit import recorded
from tests.controlplane.cluster import ControlPlane
from tests.faults.actions import CommitThenDrop, Injected, RequestAction, Reset
from tests.faults.proxy import FaultProxy
from tests.faults.scenes import answer
from tests.faults.workloads import NAMESPACE, WRITE, Ground, apply_zone

LEFTOVER: Json = {
    "apiVersion": "svc.dpu.nvidia.com/v1alpha1",
    "kind": "DPUServiceChain",
    "metadata": {"namespace": NAMESPACE, "name": "old-dk", "labels": {"dpfctl/zone": "dk"}},
    "spec": {
        "template": {
            "spec": {
                "nodeSelector": {"matchLabels": {"bfb": "dk"}},
                "template": {
                    "spec": {
                        "switches": [
                            {"ports": [{"serviceInterface": {"matchLabels": {"uplink": "p0"}}}]}
                        ]
                    }
                },
            }
        }
    },
}
MEMBERS = (
    "dpusets/dpuset-dk",
    "dpuserviceinterfaces/app-sf-dk",
    "dpuserviceinterfaces/p0-sf-dk",
    "dpuserviceinterfaces/p1-sf-dk",
    "dpuservicechains/hbn-to-fabric-dk",
    "dpuservicechains/ovn-to-hbn-dk",
    "dpuservices/doca-hbn-dk",
)
PRUNED = "dpuservicechains/old-dk"


@pytest.fixture
def ground(leased_cluster: ControlPlane, tmp_path: Path) -> Ground:
    return Ground(
        leased_cluster, apply_zone("--prune", "--allow-mass-prune", leftovers=(LEFTOVER,)), tmp_path
    )


def inject(proxy: FaultProxy, action: RequestAction, member: str) -> Injected:
    """Let the first real write of a member meet a fault; a deletion is rehearsed by a DELETE."""
    return proxy.inject(action, f"{WRITE}.*/{member}", first=1 + (member == PRUNED), times=1)


def writes(events: list[Json]) -> list[str]:
    """What was stored, in order: ``resource/name``."""
    done = (e for e in events if e["responseStatus"]["code"] < 300 and not is_trial(e))
    refs = (e["objectRef"] for e in done if e["verb"] in ("patch", "delete"))
    return [f"{ref['resource']}/{ref['name']}" for ref in refs]


def places(ground: Ground) -> list[tuple[str, str]]:
    """Resource and name of all objects that are there."""
    plurals = {kind.name: kind.plural for kind in kinds.HOST}
    return [(plurals[one["kind"]], one["metadata"]["name"]) for one in ground.state()]


def is_trial(event: Json) -> bool:
    return "dryRun=All" in event["requestURI"]


@pytest.mark.parametrize("action", [CommitThenDrop(), Reset()], ids=["stored", "never arrived"])
def test_every_answer_is_lost_once(ground: Ground, action: RequestAction) -> None:
    wanted = ground.undisturbed()
    ground.reset()
    with ground.open_proxy() as proxy, recorded(ground.cluster) as recording:
        faults = [inject(proxy, action, member) for member in (*MEMBERS, PRUNED)]
        done = dpfctl(*ground.words_through(proxy))

    assert done.code == 0, done.err
    assert [fault.fired for fault in faults] == [1] * len(faults)
    assert ground.state() == wanted.state
    found = writes(recording.events)
    assert sorted(found) == sorted((*MEMBERS, PRUNED, PRUNED))  # one of the two is the rehearsal


@pytest.mark.parametrize(
    ("member", "left_alone"),
    [
        pytest.param(MEMBERS[0], (*MEMBERS[1:], PRUNED), id="DPUSet"),
        pytest.param(MEMBERS[2], (*MEMBERS[4:], PRUNED), id="interface"),
        pytest.param(MEMBERS[4], (MEMBERS[6], PRUNED), id="chain"),
        pytest.param(MEMBERS[6], (PRUNED,), id="service"),
        pytest.param(PRUNED, (), id="what is pruned"),
    ],
)
def test_stages_after_a_failure_wait_for_the_next_run(
    ground: Ground, member: str, left_alone: tuple[str, ...]
) -> None:
    wanted = ground.undisturbed()
    ground.reset()
    with ground.open_proxy() as proxy:
        fault = inject(proxy, answer(422, "denied by policy"), member)
        done = dpfctl(*ground.words_through(proxy))

    is_whole_failure = len(left_alone) == len(MEMBERS)
    assert (done.code, fault.fired) == (1 if is_whole_failure else 5, 1)
    assert "denied by policy" in done.err
    assert done.err.count(": not tried\n") == len(left_alone)
    found = {f"{kind}/{name}" for kind, name in places(ground)}
    assert found.isdisjoint(set(left_alone) - {PRUNED})
    assert PRUNED in found

    assert ground.run_again().code == 0
    assert ground.state() == wanted.state
