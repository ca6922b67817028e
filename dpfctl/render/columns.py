"""Rows to aligned lines: the layout of every table dpfctl prints.

Column widths are those of the widest cell; two blanks stand between columns; the end of a line is
never padded. Our own code, because a Rich table takes 0.8 ms a row and these tables have thousands
(``docs/decisions/0003-column-layout.md``).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dpfctl.render.style import Ink, NameLook, paint, paint_name
from dpfctl.render.text import fit, width, wrap

TITLES = ("NAME", "NAMESPACE", "STATUS", "REASON", "SINCE", "MESSAGE")
GAP = "  "
NARROWEST_MESSAGE = 24


class Row(NamedTuple):
    """One row before layout; texts are clean.

    Attributes:
        prefix: Tree lines before the name, one column a character.
        name: Text of the NAME cell behind the prefix.
        namespace: NAMESPACE cell.
        status: STATUS cell.
        reason: REASON cell.
        since: SINCE cell.
        message: MESSAGE cell, not yet wrapped.
        continuation: Prefix of the further lines a long message takes.
        look: How the name is painted.
        ink: How status and reason are painted.
    """

    prefix: str
    name: str
    namespace: str = ""
    status: str = ""
    reason: str = ""
    since: str = ""
    message: str = ""
    continuation: str = ""
    look: NameLook = NameLook.PLAIN
    ink: Ink = Ink.GREY


def lay_out(
    rows: Sequence[Row], *, header: bool = True, colour: bool = False, columns: int | None = None
) -> Iterable[str]:
    """Yield the lines of a table, without line ends.

    Args:
        rows: In printing order.
        header: Whether the first line names the columns.
        colour: Whether names, status and reason are painted.
        columns: Width of the terminal, which wraps messages further; None on a pipe, where a line
            is as long as it has to be.
    """
    titles = TITLES if header else ("",) * len(TITLES)
    name_width = max([len(titles[0]), *(len(r.prefix) + width(r.name) for r in rows)])
    widths = [
        max([len(title), *map(width, cells)])
        for title, cells in zip(titles[1:5], _columns(rows), strict=True)
    ]
    if header:
        cells = (*_padded(titles[1:5], widths), titles[5])
        yield GAP.join((titles[0].ljust(name_width), *cells)).rstrip()
    room = _message_room(columns, name_width + sum(widths) + 5 * len(GAP))
    for row in rows:
        lines = wrap(row.message) if room is None else fit(row.message, room)
        yield _line(row, lines[0], name_width, widths, colour)
        if len(lines) > 1:
            lead = _pad(_prefix(row.continuation, colour), len(row.continuation), name_width)
            blank = GAP.join((lead, *(" " * w for w in widths), ""))
            for text in lines[1:]:
                yield (blank + text).rstrip()


def _columns(rows: Sequence[Row]) -> tuple[set[str], ...]:
    """The distinct cells of the four columns between name and message."""
    return (
        {r.namespace for r in rows},
        {r.status for r in rows},
        {r.reason for r in rows},
        {r.since for r in rows},
    )


def _message_room(columns: int | None, used: int) -> int | None:
    return None if columns is None else max(columns - used, NARROWEST_MESSAGE)


def _line(row: Row, message: str, name_width: int, widths: list[int], colour: bool) -> str:
    name = _prefix(row.prefix, colour) + (paint_name(row.name, row.look) if colour else row.name)
    cells = _padded((row.namespace, row.status, row.reason, row.since), widths)
    if colour:
        status, reason = paint(row.status, row.ink), paint(row.reason, row.ink)
        cells[1] = _pad(status, width(row.status), widths[1])
        cells[2] = _pad(reason, width(row.reason), widths[2])
    lead = _pad(name, len(row.prefix) + width(row.name), name_width)
    return GAP.join((lead, *cells, message)).rstrip()


def _prefix(prefix: str, colour: bool) -> str:
    return paint(prefix, Ink.GREY) if colour else prefix


def _padded(cells: Iterable[str], widths: Iterable[int]) -> list[str]:
    return [_pad(cell, width(cell), w) for cell, w in zip(cells, widths, strict=True)]


def _pad(text: str, taken: int, wanted: int) -> str:
    return text + " " * (wanted - taken)
