"""YAML text to values: what is taken, what is refused, and at which line."""

import time
import tracemalloc
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.errors import InputError
from dpfctl.model import yaml_text
from dpfctl.model.yaml_text import MAX_DEPTH, parse_yaml, resolve


def read(text: str) -> Any:
    """The only document of a text."""
    (value,) = parse_yaml(text, "fleet.yaml")
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("nULL", "nULL"),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("0", 0),
        ("-7", -7),
        ("+12", 12),
        ("012", 12),
        ("0o14", 12),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e400", "1e400"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        (".", "."),
        ("0x", "0x"),
        ("9" * 2000, "9" * 2000),
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("=", "="),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    resolved = resolve(text)
    assert (resolved, type(resolved)) == (value, type(value))


def test_quoted_scalars_are_text() -> None:
    assert read("""[ '1', "true", '', "~" ]""") == ["1", "true", "", "~"]


def test_every_document_is_returned_in_order() -> None:
    assert parse_yaml("a: 1\n---\n# nothing\n---\n- b\n", "x") == ({"a": 1}, None, ["b"])
    assert parse_yaml("# only a comment\n", "x") == ()


def test_keys_become_text() -> None:
    assert read("{1: a, true: b, 1.5: c, 1e3: d, 0x10: e, yes: f, 2026-01-02: g}") == {
        "1": "a",
        "true": "b",
        "1.5": "c",
        "1000": "d",
        "16": "e",
        "yes": "f",
        "2026-01-02": "g",
    }


def test_aliases_share_one_value() -> None:
    value = read("a: &x {b: 1}\nc: *x\n")
    assert value == {"a": {"b": 1}, "c": {"b": 1}}
    assert value["a"] is value["c"]


def test_merge_keys_give_way_to_what_is_said() -> None:
    text = "base: &base {image: a, tag: 1}\nuse: {<<: *base, tag: 2}\nall: {<<: [*base, {x: 3}]}\n"
    value = read(text)
    assert value["use"] == {"tag": 2, "image": "a"}
    assert value["all"] == {"image": "a", "tag": 1, "x": 3}


def test_quoted_merge_key_is_a_key() -> None:
    assert read('{"<<": 1}') == {"<<": 1}


def test_tags_of_the_core_schema_count() -> None:
    text = '[!!str 1, !!int "3", !!float 1, !!bool "true", !!null "", !!timestamp 2026-01-02]'
    assert read(text) == ["1", 3, 1, True, None, "2026-01-02"]
    assert read("!!map {a: !!seq [1]}") == {"a": [1]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", '3: duplicate key "a"', id="same key"),
        pytest.param("1: a\n'1': b\n", '2: duplicate key "1"', id="same key once it is text"),
        pytest.param(
            "x: &x {}\ny: {<<: *x,\n <<: *x}\n", '3: duplicate key "<<"', id="merge twice"
        ),
        pytest.param("a:\n- b: !pet cat\n", "2: the tag !pet is not supported", id="custom tag"),
        pytest.param("a: !!binary aGk=\n", "1: the tag !!binary is not supported", id="binary"),
        pytest.param("!!set {a, b}", "1: the tag !!set is not supported", id="tag on a mapping"),
        pytest.param(
            "!!python/object:os.system {}",
            "1: the tag !!python/object:os.system is not supported",
            id="python tag",
        ),
        pytest.param("a: !!int x\n", '1: "x" is not of the type !!int', id="wrong tag"),
        pytest.param("a: !!int true\n", '1: "true" is not of the type !!int', id="bool is no int"),
        pytest.param("\na: .inf\n", "2: .inf is not a number that JSON can hold", id="infinity"),
        pytest.param("a: .nan\n", "1: .nan is not a number that JSON can hold", id="not a number"),
        pytest.param("[a]: b\n", "1: a key must be text", id="list as key"),
        pytest.param("~: b\n", "1: a key must be text", id="null as key"),
        pytest.param("a: &a [*a]\n", "1: *a stands for a value that holds itself", id="cycle"),
        pytest.param("a: *b\n", "1: *b has no anchor above it", id="unknown alias"),
        pytest.param(
            "a: &a 1\n---\nb: *a\n", "3: *a has no anchor above it", id="alias across documents"
        ),
        pytest.param(
            "<<: 1\n", "1: the merge key << takes a mapping or a list of mappings", id="bad merge"
        ),
        pytest.param(
            "a:\n\tb: 1\n", "2: a tab stands where YAML wants spaces", id="tab as indentation"
        ),
        pytest.param("a: [1,\n", "2: not valid YAML: ", id="open bracket"),
        pytest.param("a: b: c\n", "1: not valid YAML: ", id="two colons"),
        pytest.param("a: 'x\n", "2: not valid YAML: ", id="open quote"),
        pytest.param("a: 1\nb: \x01\n", "2: the control character U+0001", id="control character"),
        pytest.param("[" * 101, "1: nested deeper than 100 levels", id="deep flow"),
        pytest.param("[" * 1_000_000, "1: nested deeper than 100 levels", id="very deep flow"),
    ],
)
def test_refusals_name_the_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_yaml(text, "fleet.yaml")
    assert raised.value.message.startswith(f"fleet.yaml:{message}")


def test_block_nesting_has_the_same_limit() -> None:
    def nested(levels: int) -> str:
        return "".join(f"{' ' * level}a:\n" for level in range(levels))

    assert read(nested(MAX_DEPTH)) is not None
    with pytest.raises(InputError, match=r"fleet\.yaml:101: nested deeper"):
        read(nested(MAX_DEPTH + 1))


def test_aliases_cannot_nest_deeper_either() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200))]
    assert read("\n".join(lines[: MAX_DEPTH - 1])) is not None
    with pytest.raises(InputError, match=r"fleet\.yaml:100: nested deeper"):
        read("\n".join(lines))


def test_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    tracemalloc.start()
    begin = time.perf_counter()
    with pytest.raises(InputError, match=r"fleet\.yaml:7: aliases stand for too much"):
        read("\n".join(lines))
    elapsed = time.perf_counter() - begin
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert elapsed < 0.5
    assert peak < 50 << 20


def test_one_long_text_repeated_is_a_bomb_too() -> None:
    text = f"a: &a {'x' * 200_000}\nb:\n" + "- *a\n" * 100
    with pytest.raises(InputError, match="aliases stand for too much text"):
        read(text)


def test_pure_python_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x [1, 'two', 3.0]\nb: {<<: {c: *x}}\n---\n|\n  text\n"
    expected = parse_yaml(text, "x")
    monkeypatch.setattr(yaml_text, "_LOADER", yaml.SafeLoader)
    assert parse_yaml(text, "x") == expected
    with pytest.raises(InputError, match="x:2: a tab stands"):
        parse_yaml("a:\n\tb: 1\n", "x")
    with pytest.raises(InputError, match="x:2: the control character U\\+0007"):
        parse_yaml("a:\n b: \a\n", "x")


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
@settings(deadline=None)
def test_agrees_with_pyyaml_on_what_it_quotes(value: Any) -> None:
    text = yaml.safe_dump(value, default_style='"', allow_unicode=True)
    assert read(text) == yaml.safe_load(text)


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    refusals = []
    try:
        parse_yaml(text, "any.yaml")
    except InputError as error:
        refusals.append(error.message)
    assert all(message.startswith("any.yaml:") for message in refusals)
