"""One write to one object: what is asked, what comes of it, and the words of a refusal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dpfctl.apiserver.admission import ObjectSchema
from dpfctl.apiserver.field_ownership import ConflictingFieldsError
from dpfctl.apiserver.schema_words import Fault
from dpfctl.errors import ConflictError, FieldConflictError, NotFoundError, RejectedError
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref

Object = Mapping[str, Any]

_SHOWN_CONFLICTS = 8


@dataclass(frozen=True, slots=True)
class Request:
    """One write to one object, whatever it is.

    Attributes:
        ref: The object.
        schema: What is known of its kind.
        current: The object as it stands, None if there is none.
        version: resourceVersion that a change gets; empty for a dry run, which gets none.
        uid: uid that a new object gets.
        now: Moment of the write.
        manager: Field manager that writes.
    """

    ref: Ref
    schema: ObjectSchema
    current: Object | None
    version: str
    uid: str
    now: datetime
    manager: str

    @property
    def found(self) -> Object:
        """The object as it stands; NotFoundError if it does not."""
        if self.current is None:
            raise NotFoundError(f"{self.ref}: not found")
        return self.current


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request.

    Attributes:
        stored: The object as it is to stand, None if it is to be gone. The very one that stood
            there already if nothing changes.
        answer: What the server sends back.
    """

    stored: Object | None
    answer: Object


def check(request: Request, faults: Iterable[Fault], kind: str = "") -> None:
    """Raise RejectedError for an object that has faults; ``kind`` is what it calls itself."""
    texts = list(dict.fromkeys(fault.text for fault in faults))
    if texts:
        what = group_kind(request.ref.kind, kind)
        shown = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
        raise refused(request, f'{what} "{request.ref.name}" is invalid: {shown}')


def group_kind(kind: Kind, name: str = "") -> str:
    """A kind as the server writes it: ``DPUService.svc.dpu.nvidia.com``."""
    return ".".join(filter(None, (name or kind.name, kind.group)))


def refused(request: Request, fact: str) -> RejectedError:
    """Return the error of a request that the server would not take."""
    return RejectedError(f"{request.ref}: {fact}")


def conflict(request: Request, fact: str, what: str = "") -> ConflictError:
    """Return the error of a request that comes too late; ``what`` is the resource or kind."""
    ref = request.ref
    held = f'Operation cannot be fulfilled on {what or ref.kind.resource} "{ref.name}": {fact}'
    return ConflictError(f"{ref}: {held}")


def owned(ref: Ref, error: ConflictingFieldsError) -> FieldConflictError:
    """Return the error of an apply that would take fields from others."""
    shown = ", ".join(f"{one.field} ({one.manager})" for one in error.conflicts[:_SHOWN_CONFLICTS])
    rest = len(error.conflicts) - _SHOWN_CONFLICTS
    more = f" and {rest} more" if rest > 0 else ""
    return FieldConflictError(f"{ref}: others own {shown}{more}", "", error.conflicts)
