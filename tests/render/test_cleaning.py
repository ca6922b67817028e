"""Text from a server never drives a terminal."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.render import machine
from dpfctl.render.text import clean, clean_lines, width
from tests.builders import condition, dpu, dpu_service
from tests.render.tables import banned, table
from tests.unit.trees import describe

HOSTILE = {
    "escape sequence": ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
    "bell and backspace": ("a\x07b\x08c", "a\\x07b\\x08c"),
    "delete": ("a\x7fb", "a\\x7fb"),
    "C1 control sequence": ("a\x9b31mb", "a\\x9b31mb"),
    "next line": ("a\x85b", "a\\x85b"),
    "null": ("a\x00b", "a\\x00b"),
    "bidi override": ("a\u202eb", "a\\u202eb"),
    "bidi isolate": ("a\u2066b\u2069", "a\\u2066b\\u2069"),
    "bidi mark": ("a\u200f\u061cb", "a\\u200f\\u061cb"),
    "zero width": ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
    "line separator": ("a\u2028b\u2029", "a\\u2028b\\u2029"),
    "lone surrogate": ("a\ud800b", "a\\ud800b"),
    "tag": ("a\U000e0041b", "a\\U000e0041b"),
}
HARMLESS = ["plain", "größe", "漢字", "[red]not markup[/red]", "[/etc] missing", "👍", "a\u00a0b"]


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_drives_a_terminal_becomes_visible(text: str, shown: str) -> None:
    assert clean(text) == shown
    assert clean_lines(text) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert clean(text) == text
    assert clean_lines(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\tb", "a b", id="a tab between words is a blank"),
        pytest.param("\tb", "b", id="a tab is no indent"),
        pytest.param("a\n  \t b\n\tc", "a\n  b\nc", id="an indent ends at a tab"),
        pytest.param("a\r\nb", "a \nb", id="line ends of Windows"),
    ],
)
def test_tabs(text: str, shown: str) -> None:
    assert clean_lines(text) == shown


def test_a_newline_is_a_line_only_where_lines_are_allowed() -> None:
    assert clean("a\nb") == "a\\nb"
    assert clean_lines("a\nb") == "a\nb"


@given(st.text(st.characters(), max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_text_survives_that_is_banned(text: str) -> None:
    for cleaned in (clean(text), clean_lines(text)):
        assert not banned(cleaned)
    assert "\n" not in clean(text)


@pytest.mark.parametrize("bad", [text for text, _ in HOSTILE.values()], ids=HOSTILE.keys())
def test_every_cell_of_a_table_is_cleaned(bad: str) -> None:
    tree = describe(
        dpu(bad, bad).conditions(
            condition("Ready", bad, bad, bad), condition(bad, "False", bad, f"one\n{bad}")
        ),
        dpu_service(bad, bad).ready(reason=bad, message=bad),
    )
    for text in (table(tree), table(tree, columns=100)):
        assert not banned(text)


@pytest.mark.parametrize("bad", [text for text, _ in HOSTILE.values()], ids=HOSTILE.keys())
def test_json_yaml_and_names_are_cleaned(bad: str) -> None:
    tree = describe(dpu(bad).ready(message=bad))
    data = machine.tree_data(tree)
    texts = (
        machine.to_json(data),
        machine.to_yaml(data),
        "\n".join(machine.tree_names(tree)),
    )
    for text in texts:
        assert not banned(text)


@pytest.mark.parametrize(
    "bad", [t for k, (t, _) in HOSTILE.items() if k != "lone surrogate"] + HARMLESS
)
def test_yaml_gives_back_what_went_in(bad: str) -> None:
    assert yaml.safe_load(machine.to_yaml({"text": bad})) == {"text": bad}


def test_markup_of_rich_is_only_text() -> None:
    tree = describe(dpu_service("s").degraded("[bold]", "[red]x[/red] [/etc] missing [link=y]"))
    for text in (table(tree), table(tree, colour=True)):
        assert "[bold]" in text
        assert "[red]x[/red] [/etc] missing [link=y]" in text


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("漢字", 4), ("é", 1), ("", 0)])
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns
