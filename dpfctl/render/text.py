"""Text from a server, made safe and laid out.

Whatever a cluster holds may carry bytes that drive a terminal: escape sequences, C1 controls, bidi
overrides. They are shown as visible escapes, never sent.
"""

import re
from collections.abc import Iterator

from rich.cells import cell_len

WRAP_BYTES = 100

_UNSAFE = re.compile(
    "["
    "\x00-\x09\x0b-\x1f\x7f-\x9f"  # C0 but newline, DEL, C1
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # bidi, invisible, separators
    "\ufeff\ufff9-\ufffb"  # byte order mark, interlinear notes
    "\ud800-\udfff"  # lone surrogates
    "\U000e0000-\U000e007f"  # tags
    "]"
)
_BLANKS = re.compile("[ \t\v\f\r]+")
_TABBED = re.compile("^( *)[\t\v\f\r][ \t\v\f\r]*", re.MULTILINE)
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return text for one cell of one line: control characters, newlines too, made visible."""
    if text.isprintable():
        return text
    return _UNSAFE.sub(_visible, text).replace("\n", "\\n")


def clean_lines(text: str) -> str:
    """Return text that may span lines, with every other control character made visible.

    Only spaces indent a line; tabs are blanks between words, and nothing in front of them.
    """
    if text.isprintable():
        return text
    return _UNSAFE.sub(_visible, _TABBED.sub(r"\1", text))


def is_plain(text: str) -> bool:
    """Whether text holds nothing a terminal would act on; newlines are fine."""
    return text.isprintable() or not _UNSAFE.search(text)


def has_surrogates(text: str) -> bool:
    """Whether text holds half a character, which UTF-8 cannot carry."""
    return _SURROGATE.search(text) is not None


def escape_json(text: str) -> str:
    """Escape what JSON allows in its strings but a terminal or an HTML page would act on.

    ``<``, ``>`` and ``&`` as Go's encoder does. The text must be JSON already: outside of strings
    it holds none of these characters.
    """
    text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return text if text.isascii() and "\x7f" not in text else _UNSAFE.sub(_json_escape, text)


def width(text: str) -> int:
    """Number of terminal columns a clean text takes."""
    return len(text) if text.isascii() else cell_len(text)


def wrap(text: str, limit: int = WRAP_BYTES) -> list[str]:
    """Wrap a message as the Go tool does.

    Args:
        text: Message, lines separated by newlines; each is wrapped by itself.
        limit: Bytes of UTF-8 a line may have.

    Returns:
        At least one line. Words are never broken; a first word that does not fit leaves an empty
        line before it. Wrapped lines keep the indent of their line, two more below ``* ``.

    Source:
        DPF ``internal/dpfctl`` (26.x), message formatting.
    """
    if len(text) < limit and text.isascii() and text.isprintable() and "  " not in text:
        return [text]
    return [line for piece in text.split("\n") for line in _wrap_piece(piece, limit)]


def fit(text: str, columns: int) -> list[str]:
    """Wrap a message into fewer columns than ``wrap`` takes, breaking words only if they must."""
    lines = []
    for line in wrap(text, min(columns, WRAP_BYTES)):
        while width(line) > columns:
            head = _head(line, columns)
            lines.append(head)
            line = line[len(head) :]
        lines.append(line)
    return lines


def _wrap_piece(piece: str, limit: int) -> Iterator[str]:
    body = piece.lstrip(" ")
    indent = piece[: len(piece) - len(body)]
    hanging = indent + ("  " if body.startswith("* ") else "")
    line, is_empty = indent, True
    for word in _BLANKS.split(body.lstrip("\t\v\f\r ")):
        if len(line.encode()) + len(word.encode()) < limit:
            line += word if is_empty else f" {word}"
        else:
            yield line
            line = hanging + word
        is_empty = False
    yield line


def _head(line: str, columns: int) -> str:
    for end in range(min(len(line), columns), 1, -1):
        if width(line[:end]) <= columns:
            return line[:end]
    return line[:1]


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    return " " if character in "\t\v\f\r" else _code(character)


def _code(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs)
