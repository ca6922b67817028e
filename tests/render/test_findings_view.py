"""Findings as compilers print them, and as data."""

import pytest

from dpfctl.render.findings_view import finding_data, finding_lines
from dpfctl.render.machine import to_json, to_yaml
from dpfctl.zones.findings import Code, Finding, Severity
from tests.golden import Golden
from tests.render.tables import banned
from tests.unit.zone_files import BROKEN, EXAMPLES, read_file


def finding(severity: Severity = Severity.ERROR, **fields: str) -> Finding:
    known = {"where": "zone.yaml:7", "subject": "dpuset/dk", "fact": "is odd", **fields}
    return Finding(Code.OVERLAP, severity, **known)


def lines(*findings: Finding, colour: bool = False) -> list[str]:
    return list(finding_lines(findings, colour=colour))


def test_findings_of_a_file(golden: Golden) -> None:
    names = ("doubtful-service.yaml", "exported.yaml", "flat-zone.yaml", "wrong-level.yaml")
    found = [one for name in names for one in read_file(BROKEN / name).findings]
    golden("findings.txt", "".join(f"{line}\n" for line in lines(*found)))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param(
            finding(), ["zone.yaml:7: error: dpuset/dk: is odd [Z2]"], id="place, object, rule"
        ),
        pytest.param(
            finding(hint="mend it"),
            ["zone.yaml:7: error: dpuset/dk: is odd [Z2]", "  hint: mend it"],
            id="what to do stands below",
        ),
        pytest.param(
            finding(subject=""), ["zone.yaml:7: error: is odd [Z2]"], id="no object to name"
        ),
        pytest.param(
            finding(Severity.NOTE), ["zone.yaml:7: note: dpuset/dk: is odd [Z2]"], id="a note"
        ),
    ],
)
def test_a_line(found: Finding, told: list[str]) -> None:
    assert lines(found) == told


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        (Severity.ERROR, "\x1b[31merror\x1b[0m"),
        (Severity.WARNING, "\x1b[33mwarning\x1b[0m"),
        (Severity.NOTE, "\x1b[90mnote\x1b[0m"),
    ],
)
def test_only_the_severity_is_painted(severity: Severity, word: str) -> None:
    (painted,) = lines(finding(severity), colour=True)

    assert painted == f"zone.yaml:7: {word}: dpuset/dk: is odd [Z2]"


def test_a_faultless_file_prints_nothing() -> None:
    assert lines(*read_file(EXAMPLES / "zone-dk.yaml").findings) == []


def test_machines_get_every_part() -> None:
    assert finding_data([finding(hint="mend it"), finding(Severity.WARNING)]) == [
        {
            "code": "Z2",
            "severity": "error",
            "where": "zone.yaml:7",
            "subject": "dpuset/dk",
            "fact": "is odd",
            "hint": "mend it",
        },
        {
            "code": "Z2",
            "severity": "warning",
            "where": "zone.yaml:7",
            "subject": "dpuset/dk",
            "fact": "is odd",
            "hint": "",
        },
    ]


def test_no_output_drives_a_terminal() -> None:
    evil = "\x1b[31m\u202e"
    found = [finding(where=f"{evil}:1", subject=evil, fact=evil, hint=evil)]
    data = finding_data(found)
    for output in ("\n".join(lines(*found)), to_json(data), to_yaml(data)):
        assert not banned(output)
        assert "31m" in output
