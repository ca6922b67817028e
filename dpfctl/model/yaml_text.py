"""YAML text to plain values, in one pass over the parser's events.

PyYAML's own constructors keep the last of two equal keys, follow alias bombs, read YAML 1.1
(``012`` is ten, ``2026-01-02`` a date) and forget where a value stood. This builder refuses what a
person cannot have meant, and reads scalars as the core schema of YAML 1.2 does.
"""

import math
import re
from collections.abc import Iterator
from typing import Any, Never

import yaml
from yaml import events as ev

from dpfctl.errors import InputError

MAX_DEPTH = 100
MAX_EXPANSION = 10 << 20
"""What all aliases of a text may stand for together: characters, and ``_NODE`` per value."""

_NODE = 10
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"
_TAG = "tag:yaml.org,2002:"
_NAMES = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SIGNS = frozenset("+-.0123456789")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_MAX_DIGITS = 1000
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse_yaml(text: str, source: str) -> tuple[Any, ...]:
    """Read every document of a YAML text.

    Args:
        text: One or more documents.
        source: What messages call the text, usually a file name.

    Returns:
        One value per document, in order: dicts with text keys, lists, str, int, float, bool and
        None; None for an empty document. What an alias stands for is one shared value.

    Raises:
        InputError: Broken YAML, a key set twice, nesting deeper than ``MAX_DEPTH``, aliases that
            stand for more than ``MAX_EXPANSION``, a tag outside the core schema, a key that is no
            scalar, a number that JSON cannot hold. The message starts with ``source:line``.
    """
    try:
        return tuple(_Builder(yaml.parse(text, Loader=_LOADER), source).documents())
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, source) from error
    except yaml.YAMLError as error:
        raise _character_error(error, text, source) from error


class _Builder:
    """Builds values from events; recursion is bounded by ``MAX_DEPTH``."""

    def __init__(self, events: Iterator[Any], source: str) -> None:
        self._events = events
        self._source = source
        self._anchors: dict[str, tuple[Any, int, int] | None] = {}
        self._words: dict[str, str] = {}
        self._depth = 0
        self._deepest = 0
        self._size = 0
        self._expanded = 0

    def documents(self) -> Iterator[Any]:
        for event in self._events:
            if event.__class__ is ev.DocumentStartEvent:
                self._anchors = {}
                yield self._value(next(self._events))

    def _value(self, event: Any) -> Any:
        if event.__class__ is ev.AliasEvent:
            return self._alias(event)
        self._size += _NODE
        if event.anchor is None:
            return self._node(event)
        return self._anchored(event)

    def _anchored(self, event: Any) -> Any:
        before, reached = self._size, self._deepest
        self._anchors[event.anchor] = None
        self._deepest = self._depth
        value = self._node(event)
        levels = self._deepest - self._depth
        self._anchors[event.anchor] = (value, self._size - before + _NODE, levels)
        self._deepest = max(self._deepest, reached)
        return value

    def _node(self, event: Any) -> Any:
        if event.__class__ is ev.ScalarEvent:
            return self._scalar(event)
        self._depth += 1
        self._reach(event, self._depth)
        is_mapping = event.__class__ is ev.MappingStartEvent
        expected = _TAG + ("map" if is_mapping else "seq")
        if event.tag not in (None, "!", expected):
            self._refuse_tag(event)
        value = self._mapping() if is_mapping else self._sequence()
        self._depth -= 1
        return value

    def _sequence(self) -> list[Any]:
        result = []
        while (event := next(self._events)).__class__ is not ev.SequenceEndEvent:
            result.append(self._value(event))
        return result

    def _mapping(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        merged: list[Any] | None = None
        while (event := next(self._events)).__class__ is not ev.MappingEndEvent:
            key = self._key(event)
            if key == _MERGE and event.__class__ is ev.ScalarEvent and event.implicit[0]:
                if merged is not None:
                    self._refuse(event, 'duplicate key "<<"')
                merged = self._merged(next(self._events))
                continue
            if key in result:
                self._refuse(event, f'duplicate key "{key}"')
            result[key] = self._value(next(self._events))
        for other in merged or ():
            for key, value in other.items():
                result.setdefault(key, value)
        return result

    def _merged(self, event: Any) -> list[Any]:
        value = self._value(event)
        found = value if isinstance(value, list) else [value]
        if not all(isinstance(entry, dict) for entry in found):
            self._refuse(event, "the merge key << takes a mapping or a list of mappings")
        return found

    def _key(self, event: Any) -> str:
        value = self._value(event)
        if isinstance(value, str):
            return self._words.setdefault(value, value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            return repr(value).removesuffix(".0")
        return self._refuse(event, "a key must be text")

    def _alias(self, event: Any) -> Any:
        known = self._anchors.get(event.anchor, ())
        if known is None:
            self._refuse(event, f"*{event.anchor} stands for a value that holds itself")
        if not known:
            self._refuse(event, f"*{event.anchor} has no anchor above it")
        value, size, levels = known
        self._reach(event, self._depth + levels)
        self._size += size
        self._expanded += size
        if self._expanded > MAX_EXPANSION:
            self._refuse(event, "aliases stand for too much text", "write the values out")
        return value

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        self._size += len(text)
        plain, quoted = event.implicit
        if quoted:
            return text
        if not plain:
            return self._tagged(event)
        value = resolve(text)
        if value is _REFUSED:
            self._refuse(event, f"{text} is not a number that JSON can hold")
        return value

    def _tagged(self, event: Any) -> Any:
        name = event.tag.removeprefix(_TAG)
        if name in ("str", "timestamp"):
            return event.value
        if name not in _CORE:
            self._refuse_tag(event)
        value = resolve(event.value)
        if not isinstance(value, _CORE[name]) or (name != "bool" and isinstance(value, bool)):
            self._refuse(event, f'"{event.value}" is not of the type !!{name}')
        return value

    def _reach(self, event: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        self._deepest = max(self._deepest, depth)

    def _refuse_tag(self, event: Any) -> Never:
        shown = event.tag.replace(_TAG, "!!")
        self._refuse(event, f"the tag {shown} is not supported", "remove the tag")

    def _refuse(self, event: Any, fact: str, hint: str = "") -> Never:
        raise InputError(f"{self._source}:{event.start_mark.line + 1}: {fact}", hint)


_REFUSED = object()
_CORE: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}


def resolve(text: str) -> Any:
    """Return the value of a plain scalar under the core schema of YAML 1.2.

    ``yes``, ``off``, ``1_000``, ``12:30`` and dates stay text, ``012`` is twelve, ``0o14`` too. A
    number too large for a double stays text, as kubectl keeps it.
    """
    if text in _NAMES:
        return _NAMES[text]
    if text[0] not in _SIGNS:
        return text
    if _INT.fullmatch(text) and len(text) <= _MAX_DIGITS:
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base)
    if _NOT_FINITE.fullmatch(text):
        return _REFUSED
    if not _FLOAT.fullmatch(text):
        return text
    value = float(text)
    return value if math.isfinite(value) else text


def _syntax_error(error: yaml.MarkedYAMLError, text: str, source: str) -> InputError:
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark else 0
    lines = text.splitlines()
    line = lines[number] if number < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        fact, hint = "a tab stands where YAML wants spaces", "indent with spaces only"
    else:
        fact, hint = f"not valid YAML: {error.problem or error.context}", ""
    return InputError(f"{source}:{number + 1}: {fact}", hint)


def _character_error(error: yaml.YAMLError, text: str, source: str) -> InputError:
    found = _UNPRINTABLE.search(text)
    if found is None:
        return InputError(f"{source}: not valid YAML: {error}")
    line = text.count("\n", 0, found.start()) + 1
    fact = f"the control character U+{ord(found.group()):04X} is not allowed in YAML"
    return InputError(f"{source}:{line}: {fact}", "write it as an escape in double quotes")
