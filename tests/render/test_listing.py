"""Plain lists."""

from dpfctl.render.listing import lay_out_cells


def test_columns_are_as_wide_as_their_widest_cell_and_two_blanks_apart() -> None:
    assert lay_out_cells(("NAME", "WHY"), [("worker10", "no pod"), ("a", "pod Pending")]) == [
        "NAME      WHY",
        "worker10  no pod",
        "a         pod Pending",
    ]


def test_no_line_ends_with_a_blank() -> None:
    assert lay_out_cells(("A", "B"), [("long", ""), ("", "")]) == ["A     B", "long", ""]


def test_a_list_may_have_no_header_line() -> None:
    assert lay_out_cells((), [("a", "b"), ("ccc", "d")]) == ["a    b", "ccc  d"]
    assert lay_out_cells((), []) == []


def test_a_row_may_end_early() -> None:
    assert lay_out_cells(("A", "B", "C"), [("1",), ("22", "3", "4")]) == [
        "A   B  C",
        "1",
        "22  3  4",
    ]


def test_wide_letters_take_two_columns() -> None:
    assert lay_out_cells((), [("漢", "x"), ("abc", "y")]) == ["漢   x", "abc  y"]
