"""Documents of a YAML or JSON text, and the way back from a value to its line.

Lines are looked up only when a message needs one: the text is walked a second time, so that reading
a good file pays nothing for it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import yaml
from yaml import events as ev

from dpfctl.errors import InputError
from dpfctl.model.json_text import parse_json
from dpfctl.model.relative_times import MARK
from dpfctl.model.yaml_text import parse_yaml

_SEARCHED = 16 << 20  # characters; a second pass over more takes longer than a message is worth
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\x1f\x8b": "compressed with gzip",
    b"PK\x03\x04": "a zip archive",
}

Path = tuple[str | int, ...]
"""Keys and indexes from the root of a document to a value."""


def shown(path: Path) -> str:
    """Write a path as messages do: ``host.items[3].metadata``."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return steps.removeprefix(".")


class Format(StrEnum):
    """How a text is written."""

    YAML = "yaml"
    JSON = "json"


LIMITS = {Format.YAML: 64 << 20, Format.JSON: 1 << 30}  # bytes
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
_SAVE_JSON = "JSON may have 1 GiB: `dpfctl snapshot save FILE.json`"


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a text.

    Attributes:
        source: What messages call the text, usually a file name.
        number: Place in the text, from 0.
        value: What the document holds, plain values.
        format: How the text is written.
        text: All documents of the text, for looking up lines; empty if it is too long for that.
        is_relative: Whether ``${NOW`` occurs in the text.
    """

    source: str
    number: int
    value: Any
    format: Format
    text: str = field(default="", repr=False, compare=False)
    is_relative: bool = False

    def where(self, path: Path = ()) -> str:
        """Say where a value stands: ``file:line``, or file, document and path for huge texts."""
        line = find_line(self.text, self.number, path)
        if line:
            return f"{self.source}:{line}"
        within = f", {shown(path)}" if path else ""
        return f"{self.source}: document {self.number + 1}{within}"


def parse_documents(data: bytes, source: str) -> tuple[Document, ...]:
    """Read the documents of a file, JSON or YAML, whatever its name.

    Args:
        data: The bytes of the file; UTF-8, with or without a byte order mark.
        source: What messages call the file.

    Raises:
        InputError: Too large, not UTF-8 text, or not what ``parse_yaml`` and ``parse_json`` take.
    """
    told = format_of(data)
    check_size(len(data), source, told)
    text = decode(data, source)
    del data  # as large as the text; the values need the room
    values, written = _parse(text, source, told is Format.JSON)
    kept = text if len(text) <= _SEARCHED else ""
    is_relative = MARK in text
    return tuple(
        Document(source, number, value, written, kept, is_relative)
        for number, value in enumerate(values)
    )


def format_of(data: bytes) -> Format:
    """Tell by its first character how a text is written; its beginning is enough."""
    return Format.JSON if _JSON.match(data) else Format.YAML


def check_size(size: int, source: str, written: Format) -> None:
    """Refuse what is larger than a fleet can sensibly be.

    Args:
        size: Bytes of the file.
        source: What messages call the file.
        written: How the file is written; JSON is read faster and may be larger.

    Raises:
        InputError: The file is over its limit.
    """
    limit = LIMITS[written]
    if size > limit:
        most = f"{limit >> 20} MiB" if limit < 1 << 30 else f"{limit >> 30} GiB"
        hint = _SAVE_JSON if written is Format.YAML else ""
        raise InputError(f"{source}: larger than {most}, the limit for {written.upper()}", hint)


def decode(data: bytes, source: str) -> str:
    """Return the text of a file.

    Raises:
        InputError: The bytes are no UTF-8 text, or hold a NUL.
    """
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            raise InputError(f"{source}: is {name}, not UTF-8 text", "save it as plain UTF-8 text")
    if (nul := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise InputError(f"{source}:{line}: holds a NUL byte, so it is no text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{source}:{line}: not UTF-8 text", "save it as UTF-8 text") from error


def find_line(text: str, number: int, path: Path) -> int:
    """Look up the line on which a value starts.

    Args:
        text: YAML or JSON that could be read.
        number: Which document, from 0.
        path: Where the value stands in it.

    Returns:
        The line, from 1; 0 if the text does not hold the path.
    """
    try:
        return _walk(yaml.parse(text, Loader=_LOADER), number, path)
    except (yaml.YAMLError, StopIteration):
        return 0  # JSON texts that follow one another are not YAML


def _walk(events: Iterator[Any], number: int, path: Path) -> int:
    for _ in range(number + 1):
        while next(events).__class__ is not ev.DocumentStartEvent:
            pass
    event = next(events)
    for step in path:
        event = _child(events, event, step)
    return int(event.start_mark.line) + 1


def _child(events: Iterator[Any], parent: Any, step: str | int) -> Any:
    """The first event of a child; StopIteration if there is none of that name."""
    index = 0
    while not isinstance(event := next(events), ev.CollectionEndEvent):
        here: str | int = index
        if isinstance(parent, ev.MappingStartEvent):
            here = getattr(event, "value", "")
            event = next(events) if isinstance(event, ev.ScalarEvent) else event
        if here == step:
            return event
        _pass_over(events, event)
        index += 1
    raise StopIteration


def _pass_over(events: Iterator[Any], event: Any) -> None:
    depth = int(isinstance(event, ev.CollectionStartEvent))
    while depth:
        event = next(events)
        depth += isinstance(event, ev.CollectionStartEvent)
        depth -= isinstance(event, ev.CollectionEndEvent)


def _parse(text: str, source: str, is_json: bool) -> tuple[tuple[Any, ...], Format]:
    if not is_json:
        return parse_yaml(text, source), Format.YAML
    try:
        return parse_json(text, source), Format.JSON
    except InputError:
        # YAML in flow style starts with a bracket too.
        if source.endswith(".json") or len(text) > LIMITS[Format.YAML]:
            raise
        return _flow_yaml(text, source), Format.YAML


def _flow_yaml(text: str, source: str) -> tuple[Any, ...]:
    try:
        return parse_yaml(text, source)
    except InputError:
        if source.endswith((".yaml", ".yml")):
            raise
    return parse_json(text, source)
