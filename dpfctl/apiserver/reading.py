"""Bodies and stored objects as an API server reads them before it does anything with them."""

from typing import Any

from dpfctl.apiserver.field_walks import misfits
from dpfctl.apiserver.object_metadata import read_metadata
from dpfctl.apiserver.plain_values import ABSENT
from dpfctl.apiserver.requests import Object, Request, check, conflict, refused
from dpfctl.apiserver.schema_words import Fault, invalid

_SERVERS_OWN = (
    *("uid", "resourceVersion", "generation", "creationTimestamp"),
    *("deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"),
)
_MOVED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def read(request: Request, value: Any, stored: Any = ABSENT) -> dict[str, Any]:
    """Read an object as the server does: typed metadata, known fields, defaults."""
    if not isinstance(value, dict):
        raise refused(request, f"the body is no object but {type(value).__name__}")
    return request.schema.decoded(_with_metadata(request, value), stored)


def given(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a new object without what only the server sets."""
    metadata = metadata_of(raw)
    kept = {name: value for name, value in metadata.items() if name not in _SERVERS_OWN}
    return {**raw, "metadata": kept}


def sent(request: Request, current: Object) -> dict[str, Any]:
    """Return the object that stands there as the server would send it."""
    return request.schema.defaulted(_with_metadata(request, current))


def _with_metadata(request: Request, value: Object) -> dict[str, Any]:
    kind = request.ref.kind
    try:
        return {**value, "metadata": read_metadata(value.get("metadata"))}
    except ValueError as error:
        what = f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}'
        raise refused(request, f"{what}: {error}") from error


def typed(request: Request, body: Object) -> dict[str, Any]:
    """Return the body with apiVersion and kind, which must be those of the kind if it has them."""
    kind = request.ref.kind
    typed = {"apiVersion": kind.api_version, "kind": kind.name, **body}
    if typed["apiVersion"] != kind.api_version:
        raise refused(
            request,
            f"the API version in the data ({typed['apiVersion']}) does not match the expected API"
            f" version ({kind.api_version})",
        )
    check_type(request, typed)
    return typed


def check_type(request: Request, raw: Object) -> None:
    """Refuse an object that says it is of another kind or version."""
    kind = request.ref.kind
    wanted = {"kind": kind.name, "apiVersion": kind.api_version}
    for name, value in wanted.items():
        if raw.get(name) != value:
            said = Fault(invalid(name, raw.get(name, ""), f"must be {value}"))
            check(request, [said], str(raw.get("kind", "")))


def check_configuration(request: Request, config: dict[str, Any]) -> None:
    """Refuse a configuration that is of another kind, or not of the shape of the schema."""
    kind = request.ref.kind
    if (config["apiVersion"], config["kind"]) != (kind.api_version, kind.name):
        said = f"{config['apiVersion']}, Kind={config['kind']}"
        raise refused(request, f"invalid object type: {said}")
    if "managedFields" in metadata_of(config):
        raise refused(request, "metadata.managedFields must be nil")
    facts = misfits(request.schema.shape, config)
    if facts:
        where = "/".join((request.ref.namespace, request.ref.name)).removeprefix("/")
        shown = facts[0] if len(facts) == 1 else f"errors: {' '.join(facts)}"
        head = f"{kind.api_version}, Kind={kind.name}"
        raise refused(request, f"failed to create typed patch object ({where}; {head}): {shown}")


def check_names(request: Request, metadata: Object) -> None:
    """Refuse an object that would get another name."""
    name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
    if not name:
        said = f"the name of the object ({request.ref.name} based on URL) was undeterminable"
        raise refused(request, f"{said}: name must be provided")
    if namespace != request.ref.namespace:
        raise refused(
            request,
            "the namespace of the provided object does not match the namespace sent on the request",
        )
    if name != request.ref.name:
        raise refused(
            request,
            f"the name of the object ({name}) does not match the name on the URL"
            f" ({request.ref.name})",
        )


def check_version(request: Request, metadata: Object, base: Object) -> None:
    """Refuse a change without a version, or of another version than the current one."""
    version = metadata.get("resourceVersion", "")
    if version == metadata_of(base)["resourceVersion"]:
        return
    if version in ("", "0"):
        fact = "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
        raise refused(
            request, f'{request.ref.kind.resource} "{request.ref.name}" is invalid: {fact}'
        )
    if not version.isdecimal():
        raise refused(request, f'strconv.ParseUint: parsing "{version}": invalid syntax')
    raise conflict(request, _MOVED)


def check_uid(request: Request, metadata: Object, base: Object) -> None:
    """Refuse a body that is about another object of that name."""
    current = metadata_of(base)["uid"]
    if metadata.get("uid", current) != current:
        uids = f"UID in precondition: {metadata['uid']}, UID in object meta: {current}"
        raise conflict(request, f"Precondition failed: {uids}")


def bare(raw: Object) -> dict[str, Any]:
    """Return an object without managedFields, which nobody owns."""
    metadata = raw.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return dict(raw)
    kept = {name: value for name, value in metadata.items() if name != "managedFields"}
    return {**raw, "metadata": kept}


def metadata_of(raw: Object) -> dict[str, Any]:
    """Metadata of an object, empty if it has none."""
    found = raw.get("metadata")
    return found if isinstance(found, dict) else {}
