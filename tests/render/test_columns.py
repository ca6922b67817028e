"""The layout of a table."""

import pytest

from dpfctl.render.columns import Row, lay_out
from dpfctl.render.text import width
from tests.render import fleets
from tests.render.tables import table

ROWS = [
    Row("", "Root/r", "ns", "Ready: True", "Success", "3h", "hello"),
    Row("└─", "Leaf", continuation="  "),
]


def test_columns_are_as_wide_as_their_widest_cell_and_two_blanks() -> None:
    assert list(lay_out(ROWS)) == [
        "NAME    NAMESPACE  STATUS       REASON   SINCE  MESSAGE",
        "Root/r  ns         Ready: True  Success  3h     hello",
        "└─Leaf",
    ]


def test_the_header_line_can_be_left_out_with_its_widths() -> None:
    assert list(lay_out(ROWS, header=False)) == [
        "Root/r  ns  Ready: True  Success  3h  hello",
        "└─Leaf",
    ]


def test_wide_letters_take_two_columns() -> None:
    lines = list(lay_out([Row("", "漢字", "x"), Row("", "abcd", "漢"), Row("", "é", "z", "s")]))
    at = [width(line[: line.index(cell)]) for line, cell in zip(lines[1:], "x漢z", strict=True)]
    assert at == [6, 6, 6]


def test_no_line_ends_with_a_blank() -> None:
    for tree in (fleets.tree_of(*fleets.healthy()), fleets.tree_of(*fleets.troubled())):
        for columns in (None, 80, 200):
            assert all(line == line.rstrip() for line in table(tree, columns=columns).splitlines())


def test_a_pipe_is_as_wide_as_it_has_to_be() -> None:
    row = Row("", "x" * 300, message=" ".join(["word"] * 60))
    lines = list(lay_out([row]))
    assert "x" * 300 in lines[1]
    assert " ".join(lines).split().count("word") == 60


@pytest.mark.parametrize("columns", [60, 100, 130, 160, 240])
def test_a_narrow_terminal_loses_no_text(columns: int) -> None:
    tree = fleets.tree_of(*fleets.troubled())

    def letters(text: str) -> list[str]:
        return sorted(c for c in text if c.isalnum())

    assert letters(table(tree, columns=columns)) == letters(table(tree))


def test_a_terminal_that_is_wide_enough_shows_no_line_that_is_wider() -> None:
    tree = fleets.tree_of(*fleets.troubled())
    for columns in (155, 180, 220):
        assert max(map(width, table(tree, columns=columns).splitlines())) <= columns


def test_a_terminal_wraps_messages_at_100_bytes_at_the_latest() -> None:
    tree = fleets.tree_of(*fleets.troubled())
    assert table(tree, columns=1000) == table(tree)


def test_only_the_message_column_is_wrapped() -> None:
    row = Row("", "a-name", "a-namespace", "A status", "AReason", "3h", "word " * 9)
    first, *more = list(lay_out([row], header=False, columns=20))
    start = "a-name  a-namespace  A status  AReason  3h  "
    assert first.startswith(f"{start}word")
    assert more
    assert all(line.startswith(" " * len(start) + "word") for line in more)


def test_no_rows_are_a_header_line() -> None:
    assert list(lay_out([])) == ["NAME  NAMESPACE  STATUS  REASON  SINCE  MESSAGE"]
