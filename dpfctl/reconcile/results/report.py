"""What came of a pass: one line per service and host, every write, and the exit code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dpfctl.errors import AccessError, ConflictError, DpfctlError, ExitCode, RejectedError
from dpfctl.model.dry_run import DryRun
from dpfctl.model.resources import Ref
from dpfctl.reconcile.hosts.verdicts import HostVerdict
from dpfctl.reconcile.service_pass import Spot
from dpfctl.reconcile.world import Engine
from dpfctl.report import Outcome, Report, Result


class Standing(StrEnum):
    """How far a service came."""

    READY = "ready"
    WAITING = "waiting"
    """All that was to be done is done; something on the DPUs is not ready yet."""
    SUSPENDED = "suspended"
    LEAVING = "leaving"
    GONE = "gone"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Something of it was not tried: what is before it failed, or the run was interrupted."""


@dataclass(frozen=True, slots=True)
class ServiceResult:
    """What came of one DPUService.

    Attributes:
        ref: The DPUService.
        standing: How far it came.
        stop: The condition at which it stopped, empty if it went through.
        message: Why it is not ready, may span lines, empty if it is.
        conditions: Its conditions as they are written, in their order.
        service_id: By which its pods name it.
        notes: Remarks.
        code: What its failure means, ``OK`` if it has none.
        releases: Facts about its Helm releases, one mapping each; empty with Argo CD.
    """

    ref: Ref
    standing: Standing
    stop: str = ""
    message: str = ""
    conditions: tuple[Mapping[str, Any], ...] = ()
    service_id: str = ""
    notes: tuple[str, ...] = ()
    code: ExitCode = ExitCode.OK
    releases: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class PassReport:
    """What came of a pass.

    Attributes:
        parts: Reports of what deploys, of what follows from that, and of the status.
        services: By namespace and name.
        hosts: What is known of the hosts, by DPUNode.
        engine: Who deploys the charts.
        unread: Lists and DPU clusters that could not be read; each once.
        warnings: What the user should know.
        requests: How many were sent to all clusters.
        seconds: How long it took.
        late: What was waited for and did not happen, None if all did.
        ended: The signal that ended the waiting, else ``OK``.
        follows: Changes of a dry run that depend on what its first half would lead to.
    """

    parts: tuple[Report, ...]
    services: tuple[ServiceResult, ...]
    hosts: tuple[HostVerdict, ...] = ()
    engine: Engine = Engine.ARGOCD
    unread: tuple[DpfctlError, ...] = ()
    warnings: tuple[str, ...] = ()
    requests: int = 0
    seconds: float = 0.0
    late: DpfctlError | None = None
    ended: ExitCode = ExitCode.OK
    follows: frozenset[Spot] = field(default=frozenset(), repr=False)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What became of every change, in the order in which they were made."""
        return tuple(outcome for part in self.parts for outcome in part.outcomes)

    @property
    def dry_run(self) -> DryRun:
        """Whether and how it was only tried."""
        return self.parts[0].dry_run

    @property
    def stopped(self) -> ExitCode:
        """The code of the signal that ended the run, else ``OK``."""
        return next((part.stopped for part in self.parts if part.stopped), self.ended)

    @property
    def is_pending(self) -> bool:
        """Whether a dry run found something to do."""
        return any(outcome.result is Result.PLANNED for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[DpfctlError, ...]:
        """Why changes failed, in order."""
        return tuple(error for part in self.parts for error in part.failures)

    @property
    def setbacks(self) -> tuple[DpfctlError, ...]:
        """Why services failed, as far as no failed change says so already."""
        told = tuple(error.message for error in self.failures)
        return tuple(
            _KINDS_OF_ERROR.get(one.code, RejectedError)(f"{one.ref}: {one_line(one.message)}")
            for one in self.services
            if one.standing is Standing.FAILED and not any(text in one.message for text in told)
        )

    @property
    def errors(self) -> tuple[DpfctlError, ...]:
        """Everything that went wrong, in the order in which it is told."""
        late = () if self.late is None else (self.late,)
        return (*self.failures, *self.setbacks, *self.unread, *late)

    @property
    def exit_code(self) -> ExitCode:
        """The code of the whole.

        That of a signal; 0 if all went well; the code of failures that are all of one kind if
        nothing else went well; else 5, also where a part of the fleet could not be read.
        """
        if self.stopped:
            return self.stopped
        codes = self._codes()
        if len(codes) == 1 and not (self._has_success() or self.unread):
            return codes.pop()
        if codes or self.unread:
            return ExitCode.PARTIAL
        return self.late.exit_code if self.late else ExitCode.OK

    def count(self, *results: Result) -> int:
        """How many changes ended so."""
        return sum(outcome.result in results for outcome in self.outcomes)

    def _codes(self) -> set[ExitCode]:
        """What failures mean; a service that stopped without a failed write is a failure too."""
        codes = {error.exit_code for error in self.failures}
        return codes | {service.code for service in self.services if service.code}

    def _has_success(self) -> bool:
        if self.services:
            return any(service.standing not in _LOST for service in self.services)
        return self.count(Result.DONE, Result.UNCHANGED, Result.PLANNED) > 0


def one_line(message: str) -> str:
    """Return a message of several lines, as conditions have them, in one."""
    listed = message.replace("\n* ", ", ").replace(":, ", ": ")
    return " ".join(listed.split())


_LOST = frozenset({Standing.FAILED, Standing.SKIPPED})
_KINDS_OF_ERROR = {ExitCode.CONFLICT: ConflictError, ExitCode.ACCESS: AccessError}
