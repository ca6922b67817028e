"""``dpfctl reconcile --once``: one pass of the controllers' logic, for CI and for emergencies."""

from typing import Annotated

import typer

from dpfctl.commands import flags
from dpfctl.commands.finishing import make_mode, told
from dpfctl.commands.flags import Form
from dpfctl.commands.selecting import Words
from dpfctl.errors import InputError
from dpfctl.model.dry_run import DryRun
from dpfctl.session import Session, Target

EXAMPLES = """\b
Examples:
  dpfctl reconcile --once --dry-run=client
  dpfctl reconcile --once hbn --wait --timeout 10m
  dpfctl reconcile --once --only taints --only status
  dpfctl reconcile --once --from demo --dry-run=client"""

Once = Annotated[
    bool, typer.Option("--once", help="Do one pass and end; there is no other way to run it.")
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="PART",
        help="helm, ports, taints or status; repeatable. Default: all of them.",
        autocompletion=lambda: ["helm", "ports", "taints", "status"],
    ),
]
EngineFlag = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="auto (Argo CD where the host cluster has it, else Helm), argocd or helm.",
        autocompletion=lambda: ["auto", "argocd", "helm"],
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Write although a controller of DPF runs, or most of the fleet is concerned.",
    ),
]
ExitCodeFlag = Annotated[
    bool,
    typer.Option("--exit-code", help="With --dry-run: exit 3 if anything is to be written."),
]
PlanOut = Annotated[
    str | None,
    typer.Option("--plan-out", metavar="FILE", help="Keep what would be done, for --plan."),
]
PlanFile = Annotated[
    str | None,
    typer.Option(
        "--plan", metavar="FILE", help="Do only what this file says; refuse if anything moved."
    ),
]
Parallel = Annotated[
    int | None,
    typer.Option(
        "--parallel", metavar="N", help="Helm processes at a time. Default 4.", min=1, max=64
    ),
]
Summary = Annotated[
    str | None,
    typer.Option(
        "--summary", metavar="FILE", help="Append the report as Markdown, for a CI job's page."
    ),
]
StrictUpstream = Annotated[
    bool,
    typer.Option(
        "--strict-upstream", help="Follow DPF's own rule where dpfctl knows a better one."
    ),
]
Recover = Annotated[
    bool, typer.Option("--recover", help="Unlock Helm releases that a crash left pending.")
]
Adopt = Annotated[
    bool, typer.Option("--adopt", help="Let Helm take over objects that it did not make.")
]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Look for newer charts in version ranges.")
]
ForceConflicts = Annotated[
    bool,
    typer.Option("--force-conflicts", help="Let Helm take fields that other managers own."),
]
RepoUsername = Annotated[
    str | None,
    typer.Option(
        "--repo-username", metavar="NAME", help="User of chart repositories; default: Argo CD's."
    ),
]
RepoPasswordFile = Annotated[
    str | None,
    typer.Option(
        "--repo-password-file", metavar="FILE", help="File with the password of that user."
    ),
]
RepoCaFile = Annotated[
    str | None,
    typer.Option(
        "--repo-ca-file", metavar="FILE", help="Certificates that sign chart repositories."
    ),
]
HelmTimeout = Annotated[
    str | None,
    typer.Option(
        "--helm-timeout", metavar="DURATION", help="Longest time for one release. Default 5m."
    ),
]


@flags.connected
def reconcile(
    ctx: typer.Context,
    names: flags.ServiceNames = None,
    once: Once = False,
    selector: flags.Selector = None,
    all_namespaces: flags.AllNamespaces = False,
    only: Only = None,
    engine: EngineFlag = "auto",
    force: Force = False,
    plan_out: PlanOut = None,
    plan_file: PlanFile = None,
    exit_code: ExitCodeFlag = False,
    strict_upstream: StrictUpstream = False,
    parallel: Parallel = None,
    helm_timeout: HelmTimeout = None,
    recover: Recover = False,
    adopt: Adopt = False,
    refresh: Refresh = False,
    force_conflicts: ForceConflicts = False,
    repo_username: RepoUsername = None,
    repo_password_file: RepoPasswordFile = None,
    repo_ca_file: RepoCaFile = None,
    summary: Summary = None,
    wait: flags.Wait = False,
    timeout: flags.Timeout = None,
    dry_run: flags.DryRunFlag = DryRun.NONE.value,
    output: flags.Output = Form.TEXT.value,
    color: flags.Colour = "auto",
    namespace: flags.TargetNamespace = None,
    *,
    target: Target,
) -> None:
    """Do once what DPF's controllers do: deploy charts, expose ports, taint hosts, set conditions.

    Everything is planned before anything is written. A second pass on a system that is as wanted
    writes nothing.
    """
    from dpfctl.commands.pass_files import refuse_fleet
    from dpfctl.commands.pass_helm import HelmRun
    from dpfctl.commands.pass_options import (
        HelmOptions,
        PassOptions,
        RepositoryLogin,
        engine_of,
        parts_of,
        refuse_empty,
    )
    from dpfctl.commands.pass_plan_file import Bounds, load_plan
    from dpfctl.commands.pass_progress import Progress
    from dpfctl.commands.pass_run import PassRun

    session: Session = ctx.obj
    words = Words(names or (), selector, False, namespace, all_namespaces)
    mode = make_mode(session, "reconcile", flags.form_of(output), dry_run, color)
    with told(session, mode):
        refuse_empty(
            {
                "--plan": plan_file,
                "--plan-out": plan_out,
                "--summary": summary,
                "--helm-timeout": helm_timeout,
                "--namespace": namespace,
                "--repo-username": repo_username,
                "--repo-password-file": repo_password_file,
                "--repo-ca-file": repo_ca_file,
            }
        )
        refuse_fleet("--plan-out", plan_out, target.fleet)
        refuse_fleet("--summary", summary, target.fleet)
        if not once:
            raise InputError(
                "reconcile: is one pass, not a controller that stays",
                "say so: dpfctl reconcile --once",
            )
        limit = flags.wait_limit(
            wait,
            timeout,
            is_file=target.fleet is not None,
            is_trial=mode.dry_run is not DryRun.NONE,
        )
        options = PassOptions(
            parts=parts_of(only or ()),
            engine=engine_of(engine),
            is_forced=force,
            is_upstream=strict_upstream,
            plan_out=plan_out,
            plan_file=plan_file,
            asks_code=exit_code,
            summary=summary,
            limit=limit,
            helm=HelmOptions(
                parallel=parallel or 4,
                seconds=flags.seconds("--helm-timeout", helm_timeout or "5m", at_least=1.0),
                recovers=recover,
                adopts=adopt,
                refreshes=refresh,
                forces=force_conflicts,
                login=RepositoryLogin(
                    repo_username or "", repo_password_file or "", repo_ca_file or ""
                ),
            ),
        )
        options.check(mode)
        helm = HelmRun(session, options.helm)
        bounds = Bounds(None if plan_file is None else load_plan(plan_file))
        run = PassRun(session, target, mode, words, options, helm, bounds, Progress(session))
        raise typer.Exit(run.run())
