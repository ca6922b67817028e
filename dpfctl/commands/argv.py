"""Command lines as the Go tool takes them, rewritten to what Typer understands.

pflag's booleans take a value behind ``=`` and never a separate one: ``--grouping``,
``--grouping=true`` and ``--grouping=false`` are all right. Typer's flags take no value. pflag also
takes ``-o=json``, which Typer would read as the value ``=json``.

Source:
    pflag 1.0, ``strconv.ParseBool`` of Go for the words of true and false.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, zip_longest

from dpfctl.errors import InputError

GROUPING = "--grouping"
BOOLEANS = frozenset(
    {
        GROUPING,
        "--issues",
        "--show-pending",
        "--show-storage",
        "--show-missing",
        "--exit-code",
        "--no-headers",
        "--watch",
        "--verbose",
        "--all",
        "--all-namespaces",
        "--allow-mass-prune",
        "--expired",
        "--force",
        "--force-conflicts",
        "--client",
        "--host-only",
        "--list",
        "--offline",
        "--overwrite",
        "--preview",
        "--prune",
        "--remove",
        "--strict",
        "--wait",
    }
)
DRY_RUN = "--dry-run"
COLOUR = "--color"
_SHORT = frozenset({"-A", "-c", "-v", "-w"})
_DRY_RUNS = frozenset({"none", "client", "server"})
_COLOURS = frozenset({"always", "never", "auto"})
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


def normalise(args: Sequence[str]) -> list[str]:
    """Rewrite a command line; everything behind ``--`` stays as it is.

    A boolean that is given several times counts as it was given last, as in pflag.

    Raises:
        InputError: A boolean flag has a value that is neither true nor false, or has it as a
            separate word, which pflag would silently take for an argument.
    """
    words = list(args)
    end = words.index("--") if "--" in words else len(words)
    for flag, word in pairwise(words[:end]):
        is_word = word in (*_TRUE, *_FALSE) or (flag in (COLOUR, "-c") and word in _COLOURS)
        if flag in (*BOOLEANS, COLOUR, *_SHORT) and is_word:
            raise InputError(f"{flag}: its value goes behind '='", f"write {flag}={word}")
    last = {w.partition("=")[0]: w for w in words[:end] if w.partition("=")[0] in BOOLEANS}
    plain = _with_dry_run(words[:end])
    return [new for word in plain for new in _rewrite(word, last)] + words[end:]


def _with_dry_run(words: Sequence[str]) -> Iterator[str]:
    """Read a bare ``--dry-run`` as kubectl does: as ``client``; a separate value is taken too."""
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        is_bare = word == DRY_RUN and following not in _DRY_RUNS
        yield f"{DRY_RUN}=client" if is_bare else word


def _rewrite(word: str, last: Mapping[str, str]) -> Iterator[str]:
    flag, equals, value = word.partition("=")
    if flag in BOOLEANS:
        _, equals, value = last[flag].partition("=")
        if not equals or _truth(flag, value):
            yield flag
        elif flag == GROUPING:
            yield f"--no-{GROUPING[2:]}"
    elif word == COLOUR:
        yield f"{COLOUR}=true"
    elif flag == COLOUR:
        yield f"{COLOUR}={_colour_word(value)}"
    elif len(word) > 1 and word[0] == "-" and word[1] != "-":
        yield from _rewrite_short(word)
    else:
        yield word


def _rewrite_short(word: str) -> Iterator[str]:
    flag, rest = word[:2], word[2:]
    if flag in _SHORT:
        value = rest[1:] if rest[:1] == "=" else "true"
        if flag == "-c":
            yield f"{COLOUR}={_colour_word(value)}"
        elif _truth(flag, value):
            yield flag
        if rest and rest[0] != "=":
            yield from _rewrite_short(f"-{rest}")
    elif word[2:3] == "=":
        yield word[:2] + word[3:] if word[3:] else word[:2]
        if not word[3:]:
            yield ""
    else:
        yield word


def _colour_word(value: str) -> str:
    if value in _TRUE:
        return "true"
    return "false" if value in _FALSE else value


def _truth(flag: str, value: str) -> bool:
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise InputError(f'{flag}: "{value}" is not true or false')
