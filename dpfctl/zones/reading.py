"""Zone documents and manifests to zones: everything that can be told without a cluster.

A reader never stops at the first problem. What it cannot make sense of becomes a finding with file
and line, and the rest is read on.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dpfctl.model.documents import Document
from dpfctl.model.resources import Ref
from dpfctl.zones.document import API_VERSION, KIND
from dpfctl.zones.document_reading import read_zone_document
from dpfctl.zones.findings import Code, Finding, Severity, in_order
from dpfctl.zones.grouping import group
from dpfctl.zones.manifest_reading import read_manifest
from dpfctl.zones.names import name_flaw
from dpfctl.zones.zone import Member, Place, Zone, ZoneInput

_LIST = "List"
_OURS = API_VERSION.partition("/")[0]


def read_zones(documents: Sequence[Document], *, namespace: str) -> ZoneInput:
    """Read zones.

    Args:
        documents: Zone documents, manifests of DPUSets, DPUServices, DPUServiceInterfaces and
            DPUServiceChains, and lists of them, mixed, of any number of zones; empty documents are
            passed over.
        namespace: Namespace of what names none.

    Returns:
        Every zone that could be made out, and everything that is wrong.
    """
    reader = _Reader(namespace)
    for document in documents:
        if document.value is not None:
            reader.read(document.value, Place(document))
    return reader.result()


class _Reader:
    """Collects zones, objects and findings."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._zones: list[Zone] = []
        self._members: list[Member] = []
        self._findings: list[Finding] = []
        self._places: dict[Ref, Place] = {}

    def read(self, value: Any, place: Place) -> None:
        if not isinstance(value, dict):
            self._note(Code.DOCUMENT, place, "neither a zone nor a Kubernetes object", "")
        elif _group(value) == _OURS:
            self._read_zone(value, place)
        elif _is_list(value):
            self._read_list(value, place)
        else:
            member, findings = read_manifest(value, place, self._namespace)
            self._findings += findings
            if member is not None and self._is_first(member):
                self._members.append(member)

    def result(self) -> ZoneInput:
        zones, findings = group(self._members, self._zones)
        findings = (*self._findings, *findings, *_names(zones), *_twins(zones))
        return ZoneInput(zones, in_order(findings))

    def _read_list(self, value: dict[str, Any], place: Place) -> None:
        kind = value["kind"].removesuffix(_LIST)
        typed = {"apiVersion": value.get("apiVersion"), "kind": kind} if kind else {}
        for number, item in enumerate(value["items"] or ()):
            whole = {**typed, **item} if isinstance(item, dict) else item
            self.read(whole, place.below("items", number))

    def _read_zone(self, value: dict[str, Any], place: Place) -> None:
        found = (value["apiVersion"], value.get("kind"))
        if found != (API_VERSION, KIND):
            fact = f"{found[0]} {found[1]} is not a zone"
            self._note(Code.API_VERSION, place, fact, f"a zone is {API_VERSION} {KIND}")
            return
        zone, findings = read_zone_document(value, place, self._namespace)
        self._findings += findings
        if zone is not None:
            members = tuple(member for member in zone.members if self._is_first(member))
            self._zones.append(replace(zone, members=members))

    def _is_first(self, member: Member) -> bool:
        """Whether no object of its name was read before; if one was, that is a finding."""
        first = self._places.setdefault(member.resource.ref, member.place)
        if first is not member.place:
            hint = f"it stands at {first.where()} already"
            self._findings.append(member.error(Code.DUPLICATE, "stands here a second time", hint))
        return first is member.place

    def _note(self, code: Code, place: Place, fact: str, hint: str) -> None:
        self._findings.append(Finding(code, _ERROR, place.where(), "", fact, hint))


def _names(zones: Sequence[Zone]) -> list[Finding]:
    """Names that only came to be by a suffix and are none."""
    return [
        member.error(Code.NAME, f"metadata.name: {flaw}", "shorten it, or the name of the zone")
        for zone in zones
        for member in zone.members
        if not member.place.is_verbatim and (flaw := name_flaw(member.resource.name))
    ]


def _twins(zones: Sequence[Zone]) -> list[Finding]:
    """Zones of one name."""
    first: dict[tuple[str, str], Zone] = {}
    findings = []
    for zone in zones:
        other = first.setdefault((zone.namespace, zone.name), zone)
        if other is not zone:
            fact = f"two zones have this name: label {other.label} and label {zone.label}"
            hint = f"the other one stands at {other.place.where()}"
            findings.append(zone.finding(Code.DUPLICATE, _ERROR, fact, hint))
    return findings


def _group(value: dict[str, Any]) -> str:
    return str(value.get("apiVersion")).partition("/")[0]


def _is_list(value: dict[str, Any]) -> bool:
    kind = value.get("kind")
    has_items = "items" in value and isinstance(value["items"], list | None)
    return isinstance(kind, str) and kind.endswith(_LIST) and has_items


_ERROR = Severity.ERROR
