"""``dpfctl version``: client, server, DPF release and API versions."""

from enum import StrEnum
from typing import Annotated, Any

import typer

import dpfctl
from dpfctl.commands import flags
from dpfctl.errors import DpfctlError
from dpfctl.session import Session, Target


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
    session: Session = ctx.obj
    form = flags.choice("--output", Format, output)
    target = flags.make_target(ctx, fleet, kubeconfig, context, as_user, as_group, request_timeout)
    data: dict[str, Any] = {"clientVersion": f"v{dpfctl.__version__}"}
    try:
        if not client:
            data |= _of_cluster(session, target)
    except DpfctlError as failure:
        if form is not Format.TEXT:
            session.out.write(_text(form, data, failure))
        raise
    session.out.write(_text(form, data))


def _text(form: Format, data: dict[str, Any], failure: DpfctlError | None = None) -> str:
    from dpfctl.render import machine, version_view

    if form is Format.TEXT:
        return version_view.version_text(data)
    wrapped = machine.envelope("version", data, failure)
    return machine.to_json(wrapped) if form is Format.JSON else machine.to_yaml(wrapped)


def _of_cluster(session: Session, target: Target) -> dict[str, Any]:
    from dpfctl.model import kinds

    cluster = session.connect(target)
    try:
        info = cluster.server()
        inventory = cluster.read((kinds.DPF_OPERATOR_CONFIG,))
    finally:
        cluster.close()
    releases = [c.text("status", "version") for c in inventory.list(kinds.DPF_OPERATOR_CONFIG)]
    groups = sorted({kind.group for kind in kinds.DESCRIBED})
    return {
        "serverVersion": info.version,
        "dpfVersion": next((release for release in releases if release), ""),
        "apiVersions": {g: list(info.groups[g]) for g in groups if g in info.groups},
    }
