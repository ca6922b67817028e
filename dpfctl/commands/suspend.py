"""``dpfctl suspend`` and ``dpfctl resume``: stop DPF from reconciling a service, and go on."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dpfctl.commands import flags
from dpfctl.commands.finishing import (
    Mode,
    carry_out,
    envelope_text,
    finish,
    finish_after_waiting,
    make_mode,
    show_before_waiting,
    told,
)
from dpfctl.commands.flags import Form
from dpfctl.commands.selecting import Words, read_targets, select
from dpfctl.commands.waiting import wait_for
from dpfctl.errors import ExitCode, InputError
from dpfctl.model.dry_run import DryRun
from dpfctl.session import Session, Target

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster
    from dpfctl.model.inventory import Inventory
    from dpfctl.model.resources import Resource
    from dpfctl.plan import Plan, Replan

SUSPEND_EXAMPLES = """\b
Examples:
  dpfctl suspend hbn --reason "switch upgrade, change 4711" --until 2h
  dpfctl suspend --all --dry-run=client
  dpfctl suspend --list"""

RESUME_EXAMPLES = """\b
Examples:
  dpfctl resume hbn --wait
  dpfctl resume --expired --all-namespaces
  dpfctl resume -l app=hbn --dry-run=server"""

Reason = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept in an annotation.")
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until", metavar="WHEN", help="When it is to be resumed: 2h, 3d, 2026-12-01T08:00Z."
    ),
]
List = Annotated[
    bool, typer.Option("--list", help="List suspended services, of all namespaces without -n.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Also change what a DPUDeployment will change back.")
]
Expired = Annotated[
    bool, typer.Option("--expired", help="Only those whose --until is over; for cron jobs.")
]


@flags.connected
def suspend(
    ctx: typer.Context,
    names: flags.ServiceNames = None,
    selector: flags.Selector = None,
    is_all: flags.All = False,
    all_namespaces: flags.AllNamespaces = False,
    reason: Reason = None,
    until: Until = None,
    is_list: List = False,
    force: Force = False,
    wait: flags.Wait = False,
    timeout: flags.Timeout = None,
    dry_run: flags.DryRunFlag = DryRun.NONE.value,
    output: flags.Output = Form.TEXT.value,
    color: flags.Colour = "auto",
    namespace: flags.TargetNamespace = None,
    *,
    target: Target,
) -> None:
    """Stop DPF from reconciling DPUServices until they are resumed. Also: dpfctl pause.

    What runs on the DPUs goes on running; updates, repairs and deletions wait.
    """
    from dpfctl.marks.pause import Pause, plan_suspend, replan_suspend
    from dpfctl.marks.waiting import not_held_yet

    session: Session = ctx.obj
    words = Words(names or (), selector, is_all, namespace, all_namespaces)
    mode = make_mode(session, "suspend", flags.form_of(output), dry_run, color)
    job = _Job(session, target, mode, words)
    with told(session, mode):
        if is_list:
            only = {"--reason": reason, "--until": until, "--force": force, "--wait": wait}
            raise typer.Exit(job.list(without=only))
        limit = _limit(job, wait, timeout)
        now = session.now()
        pause = Pause(
            at=now,
            by=target.connection.as_user or _user(session),
            reason=flags.utf8("--reason", reason),
            until=None if until is None else flags.moment("--until", until, now),
            is_forced=force,
        )
        plan = partial(plan_suspend, pause=pause)
        again = partial(replan_suspend, pause=pause)
        raise typer.Exit(job.run(plan, again, not_held_yet, limit, has_impacts=True))


@flags.connected
def resume(
    ctx: typer.Context,
    names: flags.ServiceNames = None,
    selector: flags.Selector = None,
    is_all: flags.All = False,
    all_namespaces: flags.AllNamespaces = False,
    expired: Expired = False,
    wait: flags.Wait = False,
    timeout: flags.Timeout = None,
    dry_run: flags.DryRunFlag = DryRun.NONE.value,
    output: flags.Output = Form.TEXT.value,
    color: flags.Colour = "auto",
    namespace: flags.TargetNamespace = None,
    *,
    target: Target,
) -> None:
    """Let DPF reconcile suspended DPUServices again. Also: dpfctl unpause.

    Reason, deadline and author of the suspension are forgotten.
    """
    from dpfctl.marks.pause import overdue, plan_resume, replan_resume
    from dpfctl.marks.waiting import not_ready_yet

    session: Session = ctx.obj
    is_all = is_all or (expired and not names and selector is None)
    words = Words(names or (), selector, is_all, namespace, all_namespaces)
    mode = make_mode(session, "resume", flags.form_of(output), dry_run, color)
    job = _Job(session, target, mode, words)
    again: Replan = replan_resume
    if expired:
        now = session.now()
        job = replace(job, keep=lambda service: overdue(service, now) is not None)
        again = partial(replan_resume, due=job.keep)
    with told(session, mode):
        limit = _limit(job, wait, timeout)
        raise typer.Exit(job.run(plan_resume, again, not_ready_yet, limit))


@dataclass(frozen=True, slots=True)
class _Job:
    session: Session
    target: Target
    mode: Mode
    words: Words
    keep: "Callable[[Resource], bool]" = lambda _service: True

    def run(
        self,
        make_plan: "Callable[[Sequence[Resource]], Plan]",
        replan: "Replan",
        lags: "Callable[[Resource, Inventory], tuple[str, ...]]",
        limit: float,
        *,
        has_impacts: bool = False,
    ) -> ExitCode:
        """Read, plan, tell, write, print, and wait for the effect if there is time for it."""
        from dpfctl.model import kinds

        with closing(self.session.connect(self.target)) as cluster:
            selection = select(self.mode.command, kinds.DPU_SERVICE, self.words, cluster)
            services = tuple(filter(self.keep, read_targets(cluster, selection)))
            plan = make_plan(services)
            if has_impacts:
                plan = self._with_impacts(cluster, plan)
            report = carry_out(self.session, self.mode, cluster, plan, replan)
            if not limit or not report.is_whole:
                return finish(self.session, self.mode, report)
            show_before_waiting(self.session, self.mode, report)
            asked = partial(_lagging, cluster, plan, selection.scope, lags)
            waited = wait_for(self.session, report, asked, limit)
        return finish_after_waiting(self.session, self.mode, waited)

    def list(self, without: Mapping[str, object]) -> ExitCode:
        """Print what is suspended.

        Args:
            without: Flags with their values that mean nothing here.
        """
        from dpfctl.marks.suspensions import find_suspensions
        from dpfctl.model import kinds
        from dpfctl.render.suspension_view import suspension_data, suspension_lines
        from dpfctl.render.text import clean

        if self.words.names or self.words.is_all:
            raise InputError("--list: takes no names", "narrow it with -l or -n")
        if stray := next((flag for flag, value in without.items() if value), None):
            raise InputError(f"--list: cannot be used together with {stray}", "leave one out")
        now = self.session.now()
        with closing(self.session.connect(self.target, now)) as cluster:
            selection = select(self.mode.command, kinds.DPU_SERVICE, self._widened(), cluster)
            services = read_targets(cluster, selection)
        found = find_suspensions(services, now)
        match self.mode.form:
            case Form.TEXT if not found:
                self.session.note("nothing is suspended")
            case Form.TEXT:
                self._print(suspension_lines(found, now))
            case Form.NAME:
                kind = kinds.DPU_SERVICE
                self._print([f"{kind}.{kind.group}/{clean(one.service.name)}" for one in found])
            case _:
                data = {"suspensions": suspension_data(found)}
                self.session.out.write(envelope_text(self.mode, data))
        return ExitCode.OK

    def _widened(self) -> Words:
        """Whatever is not narrowed by a flag, all namespaces included."""
        words = self.words
        is_everywhere = words.is_everywhere or not words.namespace
        return replace(words, is_all=words.selector is None, is_everywhere=is_everywhere)

    def _print(self, lines: Sequence[str]) -> None:
        self.session.out.write("".join(f"{line}\n" for line in lines))

    def _with_impacts(self, cluster: "Cluster", plan: "Plan") -> "Plan":
        """Add what the plan touches: a fixed number of LISTs, none if nothing is to be done."""
        from dpfctl.cluster.tolerance import read_what_is_allowed
        from dpfctl.marks.blast import SIDE_KINDS, suspend_impacts, suspend_warnings
        from dpfctl.marks.guard import owned_warnings
        from dpfctl.model import kinds

        if not plan.pending:
            return plan
        host = read_what_is_allowed(cluster, SIDE_KINDS)
        pods = self.session.at_hand(cluster, (kinds.POD,)) if self.target.fleet is not None else {}
        services = [change.before for change in plan.pending if change.before is not None]
        return replace(
            plan,
            warnings=(
                *owned_warnings(services),
                *(warning for s in services for warning in suspend_warnings(s, host)),
            ),
            impacts=tuple(i for s in services for i in suspend_impacts(s, host, pods)),
        )


def _limit(job: _Job, wait: bool, timeout: str | None) -> float:
    return flags.wait_limit(
        wait,
        timeout,
        is_file=job.target.fleet is not None,
        is_trial=job.mode.dry_run is not DryRun.NONE,
    )


def _user(session: Session) -> str:
    """Who the environment says is asking; a name that cannot be stored says nothing."""
    name = session.environ.get("USER") or session.environ.get("LOGNAME") or ""
    return name if flags.is_utf8(name) else ""


def _lagging(
    cluster: "Cluster",
    plan: "Plan",
    namespace: str | None,
    lags: "Callable[[Resource, Inventory], tuple[str, ...]]",
) -> tuple[str, ...]:
    """Read the fleet again and say what is still to come for each target."""
    from dpfctl.cluster.tolerance import read_all
    from dpfctl.marks.blast import HOLDING_KINDS
    from dpfctl.model import kinds
    from dpfctl.model.resources import Ref

    host = read_all(cluster, HOLDING_KINDS)
    services = {s.ref: s for s in cluster.list(kinds.DPU_SERVICE, namespace)}
    refs: list[Ref] = [change.ref for change in plan.changes]
    found = (lags(services[ref], host) if ref in services else (f"{ref}: gone",) for ref in refs)
    return tuple(line for lines in found for line in lines)
