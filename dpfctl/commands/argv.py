"""Command lines as the Go tool takes them, rewritten to what Typer understands.

pflag's booleans take a value behind ``=`` and never a separate one: ``--grouping``,
``--grouping=true`` and ``--grouping=false`` are all right. Typer has flag pairs instead. pflag also
takes ``-o=json``, which Typer would read as the value ``=json``.

Source:
    pflag 1.0, ``strconv.ParseBool`` of Go for the words of true and false.
"""

from collections.abc import Iterator, Sequence

from dpfctl.errors import InputError

BOOLEANS = frozenset(
    {
        "--grouping",
        "--issues",
        "--show-pending",
        "--show-storage",
        "--show-missing",
        "--exit-code",
        "--no-headers",
        "--watch",
        "--verbose",
    }
)
COLOUR = "--color"
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


def normalise(args: Sequence[str]) -> list[str]:
    """Rewrite a command line; everything behind ``--`` stays as it is.

    Raises:
        InputError: A boolean flag has a value that is neither true nor false.
    """
    words = list(args)
    end = words.index("--") if "--" in words else len(words)
    return [new for word in words[:end] for new in _rewrite(word)] + words[end:]


def _rewrite(word: str) -> Iterator[str]:
    flag, equals, value = word.partition("=")
    if flag in BOOLEANS and equals:
        yield flag if _truth(flag, value) else f"--no-{flag[2:]}"
    elif word == COLOUR:
        yield f"{COLOUR}=true"
    elif flag == COLOUR:
        yield f"{COLOUR}={_colour_word(value)}"
    elif len(word) > 1 and word[0] == "-" and word[1] != "-":
        yield from _rewrite_short(word)
    else:
        yield word


def _rewrite_short(word: str) -> Iterator[str]:
    if word[1] == "c":
        value = word[3:] if word[2:3] == "=" else "true"
        yield f"{COLOUR}={_colour_word(value)}"
        if len(word) > 2 and word[2] != "=":
            yield from _rewrite_short(f"-{word[2:]}")
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
