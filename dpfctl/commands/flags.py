"""Flags that several commands share, declared once."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from dpfctl.commands import completing
from dpfctl.errors import InputError
from dpfctl.model.timestamps import format_time, parse_time

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

_CONNECTION: Mapping[str, Any] = {
    "fleet": From,
    "kubeconfig": Kubeconfig,
    "context": Context,
    "as_user": As,
    "as_group": AsGroup,
    "request_timeout": RequestTimeout,
}
"""What ``make_target`` takes, in its order."""

ServiceNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]...",
        help="DPUServices: name, namespace/name or dpuservice/name.",
        autocompletion=completing.service_names,
        show_default=False,
    ),
]
Selector = Annotated[
    str | None,
    typer.Option("--selector", "-l", metavar="SELECTOR", help="Only those with these labels."),
]
All = Annotated[bool, typer.Option("--all", help="All of the namespace; with -A of all.")]
AllNamespaces = Annotated[
    bool, typer.Option("--all-namespaces", "-A", help="Look in all namespaces.")
]
TargetNamespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NAME",
        help="Namespace; that of the context, else dpf-operator-system.",
    ),
]
DryRunFlag = Annotated[
    str,
    typer.Option(
        "--dry-run",
        metavar="MODE",
        help="none, client (show the plan) or server (have it checked, store nothing).",
        autocompletion=lambda: ["none", "client", "server"],
    ),
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="text, json, yaml or name.",
        autocompletion=lambda: [form.value for form in Form],
    ),
]
Colour = Annotated[
    str,
    typer.Option(
        "--color", "-c", metavar="WHEN", help="true, false, always, never or auto; for diffs."
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for the effect on the cluster.")]
Timeout = Annotated[
    str | None,
    typer.Option("--timeout", metavar="DURATION", help="Longest time to wait. Default 5m."),
]
DEFAULT_TIMEOUT = 300.0


class Form(StrEnum):
    """Values of ``-o`` of every command but ``describe``."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


class ManifestForm(StrEnum):
    """Values of ``-o`` where manifests are printed."""

    YAML = "yaml"
    JSON = "json"


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


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flags that say which fleet it works on.

    Args:
        command: Takes ``target`` as a keyword; the flags stand behind its own in the help.

    Returns:
        The same command with these flags in place of ``target``.
    """
    own = inspect.signature(command)

    @functools.wraps(command)
    def run(ctx: typer.Context, **given: Any) -> None:
        asked = [given.pop(name) for name in _CONNECTION]
        command(ctx, target=make_target(ctx, *asked), **given)

    kept = [p for p in own.parameters.values() if p.name != "target"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=flag)
        for name, flag in _CONNECTION.items()
    ]
    return with_parameters(run, [*kept, *added])


def with_parameters(
    command: Callable[..., None], parameters: Sequence[inspect.Parameter]
) -> Callable[..., None]:
    """Make Typer see these parameters in a command that takes what it is given."""
    signature = inspect.Signature(parameters)
    command.__signature__ = signature  # type: ignore[attr-defined]  # inspect.signature reads it
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


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


def form_of(output: str) -> Form:
    """Return the format that ``-o`` names; ``table`` and nothing are the text for people.

    Raises:
        InputError: It names none.
    """
    return choice("--output", Form, "text" if output in ("", "table") else output)


def wait_limit(is_waiting: bool, timeout: str | None, *, is_file: bool, is_trial: bool) -> float:
    """Return the seconds that ``--wait`` may take, 0 if there is to be no waiting.

    Raises:
        InputError: ``--wait`` where nothing ever happens: a fleet file, a dry run; ``--timeout``
            without it, or no duration.
    """
    if timeout is not None and not is_waiting:
        raise InputError("--timeout: only together with --wait", "--timeout bounds waiting only")
    if not is_waiting:
        return 0.0
    if is_file:
        fact = "cannot be used together with --from"
        raise InputError(f"--wait: {fact}", "no controller works on a fleet file")
    if is_trial:
        raise InputError("--wait: cannot be used together with --dry-run", "nothing would happen")
    return DEFAULT_TIMEOUT if timeout is None else seconds("--timeout", timeout, at_least=0.1)


def utf8(flag: str, text: str | None) -> str | None:
    """Return the text of a flag that is going to be stored.

    Raises:
        InputError: The bytes of the command line were no UTF-8, which is all that an object holds.
    """
    if text is not None and not is_utf8(text):
        raise InputError(f"{flag}: is not UTF-8 text", "set the terminal to UTF-8")
    return text


def is_utf8(text: str) -> bool:
    """Whether text from outside can be stored: Python keeps other bytes as half characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def moment(flag: str, text: str, now: datetime) -> datetime:
    """Return the point in time that a flag was given: a time, or a duration from now.

    Raises:
        InputError: It is neither, or it is over.
    """
    from dpfctl.model.durations import parse_duration

    span = None if text.isdecimal() else parse_duration(text)
    try:
        found = parse_time(text) if span is None else now + timedelta(seconds=span)
    except OverflowError:
        found = None
    if found is None:
        fact = f'{flag}: "{text}" is neither a duration nor a time'
        raise InputError(fact, "write 2h, 3d, or 2026-12-01T08:00Z")
    if found <= now:
        raise InputError(f'{flag}: "{text}" is in the past', f"it is {format_time(now)} now")
    return found
