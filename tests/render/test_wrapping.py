"""Messages on several lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.render.text import fit, width, wrap

WORDS = " ".join(["word"] * 25)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("", [""], id="nothing is one empty line"),
        pytest.param("a", ["a"], id="a word"),
        pytest.param("a\nb", ["a", "b"], id="every line is wrapped by itself"),
        pytest.param("a\n", ["a", ""], id="a newline at the end is an empty line"),
        pytest.param("a\n\nb", ["a", "", "b"], id="empty lines stay"),
        pytest.param("x" * 99, ["x" * 99], id="99 bytes fit"),
        pytest.param("x" * 100, ["", "x" * 100], id="a longer first word leaves an empty line"),
        pytest.param("ab " + "x" * 97, ["ab " + "x" * 97], id="a line has at most 100 bytes"),
        pytest.param("ab " + "x" * 98, ["ab", "x" * 98], id="101 bytes are two lines"),
        pytest.param("ab " + "x" * 96 + " c", ["ab " + "x" * 96, "c"], id="99 bytes and a word"),
        pytest.param("a  b\tc ", ["a b c "], id="runs of blanks are one, at the end too"),
        pytest.param("* " + WORDS, ["* " + WORDS[:94], "  " + WORDS[95:]], id="a list hangs"),
        pytest.param(
            "  * " + WORDS, ["  * " + WORDS[:94], "    " + WORDS[95:]], id="an indented list hangs"
        ),
        pytest.param("   " + WORDS, ["   " + WORDS[:94], "   " + WORDS[95:]], id="indent stays"),
        pytest.param("\tword", ["word"], id="a tab is no indent"),
        pytest.param("  \t word", ["  word"], id="an indent ends at a tab"),
        pytest.param("*word " + WORDS, ["*word " + WORDS[:94], WORDS[95:]], id="no list: no blank"),
        pytest.param("é" * 49, ["é" * 49], id="98 bytes of 49 letters fit"),
        pytest.param("é" * 50, ["", "é" * 50], id="bytes count, not letters"),
        pytest.param("a " + "x" * 120 + " b", ["a", "x" * 120, "b"], id="words are never broken"),
    ],
)
def test_wrapping(text: str, lines: list[str]) -> None:
    assert wrap(text) == lines


PROSE = st.text(alphabet="ab é漢*\t\n ", max_size=300)


@given(PROSE)
@settings(max_examples=100, deadline=None)
def test_wrapping_loses_no_word(text: str) -> None:
    assert "\n".join(wrap(text)).split() == text.split()


@given(PROSE)
@settings(max_examples=100, deadline=None)
def test_a_line_is_long_only_for_a_long_word(text: str) -> None:
    for line in wrap(text):
        assert len(line.encode()) <= 100 or len(line.split()) == 1


@given(PROSE, st.integers(24, 120))
@settings(max_examples=100, deadline=None)
def test_on_a_terminal_nothing_is_cut_and_everything_fits(text: str, columns: int) -> None:
    lines = fit(text, columns)
    assert all(width(line.rstrip()) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_wide_terminal_does_not_wrap_less() -> None:
    assert fit(WORDS, 500) == wrap(WORDS)
