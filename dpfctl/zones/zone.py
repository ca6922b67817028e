"""A zone as a value: its name, its label and its objects, each with the place it comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dpfctl.model.documents import Document, Path, find_line
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from dpfctl.zones.findings import Code, Finding, Severity


class NodeLabel(NamedTuple):
    """The label on Nodes of DPU clusters that ties a zone together."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a document.

    Attributes:
        document: The document.
        path: The value in it that an object comes from.
        is_verbatim: Whether fields of the object are fields of that value.
    """

    document: Document = field(repr=False)
    path: Path = ()
    is_verbatim: bool = True

    def below(self, *steps: str | int) -> "Place":
        """The place of something further in."""
        return Place(self.document, (*self.path, *steps), self.is_verbatim)

    def where(self, path: Path = ()) -> str:
        """Say ``file:line`` of a field of the object; of what holds it if the field is missing."""
        path = path if self.is_verbatim else ()
        while path and not self._has(path):
            path = path[:-1]
        return self.document.where((*self.path, *path))

    def _has(self, path: Path) -> bool:
        return find_line(self.document.text, self.document.number, (*self.path, *path)) > 0


@dataclass(frozen=True, slots=True)
class Member:
    """One object of a zone.

    Attributes:
        resource: Its configuration: apiVersion, kind, metadata and spec as they are to be applied.
        place: Where it comes from.
    """

    resource: Resource
    place: Place

    @property
    def subject(self) -> str:
        """``kind/name``."""
        return f"{self.resource.kind}/{self.resource.name}"

    def finding(
        self, code: Code, severity: Severity, fact: str, hint: str = "", path: Path = ()
    ) -> Finding:
        """Make a finding about this object, or about one of its fields."""
        return Finding(code, severity, self.place.where(path), self.subject, fact, hint)

    def error(self, code: Code, fact: str, hint: str = "", path: Path = ()) -> Finding:
        """Make a finding because of which nothing may be written."""
        return self.finding(code, Severity.ERROR, fact, hint, path)

    def warning(self, code: Code, fact: str, hint: str = "", path: Path = ()) -> Finding:
        """Make a finding about something that may be meant."""
        return self.finding(code, Severity.WARNING, fact, hint, path)


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone.

    Attributes:
        name: Its name; for plain manifests the value of its label.
        namespace: Where its objects are.
        label: Label of its nodes.
        members: Its objects, in the order in which they are applied.
        place: Where it begins.
    """

    name: str
    namespace: str
    label: NodeLabel
    members: tuple[Member, ...]
    place: Place

    @property
    def subject(self) -> str:
        """``zone/name``."""
        return f"zone/{self.name}"

    def of(self, kind: Kind) -> tuple[Member, ...]:
        """The objects of one kind."""
        return tuple(member for member in self.members if member.resource.kind is kind)

    def finding(self, code: Code, severity: Severity, fact: str, hint: str = "") -> Finding:
        """Make a finding about the zone as a whole."""
        return Finding(code, severity, self.place.where(), self.subject, fact, hint)


@dataclass(frozen=True, slots=True)
class ZoneInput:
    """What was read from zone documents.

    Attributes:
        zones: By namespace, then name. With errors among the findings they are incomplete: what
            could not be understood is left out.
        findings: Everything that is wrong with the documents, by place.
    """

    zones: tuple[Zone, ...]
    findings: tuple[Finding, ...]

    @property
    def is_usable(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


def render_zone(zone: Zone) -> tuple[Mapping[str, Any], ...]:
    """Return the manifests of a zone, in the order in which they are applied."""
    return tuple(member.resource.raw for member in zone.members)


def in_apply_order(members: Iterable[Member], order: tuple[Kind, ...]) -> tuple[Member, ...]:
    """Sort objects by their kind's place in an order, then by name."""
    return tuple(sorted(members, key=lambda m: (order.index(m.resource.kind), m.resource.name)))
