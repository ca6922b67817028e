"""What a mark would taint, and why hosts are tainted, for people and for machines."""

from collections.abc import Iterator, Sequence
from typing import Any

from dpfctl.errors import DpfctlError
from dpfctl.model.resources import Ref
from dpfctl.reconcile.hosts import (
    Effect,
    HostPreview,
    HostVerdict,
    Preview,
    Standing,
    Wait,
    standing,
)
from dpfctl.render.listing import lay_out_cells
from dpfctl.render.text import clean

_TITLES = ("HOST", "TAINT", "SERVICE", "DPU", "POD", "WHY")
_NOTHING = "-"
_UNKNOWN = "unknown"

Row = tuple[str, ...]


def preview_lines(preview: Preview) -> list[str]:
    """Return a table of the hosts, one row for each thing that a host waits for.

    Returns:
        The table, if it has rows, and a last line that sums it up.
    """
    rows = [
        row
        for host in preview.hosts
        for row in _wait_rows(host.verdict, str(host.effect) + _cordon(host))
    ]
    rows += [_row(verdict, _UNKNOWN, verdict.reason) for verdict in preview.unknown]
    return [*(lay_out_cells(_TITLES, rows) if rows else ()), preview_summary(preview)]


def preview_summary(preview: Preview) -> str:
    """Say in one sentence what a mark would do."""
    if preview.is_disabled:
        return "taints are disabled in the DPFOperatorConfig: no host would be tainted"
    if preview.unreadable and not preview.unknown:
        return "cannot tell which hosts would be tainted"
    counts = (
        (len(preview.having(Effect.NEW)) - preview.added, "unschedulable would be"),
        (len(preview.having(Effect.ALREADY)), "tainted already"),
        (len(preview.having(Effect.OVERDUE)), "to be tainted anyway"),
        (len(preview.unknown), "unknown"),
    )
    head = f"{preview.added} of {preview.schedulable} schedulable hosts would be tainted"
    return ", ".join((head, *(f"{count} {words}" for count, words in counts if count)))


def preview_data(preview: Preview) -> dict[str, Any]:
    """Return a preview as the envelope holds it; fields: ``docs/reference/json.md``."""
    return {
        "targets": [_names(ref) for ref in preview.targets],
        "taintsDisabled": preview.is_disabled,
        "schedulableHosts": {
            "total": preview.schedulable,
            "newlyTainted": preview.added,
            "leftUntainted": preview.spared,
        },
        "hosts": [
            {
                **_host_data(host.verdict),
                "effect": str(host.effect),
                "schedulable": host.is_schedulable,
                "waitsFor": _waits_data(host.verdict),
            }
            for host in preview.hosts
        ],
        "unknown": [{**_host_data(v), "reason": v.reason} for v in preview.unknown],
        "unreadable": [_error_data(error) for error in preview.unreadable],
    }


def tainted_lines(verdicts: Sequence[HostVerdict]) -> list[str]:
    """Return a table of hosts that are tainted or should be, a row for each thing waited for."""
    if not verdicts:
        return ["no host is tainted"]
    return lay_out_cells(_TITLES, [row for verdict in verdicts for row in _tainted_rows(verdict)])


def tainted_data(verdicts: Sequence[HostVerdict]) -> dict[str, Any]:
    """Return the same hosts as the envelope holds them; fields: ``docs/reference/json.md``."""
    return {
        "hosts": [
            {
                **_host_data(verdict),
                "taint": str(standing(verdict)),
                "tainted": verdict.is_tainted,
                "shouldBeTainted": verdict.should_be_tainted,
                "waitsFor": _waits_data(verdict),
                "withoutNetwork": [dpu.name for dpu in verdict.cut_off],
                "reason": verdict.reason,
            }
            for verdict in verdicts
        ]
    }


def _tainted_rows(verdict: HostVerdict) -> Iterator[Row]:
    taint = standing(verdict)
    match taint:
        case Standing.STALE:
            yield _row(verdict, str(taint), "waits for nothing")
        case Standing.NOT_JUDGED | Standing.UNKNOWN:
            yield _row(verdict, str(taint), verdict.reason)
        case _:
            yield from _wait_rows(verdict, str(taint))


def _wait_rows(verdict: HostVerdict, taint: str) -> Iterator[Row]:
    for wait in verdict.waits:
        pod = _place(wait.pod) if wait.pod else _NOTHING
        cells = (_place(wait.service), _place(wait.dpu), pod, clean(wait.why))
        yield (_host(verdict), taint, *cells)


def _row(verdict: HostVerdict, taint: str, why: str) -> Row:
    return (_host(verdict), taint, _NOTHING, _NOTHING, _NOTHING, clean(why))


def _cordon(host: HostPreview) -> str:
    return "" if host.is_schedulable else " (unschedulable)"


def _host(verdict: HostVerdict) -> str:
    """Name of the host Node; if there is none, of the DPUNode."""
    subject = verdict.node or verdict.dpu_node
    return clean(subject.name) if subject else _NOTHING


def _place(ref: Ref) -> str:
    return clean(f"{ref.namespace}/{ref.name}")


def _names(ref: Ref) -> dict[str, str]:
    return {"namespace": ref.namespace, "name": ref.name}


def _host_data(verdict: HostVerdict) -> dict[str, Any]:
    return {
        "node": verdict.node.name if verdict.node else None,
        "dpuNode": _names(verdict.dpu_node.ref) if verdict.dpu_node else None,
    }


def _waits_data(verdict: HostVerdict) -> list[dict[str, Any]]:
    return [_wait_data(wait) for wait in verdict.waits]


def _wait_data(wait: Wait) -> dict[str, Any]:
    return {
        "service": _names(wait.service),
        "dpu": _names(wait.dpu),
        "cluster": _names(wait.cluster),
        "pod": _names(wait.pod) if wait.pod else None,
        "why": wait.why,
    }


def _error_data(error: DpfctlError) -> dict[str, str]:
    return {"message": error.message, "hint": error.hint}
