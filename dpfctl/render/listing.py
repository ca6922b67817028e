"""Plain lists: cells to aligned lines, where a tree would say nothing more.

The tree has a layout of its own (``columns``), with wrapped messages and painted names; a list is
only aligned.
"""

from collections.abc import Sequence

from dpfctl.render.text import width

GAP = "  "


def lay_out_cells(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a list, without line ends.

    Args:
        titles: n column titles; none for a list without a header line.
        rows: m rows of n clean cells, in printing order; a row may end early.

    Returns:
        The header line, if there are titles, and m lines. Columns are as wide as their widest cell
        and two blanks apart; no line ends with a blank.
    """
    table = [titles, *rows] if titles else rows
    count = max((len(row) for row in table), default=0)
    widths = [max(width(row[n]) for row in table if n < len(row)) for n in range(count)]
    return [_line(row, widths) for row in table]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=False))
    return GAP.join(cells).rstrip()
