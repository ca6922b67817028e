"""What an API server does with a write, restated for a fleet in a file.

Pure: a fleet and a body in, the edit to make out. Versions are counted through the whole file, so
that no two states of an object ever share one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dpfctl.errors import ConflictError, NotFoundError, RejectedError
from dpfctl.model.fleet import ClusterName, Fleet, ObjectKey, key_of
from dpfctl.model.fleet_edit import Edit
from dpfctl.model.fleet_reader import DEFAULT_NAMESPACE, stable_uid
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.timestamps import format_time

_TIMES = ("creationTimestamp", "deletionTimestamp")
_OURS = ("name", "namespace", "uid", "resourceVersion", "generation", "managedFields", *_TIMES)


def plan_create(
    fleet: Fleet, cluster: ClusterName, kind: Kind, body: Mapping[str, Any], now: datetime
) -> Edit:
    """Plan a new object.

    Args:
        fleet: The fleet as it is.
        cluster: The cluster that gets the object.
        kind: Kind of the object; apiVersion and kind may be missing in the body.
        body: The object. Its status is dropped where status is a subresource, and so is what the
            server sets; without a namespace it goes to ``default``.
        now: Creation time.

    Raises:
        ConflictError: An object of that name exists.
        RejectedError: The body has no name, a resourceVersion, or is of another kind.
    """
    ref = _ref(kind, body)
    key = key_of(ref)
    _check_body(ref, body)
    if fleet.parts[cluster].find(key) is not None:
        raise ConflictError(f"{ref}: already exists")
    version = str(fleet.latest + 1)
    metadata = {"name": ref.name, **({"namespace": ref.namespace} if ref.namespace else {})}
    given = Resource(kind, body).metadata
    metadata.update({k: v for k, v in given.items() if k not in _OURS})
    metadata.update(_born(cluster, key, version, now))
    rest = {k: v for k, v in body.items() if k not in ("apiVersion", "kind", "metadata")}
    if kind.has_status:
        rest.pop("status", None)
    typed = {"apiVersion": body.get("apiVersion") or kind.api_version, "kind": kind.name}
    return Edit(cluster, key, {**typed, "metadata": metadata, **rest})


def plan_status(fleet: Fleet, cluster: ClusterName, kind: Kind, body: Mapping[str, Any]) -> Edit:
    """Plan a new status; everything else of the object stays, its generation too.

    Raises:
        NotFoundError: There is no such object, or its kind has no status of its own.
        RejectedError: The body gives no name or no resourceVersion.
        ConflictError: The body's resourceVersion is not the current one.
    """
    ref = _ref(kind, body)
    if not kind.has_status:
        raise NotFoundError(f"{ref}: {kind.resource} has no status subresource")
    current = fleet.parts[cluster].find(key_of(ref))
    if current is None:
        raise NotFoundError(f"{ref}: not found")
    _check_version(ref, Resource(kind, current), Resource(kind, body))
    if current.get("status") == body.get("status"):
        return Edit(cluster, key_of(ref), current)
    metadata = {**current["metadata"], "resourceVersion": str(fleet.latest + 1)}
    changed = {**current, "metadata": metadata, "status": body.get("status")}
    if changed["status"] is None:
        del changed["status"]
    return Edit(cluster, key_of(ref), changed)


def _ref(kind: Kind, body: Mapping[str, Any]) -> Ref:
    resource = Resource(kind, body)
    if not resource.name:
        raise RejectedError(f"{kind}: metadata.name is missing")
    namespace = (resource.namespace or DEFAULT_NAMESPACE) if kind.namespaced else ""
    return Ref(kind, namespace, resource.name)


def _check_body(ref: Ref, body: Mapping[str, Any]) -> None:
    found = body.get("kind", ref.kind.name)
    group = str(body.get("apiVersion", ref.kind.api_version)).rpartition("/")[0]
    if (group, found) != (ref.kind.group, ref.kind.name):
        raise RejectedError(f"{ref}: the body is a {found} of the group {group}")
    if Resource(ref.kind, body).resource_version:
        raise RejectedError(f"{ref}: a new object cannot have a resourceVersion")


def _check_version(ref: Ref, current: Resource, body: Resource) -> None:
    if not body.resource_version:
        raise RejectedError(f"{ref}: an update needs metadata.resourceVersion")
    if body.resource_version != current.resource_version:
        raise ConflictError(f"{ref}: changed since it was read", "read it again and repeat")
    if body.uid and body.uid != current.uid:
        raise ConflictError(f"{ref}: was deleted and created again since it was read")


def _born(cluster: ClusterName, key: ObjectKey, version: str, now: datetime) -> dict[str, Any]:
    return {
        "uid": stable_uid(cluster, key, version),
        "resourceVersion": version,
        "generation": 1,
        "creationTimestamp": format_time(now),
    }
