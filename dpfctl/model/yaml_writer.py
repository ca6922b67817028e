"""Plain values to YAML text that every reader understands alike.

Kubernetes tools still read YAML 1.1, we read 1.2: text that either takes for something else is
quoted. Events go straight to the emitter, without the node tree that PyYAML would build.
"""

import io
import json
import re
from collections.abc import Iterable
from typing import Any

import yaml
from yaml import events as ev

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WIDE = 1 << 30
_NUMBER = r"""
    0[bB][01_]+ | 0[xX][0-9a-fA-F_]+ | 0[oO][0-7_]+
    | [0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
    | (?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?
    | \.(?:inf|Inf|INF)
"""
_AMBIGUOUS = re.compile(
    rf"""
    [-+]?(?:{_NUMBER}) | \.(?:nan|NaN|NAN)
    | [0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}(?:[Tt\s].*)?
    | (?i:y|n|yes|no|on|off|true|false|null) | ~ | = | << |
    """,
    re.VERBOSE,
)
_PLAIN = (True, True)
_TYPED = (True, False)
_MAPPING = ev.MappingStartEvent(None, None, True, flow_style=False)
_SEQUENCE = ev.SequenceStartEvent(None, None, True, flow_style=False)


def write_yaml(documents: Iterable[Any]) -> bytes:
    """Write values as YAML documents.

    Args:
        documents: Plain values as JSON has them; keys are text and keep their order. A value that
            stands in several places is written out in each.

    Returns:
        UTF-8 text in block style. Text that looks like a number, a date, a truth value or null is
        quoted, text of several lines is a literal block. Nothing is folded.

    Raises:
        TypeError: A value is none that JSON has.
    """
    out = io.BytesIO()
    writer = _Writer(_DUMPER(out, allow_unicode=True, encoding="utf-8", width=_WIDE))
    writer.emit(ev.StreamStartEvent(encoding="utf-8"))
    for document in documents:
        writer.emit(ev.DocumentStartEvent(explicit=writer.has_written))
        writer.value(document)
        writer.emit(ev.DocumentEndEvent())
        writer.has_written = True
    writer.emit(ev.StreamEndEvent())
    return out.getvalue()


class _Writer:
    """Walks values and hands events to the emitter."""

    def __init__(self, dumper: Any) -> None:
        self.emit = dumper.emit
        self.has_written = False
        self._words: dict[str, Any] = {}

    def value(self, value: Any) -> None:
        if isinstance(value, dict):
            self.emit(_MAPPING)
            for key, child in value.items():
                self.emit(self._text(key))
                self.value(child)
            self.emit(ev.MappingEndEvent())
        elif isinstance(value, list):
            self.emit(_SEQUENCE)
            for child in value:
                self.value(child)
            self.emit(ev.SequenceEndEvent())
        elif isinstance(value, str):
            self.emit(self._text(value))
        else:
            # Not finite, or no JSON at all: json refuses it with the right words.
            text = json.dumps(value, allow_nan=False)
            self.emit(ev.ScalarEvent(None, None, _TYPED, text))

    def _text(self, text: str) -> Any:
        event = self._words.get(text)
        if event is None:
            event = ev.ScalarEvent(None, None, _PLAIN, text, style=_style(text))
            self._words[text] = event
        return event


def _style(text: str) -> str | None:
    if "\n" in text:
        return "|"
    return '"' if _AMBIGUOUS.fullmatch(text) else None
