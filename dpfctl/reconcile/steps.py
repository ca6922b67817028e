"""The steps of a pass in their order, and how DPF words a failure of each in a condition.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from dpfctl.errors import ExitCode
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.conditions import ERROR

INTERFACES = "DPUServiceInterfaceReconciled"
PREREQUISITES = "ApplicationPrereqsReconciled"
APPLICATIONS = "ApplicationsReconciled"
APPLICATIONS_READY = "ApplicationsReady"
PORTS = "ConfigPortsReconciled"
SPIFFE = "SPIFFEEntriesReady"


class Part(StrEnum):
    """Parts of a pass that can be done by themselves."""

    HELM = "helm"
    """What deploys, and what ends with that: interfaces, namespaces, secrets, charts, deletion."""
    PORTS = "ports"
    TAINTS = "taints"
    """Taints of hosts, and requestors of their maintenance."""
    STATUS = "status"


EVERY_PART = frozenset(Part)


class Step(IntEnum):
    """What is done to services and hosts, in this order; the numbers are stages of a plan."""

    FINALIZER = 0
    HOLD = 1
    """Applications of suspended services are held, those of services in deletion let go."""
    CLAIM = 2
    """DPUServiceInterfaces are claimed, those that a service no longer names are given free."""
    NAMESPACE = 3
    PULL_SECRET = 4
    ORPHAN_SECRET = 5
    PRIVILEGE = 6
    DEPLOY = 7
    """Applications or Helm releases."""
    STALE = 8
    """Those that a service no longer asks for go; all of them if it is being deleted."""
    REMOVE = 9
    """In a service that is being deleted: whatever waits for Applications or releases to go."""
    SLICE = 10
    """From here on the second half of a pass: what follows from what runs on the DPUs."""
    ENDPOINTS = 11
    EXPOSE = 12
    CLEANUP = 13
    TAINT = 14
    REQUESTOR = 15
    RELEASE_CLAIM = 16
    STATUS = 17
    FINISH = 18
    """Finalizers of deleted services are taken away."""


CONDITIONS: Mapping[Step, str] = {
    Step.CLAIM: INTERFACES,
    Step.NAMESPACE: PREREQUISITES,
    Step.PULL_SECRET: PREREQUISITES,
    Step.ORPHAN_SECRET: PREREQUISITES,
    Step.PRIVILEGE: PREREQUISITES,
    Step.DEPLOY: APPLICATIONS,
    Step.STALE: APPLICATIONS,
    Step.REMOVE: APPLICATIONS,
    Step.SLICE: PORTS,
    Step.ENDPOINTS: PORTS,
    Step.EXPOSE: PORTS,
    Step.CLEANUP: PORTS,
}
"""The condition of a DPUService that tells how a step went."""

_PREREQUISITE = "Unable to reconcile application prereq for"
WORDINGS: Mapping[Step, str] = {
    Step.CLAIM: "Unable to reconcile interfaces for ",
    Step.NAMESPACE: f"{_PREREQUISITE} cluster namespaces: ",
    Step.PULL_SECRET: f"{_PREREQUISITE} ImagePullSecrets: ",
    Step.ORPHAN_SECRET: f"{_PREREQUISITE} ImagePullSecrets: ",
    Step.PRIVILEGE: f"{_PREREQUISITE} PrivilegedPodEnforcement: ",
    Step.DEPLOY: "Unable to reconcile Applications: ",
    Step.STALE: "Unable to reconcile Applications: ",
    Step.SLICE: "Unable to reconcile Config Ports: ",
    Step.ENDPOINTS: "Unable to reconcile Config Ports: ",
    Step.EXPOSE: "Unable to reconcile Config Ports: ",
    Step.CLEANUP: "Unable to reconcile Config Ports: ",
}
"""What the message of a condition begins with before the error."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a step of one service fails, found out while planning or while writing.

    Attributes:
        step: The step.
        text: The error as DPF words it, without the words that ``WORDINGS`` puts before it.
        cluster: The DPU cluster that is concerned, if the service goes on in the others; HOST if
            the service as a whole stops here.
        reason: Reason of the condition.
        code: What it means for the exit code of the pass.
        is_early: Whether it may be over once what comes before it is written.
    """

    step: Step
    text: str
    cluster: ClusterName = HOST
    reason: str = ERROR
    code: ExitCode = ExitCode.FAILED
    is_early: bool = False

    @property
    def message(self) -> str:
        """The message of the condition."""
        return f"{WORDINGS.get(self.step, '')}{self.text}"


def waiting(fault: Fault) -> Fault:
    """Return a fault as no failure: others have yet to do their part."""
    return replace(fault, code=ExitCode.OK)


def early(fault: Fault) -> Fault:
    """Return a fault as one that may be over once what comes before it is written."""
    return replace(fault, is_early=True)


def joined(texts: tuple[str, ...]) -> str:
    """Write several errors as DPF does: one alone as it is, more in brackets, each once."""
    unique = tuple(dict.fromkeys(texts))
    return unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"
