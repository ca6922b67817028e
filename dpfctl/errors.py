"""Everything dpfctl can fail with, and the exit code each failure means.

    DpfctlError            1  failed: also the base of all others
    ├── NotFoundError      1  an object that was named is not there
    ├── RejectedError      1  the API server refused for a reason of its own, or a guard did
    ├── InputError         2  a flag or a file we cannot use
    ├── UnhealthyError     3  the verdict asked for with --exit-code is negative
    ├── WaitTimeoutError   4  waiting ran out
    ├── PartialError       5  some of several targets failed, or a part could not be read
    ├── ConflictError      6  the object changed under us, or belongs to someone else
    │   ├── AlreadyExistsError   a new object has the name of another one
    │   └── OwnedError           someone else owns what would be changed: trying again is no use
    │       └── FieldConflictError   another field manager owns fields that were applied
    └── AccessError        7  no cluster, no credentials, forbidden, unreachable
        ├── ForbiddenError      403: this user may not
        └── UnreachableError    no answer, or none that can be used
            └── LostAnswerError     a write was sent, and what became of it is not known

The room holds no I/O and imports nothing of ours, so every other room may raise from here.
Which text a user sees is decided by ``dpfctl.__main__.run`` alone: ``error: `` and the message,
then ``hint: `` and the hint. A message is lower case, has no full stop, starts with the flag, file
or ``kind/name`` it is about, and never holds a secret.
"""

from enum import IntEnum
from typing import NamedTuple

DEBUG = "DPFCTL_DEBUG"
"""Environment variable; ``1`` asks for tracebacks."""


class ExitCode(IntEnum):
    """The exit codes, a contract with scripts (``docs/reference/exit-codes.md``)."""

    OK = 0
    FAILED = 1
    USAGE = 2
    VERDICT = 3
    TIMEOUT = 4
    PARTIAL = 5
    CONFLICT = 6
    ACCESS = 7
    INTERRUPTED = 130
    READER_GONE = 141
    TERMINATED = 143


class DpfctlError(Exception):
    """A failure a user can understand.

    Args:
        message: What is wrong, beginning with the object, flag or file.
        hint: What to do about it, empty if there is nothing sensible to say.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NotFoundError(DpfctlError):
    """The object, or the kind itself, does not exist."""


class KindNotServedError(NotFoundError):
    """The API server answers 404 for the kind: its CRD is not installed."""


class RejectedError(DpfctlError):
    """Refused: by the API server, not over permission or conflict, or by a mass-change guard."""


class InputError(DpfctlError):
    """A flag, a name or a file that cannot be used."""

    exit_code = ExitCode.USAGE


class UnhealthyError(DpfctlError):
    """Something is not ready and the user asked for that verdict."""

    exit_code = ExitCode.VERDICT


class WaitTimeoutError(DpfctlError):
    """What was waited for did not happen in time."""

    exit_code = ExitCode.TIMEOUT


class PartialError(DpfctlError):
    """A part of the fleet could not be read, or some of several targets failed."""

    exit_code = ExitCode.PARTIAL


class ConflictError(DpfctlError):
    """The object moved since it was read, or someone else owns what would be changed."""

    exit_code = ExitCode.CONFLICT


class AlreadyExistsError(ConflictError):
    """An object of that name exists."""


class OwnedError(ConflictError):
    """Someone else owns the object or the field, and would undo the change."""


class FieldConflict(NamedTuple):
    """One field that another manager owns.

    Attributes:
        field: Path as the API server writes it: ``.spec.paused``.
        manager: Who owns it, as the API server calls it.
    """

    field: str
    manager: str


class FieldConflictError(OwnedError):
    """Server-side apply found fields of other managers.

    Attributes:
        conflicts: n fields with their managers, in the order the server tells them.
    """

    def __init__(
        self, message: str, hint: str = "", conflicts: tuple[FieldConflict, ...] = ()
    ) -> None:
        super().__init__(message, hint or "leave these fields out, or use --force-conflicts")
        self.conflicts = conflicts


class AccessError(DpfctlError):
    """No cluster, no credentials, or no permission."""

    exit_code = ExitCode.ACCESS


class ForbiddenError(AccessError):
    """The API server knows who asks and says no (403)."""


class UnreachableError(AccessError):
    """No answer in time, or an answer that is not one of a Kubernetes API server."""


class LostAnswerError(UnreachableError):
    """A write was sent, and no answer says whether it was stored: read the object to find out."""


class TerminatedError(BaseException):
    """SIGTERM arrived; like ``KeyboardInterrupt`` it is no failure of what is under way."""
