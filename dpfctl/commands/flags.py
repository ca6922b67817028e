"""Flags that several commands share, declared once."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from dpfctl.errors import InputError

if TYPE_CHECKING:
    from dpfctl.session import Target

_LONGEST = 366 * 86400.0  # seconds; the operating system cannot wait for ever
_KUBECONFIG = "dpfctl.kubeconfig"

From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="FLEET",
        help="Work on a fleet file, a folder, '-' or 'demo' instead of a cluster.",
    ),
]
Kubeconfig = Annotated[
    str | None,
    typer.Option("--kubeconfig", metavar="PATH", help="Kubeconfig file of the host cluster."),
]
Context = Annotated[
    str | None, typer.Option("--context", metavar="NAME", help="Context of the kubeconfig.")
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", metavar="NAME", help="Only what is in this namespace."),
]
As = Annotated[str | None, typer.Option("--as", metavar="USER", help="User to impersonate.")]
AsGroup = Annotated[
    list[str] | None,
    typer.Option("--as-group", metavar="GROUP", help="Group to impersonate, repeatable."),
]
RequestTimeout = Annotated[
    str | None,
    typer.Option(
        "--request-timeout",
        metavar="DURATION",
        help="Longest time one request may take, like 10s or 2m; 0 for no limit. Default 30s.",
    ),
]


Choice = TypeVar("Choice", bound=StrEnum)


def choice(flag: str, choices: type[Choice], value: str) -> Choice:
    """Return the member of a closed set that a flag names.

    Raises:
        InputError: It names none; the message lists them, the hint the nearest one.
    """
    from difflib import get_close_matches

    try:
        return choices(value)
    except ValueError:
        known = [member.value for member in choices]
        near = get_close_matches(value.lower(), known, n=1)
        meant = f"{flag}=" if flag.startswith("-") else ""
        raise InputError(
            f'{flag}: "{value}" is not one of {", ".join(known)}',
            f"did you mean {meant}{near[0]}?" if near else "",
        ) from None


def make_target(
    ctx: typer.Context,
    fleet: str | None,
    kubeconfig: str | None,
    context: str | None,
    as_user: str | None,
    as_groups: Sequence[str] | None,
    request_timeout: str | None,
) -> "Target":
    """Turn connection flags into a target.

    ``--kubeconfig`` may stand before the subcommand too; the one nearer to the verb wins.

    Raises:
        InputError: A duration that is none, or a fleet file together with a cluster's flags.
    """
    from dpfctl.cluster.kubeconfig import ConnectOptions
    from dpfctl.session import Target

    kubeconfig = kubeconfig or ctx.meta.get(_KUBECONFIG)
    given = {"--kubeconfig": kubeconfig, "--context": context, "--as": as_user}
    given["--as-group"] = next(iter(as_groups or ()), None)
    named = next((flag for flag, value in given.items() if value), None)
    if fleet is not None and named:
        raise InputError(
            f"--from: cannot be used together with {named}",
            "a fleet file needs no cluster; leave one of the two out",
        )
    return Target(
        fleet,
        ConnectOptions(
            kubeconfig=kubeconfig or "",
            context=context or "",
            as_user=as_user or "",
            as_groups=tuple(as_groups or ()),
            request_timeout=(
                None if request_timeout is None else seconds("--request-timeout", request_timeout)
            ),
        ),
    )


def keep_kubeconfig(ctx: typer.Context, kubeconfig: str | None) -> None:
    """Remember a ``--kubeconfig`` that stands before the subcommand."""
    if kubeconfig:
        ctx.meta[_KUBECONFIG] = kubeconfig


def seconds(flag: str, text: str, *, at_least: float = 0.0) -> float:
    """Return the duration that a flag was given.

    Raises:
        InputError: It is no duration, shorter than the least one, or longer than a year.
    """
    from dpfctl.model.durations import parse_duration

    duration = parse_duration(text)
    if duration is None:
        raise InputError(f'{flag}: "{text}" is not a duration', "write 10s or 1m30s")
    if duration < at_least:
        raise InputError(f'{flag}: "{text}" is shorter than {at_least}s')
    if duration > _LONGEST:
        raise InputError(f'{flag}: "{text}" is longer than a year')
    return duration
