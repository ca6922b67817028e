"""Words for shell completion.

Names come from the fleet of the command line as far as it is typed. Completion must never get in
the way: whatever goes wrong, and whatever takes longer than two seconds, completes to nothing.
"""

import os
import threading

import typer

from dpfctl.model import kinds

PATIENCE_SECONDS = 2.0


def filter_words(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a comma list of kinds and, behind ``kind/``, names of that kind."""
    done, comma, word = incomplete.rpartition(",")
    kind_word, slash, _ = word.partition("/")
    if slash:
        words = [f"{kind_word}/{name}" for name in _names(ctx, kind_word)]
    else:
        words = ["all", *sorted(kind.plural for kind in kinds.DESCRIBED)]
    return [f"{done}{comma}{w}" for w in words if w.startswith(word)]


def service_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete names of DPUServices that were not typed yet."""
    typed = ctx.params.get("names") or ()
    names = (name for name in _names(ctx, "dpuservice") if name not in typed)
    return [name for name in names if name.startswith(incomplete)]


def nearest_kind(unmatched: str) -> str:
    """Return a question after the kind that ``--flag=word`` was meant to name, or nothing."""
    from difflib import get_close_matches

    flag, _, value = unmatched.partition("=")
    if flag == "--namespace":
        return ""
    word = value.partition("/")[0].lower()
    known = [kind.name.lower() for kind in kinds.DESCRIBED]
    near = get_close_matches(word, known, n=1, cutoff=0.75)
    return f", did you mean {near[0]}?" if near and near[0] != word else ""


def _names(ctx: typer.Context, kind_word: str) -> list[str]:
    found: list[str] = []
    reader = threading.Thread(target=_read_names, args=(ctx, kind_word, found), daemon=True)
    reader.start()
    reader.join(PATIENCE_SECONDS)
    return sorted(found)


def _read_names(ctx: typer.Context, kind_word: str, found: list[str]) -> None:
    from dpfctl.commands.flags import make_target
    from dpfctl.describe.filters import known_kind
    from dpfctl.errors import DpfctlError
    from dpfctl.session import real_session

    kind = known_kind(kind_word)
    if kind is None:
        return
    given = ctx.params.get
    try:
        target = make_target(
            ctx,
            given("fleet"),
            given("kubeconfig"),
            given("context"),
            given("as_user"),
            given("as_group"),
            None,
        )
        cluster = real_session(os.environ).connect(target)
        found.extend(resource.name for resource in cluster.list(kind, given("namespace")))
    except (DpfctlError, OSError):
        return
