"""``dpfctl mark-critical``: keep hosts free of pods until a service runs on their DPUs."""

import inspect
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dpfctl.commands import flags
from dpfctl.commands.dpu_sides import DpuSides, read_dpu_sides
from dpfctl.commands.finishing import Mode, carry_out, envelope_text, finish, make_mode, told
from dpfctl.commands.flags import Form
from dpfctl.commands.selecting import Words, read_targets, select
from dpfctl.errors import DpfctlError, ExitCode, InputError
from dpfctl.model.dry_run import DryRun
from dpfctl.session import Session, Target

if TYPE_CHECKING:
    from dpfctl.marks.critical import Mark
    from dpfctl.model.cluster import Cluster
    from dpfctl.model.inventory import Inventory
    from dpfctl.model.resources import Resource
    from dpfctl.plan import Plan
    from dpfctl.reconcile.hosts import NodeLimit

EXAMPLES = """\b
Examples:
  dpfctl mark-critical ovn-dpu --preview
  dpfctl mark-critical ovn-dpu --max-nodes 10%
  dpfctl mark-critical --preview"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Remove = Annotated[bool, typer.Option("--remove", help="Take the label away.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace another value of the label by the empty one.")
]
ShowPreview = Annotated[
    bool,
    typer.Option(
        "--preview",
        help="Write nothing; list the hosts that would be tainted, without NAME those that are.",
    ),
]
MaxNodes = Annotated[
    str | None,
    typer.Option(
        "--max-nodes",
        metavar="N",
        help="Refuse to taint more hosts: 3, or 10%. Default: refuse to taint all of them.",
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Mark although a DPUDeployment owns it, or a DPU cluster cannot be read.",
    ),
]


@flags.connected
def mark_critical(
    ctx: typer.Context,
    names: flags.ServiceNames = None,
    selector: flags.Selector = None,
    is_all: flags.All = False,
    all_namespaces: flags.AllNamespaces = False,
    remove: Remove = False,
    overwrite: Overwrite = False,
    show_preview: ShowPreview = False,
    max_nodes: MaxNodes = None,
    force: Force = False,
    dry_run: flags.DryRunFlag = DryRun.NONE.value,
    output: flags.Output = Form.TEXT.value,
    color: flags.Colour = "auto",
    namespace: flags.TargetNamespace = None,
    *,
    target: Target,
) -> None:
    """Label DPUServices as critical. Also: dpfctl label critical.

    DPF keeps the taint dpu.nvidia.com/dpu-ready on a host until every critical service is ready on
    its DPUs. Hosts that would be tainted at once are told before anything is written.
    """
    from dpfctl.marks.critical import Mark
    from dpfctl.reconcile.hosts import parse_node_limit

    session: Session = ctx.obj
    words = Words(names or (), selector, is_all, namespace, all_namespaces)
    mode = make_mode(session, "mark-critical", flags.form_of(output), dry_run, color)
    with told(session, mode):
        _check(remove=remove, overwrite=overwrite, preview=show_preview, max_nodes=max_nodes)
        limit = None if max_nodes is None else parse_node_limit(max_nodes)
        mark = Mark(is_removal=remove, overwrites=overwrite, is_forced=force)
        job = _Job(session, target, mode, words, mark, limit)
        if show_preview and not words.is_given:
            raise typer.Exit(job.why_tainted())
        raise typer.Exit(job.preview() if show_preview else job.run())


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def label(ctx: typer.Context, kubeconfig: flags.Kubeconfig = None) -> None:
    """Label DPUServices: `label critical` marks, `label critical-` unmarks."""
    flags.keep_kubeconfig(ctx, kubeconfig)
    if ctx.invoked_subcommand is None:
        ctx.obj.out.write(f"{ctx.get_help()}\n")


def _check(*, remove: bool, overwrite: bool, preview: bool, max_nodes: str | None) -> None:
    """Refuse flags that contradict one another."""
    given = {"--overwrite": overwrite, "--preview": preview, "--max-nodes": max_nodes is not None}
    for flag, is_given in given.items():
        if remove and is_given:
            raise InputError(f"--remove: cannot be used together with {flag}")


@dataclass(frozen=True, slots=True)
class _Job:
    session: Session
    target: Target
    mode: Mode
    words: Words
    mark: "Mark"
    limit: "NodeLimit | None"

    def run(self) -> ExitCode:
        """Plan, foretell, refuse what goes too far, write."""
        from dpfctl.marks.critical import plan_critical, replan_critical

        with closing(self.session.connect(self.target)) as cluster:
            plan = plan_critical(self._targets(cluster), self.mark)
            if plan.pending:
                plan = self._foretold(cluster, plan)
            again = partial(replan_critical, mark=self.mark)
            report = carry_out(self.session, self.mode, cluster, plan, again)
        return finish(self.session, self.mode, report)

    def preview(self) -> ExitCode:
        """Print which hosts the mark would taint."""
        from dpfctl.reconcile.hosts import critical_warnings, preview
        from dpfctl.render.preview_view import preview_data, preview_lines

        with closing(self.session.connect(self.target)) as cluster:
            services = self._targets(cluster)
            host, sides = self._fleet(cluster)
        if not services:
            self.session.note("nothing to do: no object matches")
        found = preview(host, sides, [service.ref for service in services])
        for service in services:
            for warning in critical_warnings(service, host, sides):
                self.session.warn(warning)
        return self._print(preview_lines(found), preview_data(found), found.unreadable)

    def why_tainted(self) -> ExitCode:
        """Print which hosts are tainted, and what for."""
        from dpfctl.reconcile.hosts import why_tainted
        from dpfctl.render.preview_view import tainted_data, tainted_lines

        with closing(self.session.connect(self.target)) as cluster:
            host, sides = self._fleet(cluster)
        verdicts = why_tainted(host, sides)
        lost = dict.fromkeys(gap.error for v in verdicts for gap in v.gaps if gap.cluster)
        return self._print(tainted_lines(verdicts), tainted_data(verdicts), tuple(lost))

    def _targets(self, cluster: "Cluster") -> "tuple[Resource, ...]":
        from dpfctl.model import kinds

        selection = select(self.mode.command, kinds.DPU_SERVICE, self.words, cluster)
        return read_targets(cluster, selection)

    def _fleet(self, cluster: "Cluster") -> "tuple[Inventory, DpuSides]":
        """Read what hosts are judged by: a fixed number of LISTs for each cluster."""
        from dpfctl.reconcile.hosts import kinds_for_preview

        on_host, on_dpus = kinds_for_preview()
        host = cluster.read(on_host)
        return host, read_dpu_sides(self.session, cluster, host, on_dpus)

    def _foretold(self, cluster: "Cluster", plan: "Plan") -> "Plan":
        """Add what to know before: which hosts a mark taints at once; refuse what nobody can mean.

        Raises:
            AccessError: A DPU cluster that matters cannot be read, and ``--force`` is not given.
            RejectedError: More hosts would be tainted than the limit allows.
        """
        from dpfctl.marks.guard import owned_warnings
        from dpfctl.model.dpu_services import is_critical
        from dpfctl.reconcile.hosts import (
            check_limit,
            critical_warnings,
            preview,
            refuse_unreadable,
        )
        from dpfctl.reconcile.hosts.impacts import mark_impacts

        services = [change.before for change in plan.pending if change.before is not None]
        new = [] if self.mark.is_removal else [s for s in services if not is_critical(s)]
        if not new:
            return replace(plan, warnings=owned_warnings(services))
        host, sides = self._fleet(cluster)
        found = preview(host, sides, [service.ref for service in new])
        if not self.mark.is_forced:
            refuse_unreadable(found)
        check_limit(found, self.limit)
        warnings = [text for s in new for text in critical_warnings(s, host, sides)]
        return replace(
            plan,
            warnings=(*owned_warnings(services), *warnings),
            impacts=mark_impacts(found),
        )

    def _print(
        self, lines: Sequence[str], data: dict[str, object], lacks: Sequence[DpfctlError]
    ) -> ExitCode:
        """Print what was found, and on stderr what could not be read."""
        for lack in lacks:
            self.session.warn(lack.message)
        if self.mode.is_machine:
            self.session.out.write(envelope_text(self.mode, data, lacks=lacks))
        else:
            self.session.out.write("".join(f"{line}\n" for line in lines))
        return ExitCode.PARTIAL if lacks else ExitCode.OK


def _unmark(ctx: typer.Context, **flags_given: object) -> None:
    """Take the label critical away. The same as mark-critical --remove."""
    ctx.invoke(mark_critical, ctx=ctx, **{**flags_given, "remove": True})


_MARKING = inspect.signature(mark_critical).parameters.values()
app.command("critical", epilog=EXAMPLES)(mark_critical)
app.command("critical-", epilog=EXAMPLES)(
    flags.with_parameters(_unmark, [p for p in _MARKING if p.name != "remove"])
)
