"""The Typer app: one line per registered command."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from dpfctl import __version__
from dpfctl.commands import (
    completion,
    describe,
    flags,
    mark_critical,
    reconcile,
    snapshot,
    suspend,
    version,
    zone,
)

ORDER = (
    "describe",
    "suspend",
    "pause",
    "resume",
    "unpause",
    "mark-critical",
    "label",
    "apply-zone",
    "zone",
    "reconcile",
    "snapshot",
    "version",
    "completion",
)


class _InOrder(TyperGroup):
    """Lists commands by how often they are wanted; Typer puts groups last."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands as help prints them."""
        return sorted(super().list_commands(ctx), key=ORDER.index)


app = typer.Typer(
    name="dpfctl",
    cls=_InOrder,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

EXAMPLES = """\b
Examples:
  dpfctl describe all --from demo
  dpfctl describe dpuservices --show-conditions=all
  dpfctl describe all --issues --exit-code"""


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def dpfctl(
    ctx: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", "-v", help="Print the client's version and exit.")
    ] = False,
    kubeconfig: flags.Kubeconfig = None,
) -> None:
    """See and steer NVIDIA DOCA Platform Framework (DPF) fleets."""
    flags.keep_kubeconfig(ctx, kubeconfig)
    if show_version:
        ctx.obj.out.write(f"Client Version: v{__version__}\n")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        ctx.obj.out.write(f"{ctx.get_help()}\n")


app.add_typer(describe.app, name="describe")
for _name in ("suspend", "pause"):
    app.command(_name, epilog=suspend.SUSPEND_EXAMPLES, hidden=_name == "pause")(suspend.suspend)
for _name in ("resume", "unpause"):
    app.command(_name, epilog=suspend.RESUME_EXAMPLES, hidden=_name == "unpause")(suspend.resume)
app.command("mark-critical", epilog=mark_critical.EXAMPLES)(mark_critical.mark_critical)
app.add_typer(mark_critical.app, name="label", hidden=True)
app.command("apply-zone", epilog=zone.APPLY_EXAMPLES)(zone.apply_zone)
app.add_typer(zone.app, name="zone")
app.command("reconcile", epilog=reconcile.EXAMPLES)(reconcile.reconcile)
app.add_typer(snapshot.app, name="snapshot")
app.command("version", epilog=version.EXAMPLES)(version.version)
app.command("completion", epilog=completion.EXAMPLES)(completion.completion)
