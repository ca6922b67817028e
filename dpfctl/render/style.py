"""Colours: which text gets which SGR codes.

The codes are those of the Go tool (fatih/color 1.18), so that whatever matches its coloured output
matches ours. Text is painted after it was measured, so codes never count as columns.
"""

from enum import StrEnum

from dpfctl.describe.tree import IN_DELETION
from dpfctl.model.conditions import FALSE, TRUE, UNKNOWN

SUSPENDED = " (suspended)"


class Ink(StrEnum):
    """SGR parameters of one look."""

    GREY = "90"
    GREEN = "32"
    YELLOW = "33"
    RED = "31"
    WHITE = "37"
    CYAN = "36"


class NameLook(StrEnum):
    """How the text of a NAME cell is painted."""

    PLAIN = "plain"
    OBJECT = "object"
    GROUP = "group"
    CONDITION = "condition"
    PROBLEM = "problem"


def paint(text: str, ink: Ink) -> str:
    """Wrap text in the codes of an ink; empty text too, as the Go tool does."""
    return f"\x1b[{ink}m{text}\x1b[0m"


def ink_of(condition_type: str, status: str) -> Ink:
    """Ink of STATUS and REASON of a condition."""
    if status == TRUE:
        return Ink.GREEN
    if status not in (FALSE, UNKNOWN):
        return Ink.GREY
    if condition_type.endswith("Ready"):
        return Ink.RED
    return Ink.YELLOW if condition_type.endswith("Reconciled") else Ink.WHITE


def paint_name(text: str, look: NameLook) -> str:
    """Paint the text of a NAME cell, its tree prefix left out."""
    match look:
        case NameLook.CONDITION:
            return paint(text, Ink.CYAN)
        case NameLook.GROUP:
            return f"\x1b[37;1m{text}\x1b[0;22m"
        case NameLook.PROBLEM:
            return paint(text, Ink.RED)
        case NameLook.OBJECT:
            return _paint_object(text)
        case _:
            return text


def _paint_object(text: str) -> str:
    is_deleting = text.startswith(IN_DELETION)
    bare = text.removeprefix(IN_DELETION)
    suffix = SUSPENDED if bare.endswith(SUSPENDED) else ""
    kind, slash, name = bare.removesuffix(suffix).partition("/")
    mark = f"{paint(IN_DELETION.rstrip(), Ink.RED)} " if is_deleting else ""
    tail = paint(suffix, Ink.YELLOW) if suffix else ""
    return f"{mark}{kind}{slash}\x1b[1m{name}\x1b[22m{tail}"
