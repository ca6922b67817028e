"""Zones as a table, as data, and as the manifests they stand for."""

from collections.abc import Sequence
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.model.yaml_writer import write_yaml
from dpfctl.render.listing import lay_out_cells
from dpfctl.render.machine import to_json
from dpfctl.render.text import clean
from dpfctl.zones.listing import ZoneState
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.zone import Zone, render_zone

_TITLES = ("NAMESPACE", "ZONE", "LABEL", "SETS", "SERVICES", "IFS", "CHAINS", "DPUS", "HEALTH")
_LISTED = 3
_UNKNOWN = "?"


def zone_lines(zones: Sequence[ZoneState]) -> list[str]:
    """Return a table of zones."""
    return lay_out_cells(_TITLES, [_row(zone) for zone in zones])


def zone_data(zones: Sequence[ZoneState]) -> list[dict[str, Any]]:
    """Return zones as the envelope lists them."""
    return [
        {
            "namespace": zone.namespace,
            "name": zone.name,
            "nodeLabel": zone.label._asdict() if zone.label else None,
            **{kind.plural: _names(zone, kind) for kind in PARTS},
            "dpus": None if kinds.DPU in zone.unknown else zone.dpus,
            "nodes": zone.nodes,
            "managed": zone.is_managed,
            "ready": zone.is_ready,
            "notReady": [str(ref) for ref in zone.not_ready],
        }
        for zone in zones
    ]


def manifests_text(zones: Sequence[Zone], form: str) -> str:
    """Return the manifests of zones, in the order in which they are applied.

    Args:
        zones: n zones.
        form: ``yaml`` for documents that follow one another, ``json`` for one List.
    """
    objects = [raw for zone in zones for raw in render_zone(zone)]
    if form == "json":
        return to_json({"apiVersion": "v1", "kind": "List", "items": objects})
    return write_yaml(objects).decode()


def _names(zone: ZoneState, kind: Kind) -> list[str] | None:
    """Names of a zone's objects of one kind, None if that is not known."""
    return None if kind in zone.unknown else [resource.name for resource in zone.of(kind)]


def _row(zone: ZoneState) -> tuple[str, ...]:
    def count(kind: Kind) -> str:
        names = _names(zone, kind)
        return _UNKNOWN if names is None else str(len(names))

    return (
        clean(zone.namespace),
        clean(zone.name),
        clean(str(zone.label)) if zone.label else "-",
        count(kinds.DPU_SET),
        count(kinds.DPU_SERVICE),
        count(kinds.DPU_SERVICE_INTERFACE),
        count(kinds.DPU_SERVICE_CHAIN),
        _UNKNOWN if kinds.DPU in zone.unknown else str(zone.dpus),
        _health(zone),
    )


def _health(zone: ZoneState) -> str:
    if zone.is_ready:
        return "ready, as far as known" if zone.unknown else "ready"
    names = ", ".join(f"{ref.kind}/{clean(ref.name)}" for ref in zone.not_ready[:_LISTED])
    rest = len(zone.not_ready) - _LISTED
    return f"not ready: {names}{f' and {rest} more' if rest > 0 else ''}"
