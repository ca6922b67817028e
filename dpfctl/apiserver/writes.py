"""What an API server does with a write to one object, restated for objects in a file.

Pure: the object as it stands and a request in, the object as it is to stand out.

Source:
    Kubernetes 1.36 ``apiserver/pkg/registry/rest``, ``apiserver/pkg/endpoints/handlers/patch.go``;
    texts as measured.
"""

from collections.abc import Sequence
from typing import Any

from dpfctl.apiserver.field_ownership import ConflictingFieldsError, Writer, applied, updated
from dpfctl.apiserver.patches import json_patched, merge_patched
from dpfctl.apiserver.reading import (
    bare,
    check_configuration,
    check_uid,
    check_version,
    given,
    metadata_of,
    read,
    sent,
    typed,
)
from dpfctl.apiserver.requests import (
    Object,
    Outcome,
    Request,
    conflict,
    group_kind,
    owned,
    refused,
)
from dpfctl.apiserver.storing import (
    STATUS,
    managers_after,
    managers_of,
    marked_deleted,
    stored_change,
    stored_new,
    stored_status,
    with_status_of,
)
from dpfctl.errors import ConflictError, NotFoundError, RejectedError
from dpfctl.model.fleet_reader import DEFAULT_NAMESPACE
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource


def named(kind: Kind, body: Object) -> Ref:
    """Return which object a body is about; without a namespace it is in ``default``.

    Raises:
        RejectedError: The body has no name.
    """
    resource = Resource(kind, body)
    if not resource.name:
        raise RejectedError(f"{kind}: metadata.name: Required value: name is required")
    namespace = (resource.namespace or DEFAULT_NAMESPACE) if kind.namespaced else ""
    return Ref(kind, namespace, resource.name)


def create(request: Request, body: Object) -> Outcome:
    """Make a new object.

    Raises:
        AlreadyExistsError: An object of that name exists.
        RejectedError: The body is refused.
    """
    if Resource(request.ref.kind, body).resource_version:
        raise refused(request, "resourceVersion should not be set on objects to be created")
    raw = given(read(request, typed(request, body)))
    owners = updated(request.schema.shape, {}, {}, raw, _writer(request))
    return stored_new(request, raw, owners)


def patch(request: Request, operations: Sequence[Object]) -> Outcome:
    """Change the object by a JSON Patch.

    Raises:
        NotFoundError: There is no such object.
        ConflictError: The patch holds a resourceVersion that is not the current one, or does not
            fit the object as it is.
        RejectedError: What it makes is refused.
    """
    base = sent(request, request.found)
    try:
        wanted = json_patched(base, operations)
    except ValueError as error:
        raise ConflictError(f"{request.ref}: changed in the meantime: {error}") from error
    return _changed(request, base, wanted)


def merge(request: Request, body: Object) -> Outcome:
    """Change the object by a merge patch; errors are those of ``patch``."""
    base = sent(request, request.found)
    return _changed(request, base, merge_patched(base, body))


def apply(request: Request, body: Object, *, force: bool) -> Outcome:
    """Apply a configuration, which makes an object that is not there.

    Raises:
        FieldConflictError: Other managers own fields that would change.
        ConflictError: The body holds a resourceVersion or uid that is not the current one.
        RejectedError: The body is refused.
    """
    kind = request.ref.kind
    head = {"apiVersion": kind.api_version, "kind": kind.name}
    config = {**head, **body}
    check_configuration(request, config)
    base = sent(request, request.current) if request.current else head
    shape, managed, writer = request.schema.shape, managers_of(base), _writer(request)
    try:
        found, owners = applied(shape, managed, bare(base), config, writer, force=force)
    except ConflictingFieldsError as error:
        raise owned(request.ref, error) from error
    # What is applied is not read like a body: a field that became null is refused, not dropped.
    wanted = sent(request, found)
    if request.current is not None:
        return stored_change(request, base, wanted, owners)
    if uid := metadata_of(wanted).get("uid"):
        said = f"the provided object specified uid {uid}, and no existing object was found"
        raise conflict(request, f"uid mismatch: {said}")
    return stored_new(request, given(wanted), owners)


def replace_status(request: Request, body: Object) -> Outcome:
    """Replace the status of the object; everything else stays, its generation too.

    Raises:
        NotFoundError: There is no such object, or its kind has no status of its own.
        ConflictError: The body's resourceVersion or uid is not the current one.
        RejectedError: The body has no resourceVersion, or its status is refused.
    """
    kind = request.ref.kind
    if not request.schema.has_status:
        raise NotFoundError(f"{request.ref}: {kind.resource} has no status subresource")
    base = sent(request, request.found)
    raw = read(request, typed(request, body), base)
    check_uid(request, metadata_of(raw), base)
    check_version(request, metadata_of(raw), base)
    writer = Writer(
        request.manager, kind.api_version, request.now, STATUS, ignored=("metadata", "spec")
    )
    owners = updated(request.schema.shape, managers_of(base), bare(base), bare(raw), writer)
    return stored_status(request, base, with_status_of(raw, base), owners)


def delete(request: Request, uid: str, version: str = "") -> Outcome:
    """Delete the object, or mark it as being deleted while finalizers hold it.

    Raises:
        NotFoundError: There is no such object.
        ConflictError: It is another one of that name, or not in the version that is given.
    """
    current = request.found
    metadata = current["metadata"]
    if uid != metadata["uid"]:
        raise conflict(
            request,
            f"the UID in the precondition ({uid}) does not match the UID in record"
            f" ({metadata['uid']}). The object might have been deleted and then recreated",
            group_kind(request.ref.kind),
        )
    if version and version != metadata["resourceVersion"]:
        raise conflict(
            request,
            f"the ResourceVersion in the precondition ({version}) does not match the"
            f" ResourceVersion in record ({metadata['resourceVersion']})."
            " The object might have been modified",
            group_kind(request.ref.kind),
        )
    if not metadata.get("finalizers"):
        return Outcome(None, current)
    return marked_deleted(request, current)


def _changed(request: Request, base: dict[str, Any], patched: Any) -> Outcome:
    """Store what a patch made of the object."""
    wanted = read(request, patched, base)
    managed, writer = managers_after(wanted, base), _writer(request)
    owners = updated(request.schema.shape, managed, bare(base), bare(wanted), writer)
    return stored_change(request, base, wanted, owners)


def _writer(request: Request) -> Writer:
    """Who writes; a write to the object itself cannot change a status that is a subresource."""
    ignored = (STATUS,) if request.schema.has_status else ()
    version = request.ref.kind.api_version
    return Writer(request.manager, version, request.now, ignored=ignored)
