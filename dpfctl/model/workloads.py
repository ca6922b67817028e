"""DaemonSets and Deployments: whether one has come to rest, and if not, what it lacks."""

from collections.abc import Iterator
from dataclasses import dataclass

from dpfctl.model.conditions import FALSE
from dpfctl.model.resources import Resource

ON_DELETE = "OnDelete"
"""Update strategy under which old pods stay until somebody deletes them."""


@dataclass(frozen=True, slots=True)
class WorkloadState:
    """How far a workload has come.

    Attributes:
        desired: Pods it should have.
        ready: Pods that are ready, of any revision.
        updated: Pods of the newest revision.
        is_ready: Whether its controller has seen the newest revision, and all pods are of that
            revision and ready. Stricter than Helm, which lets ``maxUnavailable`` pods be missing.
        why: What is to be said: what it lacks, counts first (``2/3 ready, 1/3 updated``), or that
            it is ready with no pod at all (``0 nodes match``); empty if it is plainly ready.
    """

    desired: int
    ready: int
    updated: int
    is_ready: bool
    why: str = ""


def daemon_set_state(resource: Resource) -> WorkloadState:
    """Judge a DaemonSet by its status.

    One that no node matches is ready and says so. Under the update strategy ``OnDelete`` old pods
    are as good as new ones.

    Source:
        kubectl ``pkg/polymorphichelpers/rollout_status.go``, Kubernetes ``apps/v1``
        ``DaemonSetStatus``.
    """
    desired = _count(resource, "status", "desiredNumberScheduled")
    ready = _count(resource, "status", "numberReady")
    updated = _count(resource, "status", "updatedNumberScheduled")
    waits = resource.text("spec", "updateStrategy", "type") != ON_DELETE
    lacks = [*_unseen(resource), *(_not_updated(updated, desired) if waits else ())]
    return _state(desired, ready, updated, lacks, nothing="0 nodes match")


def deployment_state(resource: Resource) -> WorkloadState:
    """Judge a Deployment by its status; one without replicas is ready and says so.

    Source:
        kubectl ``pkg/polymorphichelpers/rollout_status.go``, Kubernetes ``apps/v1``
        ``DeploymentStatus``.
    """
    asked = resource.at("spec", "replicas")
    desired = asked if isinstance(asked, int) else 1  # the API server's default
    ready = _count(resource, "status", "readyReplicas")
    updated = _count(resource, "status", "updatedReplicas")
    old = _count(resource, "status", "replicas") - updated
    lacks = [*_unseen(resource), *_not_updated(updated, desired), *_given_up(resource)]
    if old > 0:
        lacks.append(f"{old} old")
    return _state(desired, ready, updated, lacks, nothing="scaled to 0")


def _state(
    desired: int, ready: int, updated: int, lacks: list[str], *, nothing: str
) -> WorkloadState:
    if lacks or ready < desired:
        why = ", ".join((f"{ready}/{desired} ready", *lacks))
        return WorkloadState(desired, ready, updated, is_ready=False, why=why)
    return WorkloadState(desired, ready, updated, is_ready=True, why="" if desired else nothing)


def _unseen(resource: Resource) -> Iterator[str]:
    """Yield that the status is of an older generation, or that there is none."""
    generation = _count(resource, "metadata", "generation")
    if not resource.mapping("status"):
        yield "no status yet"
    elif _count(resource, "status", "observedGeneration") < generation:
        yield f"generation {generation} not seen yet"


def _not_updated(updated: int, desired: int) -> Iterator[str]:
    if updated < desired:
        yield f"{updated}/{desired} updated"


def _given_up(deployment: Resource) -> Iterator[str]:
    """Yield the reason for which the rollout does not go on."""
    for condition in deployment.conditions:
        if (condition.type, condition.status) == ("Progressing", FALSE):
            yield condition.reason or "does not go on"


def _count(resource: Resource, *path: str) -> int:
    value = resource.at(*path)
    return value if isinstance(value, int) else 0
