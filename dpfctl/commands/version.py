"""``dpfctl version``: client, server, DPF release and API versions."""

from contextlib import closing
from enum import StrEnum
from typing import Annotated, Any

import typer

import dpfctl
from dpfctl.commands import flags
from dpfctl.errors import DpfctlError, ExitCode, PartialError
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


@flags.connected
def version(
    ctx: typer.Context,
    client: ClientOnly = False,
    output: Output = Format.TEXT.value,
    *,
    target: Target,
) -> None:
    """Print client, server, DPF and API versions."""
    session: Session = ctx.obj
    form = flags.choice("--output", Format, output)
    data: dict[str, Any] = {"clientVersion": f"v{dpfctl.__version__}"}
    failure: DpfctlError | None = None
    if not client:
        failure = _add_cluster(session, target, data)
    if form is not Format.TEXT or failure is None or failure.exit_code is ExitCode.PARTIAL:
        session.out.write(_text(form, data, failure))
    if failure is not None:
        raise failure


def _text(form: Format, data: dict[str, Any], failure: DpfctlError | None = None) -> str:
    from dpfctl.render import machine, version_view

    if form is Format.TEXT:
        return version_view.version_text(data)
    wrapped = machine.envelope("version", data, failure)
    return machine.to_json(wrapped) if form is Format.JSON else machine.to_yaml(wrapped)


def _add_cluster(session: Session, target: Target, data: dict[str, Any]) -> DpfctlError | None:
    """Add what a cluster says about itself; what it would not say is returned."""
    from dpfctl.model import kinds
    from dpfctl.model.inventory import Trouble

    try:
        with closing(session.connect(target)) as cluster:
            info = cluster.server()
            configs = cluster.read((kinds.DPF_OPERATOR_CONFIG,)).listing(kinds.DPF_OPERATOR_CONFIG)
    except DpfctlError as failure:
        return failure
    releases = [config.text("status", "version") for config in configs.items]
    groups = sorted({kind.group for kind in kinds.DESCRIBED})
    data["serverVersion"] = info.version
    data["dpfVersion"] = next((release for release in releases if release), "")
    data["apiVersions"] = {g: list(info.groups[g]) for g in groups if g in info.groups}
    if configs.trouble in (None, Trouble.NOT_SERVED):
        return None
    return PartialError(f"{kinds.DPF_OPERATOR_CONFIG}: cannot be listed: {configs.message}")
