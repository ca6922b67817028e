"""What is wrong with zone documents, each with its place, its object and what to do.

A finding is a value: reading, adapting and the rules each return all of theirs at once, so that a
file is mended in one go and not error by error.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What follows from a finding."""

    ERROR = "error"
    """Nothing may be written."""
    WARNING = "warning"
    """It may be meant; ``--strict`` makes it an error."""
    NOTE = "note"
    """A rule could not be checked; never an error."""


class Code(StrEnum):
    """Which rule a finding is about; ``docs/reference/zone.md`` has a line for each."""

    DOCUMENT = "document"
    INDENTATION = "indentation"
    FOREIGN_KIND = "foreign-kind"
    API_VERSION = "api-version"
    NAME = "name"
    NAMESPACE = "namespace"
    DUPLICATE = "duplicate"
    NO_ZONE = "no-zone"
    UNKNOWN_FIELD = "unknown-field"
    MISSING_FIELD = "missing-field"
    WRONG_TYPE = "wrong-type"
    WRONG_VALUE = "wrong-value"
    EMPTY_FIELD = "empty-field"
    SERVER_FIELD = "server-field"
    NESTED_RESOURCES = "nested-resources"
    NOT_SERVED = "not-served"
    NODE_EFFECT = "node-effect"

    SELECTORS = "Z1"
    OVERLAP = "Z2"
    INTERFACES = "Z3"
    CLAIMS = "Z4"
    INTERFACE_NAMES = "Z5"
    CHAIN_PORTS = "Z6"
    PORTS = "Z7"
    SERVICE_IDS = "Z8"
    RELEASES = "Z9"
    NETWORKS = "Z10"
    RESOURCES = "Z11"
    REFERENCES = "Z12"
    MTU = "Z13"
    CLUSTERS = "Z14"

    @property
    def is_rule(self) -> bool:
        """Whether it is about zones in a cluster; the others are about documents alone."""
        return self.value[0] == "Z"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or could not be checked.

    Attributes:
        code: The rule.
        severity: What follows from it.
        where: ``file:line`` of the object or field.
        subject: ``kind/name`` of the object, ``zone/name``, or empty where there is no name.
        fact: What is wrong; lower case, no full stop.
        hint: What to do, may be empty.
    """

    code: Code
    severity: Severity
    where: str
    subject: str
    fact: str
    hint: str = ""

    @property
    def message(self) -> str:
        """Subject and fact as messages join them."""
        return f"{self.subject}: {self.fact}" if self.subject else self.fact


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by place, those of one place by severity and code; each stands once."""
    return tuple(sorted(dict.fromkeys(findings), key=_order))


def _order(finding: Finding) -> tuple[str, int, int, str, str, str]:
    source, _, line = finding.where.rpartition(":")
    number = int(line) if line.isdecimal() else 0
    severity = tuple(Severity).index(finding.severity)
    place = source if number else finding.where
    return place, number, severity, finding.code, finding.subject, finding.fact
