"""Objects on their way into a fleet: judged, and given what only a server gives them."""

from collections.abc import Mapping
from typing import Any

from dpfctl.apiserver.managed_fields import Managed, read_managed, write_managed
from dpfctl.apiserver.plain_values import ABSENT, same
from dpfctl.apiserver.reading import check_names, check_type, check_version, metadata_of
from dpfctl.apiserver.requests import Object, Outcome, Request, check
from dpfctl.errors import AlreadyExistsError
from dpfctl.model import kinds
from dpfctl.model.timestamps import format_time

STATUS = "status"

_MANAGED = "managedFields"
_KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "generation")
_WITHOUT_GENERATION = frozenset(
    (kinds.CONFIG_MAP, kinds.NAMESPACE, kinds.NODE, kinds.SECRET, kinds.SERVICE)
)


def stored_new(request: Request, raw: Object, owners: Managed) -> Outcome:
    """Store a new object as it was read.

    Raises:
        RejectedError: It has faults.
        AlreadyExistsError: It has none, but another object has its name.
    """
    system: dict[str, Any] = {
        "uid": request.uid,
        "creationTimestamp": format_time(request.now),
        **({} if request.ref.kind in _WITHOUT_GENERATION else {"generation": 1}),
    }
    place = {"namespace": request.ref.namespace} if request.ref.namespace else {}
    named = {"name": request.ref.name, **place, **metadata_of(raw), **place}
    metadata = {**named, **system, **_next_version(request), **_managed(owners)}
    wanted = {**raw, "metadata": metadata}
    if request.schema.has_status:
        wanted.pop(STATUS, None)
    check(request, request.schema.faults_of_new(wanted))
    if request.current is not None:
        raise AlreadyExistsError(f"{request.ref}: already exists")
    stored = request.schema.defaulted(wanted)
    return Outcome(stored, stored)


def stored_change(request: Request, base: Object, wanted: Object, owners: Managed) -> Outcome:
    """Store an object as it was read from a change.

    Args:
        request: What was asked.
        base: The object as the server would send it.
        wanted: What it is to become; a status that is a subresource does not change.
        owners: Who is to own what.

    Raises:
        ConflictError: The object has moved.
        RejectedError: It would get another name, or has faults.
    """
    check_names(request, metadata_of(wanted))
    check_version(request, metadata_of(wanted), base)
    check_type(request, wanted)
    if request.schema.has_status:
        wanted = with_status_of(base, wanted)
    metadata = _kept_metadata(metadata_of(wanted), metadata_of(base))
    check(request, request.schema.faults_of_change({**wanted, "metadata": metadata}, base))
    if not _is_same_content(wanted, base):
        metadata |= _next_generation(request, metadata_of(base))
    return _finished(request, base, {**wanted, "metadata": metadata}, owners)


def stored_status(request: Request, base: Object, wanted: Object, owners: Managed) -> Outcome:
    """Store an object of which only the status was changed.

    Raises:
        RejectedError: The status has faults.
    """
    check(request, request.schema.faults_of_status(wanted, base))
    return _finished(request, base, wanted, owners)


def marked_deleted(request: Request, current: Object) -> Outcome:
    """Mark an object that finalizers hold as being deleted, once."""
    metadata = current["metadata"]
    if metadata.get("deletionTimestamp"):
        return Outcome(current, current)
    marked = {
        **metadata,
        **_next_version(request),
        "deletionTimestamp": format_time(request.now),
        "deletionGracePeriodSeconds": 0,
        **({"generation": metadata["generation"] + 1} if metadata.get("generation") else {}),
    }
    stored = {**current, "metadata": marked}
    return Outcome(stored, stored)


def with_status_of(source: Object, raw: Object) -> dict[str, Any]:
    """Return an object with the status of another, without one if that has none."""
    kept = {name: value for name, value in raw.items() if name != STATUS}
    return {**kept, **({STATUS: source[STATUS]} if STATUS in source else {})}


def managers_of(raw: Object) -> Managed:
    """Return the owners of an object's fields."""
    return read_managed(metadata_of(raw).get(_MANAGED))


def managers_after(wanted: Object, base: Object) -> Managed:
    """Return the owners that a change begins with: it may name them itself, or reset them."""
    if metadata_of(wanted).get(_MANAGED) == [{}]:
        return {}
    return managers_of(wanted) or managers_of(base)


def _finished(request: Request, base: Object, wanted: Object, owners: Managed) -> Outcome:
    """Give a changed object its new version; one that lost its last finalizer is gone."""
    before = metadata_of(base)
    entries = _managed(owners)
    if _MANAGED in before and owners == managers_of(base):
        entries = {_MANAGED: before[_MANAGED]}
    metadata = _without(metadata_of(wanted), _MANAGED) | entries
    result = request.schema.defaulted({**wanted, "metadata": metadata})
    if same(result, base):
        return Outcome(request.current, request.found)
    if before.get("deletionTimestamp") and not metadata.get("finalizers"):
        return Outcome(None, result)
    stored = {**result, "metadata": {**metadata, **_next_version(request)}}
    return Outcome(stored, stored)


def _kept_metadata(metadata: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata after a change: another uid is left to be refused, all else that is kept stays."""
    kept = {name: before[name] for name in _KEPT if name in before}
    grace = {name: before[name] for name in ("deletionGracePeriodSeconds",) if name in before}
    given = _without(metadata, "generation")
    return {**grace, **given, **kept, **{name: given[name] for name in ("uid",) if name in given}}


def _is_same_content(wanted: Object, base: Object) -> bool:
    """Whether a change leaves everything but metadata as it was."""
    names = (wanted.keys() | base.keys()) - {"metadata"}
    return all(same(wanted.get(name, ABSENT), base.get(name, ABSENT)) for name in names)


def _next_generation(request: Request, before: Mapping[str, Any]) -> dict[str, int]:
    if request.ref.kind in _WITHOUT_GENERATION:
        return {}
    return {"generation": (before.get("generation") or 1) + 1}


def _next_version(request: Request) -> dict[str, str]:
    return {"resourceVersion": request.version} if request.version else {}


def _managed(owners: Managed) -> dict[str, Any]:
    return {_MANAGED: write_managed(owners)} if owners else {}


def _without(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: child for key, child in value.items() if key != name}
