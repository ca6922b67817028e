"""``dpfctl apply-zone`` and ``dpfctl zone``: a part of the fleet with services of its own."""

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from dpfctl.commands import flags
from dpfctl.commands.dpu_sides import read_nodes
from dpfctl.commands.finishing import (
    announce,
    carry_out,
    envelope_text,
    finish,
    finish_after_waiting,
    make_mode,
    show_before_waiting,
    told,
)
from dpfctl.commands.flags import Form
from dpfctl.commands.selecting import OPERATOR_NAMESPACE
from dpfctl.commands.waiting import wait_for
from dpfctl.commands.zone_job import ZoneJob
from dpfctl.errors import AccessError, ExitCode, InputError
from dpfctl.model.dry_run import DryRun
from dpfctl.render.text import clean
from dpfctl.session import Session, Target

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster
    from dpfctl.model.inventory import Inventory
    from dpfctl.plan import Plan

APPLY_EXAMPLES = """\b
Examples:
  dpfctl apply-zone -f zone.yaml --dry-run=server
  dpfctl apply-zone -f zones/ --prune --wait
  dpfctl zone new dk > zone.yaml"""

GROUP_EXAMPLES = """\b
Examples:
  dpfctl zone new dk > zone.yaml
  dpfctl zone lint -f zone.yaml
  dpfctl zone list"""

LINT_EXAMPLES = """\b
Examples:
  dpfctl zone lint -f zone.yaml
  dpfctl zone lint -f zones/ --offline --strict"""

DIFF_EXAMPLES = """\b
Examples:
  dpfctl zone diff -f zone.yaml
  dpfctl zone diff -f zones/ --exit-code"""

RENDER_EXAMPLES = """\b
Examples:
  dpfctl zone render -f zone.yaml > manifests.yaml"""

LIST_EXAMPLES = """\b
Examples:
  dpfctl zone list
  dpfctl zone list --from demo -o json"""

NEW_EXAMPLES = """\b
Examples:
  dpfctl zone new dk > zone.yaml"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Files = Annotated[
    list[str] | None,
    typer.Option(
        "--filename",
        "-f",
        metavar="FILE",
        help="Zone documents or manifests: a file, a folder or '-'; repeatable.",
        show_default=False,
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")]
Prune = Annotated[
    bool, typer.Option("--prune", help="Delete objects of these zones that the files lack.")
]
AllowMassPrune = Annotated[
    bool,
    typer.Option(
        "--allow-mass-prune",
        help="Let --prune delete most of a zone, or a DPUSet that has DPUs.",
    ),
]
ForceConflicts = Annotated[
    bool, typer.Option("--force-conflicts", help="Take over fields of other field managers.")
]
Verdict = Annotated[bool, typer.Option("--exit-code", help="Exit 3 if anything differs.")]
Offline = Annotated[bool, typer.Option("--offline", help="Check the files alone; ask no cluster.")]


@app.callback(invoke_without_command=True, epilog=GROUP_EXAMPLES)
def zone(ctx: typer.Context, kubeconfig: flags.Kubeconfig = None) -> None:
    """Begin, check, compare, render and list zones; apply-zone applies them."""
    flags.keep_kubeconfig(ctx, kubeconfig)
    if ctx.invoked_subcommand is None:
        ctx.obj.out.write(f"{ctx.get_help()}\n")


@app.command("apply", epilog=APPLY_EXAMPLES, hidden=True)
@flags.connected
def apply_zone(
    ctx: typer.Context,
    filename: Files = None,
    strict: Strict = False,
    prune: Prune = False,
    allow_mass_prune: AllowMassPrune = False,
    force_conflicts: ForceConflicts = False,
    wait: flags.Wait = False,
    timeout: flags.Timeout = None,
    dry_run: flags.DryRunFlag = DryRun.NONE.value,
    output: flags.Output = Form.TEXT.value,
    color: flags.Colour = "auto",
    namespace: flags.TargetNamespace = None,
    *,
    target: Target,
) -> None:
    """Apply zones: DPUSets, then interfaces, chains and services. Also: dpfctl zone apply.

    Everything is checked before anything is written. A second run writes nothing.
    """
    from dpfctl.zones.planning import replan

    session: Session = ctx.obj
    mode = make_mode(session, "apply-zone", flags.form_of(output), dry_run, color)
    is_trial = mode.dry_run is not DryRun.NONE
    with told(session, mode):
        limit = flags.wait_limit(wait, timeout, is_file=target.fleet is not None, is_trial=is_trial)
        job = ZoneJob(session, target, mode, filename or (), namespace, strict)
        job.require_files()
        with closing(session.connect(target)) as cluster:
            plan = job.plan(
                cluster, prune=prune, force=force_conflicts, is_mass_allowed=allow_mass_prune
            )
            report = carry_out(session, mode, cluster, plan, replan, is_rehearsed=True)
            if not limit or not report.is_whole:
                raise typer.Exit(finish(session, mode, report))
            show_before_waiting(session, mode, report)
            waited = wait_for(session, report, lambda: _unready(cluster, plan), limit)
        raise typer.Exit(finish_after_waiting(session, mode, waited))


@app.command(epilog=LINT_EXAMPLES)
@flags.connected
def lint(
    ctx: typer.Context,
    filename: Files = None,
    strict: Strict = False,
    offline: Offline = False,
    output: flags.Output = Form.TEXT.value,
    color: flags.Colour = "auto",
    namespace: flags.TargetNamespace = None,
    *,
    target: Target,
) -> None:
    """Check zone documents against each other and against what the cluster holds."""
    from dpfctl.render.findings_view import finding_data, finding_lines

    session: Session = ctx.obj
    if offline and target.fleet is not None:
        raise InputError("--offline: cannot be used together with --from")
    mode = make_mode(session, "zone lint", flags.form_of(output), DryRun.NONE.value, color)
    with told(session, mode):
        job = ZoneJob(session, target, mode, filename or (), namespace, strict)
        job.require_files()
        if offline:
            checked = job.check_alone()
        else:
            with closing(session.connect(target)) as cluster:
                checked = job.check(cluster)
        findings = job.judged(checked.findings)
        mode.data["findings"] = finding_data(findings)
        mode.data["notes"] = list(checked.notes)
        if not mode.is_machine:
            lines = [*finding_lines(findings, colour=mode.colour)]
            for note in checked.notes:
                session.note(note)
            session.out.write("".join(f"{line}\n" for line in lines))
        job.refuse(findings)
        if mode.is_machine:
            session.out.write(envelope_text(mode, mode.data))


@app.command(epilog=DIFF_EXAMPLES)
@flags.connected
def diff(
    ctx: typer.Context,
    filename: Files = None,
    strict: Strict = False,
    prune: Prune = False,
    exit_code: Verdict = False,
    output: flags.Output = Form.TEXT.value,
    color: flags.Colour = "auto",
    namespace: flags.TargetNamespace = None,
    *,
    target: Target,
) -> None:
    """Show what apply-zone would change; print nothing if that is nothing."""
    from dpfctl.report import planned

    session: Session = ctx.obj
    mode = make_mode(session, "zone diff", flags.form_of(output), DryRun.CLIENT.value, color)
    with told(session, mode):
        job = ZoneJob(session, target, mode, filename or (), namespace, strict)
        job.require_files()
        with closing(session.connect(target)) as cluster:
            plan = job.plan(cluster, prune=prune, force=False)
        announce(session, mode, plan)
        if not plan.pending and not mode.is_machine:
            raise typer.Exit
        verdict = ExitCode.VERDICT if exit_code and plan.pending else ExitCode.OK
        report = planned(replace(plan, changes=plan.pending))
        raise typer.Exit(finish(session, mode, report, verdict=verdict))


@app.command(epilog=RENDER_EXAMPLES)
def render(
    ctx: typer.Context,
    filename: Files = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FORMAT", help="yaml or json.")
    ] = "yaml",
    namespace: flags.TargetNamespace = None,
) -> None:
    """Print the manifests that zone documents stand for; asks no cluster."""
    from dpfctl.render.zone_view import manifests_text

    session: Session = ctx.obj
    form = flags.choice("--output", flags.ManifestForm, output)
    mode = make_mode(session, "zone render", Form.TEXT, DryRun.NONE.value, "never")
    target = flags.make_target(ctx, None, None, None, None, None, None)
    job = ZoneJob(session, target, mode, filename or (), namespace, strict=False)
    found = job.read(namespace or OPERATOR_NAMESPACE)
    job.tell(found.findings)
    job.refuse(found.findings)
    session.out.write(manifests_text(found.zones, form.value))


@app.command("list", epilog=LIST_EXAMPLES)
@flags.connected
def list_all(
    ctx: typer.Context,
    output: flags.Output = Form.TEXT.value,
    namespace: flags.Namespace = None,
    *,
    target: Target,
) -> None:
    """List the zones of the fleet: label, objects, nodes and health."""
    from dpfctl.render.zone_view import zone_data, zone_lines
    from dpfctl.zones.listing import KINDS, list_zones

    session: Session = ctx.obj
    mode = make_mode(session, "zone list", flags.form_of(output), DryRun.NONE.value, "auto")
    with told(session, mode), closing(session.connect(target)) as cluster:
        inventory = cluster.read(KINDS)
        lost = _lost_lists(session, inventory)
        nodes = read_nodes(session, cluster, inventory)
        found = list_zones(inventory, nodes or None)
        chosen = tuple(z for z in found if namespace in (None, "", z.namespace))
        match mode.form:
            case Form.TEXT if chosen:
                session.out.write("".join(f"{line}\n" for line in zone_lines(chosen)))
            case Form.TEXT if not lost:
                session.note("there are no zones")
            case Form.NAME:
                session.out.write("".join(f"{clean(zone.name)}\n" for zone in chosen))
            case Form.JSON | Form.YAML:
                data = {"zones": zone_data(chosen)}
                session.out.write(envelope_text(mode, data, lacks=lost))
        raise typer.Exit(ExitCode.PARTIAL if lost else ExitCode.OK)


@app.command(epilog=NEW_EXAMPLES)
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the zone.")],
    namespace: flags.TargetNamespace = None,
) -> None:
    """Print a commented zone document to begin with."""
    from dpfctl.model.names import RFC_1123
    from dpfctl.zones.names import name_flaw, namespace_flaw
    from dpfctl.zones.starter import starter

    place = namespace or OPERATOR_NAMESPACE
    for word, flaw in (("NAME", name_flaw(name)), ("--namespace", namespace_flaw(place))):
        if flaw:
            raise InputError(f"{word}: {flaw}", RFC_1123)
    ctx.obj.out.write(starter(name, place))


def _unready(cluster: "Cluster", plan: "Plan") -> tuple[str, ...]:
    """LIST the kinds of a plan and say which of its objects are not ready yet."""
    from dpfctl.cluster.tolerance import read_all
    from dpfctl.model import kinds
    from dpfctl.plan import Action
    from dpfctl.zones.readiness import unready

    refs = [change.ref for change in plan.changes if change.action is not Action.DELETE]
    inventory = read_all(cluster, tuple(dict.fromkeys((*(ref.kind for ref in refs), kinds.DPU))))
    found = {ref: inventory.find(ref) for ref in refs}
    facts = {ref: unready(one, inventory) if one else "gone" for ref, one in found.items()}
    return tuple(f"{ref}: {fact}" for ref, fact in facts.items() if fact)


def _lost_lists(session: Session, inventory: "Inventory") -> tuple[AccessError, ...]:
    """Warn about each list that could not be read; a kind that is not installed is no lack.

    Raises:
        AccessError: None could be.
    """
    from dpfctl.model.inventory import Trouble

    listings = inventory.listings
    lost = tuple(
        AccessError(f"{kind}: cannot be listed: {listing.message}")
        for kind, listing in listings.items()
        if listing.trouble not in (None, Trouble.NOT_SERVED)
    )
    if lost and all(listing.trouble for listing in listings.values()):
        raise lost[0]
    for failure in lost:
        session.warn(failure.message)
    return lost
