"""JSON text to plain values, with the refusals that ``json`` leaves out."""

import json
import math
import re
from typing import Any, Never

from dpfctl.errors import InputError
from dpfctl.model.yaml_text import MAX_DEPTH, parse_yaml

_BLANK = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_SHOWN = 40
_SEARCHED = 16 << 20
"""Characters up to which a line number is worth a second, slower pass."""


class _DuplicateKeyError(Exception):
    """A key stands twice in one object."""


class _NotFiniteError(ValueError):
    """NaN or Infinity, which are no JSON, or a number that is too large to be another."""


def parse_json(text: str, source: str) -> tuple[Any, ...]:
    """Read one JSON text, or several that follow one another.

    Raises:
        InputError: Broken JSON, a key set twice, NaN or Infinity, nesting deeper than
            ``MAX_DEPTH``. The message starts with ``source:line`` where the line is known.
    """
    try:
        values = _decode(_mended(text))
    except json.JSONDecodeError as error:
        fact = f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise InputError(f"{source}:{error.lineno}: {fact}") from error
    except _DuplicateKeyError as error:
        raise _with_line(text, source, f'duplicate key "{error}"') from None
    except _NotFiniteError as error:
        raise InputError(f"{source}: {error} is not a number that JSON can hold") from None
    except RecursionError:
        raise _too_deep(text, source) from None
    except ValueError as error:
        # Python reads no whole number of more than 4300 digits.
        raise InputError(f"{source}: holds a number that is too long") from error
    if _is_too_deep(values):
        raise _too_deep(text, source)
    return tuple(values)


def _mended(text: str) -> str:
    """Replace halves of surrogate pairs, which no output can carry, as Go's decoder does."""
    if not _SURROGATE.search(text):
        return text
    return _ESCAPE.sub(lambda found: found[1] or "\\ufffd", text)


def _decode(text: str) -> list[Any]:
    decoder = json.JSONDecoder(
        object_pairs_hook=_unique, parse_float=finite, parse_constant=_refuse
    )
    values = []
    position = _skip(text, 0)
    while position < len(text):
        value, position = decoder.raw_decode(text, position)
        values.append(value)
        position = _skip(text, position)
    return values


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(key)
            seen.add(key)
    return result


def finite(text: str) -> float:
    """Read a number with a fraction or exponent; ``1e999`` would be written as Infinity.

    Raises:
        ValueError: It is larger than a number can be.
    """
    value = float(text)
    if math.isinf(value):
        _refuse(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
    return value


def _refuse(word: str) -> Never:
    raise _NotFiniteError(word)


def _is_too_deep(values: list[Any]) -> bool:
    # Level by level: a recursive walk costs more than the parsing did.
    level = [value for value in values if value.__class__ in (dict, list)]
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [
            child
            for parent in level
            for child in (parent.values() if parent.__class__ is dict else parent)
            if child.__class__ is dict or child.__class__ is list
        ]
    return bool(level)


def _too_deep(text: str, source: str) -> InputError:
    return _with_line(text, source, f"nested deeper than {MAX_DEPTH} levels")


def _with_line(text: str, source: str, fact: str) -> InputError:
    # JSON is YAML, and the YAML builder knows lines; it refuses the same things.
    if len(text) <= _SEARCHED:
        try:
            parse_yaml(text, source)
        except InputError as error:
            if error.message.endswith(fact):
                return error
    return InputError(f"{source}: {fact}")
