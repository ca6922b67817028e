"""``metadata.managedFields``: who owns which field of an object, read and written.

Source:
    ``ManagedFieldsEntry``, Kubernetes 1.36 ``apimachinery/pkg/apis/meta/v1/types.go``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from dpfctl.apiserver.field_sets import FieldSet, read_fields, write_fields
from dpfctl.model.timestamps import parse_time

APPLY = "Apply"
UPDATE = "Update"


class Manager(NamedTuple):
    """Names one entry of managedFields; an applier is the same whatever the version it applies."""

    name: str
    operation: str
    api_version: str
    subresource: str


@dataclass(frozen=True, slots=True)
class Owned:
    """What one manager owns.

    Attributes:
        fields: The fields.
        api_version: Version of the object in which they are named.
        time: When the manager last changed one, as RFC 3339 text; empty if it never did.
    """

    fields: FieldSet
    api_version: str
    time: str = ""


Managed = Mapping[Manager, Owned]


def read_managed(raw: Any) -> Managed:
    """Read ``metadata.managedFields``; as on a server, one bad entry makes all of it void."""
    try:
        return dict(map(_read_entry, raw or ()))
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}


def write_managed(managed: Managed) -> list[dict[str, Any]]:
    """Return ``metadata.managedFields``: appliers first, then by time and name."""
    entries = sorted(managed.items(), key=_order)
    return [_entry(manager, owned) for manager, owned in entries]


def _read_entry(raw: Mapping[str, Any]) -> tuple[Manager, Owned]:
    operation, version = raw["operation"], raw["apiVersion"]
    if operation not in (APPLY, UPDATE) or not version or raw["fieldsType"] != "FieldsV1":
        raise ValueError(operation)
    manager = Manager(
        raw.get("manager") or "",
        operation,
        "" if operation == APPLY else version,
        raw.get("subresource") or "",
    )
    return manager, Owned(read_fields(raw.get("fieldsV1") or {}), version, raw.get("time") or "")


def _entry(manager: Manager, owned: Owned) -> dict[str, Any]:
    entry = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": owned.api_version,
        "time": owned.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": write_fields(owned.fields),
        "subresource": manager.subresource,
    }
    return {name: value for name, value in entry.items() if value != ""}


def _order(entry: tuple[Manager, Owned]) -> tuple[str, float, str, str, str]:
    manager, owned = entry
    seconds = seconds_of(owned.time)
    return manager.operation, seconds, manager.name, owned.api_version, manager.subresource


def seconds_of(time: str) -> float:
    """Return the moment of an entry in seconds, 0 if it has none."""
    moment = parse_time(time)
    return moment.timestamp() if moment else 0.0
