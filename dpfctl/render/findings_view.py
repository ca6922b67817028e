"""Findings in zone documents, one line each as compilers print them, and as data."""

from collections.abc import Iterator, Sequence
from typing import Any

from dpfctl.render.style import Ink, paint
from dpfctl.render.text import clean
from dpfctl.zones.findings import Finding, Severity

_INKS = {Severity.ERROR: Ink.RED, Severity.WARNING: Ink.YELLOW, Severity.NOTE: Ink.GREY}


def finding_lines(findings: Sequence[Finding], *, colour: bool = False) -> Iterator[str]:
    """Yield ``file:line: severity: kind/name: fact [code]`` and, indented, what to do."""
    for one in findings:
        word = paint(one.severity, _INKS[one.severity]) if colour else one.severity
        yield f"{clean(one.where)}: {word}: {clean(one.message)} [{one.code}]"
        if one.hint:
            yield f"  hint: {clean(one.hint)}"


def finding_data(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as the envelope lists them, in their order."""
    return [
        {
            "code": one.code.value,
            "severity": one.severity.value,
            "where": one.where,
            "subject": one.subject,
            "fact": one.fact,
            "hint": one.hint,
        }
        for one in findings
    ]
