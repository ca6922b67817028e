"""``dpfctl version``: client, server, DPF release and API versions."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

import dpfctl
from dpfctl.commands import flags
from dpfctl.session import Session

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster


class Format(StrEnum):
    """Values of ``-o``."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[
    str, typer.Option("--output", "-o", metavar="FORMAT", help="text, json or yaml.")
]
ClientOnly = Annotated[bool, typer.Option("--client", help="Ask no server.")]

EXAMPLES = """\b
Examples:
  dpfctl version
  dpfctl version --client
  dpfctl version -o json"""


def version(
    ctx: typer.Context,
    client: ClientOnly = False,
    output: Output = Format.TEXT.value,
    fleet: flags.From = None,
    kubeconfig: flags.Kubeconfig = None,
    context: flags.Context = None,
    as_user: flags.As = None,
    as_group: flags.AsGroup = None,
    request_timeout: flags.RequestTimeout = None,
) -> None:
    """Print the versions of dpfctl, the API server, DPF and its APIs."""
    from dpfctl.render import machine, version_view

    session: Session = ctx.obj
    form = flags.choice("--output", Format, output)
    target = flags.make_target(ctx, fleet, kubeconfig, context, as_user, as_group, request_timeout)
    data: dict[str, Any] = {"clientVersion": f"v{dpfctl.__version__}"}
    if not client:
        cluster = session.connect(target)
        try:
            data |= _of_cluster(cluster)
        finally:
            cluster.close()
    match form:
        case Format.JSON:
            session.out.write(machine.to_json(machine.envelope("version", data)))
        case Format.YAML:
            session.out.write(machine.to_yaml(machine.envelope("version", data)))
        case Format.TEXT:
            session.out.write(version_view.version_text(data))


def _of_cluster(cluster: "Cluster") -> dict[str, Any]:
    from dpfctl.model import kinds

    info = cluster.server()
    inventory = cluster.read((kinds.DPF_OPERATOR_CONFIG,))
    releases = [c.text("status", "version") for c in inventory.list(kinds.DPF_OPERATOR_CONFIG)]
    groups = sorted({kind.group for kind in kinds.DESCRIBED})
    return {
        "serverVersion": info.version,
        "dpfVersion": next((release for release in releases if release), ""),
        "apiVersions": {g: list(info.groups[g]) for g in groups if g in info.groups},
    }
