"""The page about zones says everything, and its examples are what it claims."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dpfctl.zones.document import DOCUMENT
from dpfctl.zones.findings import Code
from dpfctl.zones.lint import lint
from tests.unit.zone_files import EXAMPLES, ROOT, Manifests, dk, fleet, prerequisites, read

PAGE = (ROOT / "docs" / "reference" / "zone.md").read_text(encoding="utf-8")


BLOCKS = frozenset(
    {
        *("dpuNodeSelector", "dpuDeviceSelector", "dpuClusterSelector"),
        *("strategy", "nodeEffect", "updateStrategy", "configPorts", "ipam"),
    }
)
"""Fields whose content is that of DPF's own kinds."""


def fields_of(schema: Mapping[str, Any]) -> Iterator[str]:
    for name, child in schema.get("properties", {}).items():
        yield name
        if name not in BLOCKS:
            yield from fields_of(child)
    yield from fields_of(schema["items"]) if "items" in schema else ()


def test_every_code_has_a_row() -> None:
    rows = set(re.findall(r"^\| ((?:`[\w-]+`(?:, )?)+) \|", PAGE, re.MULTILINE))
    told = {word for row in rows for word in re.findall(r"`([\w-]+)`", row)}
    assert {code.value for code in Code} - told == set()


def test_every_rule_has_its_severity() -> None:
    rows = re.findall(r"^\| `(Z\d+)` \| (error|warning) \|", PAGE, re.MULTILINE)
    assert [code for code, _ in rows] == [code.value for code in Code if code.is_rule]
    assert [code for code, severity in rows if severity == "error"] == [
        *("Z1", "Z2", "Z3", "Z4", "Z5", "Z6", "Z13")
    ]


def test_every_field_of_a_document_is_described() -> None:
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", PAGE))))
    assert [name for name in fields_of(DOCUMENT) if name not in words] == []


def test_the_prerequisites_are_complete() -> None:
    zones = read((EXAMPLES / "zone-ga.yaml").read_text(encoding="utf-8")).zones
    assert lint((*dk().zones, *zones), fleet(), None) == ()
    for name in prerequisites().objects:
        rest: Manifests = prerequisites().without(name)
        assert lint((*dk().zones, *zones), fleet(beside=rest), None) != ()
