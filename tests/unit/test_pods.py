"""When a pod is ready, and what is said if it is not."""

from typing import Any

import pytest

from dpfctl.model.pods import is_ready, why_not_ready
from tests.builders import Built, condition, pod

READY = pod("p", node="n").ready()
NOT_READY = pod("p", node="n").degraded()


def waiting(reason: str) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason}}}


def test_a_pod_that_runs_and_says_so_is_ready() -> None:
    assert is_ready(READY.resource)


def test_containers_do_not_matter() -> None:
    assert is_ready(READY.status(containerStatuses=[waiting("CrashLoopBackOff")]).resource)


def test_the_first_ready_condition_decides() -> None:
    two = [condition("Ready", "False"), condition("Ready", "True")]
    assert not is_ready(pod("p", node="n").conditions(*two).resource)
    assert is_ready(pod("p", node="n").conditions(*reversed(two)).resource)


@pytest.mark.parametrize(
    ("built", "why"),
    [
        pytest.param(READY.deleting(), "pod is being deleted", id="in deletion"),
        pytest.param(READY.status(phase="Pending"), "pod Pending", id="pending"),
        pytest.param(READY.status(phase="Succeeded"), "pod Succeeded", id="done"),
        pytest.param(READY.status(phase=None), "pod Unknown", id="no phase"),
        pytest.param(NOT_READY, "pod not Ready", id="not ready"),
        pytest.param(pod("p", node="n"), "pod not Ready", id="no condition"),
        pytest.param(
            NOT_READY.conditions(condition("Ready", "Unknown")), "pod not Ready", id="unknown"
        ),
        pytest.param(
            NOT_READY.status(phase="Pending", containerStatuses=[waiting("ImagePullBackOff")]),
            "pod Pending: ImagePullBackOff",
            id="a container that waits",
        ),
        pytest.param(
            NOT_READY.status(
                initContainerStatuses=[{"state": {"terminated": {"reason": "Completed"}}}],
                containerStatuses=[
                    waiting("PodInitializing"),
                    {"state": {"terminated": {"reason": "OOMKilled"}}},
                ],
            ),
            "pod not Ready: OOMKilled",
            id="containers that are done or wait for their turn are no reason",
        ),
        pytest.param(
            NOT_READY.status(phase="Failed", reason="Evicted"),
            "pod Failed: Evicted",
            id="the pod as a whole",
        ),
    ],
)
def test_a_pod_that_is_not_ready_says_why(built: Built, why: str) -> None:
    assert not is_ready(built.resource)
    assert why_not_ready(built.resource) == why
