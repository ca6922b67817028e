"""Reports to text and to machines: the result lines of kubectl, and one value for JSON and YAML."""

from collections.abc import Callable, Iterator
from typing import Any

from dpfctl.errors import DpfctlError, FieldConflictError
from dpfctl.model.cluster import HOST
from dpfctl.model.dry_run import DryRun
from dpfctl.model.redaction import REDACTED, is_secret, mask_secret, mask_values
from dpfctl.plan import VERSION_PATH, Action, Change, Impact, Operation
from dpfctl.render.plan_view import diff_lines, masking
from dpfctl.render.text import clean
from dpfctl.report import Outcome, Report, Result

_CONFIGURED = frozenset({Action.APPLY, Action.INSTALL})
_SHOWN = frozenset({Result.DONE, Result.UNCHANGED, Result.PLANNED})
_DRY_RUN = {DryRun.CLIENT: " (dry run)", DryRun.SERVER: " (server dry run)", DryRun.NONE: ""}


def report_lines(report: Report, *, colour: bool = False) -> Iterator[str]:
    """Yield the lines for stdout: one per target that is as wanted, dry runs with a diff below.

    Targets that failed or were not tried are the business of ``trouble_lines``.
    """
    is_spread = len({o.change.ref.namespace for o in report.outcomes}) > 1
    for outcome in report.outcomes:
        if outcome.result not in _SHOWN:
            continue
        yield result_line(outcome, report.dry_run, is_spread)
        if report.dry_run is not DryRun.NONE and outcome.result is Result.PLANNED:
            lines = diff_lines(outcome.change, stored=outcome.stored, colour=colour)
            yield from (f"  {line}" for line in lines)


def report_names(report: Report) -> list[str]:
    """Return ``kind.group/name`` of each target that is as wanted, in order."""
    return [_name(o.change) for o in report.outcomes if o.result in _SHOWN]


def trouble_lines(report: Report) -> Iterator[str]:
    """Yield the lines for stderr: each failure with its hint, and what was not tried."""
    yield from (f"warning: {clean(text)}" for text in report.warnings)
    for outcome in report.outcomes:
        ref, done = clean(str(outcome.change.ref)), outcome.change.done
        if outcome.error is not None:
            yield from error_lines(outcome.error, ref)
        elif outcome.result is Result.SKIPPED:
            yield f"warning: {ref}: not {done}: not tried"
        elif outcome.result is Result.UNKNOWN:
            yield f"warning: {ref}: interrupted before the answer came; perhaps {done}"
        elif outcome.note:
            yield f"note: {ref}: {clean(outcome.note)}"
    if report.late is not None:
        yield from error_lines(report.late)


def error_lines(error: DpfctlError, subject: str = "") -> Iterator[str]:
    """Yield an error as every command tells it; one that is about a server names its object."""
    message = clean(error.message)
    is_named = not subject or message.startswith(subject)
    yield f"error: {message if is_named else f'{subject}: {message}'}"
    if error.hint:
        yield f"hint: {clean(error.hint)}"


def report_data(report: Report) -> dict[str, Any]:
    """Return what the envelope of a writing command holds under ``data``.

    Returns:
        ``dryRun``, ``interrupted``, ``results`` in the plan's order, ``warnings`` and ``impacts``;
        fields: ``docs/reference/json.md``.
    """
    return {
        "dryRun": report.dry_run.value,
        "interrupted": bool(report.stopped),
        "results": [outcome_data(outcome) for outcome in report.outcomes],
        "warnings": [*report.plan.warnings, *report.warnings],
        "impacts": [_impact_data(impact) for impact in report.plan.impacts],
    }


def error_data(error: DpfctlError) -> dict[str, Any]:
    """Return an error as the envelope lists it."""
    found: dict[str, Any] = {"message": error.message, "hint": error.hint}
    if isinstance(error, FieldConflictError):
        found["conflicts"] = [conflict._asdict() for conflict in error.conflicts]
    return found


def result_line(outcome: Outcome, dry_run: DryRun, is_spread: bool) -> str:
    """Say what became of one change, as kubectl does.

    Args:
        outcome: What became of it.
        dry_run: Whether and how it was only tried.
        is_spread: Whether the namespace is told, because there are several.
    """
    change = outcome.change
    where = f" in namespace {clean(change.ref.namespace)}" if is_spread else ""
    if change.cluster != HOST:
        where += f" in dpu cluster {clean('/'.join(change.cluster))}"
    unchanged = " (unchanged)" if outcome.result is Result.UNCHANGED else ""
    return f"{_name(change)} {change.done}{where}{unchanged}{_DRY_RUN[dry_run]}"


def _name(change: Change) -> str:
    group = f".{change.ref.kind.group}" if change.ref.kind.group else ""
    return f"{change.ref.kind}{group}/{clean(change.ref.name)}"


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Return what became of one change as envelopes hold it; Secrets keep what they hold."""
    change = outcome.change
    hide = masking(change.ref.kind)
    return {
        "apiVersion": change.ref.kind.api_version,
        "kind": change.ref.kind.name,
        "namespace": change.ref.namespace,
        "name": change.ref.name,
        "action": change.action.value,
        "done": change.done,
        "result": outcome.result.value,
        "preconditions": dict(change.preconditions),
        "patch": [_operation_data(operation, hide) for operation in change.operations],
        "configuration": hide(change.after) if change.action in _CONFIGURED else None,
        "reasons": list(change.reasons),
        "note": outcome.note,
        "attempts": outcome.attempts,
        "resourceVersion": outcome.version,
        "error": None if outcome.error is None else error_data(outcome.error),
    }


def _operation_data(operation: Operation, hide: Callable[[Any], Any]) -> dict[str, Any]:
    """Return an operation without secrets: the names that tell one are steps of its path."""
    if "value" not in operation:
        return dict(operation)
    if hide is mask_secret and operation["path"] != VERSION_PATH:
        return {**operation, "value": REDACTED}
    steps = str(operation["path"]).split("/")
    name = next(filter(is_secret, steps), "")
    return {**operation, "value": mask_values({name: operation["value"]})[name]}


def _impact_data(impact: Impact) -> dict[str, Any]:
    return {
        "kind": impact.target.kind.name,
        "namespace": impact.target.namespace,
        "name": impact.target.name,
        "what": impact.what,
        "known": impact.is_known,
        "names": list(impact.names),
        "note": impact.note,
    }
