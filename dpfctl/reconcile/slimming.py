"""What a pass leaves out of large lists as soon as they are read.

A fleet of a thousand DPUs has more than ten thousand pods, of each of which a pass looks at a
dozen fields. Whoever reads for a pass hands each object through ``slim``; what is read of a single
object, because it has moved, comes whole.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from dpfctl.model import kinds, labels
from dpfctl.model.conditions import READY
from dpfctl.model.dpu_services import ALLOW_LIST
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from dpfctl.reconcile.dpus.parts import PROBLEMS

Raw = Mapping[str, Any]

_NAMES = ("name", "namespace", "uid", "resourceVersion", "deletionTimestamp")
_OF_PODS = ("phase", "reason", "initContainerStatuses", "containerStatuses")


def slim(kind: Kind, raw: Raw) -> Raw:
    """Return what a pass looks at of one object of a list.

    Args:
        kind: Its kind.
        raw: The object as it came; it is not changed, and parts of it are shared.

    Returns:
        Of pods where and whose they are, and whether they are ready; of the status of nodes the
        addresses, and what the node problem detector says; of ConfigMaps the one that counts whole,
        and the names of the others; nodes, DPUs and DPUNodes without their managed fields.
        Everything else as it is.
    """
    change = _SLIMMING.get(kind)
    return raw if change is None else change(raw)


def _pod(raw: Raw) -> Raw:
    one = Resource(kinds.POD, raw)
    return {
        **_named(one),
        "spec": _some(one.mapping("spec"), ("nodeName",)),
        "status": {**_some(one.mapping("status"), _OF_PODS), **_conditions(one, (READY,))},
    }


def _node(raw: Raw) -> Raw:
    one = Resource(kinds.NODE, raw)
    status = {**_some(one.mapping("status"), ("addresses",)), **_conditions(one, PROBLEMS)}
    return {**_unmanaged(raw), "status": status}


def _config_map(raw: Raw) -> Raw:
    one = Resource(kinds.CONFIG_MAP, raw)
    return raw if one.ref == ALLOW_LIST else _named(one)


def _unmanaged(raw: Raw) -> Raw:
    """An object without its managed fields; a server that is sent none keeps those it has."""
    metadata = Resource(kinds.NODE, raw).metadata
    kept = {key: value for key, value in metadata.items() if key != "managedFields"}
    return {**raw, "metadata": kept}


def _named(one: Resource) -> dict[str, Any]:
    """The names of an object, and whose pod it is."""
    service = one.label(labels.SERVICE_ID)
    marks = {} if service is None else {"labels": {labels.SERVICE_ID: service}}
    metadata = {**_some(one.metadata, _NAMES), **marks}
    return {"apiVersion": one.kind.api_version, "kind": one.kind.name, "metadata": metadata}


def _conditions(one: Resource, types: Collection[str]) -> dict[str, Any]:
    found = [entry for entry in one.items("status", "conditions") if entry.get("type") in types]
    return {"conditions": found}


def _some(fields: Raw, names: Collection[str]) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}


_SLIMMING: Mapping[Kind, Callable[[Raw], Raw]] = {
    kinds.POD: _pod,
    kinds.NODE: _node,
    kinds.CONFIG_MAP: _config_map,
    kinds.DPU: _unmanaged,
    kinds.DPU_NODE: _unmanaged,
}
