"""How every writing command ends: one report printed, one exit code."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dpfctl.commands.flags import Form, choice
from dpfctl.errors import DpfctlError, ExitCode
from dpfctl.model.dry_run import DryRun
from dpfctl.session import ColourChoice, Session
from dpfctl.signals import hold, release

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster
    from dpfctl.plan import Plan, Replan
    from dpfctl.report import Report


@dataclass(frozen=True, slots=True)
class Mode:
    """How a writing command runs and what it prints.

    Attributes:
        command: Its words without flags, as the envelope names it.
        form: What stdout gets.
        dry_run: Whether anything is written.
        colour: Whether diffs are painted.
        data: What the envelope holds under ``data`` besides a report, filled on the way.
    """

    command: str
    form: Form
    dry_run: DryRun
    colour: bool
    data: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_machine(self) -> bool:
        """Whether stdout gets one envelope at the end, whatever happens."""
        return self.form in (Form.JSON, Form.YAML)


def make_mode(session: Session, command: str, form: Form, dry_run: str, color: str) -> Mode:
    """Read the flags that all writing commands share.

    Raises:
        InputError: A value that is none of those there are.
    """
    return Mode(
        command,
        form,
        choice("--dry-run", DryRun, dry_run),
        session.has_colour(choice("--color", ColourChoice, color)),
    )


@contextmanager
def told(session: Session, mode: Mode) -> Iterator[None]:
    """Give a failure its envelope on stdout too, where that was asked for."""
    try:
        yield
    except DpfctlError as failure:
        if mode.is_machine:
            session.out.write(envelope_text(mode, mode.data, failure))
        raise


def announce(session: Session, mode: Mode, plan: "Plan") -> None:
    """Say before anything is written how far it reaches, and what should give pause."""
    from dpfctl.plan import Action
    from dpfctl.render.plan_view import deletion_line, folded, impact_lines

    for warning in folded(plan.warnings):
        session.warn(warning)
    if mode.is_machine:
        return
    for change in plan.pending:
        if change.action is Action.DELETE:
            session.note(deletion_line(change))
    pending = {change.ref for change in plan.pending}
    for line in impact_lines([i for i in plan.impacts if i.target in pending]):
        session.note(line)


def carry_out(
    session: Session,
    mode: Mode,
    cluster: "Cluster",
    plan: "Plan",
    replan: "Replan",
    *,
    is_rehearsed: bool = False,
) -> "Report":
    """Say what a plan is about, and apply it as far as the mode goes.

    From here on until the report is printed a first Ctrl-C is let pass: nothing is left to stop.
    """
    from dpfctl.apply import Places, apply_plan

    announce(session, mode, plan)
    report = apply_plan(
        Places(cluster),
        plan,
        replan,
        sleep=session.sleep,
        dry_run=mode.dry_run,
        is_rehearsed=is_rehearsed,
    )
    hold()
    return report


def show_before_waiting(session: Session, mode: Mode, report: "Report") -> None:
    """Print the results now if people read them; machines get all at once afterwards."""
    if not mode.is_machine:
        _show(session, mode, report, report.exit_code)
    release()


def finish_after_waiting(session: Session, mode: Mode, report: "Report") -> ExitCode:
    """Tell what became of the waiting, and return the exit code."""
    if mode.is_machine:
        return finish(session, mode, report)
    if report.late is not None:
        raise report.late
    return report.exit_code


def _show(session: Session, mode: Mode, report: "Report", code: ExitCode) -> None:
    """Print the results, and on stderr what went wrong."""
    from dpfctl.render.report_view import report_lines, report_names, trouble_lines

    for line in trouble_lines(report):
        session.err.write(f"{line}\n")
    session.show_causes(report.failures)
    if mode.is_machine:
        session.out.write(_report_text(mode, report, code))
    else:
        is_name = mode.form is Form.NAME
        lines = report_names(report) if is_name else report_lines(report, colour=mode.colour)
        session.out.write("".join(f"{line}\n" for line in lines))
        if not report.outcomes:
            session.note("nothing to do: no object matches")
    session.out.flush()


def finish(
    session: Session, mode: Mode, report: "Report", *, verdict: ExitCode = ExitCode.OK
) -> ExitCode:
    """Print a report and return the exit code: the one door for all writing commands.

    Args:
        session: The outside world.
        mode: How the command prints.
        report: What became of its plan.
        verdict: The code of a success, where ``--exit-code`` asks for another one.
    """
    code = report.exit_code or verdict
    _show(session, mode, report, code)
    return code


def envelope_text(
    mode: Mode,
    data: Any,
    failure: DpfctlError | None = None,
    *,
    lacks: Sequence[DpfctlError] = (),
) -> str:
    """Return the envelope of a command that has no report.

    Args:
        mode: How the command prints.
        data: What it found.
        failure: Why it failed, None if it did not.
        lacks: What it could not read; if there is any, it ends with code 5.
    """
    from dpfctl.render import machine
    from dpfctl.render.report_view import error_data

    code = ExitCode.PARTIAL if lacks else None
    wrapped = machine.envelope(
        mode.command, data, failure, code=code, errors=[error_data(lack) for lack in lacks]
    )
    return machine.to_json(wrapped) if mode.form is Form.JSON else machine.to_yaml(wrapped)


def _report_text(mode: Mode, report: "Report", code: ExitCode) -> str:
    from dpfctl.render import machine
    from dpfctl.render.report_view import error_data, report_data

    errors = [error_data(error) for error in report.failures]
    if report.late is not None:
        errors.append(error_data(report.late))
    data = {**mode.data, **report_data(report)}
    wrapped = machine.envelope(mode.command, data, code=code, errors=errors)
    return machine.to_json(wrapped) if mode.form is Form.JSON else machine.to_yaml(wrapped)
