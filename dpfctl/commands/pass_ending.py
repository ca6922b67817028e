"""How a pass ends: one report out of its parts, printed, summed up, and turned into a code."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dpfctl.commands.finishing import Mode
from dpfctl.commands.flags import Form
from dpfctl.commands.pass_options import PassOptions, append
from dpfctl.commands.pass_reading import Site
from dpfctl.errors import DpfctlError, ExitCode, InputError
from dpfctl.session import Session
from dpfctl.signals import hold

if TYPE_CHECKING:
    from dpfctl.model.resources import Ref
    from dpfctl.reconcile.passing import Pass
    from dpfctl.reconcile.results.report import PassReport, ServiceResult
    from dpfctl.report import Report

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Done:
    """How far a pass came.

    Attributes:
        passed: The pass with all that is known in the end.
        parts: Reports of what was written, in order.
        meant: The services it is about.
        lost: What kept it from going on.
        late: What was waited for and did not happen, None if all did.
        stopped: The signal that ended the waiting, else ``OK``.
    """

    passed: "Pass"
    parts: "tuple[Report, ...]"
    meant: "tuple[Ref, ...]" = ()
    lost: tuple[DpfctlError, ...] = ()
    late: DpfctlError | None = None
    stopped: ExitCode = ExitCode.OK

    @property
    def is_whole(self) -> bool:
        """Whether everything was written, so that its effect can be waited for."""
        return not self.lost and all(part.is_whole for part in self.parts)

    @property
    def is_stopped(self) -> bool:
        """Whether a signal ended the run."""
        return bool(self.stopped) or any(part.stopped for part in self.parts)

    def lagging(self) -> str:
        """Say which services are not ready yet, empty if there is nothing to wait for."""
        from dpfctl.reconcile.results.report import Standing, one_line

        waiting = (Standing.WAITING, Standing.LEAVING, Standing.FAILED)
        lines = [
            f"{one.ref}: {one_line(one.message) or one.standing.value}"
            for one in self.results()
            if one.standing in waiting
        ]
        more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        return f"{'; '.join(lines[:_SHOWN])}{more}"

    def results(self) -> "tuple[ServiceResult, ...]":
        """What came of each service."""
        from dpfctl.reconcile.results.summing import service_results

        return service_results(self.meant, self.passed.services, self.parts)


def without_mended(parts: "Sequence[Report]", later: "Sequence[Report]") -> "tuple[Report, ...]":
    """Return reports without failures of changes that went well in a later round."""
    from dpfctl.reconcile.service_pass import spot_of

    tried = {spot_of(found.change) for part in later for found in part.outcomes}
    return tuple(
        replace(
            part,
            outcomes=tuple(
                found
                for found in part.outcomes
                if found.error is None or spot_of(found.change) not in tried
            ),
        )
        for part in parts
    )


def finish_pass(
    session: Session, mode: Mode, options: PassOptions, site: Site, done: Done, seconds: float
) -> ExitCode:
    """Print what came of a pass, and return the exit code."""
    from dpfctl.reconcile.results.summing import pass_report

    hold()
    report = pass_report(done.passed, done.parts, done.results(), site.requests, seconds)
    report = replace(
        report,
        unread=tuple(dict.fromkeys((*report.unread, *done.lost))),
        late=done.late,
        ended=done.stopped,
    )
    code = report.exit_code
    if not code and options.asks_code and report.is_pending:
        code = ExitCode.VERDICT
    _show(session, mode, report, code)
    if options.summary:
        _append(session, options.summary, report)
    return code


def _show(session: Session, mode: Mode, report: "PassReport", code: ExitCode) -> None:
    """Print the report on stdout, and on stderr what went wrong."""
    from dpfctl.render.pass_view import pass_lines, pass_names, trouble

    for line in trouble(report):
        session.err.write(f"{line}\n")
    session.show_causes(report.failures)
    match mode.form:
        case Form.TEXT:
            lines = list(pass_lines(report, colour=mode.colour))
        case Form.NAME:
            lines = pass_names(report)
        case _:
            session.out.write(_envelope(mode, report, code))
            return
    session.out.write("".join(f"{line}\n" for line in lines))
    session.out.flush()


def _envelope(mode: Mode, report: "PassReport", code: ExitCode) -> str:
    from dpfctl.render import machine
    from dpfctl.render.pass_view import pass_data
    from dpfctl.render.report_view import error_data

    errors = [error_data(error) for error in report.errors]
    data = {**mode.data, **pass_data(report)}
    wrapped = machine.envelope(mode.command, data, code=code, errors=errors)
    return machine.to_json(wrapped) if mode.form is Form.JSON else machine.to_yaml(wrapped)


def _append(session: Session, path: str, report: "PassReport") -> None:
    """Append the Markdown to a file, as CI systems ask for; what was done is done without it."""
    from dpfctl.render.pass_summary import summary_text

    try:
        append("--summary", path, summary_text(report))
    except InputError as failure:
        session.warn(failure.message)
