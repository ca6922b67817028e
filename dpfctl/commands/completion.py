"""``dpfctl completion``: the script that teaches a shell our words."""

from enum import StrEnum
from typing import Annotated

import typer

from dpfctl.commands import flags
from dpfctl.session import Session

VARIABLE = "_DPFCTL_COMPLETE"


class Shell(StrEnum):
    """Shells that scripts exist for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


EXAMPLES = """\b
Examples:
  source <(dpfctl completion bash)
  dpfctl completion zsh > "${fpath[1]}/_dpfctl"
  dpfctl completion fish > ~/.config/fish/completions/dpfctl.fish"""


def completion(
    ctx: typer.Context,
    shell: Annotated[
        str,
        typer.Argument(
            metavar="SHELL", help="bash, zsh or fish.", autocompletion=lambda: list(Shell)
        ),
    ],
) -> None:
    """Print the completion script of a shell."""
    session: Session = ctx.obj
    session.out.write(completion_script(flags.choice("SHELL", Shell, shell)))


def completion_script(shell: Shell) -> str:
    """Return the script for a shell, as the files in ``completions/`` hold it."""
    from typer.completion import get_completion_script

    script = get_completion_script(prog_name="dpfctl", complete_var=VARIABLE, shell=shell.value)
    return f"{script.strip()}\n"
