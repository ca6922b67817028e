"""A pass to text and to machines: what was written, how far services came, which hosts wait."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from dpfctl.model.cluster import HOST
from dpfctl.model.dry_run import DryRun
from dpfctl.plan import Action
from dpfctl.reconcile.hosts import HostVerdict, standing
from dpfctl.reconcile.hosts import Standing as HostStanding
from dpfctl.reconcile.results.report import PassReport, ServiceResult, Standing, one_line
from dpfctl.reconcile.service_pass import place_of, spot_of
from dpfctl.reconcile.steps import Step
from dpfctl.render.listing import lay_out_cells
from dpfctl.render.pass_status import status_lines
from dpfctl.render.plan_view import diff_lines, folded
from dpfctl.render.preview_view import tainted_data
from dpfctl.render.report_view import (
    error_data,
    error_lines,
    outcome_data,
    result_line,
    trouble_lines,
)
from dpfctl.render.text import clean
from dpfctl.report import Outcome, Report, Result

_SERVICES = ("SERVICE", "STATE", "WHY")
_RELEASES = ("RELEASE", "CLUSTER", "REVISION", "CHART", "APP", "STATUS")
_HOSTS = ("HOST", "TAINT", "WHY")
_TOLD = frozenset({Result.DONE, Result.PLANNED})
_SHOWN_WAITS = 3
_CUT_OFF = "no network"
_LEGEND = "(follows): depends on what is written before it, and may come out differently"


def pass_lines(report: PassReport, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines for stdout: what was written, then services, hosts, and the sum.

    What is as wanted is only counted. Dry runs show a diff below each change.
    """
    told = [outcome for outcome in report.outcomes if outcome.result in _TOLD]
    for outcome in told:
        yield from _change_lines(report, outcome, colour)
    if told:
        yield from (_LEGEND, "") if report.follows else ("",)
    tables = (
        (_SERVICES, service_rows(report)),
        (_RELEASES, release_rows(report)),
        (_HOSTS, host_rows(report)),
    )
    for titles, rows in tables:
        if rows:
            yield from (*lay_out_cells(titles, rows), "")
    yield summary_line(report)


def service_rows(report: PassReport) -> list[tuple[str, str, str]]:
    """Return one row per service: name, how far it came, why not further."""
    return [_service_row(one) for one in report.services]


def release_rows(report: PassReport) -> list[tuple[str, ...]]:
    """Return one row per Helm release: where it is, and what it was made of."""
    return [
        (
            clean(f"{found['namespace']}/{found['name']}"),
            clean(str(found["dpuCluster"] or "host")),
            str(found["revision"]),
            clean(f"{found['chart']}-{found['chartVersion']}"),
            clean(str(found["appVersion"])),
            clean(str(found["status"])),
        )
        for one in report.services
        for found in one.releases
    ]


def host_rows(report: PassReport) -> list[tuple[str, str, str]]:
    """Return one row per host that waits for something, or of which something is not known."""
    return [row for verdict in report.hosts if (row := _host_row(verdict))]


def pass_names(report: PassReport) -> list[str]:
    """Return ``kind.group/name`` of each object that was changed, in order, each once."""
    told = {place_of(o.change): o for o in report.outcomes if o.result in _TOLD}
    lines = (result_line(outcome, DryRun.NONE, False) for outcome in told.values())
    return [line.split(" ", 1)[0] for line in lines]


def summary_line(report: PassReport) -> str:
    """Sum a pass up in one sentence."""
    is_trial = report.dry_run is not DryRun.NONE
    counts = (
        (
            report.count(Result.PLANNED if is_trial else Result.DONE),
            "to write" if is_trial else "written",
        ),
        (report.count(Result.UNCHANGED), "unchanged"),
        (report.count(Result.FAILED, Result.UNKNOWN), "failed"),
        (report.count(Result.SKIPPED), "skipped"),
    )
    told = ", ".join(f"{count} {word}" for count, word in counts)
    failed = sum(one.standing is Standing.FAILED for one in report.services)
    services = f"{failed} of {len(report.services)} services failed; " if failed else ""
    return f"{services}{told}; {report.requests} requests in {report.seconds:.1f} s"


def pass_data(report: PassReport) -> dict[str, Any]:
    """Return a pass as the envelope holds it; fields: ``docs/reference/json.md``."""
    return {
        "dryRun": report.dry_run.value,
        "engine": report.engine.value,
        "interrupted": bool(report.stopped),
        "services": [_service_data(one) for one in report.services],
        **tainted_data(report.hosts),
        "results": [_result_data(report, outcome) for outcome in report.outcomes],
        "unread": [error_data(error) for error in report.unread],
        "warnings": list(report.warnings),
        "summary": {
            "written": report.count(Result.DONE),
            "planned": report.count(Result.PLANNED),
            "unchanged": report.count(Result.UNCHANGED),
            "failed": report.count(Result.FAILED, Result.UNKNOWN),
            "skipped": report.count(Result.SKIPPED),
            "requests": report.requests,
            "seconds": round(report.seconds, 3),
        },
    }


def _change_lines(report: PassReport, outcome: Outcome, colour: bool) -> Iterator[str]:
    change, stored = outcome.change, outcome.stored
    follows = " (follows)" if spot_of(change) in report.follows else ""
    yield result_line(outcome, report.dry_run, bool(change.ref.namespace)) + follows
    if outcome.result is not Result.PLANNED:
        return
    is_status = change.action is Action.STATUS
    view = status_lines if is_status else diff_lines
    yield from (f"  {line}" for line in view(change, stored=stored, colour=colour))


def _service_row(one: ServiceResult) -> tuple[str, str, str]:
    why = one_line(one.message) if one.standing is not Standing.READY else ""
    return clean(f"{one.ref.namespace}/{one.ref.name}"), one.standing.value, clean(why)


def _host_row(verdict: HostVerdict) -> tuple[str, str, str] | None:
    """One row per host that waits, or of which something is not known; None for the others."""
    subject = verdict.node or verdict.dpu_node
    is_told = verdict.waits or verdict.is_tainted or verdict.gaps or verdict.cut_off
    if subject is None or not is_told:
        return None
    told = [
        f"{wait.service.namespace}/{wait.service.name} on {wait.dpu}: {wait.why}"
        for wait in verdict.waits
    ]
    told += [f"no network from {dpu}" for dpu in verdict.cut_off]
    more = f" and {len(told) - _SHOWN_WAITS} more" if len(told) > _SHOWN_WAITS else ""
    why = f"{'; '.join(told[:_SHOWN_WAITS])}{more}" or verdict.reason
    state = standing(verdict)
    is_cut_off = bool(verdict.cut_off) and state is HostStanding.CLEAR
    return clean(subject.name), _CUT_OFF if is_cut_off else str(state), clean(why)


def _service_data(one: ServiceResult) -> dict[str, Any]:
    return {
        "namespace": one.ref.namespace,
        "name": one.ref.name,
        "state": one.standing.value,
        "stoppedAt": one.stop,
        "message": one.message,
        "serviceID": one.service_id,
        "conditions": [dict(condition) for condition in one.conditions],
        "releases": [dict(release) for release in one.releases],
        "notes": list(one.notes),
    }


def _result_data(report: PassReport, outcome: Outcome) -> dict[str, Any]:
    change = outcome.change
    where = change.cluster
    cluster = None if where == HOST else {"namespace": where[0], "name": where[1]}
    return {
        "step": Step(change.stage).name.lower().replace("_", "-"),
        "dpuCluster": cluster,
        **outcome_data(outcome),
        "follows": spot_of(change) in report.follows,
    }


def trouble(report: PassReport) -> Iterator[str]:
    """Yield the lines for stderr: what the user should know, and what went wrong."""
    yield from (f"warning: {clean(text)}" for text in folded(report.warnings))
    for part in report.parts:
        yield from trouble_lines(replace(part, outcomes=_tried(part), warnings=()))
    yield from _untried_lines(report)
    yield from (f"error: {clean(text)}" for text in folded([e.message for e in report.setbacks]))
    for error in (*report.unread, *((report.late,) if report.late else ())):
        yield from error_lines(error)


def _tried(part: Report) -> tuple[Outcome, ...]:
    return tuple(found for found in part.outcomes if found.result is not Result.SKIPPED)


def _untried_lines(report: PassReport) -> Iterator[str]:
    """Yield what was not tried; of many objects together, not one by one."""
    skipped = (found for found in report.outcomes if found.result is Result.SKIPPED)
    texts = [f"{found.change.ref}: not {found.change.done}: not tried" for found in skipped]
    yield from (f"warning: {clean(text)}" for text in folded(texts))
