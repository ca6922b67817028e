"""A pass as Markdown, for the page that a CI system shows of a job."""

from collections.abc import Iterator, Sequence

from dpfctl.model.dry_run import DryRun
from dpfctl.reconcile.results.report import PassReport, Standing
from dpfctl.render.pass_view import host_rows, service_rows, summary_line
from dpfctl.render.report_view import result_line
from dpfctl.render.text import clean
from dpfctl.report import Result

_MOST = 100
_SIGNS = {Standing.READY: "✅", Standing.GONE: "✅", Standing.FAILED: "❌", Standing.SUSPENDED: "⏸️"}


def summary_text(report: PassReport) -> str:
    """Return the report as GitHub-flavoured Markdown: services, hosts, writes, errors."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: PassReport) -> Iterator[str]:
    dry = "" if report.dry_run is DryRun.NONE else f" ({report.dry_run.value} dry run)"
    yield from (f"### dpfctl reconcile{dry}", "", clean(summary_line(report)), "")
    if report.services:
        signs = [_SIGNS.get(one.standing, "⏳") for one in report.services]
        rows = [
            (f"{sign} {row[0]}", *row[1:])
            for sign, row in zip(signs, service_rows(report), strict=True)
        ]
        yield from _table(("Service", "State", "Why"), rows)
    if rows := host_rows(report):
        yield from _table(("Host", "Taint", "Why"), rows)
    yield from (f"- ❌ {_escaped(clean(error.message))}" for error in report.errors)
    yield from _changes(report)


def _changes(report: PassReport) -> Iterator[str]:
    """The writes, folded away: there may be many."""
    done = [o for o in report.outcomes if o.result in (Result.DONE, Result.PLANNED)]
    if not done:
        return
    yield from ("", f"<details><summary>{len(done)} changes</summary>", "")
    yield from (
        f"- `{result_line(o, report.dry_run, bool(o.change.ref.namespace))}`" for o in done[:_MOST]
    )
    if len(done) > _MOST:
        yield f"- and {len(done) - _MOST} more"
    yield from ("", "</details>", "")


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    yield from (f"| {' | '.join(map(_escaped, row))} |" for row in rows[:_MOST])
    if len(rows) > _MOST:
        yield f"| and {len(rows) - _MOST} more |{' |' * (len(titles) - 1)}"
    yield ""


def _escaped(text: str) -> str:
    """Text of a cluster is no Markdown and no HTML."""
    for mark in "\\|`<>*_[]#":
        text = text.replace(mark, f"\\{mark}")
    return text
