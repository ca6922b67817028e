"""Take objects out of a cluster again, whatever finalizers say, with controllers or without."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from tests.controlplane.api import JSON, MERGE_PATCH, Api, ApiError, Json, ServedKind, at_once
from tests.controlplane.cluster import ControlPlane

WIPE_SECONDS = 30.0

_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_NOW = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}

# What the server and its controllers write for themselves, at any time.
_THEIR_KINDS = frozenset(("APIService", "Event", "IPAddress", "ServiceCIDR"))
_THEIR_LEASES = frozenset(("kube-system", "kube-node-lease"))
_THEIR_OBJECTS = frozenset((("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")))


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where an object is."""

    api_version: str
    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class _Found:
    address: Address
    served: ServedKind
    has_finalizers: bool

    def path(self, sub: str = "") -> str:
        return self.served.path(self.address.namespace, self.address.name, sub)


def contents(cluster: ControlPlane) -> frozenset[Address]:
    """Every object in the cluster but those that the server keeps writing for itself."""
    return frozenset(found.address for found in _find(cluster.api))


def wipe(cluster: ControlPlane, keep: frozenset[Address]) -> None:
    """Delete every object that was not there before.

    Args:
        cluster: Any cluster.
        keep: What ``contents`` said when it was clean.

    Raises:
        TimeoutError: Something would not go.
        LookupError: Something that has to stay is gone.
    """
    find = partial(_find, cluster.api)
    _remove_until_gone(cluster, find, keep)
    if missing := keep - contents(cluster):
        raise LookupError(f"deleted, but belongs to a clean cluster: {min(missing)}")


def delete_namespace(cluster: ControlPlane, name: str) -> None:
    """Delete a namespace with all it holds.

    Raises:
        TimeoutError: Something would not go.
    """
    _remove_until_gone(cluster, partial(_find, cluster.api, name))
    _remove_until_gone(cluster, partial(_find_namespace, cluster.api, name))


def _find(api: Api, namespace: str | None = None) -> list[_Found]:
    """Every object, or every object in one namespace."""
    kinds = {
        (served.api_version.rpartition("/")[0], served.plural): served
        for served in reversed(api.served_kinds().values())  # the preferred version comes first
        if {"list", "delete"} <= served.verbs and served.kind not in _THEIR_KINDS
        if served.is_namespaced or not namespace
    }
    lists = at_once(partial(_listed, api, namespace=namespace), kinds.values())
    return [found for one_list in lists for found in one_list]


def _listed(api: Api, served: ServedKind, namespace: str | None) -> list[_Found]:
    items = api.items(served.path(namespace), headers={"Accept": _METADATA_ONLY})
    found = (_found(served, item["metadata"]) for item in items)
    return [one for one in found if not _is_theirs(one.address)]


def _find_namespace(api: Api, name: str) -> list[_Found]:
    served = api.served_kinds()["v1", "Namespace"]
    answer = api.request("GET", served.path(name=name))
    return [] if answer.status == 404 else [_found(served, answer.json()["metadata"])]


def _is_theirs(address: Address) -> bool:
    is_lease = address.kind == "Lease" and address.namespace in _THEIR_LEASES
    return is_lease or (address.kind, address.name) in _THEIR_OBJECTS


def _found(served: ServedKind, metadata: Json) -> _Found:
    place = metadata.get("namespace", ""), metadata["name"]
    return _Found(
        Address(served.api_version, served.kind, *place), served, "finalizers" in metadata
    )


def _remove_until_gone(
    cluster: ControlPlane,
    find: Callable[[], list[_Found]],
    keep: frozenset[Address] = frozenset(),
) -> None:
    deadline = time.monotonic() + WIPE_SECONDS
    while left := [found for found in find() if found.address not in keep]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not gone after {WIPE_SECONDS:.0f} s: {left[0].address}")
        for _, stage in groupby(sorted(left, key=_stage), _stage):
            _remove(cluster, list(stage), keep)


def _stage(found: _Found) -> int:
    """What could refuse deletions goes first, what holds others last."""
    if found.address.api_version.startswith("admissionregistration."):
        return 0
    return 2 if found.address.kind in ("Namespace", "CustomResourceDefinition") else 1


def _remove(cluster: ControlPlane, stage: Sequence[_Found], keep: frozenset[Address]) -> None:
    api = cluster.api
    # The server itself takes the finalizer off a CRD, once its objects are gone.
    held = [f for f in stage if f.has_finalizers and f.address.kind != "CustomResourceDefinition"]
    bare = {"metadata": {"finalizers": None}}
    at_once(lambda found: _try(api, "PATCH", found.path(), bare, MERGE_PATCH), held)
    at_once(lambda path: _try(api, "DELETE", path, _NOW), _paths_to_delete(stage, keep))
    if not cluster.has_nodes:
        spaces = [found for found in stage if found.address.kind == "Namespace"]
        at_once(partial(_finalize, api), spaces)


def _paths_to_delete(stage: Sequence[_Found], keep: frozenset[Address]) -> list[str]:
    """Whole collections in one request, unless something in them has to stay."""
    kept = {(address.kind, address.namespace) for address in keep}
    paths = []
    for found in stage:
        is_all = (found.address.kind, found.address.namespace) not in kept
        if is_all and "deletecollection" in found.served.verbs:
            paths.append(found.served.path(found.address.namespace))
        else:
            paths.append(found.path())
    return list(dict.fromkeys(paths))


def _finalize(api: Api, namespace: _Found) -> None:
    """Do what the controller manager does for a namespace that is empty."""
    done = {"metadata": {"name": namespace.address.name}, "spec": {"finalizers": []}}
    _try(api, "PUT", namespace.path("finalize"), done)


def _try(api: Api, method: str, path: str, body: Json, content_type: str = JSON) -> None:
    """Send a request whose object may be gone, or be changed by a controller."""
    answer = api.request(method, path, body, content_type)
    if answer.status >= 400 and answer.status not in (404, 409):
        raise ApiError(f"{method} {path}", answer)
