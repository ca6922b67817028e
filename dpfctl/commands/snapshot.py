"""``dpfctl snapshot``: keep a fleet as a file, without its secrets."""

from typing import TYPE_CHECKING, Annotated

import typer

from dpfctl.commands import flags
from dpfctl.errors import DpfctlError, ExitCode
from dpfctl.session import Session, Target

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster
    from dpfctl.model.inventory import Inventory

STDOUT = "-"

EXAMPLES = """\b
Examples:
  dpfctl snapshot save fleet.json
  dpfctl snapshot save - | gzip > fleet.json.gz
  dpfctl describe all --from fleet.json"""

app = typer.Typer(rich_markup_mode=None, add_completion=False)

File = Annotated[
    str, typer.Argument(metavar="FILE", help="fleet.json or fleet.yaml, or '-' for stdout.")
]
HostOnly = Annotated[
    bool, typer.Option("--host-only", help="Leave the DPU clusters out; reads no Secret.")
]


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def snapshot(ctx: typer.Context) -> None:
    """Keep a fleet as a file for --from."""
    if ctx.invoked_subcommand is None:
        ctx.obj.out.write(f"{ctx.get_help()}\n")


@app.command(epilog=EXAMPLES.replace("Examples:", "Examples:\n  dpfctl snapshot save now.yaml"))
@flags.connected
def save(
    ctx: typer.Context,
    file: File,
    host_only: HostOnly = False,
    *,
    target: Target,
) -> None:
    """Save the host cluster and all DPU clusters that can be reached.

    Secrets, data of ConfigMaps, environment and arguments of containers and copies that kubectl
    keeps in annotations are left out. The file is readable by its owner only.
    """
    from dpfctl.cluster.snapshot_file import save_snapshot, snapshot_target, snapshot_text
    from dpfctl.model import kinds
    from dpfctl.model.documents import Format
    from dpfctl.model.snapshot import take_snapshot

    session: Session = ctx.obj
    place = None if file == STDOUT else snapshot_target(file)
    host = session.connect(target)
    try:
        inventory = host.read(kinds.HOST)
        clusters = {} if host_only else _dpu_clusters(session, host, inventory)
        document = take_snapshot(
            inventory,
            clusters,
            now=session.now(),
            context=host.label,
            version=host.server().version,
        )
    finally:
        host.close()
    if place is None:
        session.out.write(snapshot_text(document, Format.JSON).decode())
    else:
        save_snapshot(document, place)
        session.out.write(f"{file} saved\n")
    raise typer.Exit(_tell(session, document["snapshot"]["unreadable"]))


def _dpu_clusters(
    session: Session, host: "Cluster", inventory: "Inventory"
) -> "dict[tuple[str, str], Inventory]":
    """Read every DPU cluster; one that cannot be reached is kept as lost."""
    from dpfctl.commands.dpu_sides import read_dpu_sides
    from dpfctl.model import kinds
    from dpfctl.model.snapshot import lost

    sides = read_dpu_sides(session, host, inventory, kinds.DPU_SIDE)
    return {
        name: lost(side.message) if isinstance(side, DpfctlError) else side
        for name, side in sides.items()
    }


def _tell(session: Session, unreadable: list[dict[str, str]]) -> ExitCode:
    """Warn about each list the snapshot lacks; a kind that is not installed is no lack."""
    from dpfctl.model.inventory import Trouble

    missing = [entry for entry in unreadable if entry["reason"] != Trouble.NOT_SERVED]
    for entry in missing:
        cluster = f"dpucluster/{entry['dpuCluster']}: " if "dpuCluster" in entry else ""
        session.warn(f"{cluster}{entry['resource']}: not in the snapshot: {entry['message']}")
    return ExitCode.PARTIAL if missing else ExitCode.OK
