"""What a snapshot keeps of a fleet: enough to describe and plan with, and nothing to steal.

A snapshot is a ``kind: Fleet`` document, so everything that reads a fleet file reads it. Secrets
are left out, and so is whatever tends to hold one and no command needs.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.dpu_services import ALLOW_LIST
from dpfctl.model.fleet import ALL_RESOURCES, API_VERSION, KIND
from dpfctl.model.inventory import Inventory, Listing, Trouble
from dpfctl.model.kinds import Kind
from dpfctl.model.redaction import REDACTED, mask_text, mask_values, mask_values_text, mask_variable
from dpfctl.model.resources import Resource
from dpfctl.model.sharing import map_fields, map_items
from dpfctl.model.timestamps import format_time

_COPIES_OF_THE_OBJECT = frozenset(
    (
        "kubectl.kubernetes.io/last-applied-configuration",
        "kopf.zalando.org/last-handled-configuration",
        "objectset.rio.cattle.io/applied",
    )
)
_CONTAINER_FIELDS = ("name", "image")
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_POD_FIELDS = frozenset(
    (
        *(*_CONTAINERS, "nodeName", "nodeSelector", "affinity", "tolerations"),
        *("hostNetwork", "serviceAccountName", "priorityClassName"),
    )
)
_TEMPLATED = frozenset((kinds.DAEMON_SET, kinds.DEPLOYMENT))
_RANK = {kind: rank for rank, kind in enumerate(kinds.ALL)}


def take_snapshot(
    host: Inventory,
    dpu_clusters: Mapping[ClusterName, Inventory],
    *,
    now: datetime,
    context: str,
    version: str,
) -> dict[str, Any]:
    """Make the Fleet document of what was read.

    Args:
        host: Lists of the host cluster.
        dpu_clusters: Namespace and name of a DPUCluster -> its lists; ``lost`` for one that could
            not be reached at all.
        now: When they were read.
        context: What the host cluster is called: a context or a file.
        version: Kubernetes version of the host cluster, empty if unknown.

    Returns:
        A ``kind: Fleet`` document. Objects stand by kind as in ``kinds.ALL``, then namespace and
        name; clusters in the order given. Lists that failed are noted in ``snapshot``.
    """
    parts = tuple(dpu_clusters.items())
    unreadable = list(_unreadable(host))
    for name, inventory in parts:
        unreadable += [{"dpuCluster": "/".join(name), **e} for e in _unreadable(inventory)]
    taken = {"takenAt": format_time(now), "context": context, "version": version}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "snapshot": {**taken, "unreadable": unreadable},
        "host": {"items": _items(host)},
        "dpuClusters": [
            {"namespace": namespace, "name": name, "items": _items(inventory)}
            for (namespace, name), inventory in parts
        ],
    }


def lost(message: str) -> Inventory:
    """The lists of a DPU cluster that could not be reached."""
    listing = Listing(trouble=Trouble.UNREACHABLE, message=message)
    return Inventory(dict.fromkeys(kinds.DPU_SIDE, listing))


def kept(resource: Resource) -> dict[str, Any]:
    """Return what a snapshot keeps of one object; what does not change is shared with it."""
    raw = {
        "apiVersion": resource.raw.get("apiVersion") or resource.kind.api_version,
        "kind": resource.kind.name,
        **{key: value for key, value in resource.raw.items() if key not in ("apiVersion", "kind")},
    }
    if resource.kind == kinds.CONFIG_MAP and resource.ref != ALLOW_LIST:
        raw = _without(raw, "data", "binaryData")
    elif resource.kind == kinds.POD:
        raw = map_fields(raw, _pod_field)
    elif resource.kind in _TEMPLATED:
        raw = _at(raw, ("spec", "template"), lambda template: map_fields(template, _pod_field))
    return map_fields(raw, _clean_field)


def _items(inventory: Inventory) -> list[dict[str, Any]]:
    known = sorted(inventory.listings, key=lambda kind: _RANK.get(kind, len(_RANK)))
    return [
        kept(resource)
        for kind in known
        if kind != kinds.SECRET
        for resource in inventory.list(kind)
    ]


def _unreadable(inventory: Inventory) -> Iterator[dict[str, str]]:
    """The lists that failed; one entry for a cluster of which nothing could be read."""
    listings = inventory.listings
    first = next(iter(listings.values()), Listing())
    if first.trouble is Trouble.UNREACHABLE and all(found == first for found in listings.values()):
        yield _failure(ALL_RESOURCES, first)
        return
    for kind in sorted(listings, key=_by_resource):
        if listings[kind].trouble is not None:
            yield _failure(kind.resource, listings[kind])


def _by_resource(kind: Kind) -> str:
    return kind.resource


def _failure(resource: str, listing: Listing) -> dict[str, str]:
    return {
        "resource": resource,
        "reason": str(listing.trouble),
        "message": mask_text(listing.message),
    }


def _pod_field(key: str, value: Any) -> Any:
    """Strip the spec of a pod or pod template: environment, commands and volumes hold secrets."""
    if key != "spec" or not isinstance(value, dict):
        return value
    spec = {name: value[name] for name in value if name in _POD_FIELDS}
    for name in _CONTAINERS:
        if isinstance(spec.get(name), list):
            spec[name] = [_container(entry) for entry in spec[name]]
    return spec


def _container(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    return {name: raw[name] for name in _CONTAINER_FIELDS if name in raw}


def _clean_field(key: str, value: Any) -> Any:
    rule = _RULES.get(key)
    return _clean(value if rule is None else rule(value))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return map_fields(mask_variable(value) or value, _clean_field)
    return map_items(value, _clean) if isinstance(value, list) else value


def _without(value: Any, *names: str) -> Any:
    if not isinstance(value, dict) or not any(name in value for name in names):
        return value
    return {name: child for name, child in value.items() if name not in names}


def _at(value: Any, path: tuple[str, ...], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(value) if isinstance(value, dict) else value
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _at(value[path[0]], path[1:], change)}


def _annotations(value: Any) -> Any:
    return mask_values(_without(value, *_COPIES_OF_THE_OBJECT))


def _helm_values(value: Any) -> Any:
    # A list of this name is that of a label selector.
    if isinstance(value, str):
        return mask_values_text(value)
    return mask_values(value) if isinstance(value, dict) else value


def _config_file(value: Any) -> Any:
    return {**value, "raw": REDACTED} if isinstance(value, dict) and value.get("raw") else value


def _config_files(value: Any) -> Any:
    return map_items(value, _config_file) if isinstance(value, list) else value


_RULES: dict[str, Callable[[Any], Any]] = {
    "metadata": lambda value: _without(value, "managedFields"),
    "annotations": _annotations,
    "values": _helm_values,
    "valuesObject": _helm_values,
    "parameters": mask_values,
    "bfcfgParameters": mask_values,
    "configFiles": _config_files,
    # With FallbackToLogsOnError this is the end of the container's log.
    "terminated": lambda value: _without(value, "message"),
}
"""What is done to a field of this name, wherever it stands."""
