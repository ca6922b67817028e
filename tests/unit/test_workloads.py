"""When a DaemonSet or a Deployment is ready, and what is said if it is not."""

from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.workloads import WorkloadState, daemon_set_state, deployment_state
from tests.builders import build, condition


def daemon_set(
    desired: int = 3, *, generation: int = 1, strategy: str = "RollingUpdate", **status: Any
) -> WorkloadState:
    """The state of one that is well but for what is said."""
    built = build(kinds.DAEMON_SET, "hbn").having(metadata={"generation": generation})
    well = {
        "observedGeneration": 1,
        "desiredNumberScheduled": desired,
        "updatedNumberScheduled": desired,
        "numberReady": desired,
    }
    whole = built.spec(updateStrategy={"type": strategy}).status(**(well | status))
    return daemon_set_state(whole.resource)


def deployment(wanted: int | None = 2, /, *, generation: int = 1, **status: Any) -> WorkloadState:
    """The state of one that is well but for what is said."""
    count = 1 if wanted is None else wanted
    built = build(kinds.DEPLOYMENT, "hbn").having(metadata={"generation": generation})
    well = {
        "observedGeneration": 1,
        "replicas": count,
        "updatedReplicas": count,
        "readyReplicas": count,
    }
    asked = {} if wanted is None else {"replicas": wanted}
    return deployment_state(built.spec(**asked).status(**(well | status)).resource)


def test_a_daemon_set_whose_pods_are_all_new_and_ready() -> None:
    assert daemon_set() == WorkloadState(3, 3, 3, is_ready=True)


def test_a_daemon_set_that_no_node_matches_is_ready_and_says_so() -> None:
    assert daemon_set(0) == WorkloadState(0, 0, 0, is_ready=True, why="0 nodes match")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param({"numberReady": 2}, "2/3 ready", id="a pod is not ready"),
        pytest.param(
            {"updatedNumberScheduled": 1, "numberReady": 2},
            "2/3 ready, 1/3 updated",
            id="a rollout that is under way",
        ),
        pytest.param(
            {"generation": 2},
            "3/3 ready, generation 2 not seen yet",
            id="a status of the generation before",
        ),
        pytest.param(
            {"generation": 1, "observedGeneration": None},
            "3/3 ready, generation 1 not seen yet",
            id="a status that does not say of which generation",
        ),
    ],
)
def test_a_daemon_set_that_is_not_ready_says_why(given: dict[str, Any], why: str) -> None:
    state = daemon_set(**given)

    assert (state.is_ready, state.why) == (False, why)


def test_old_pods_are_enough_if_nobody_is_to_replace_them() -> None:
    assert daemon_set(strategy="OnDelete", updatedNumberScheduled=0).is_ready


def test_a_workload_without_a_status_is_not_ready() -> None:
    assert daemon_set_state(build(kinds.DAEMON_SET, "new").resource) == WorkloadState(
        0, 0, 0, is_ready=False, why="0/0 ready, no status yet"
    )
    assert deployment_state(build(kinds.DEPLOYMENT, "new").resource).why == (
        "0/1 ready, no status yet, 0/1 updated"
    )


def test_a_deployment_whose_pods_are_all_new_and_ready() -> None:
    assert deployment() == WorkloadState(2, 2, 2, is_ready=True)


def test_a_deployment_wants_one_replica_unless_it_says_otherwise() -> None:
    assert deployment(None).desired == 1


def test_a_deployment_without_replicas_is_ready_and_says_so() -> None:
    assert deployment(0) == WorkloadState(0, 0, 0, is_ready=True, why="scaled to 0")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param({"readyReplicas": None}, "0/2 ready", id="no pod is ready"),
        pytest.param({"updatedReplicas": 1, "replicas": 2}, "2/2 ready, 1/2 updated, 1 old",
                     id="a rollout that is under way"),
        pytest.param({"replicas": 3}, "2/2 ready, 1 old", id="an old pod is left"),
        pytest.param({"generation": 5}, "2/2 ready, generation 5 not seen yet",
                     id="a status of a generation before"),
        pytest.param(
            {
                "readyReplicas": 1,
                "conditions": [condition("Progressing", "False", "ProgressDeadlineExceeded")],
            },
            "1/2 ready, ProgressDeadlineExceeded",
            id="a rollout that was given up",
        ),
    ],
)  # fmt: skip
def test_a_deployment_that_is_not_ready_says_why(given: dict[str, Any], why: str) -> None:
    state = deployment(**given)

    assert (state.is_ready, state.why) == (False, why)


def test_a_deployment_that_is_paused_with_all_its_pods_is_ready() -> None:
    assert deployment(conditions=[condition("Progressing", "Unknown", "DeploymentPaused")]).is_ready


@pytest.mark.parametrize("value", ["3", None, [], {}])
def test_counts_of_the_wrong_type_are_none(value: Any) -> None:
    assert daemon_set(numberReady=value).ready == 0
