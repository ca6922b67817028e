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
    # Typer offers this through --show-completion only, which must guess the shell.
    from typer._completion_shared import get_completion_script

    script = get_completion_script(prog_name="dpfctl", complete_var=VARIABLE, shell=shell.value)
    return f"{script.strip()}\n"


def prepare_answers() -> None:
    """Let Typer answer what the scripts ask; it does so by itself only with its own options."""
    from typer._completion_classes import completion_init

    completion_init()
