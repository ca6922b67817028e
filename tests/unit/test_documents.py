"""Bytes to documents: encodings, formats, limits, and the line of a value."""

import pytest

from dpfctl.errors import InputError
from dpfctl.model import documents
from dpfctl.model.documents import Format, Path, check_size, find_line, parse_documents

TEXT = """\
# a comment
kind: List
items:
- kind: DPU
  metadata: &m {name: a}
- kind: BFB
  "metadata":
    name: b
---
- [x, y]
- {1: one,
   two: 2}
"""


@pytest.mark.parametrize(
    ("number", "path", "line"),
    [
        (0, (), 2),
        (0, ("kind",), 2),
        (0, ("items", 0), 4),
        (0, ("items", 0, "metadata", "name"), 5),
        (0, ("items", 1, "metadata"), 8),
        (1, (), 10),
        (1, (0, 1), 10),
        (1, (1, "1"), 11),
        (1, (1, "two"), 12),
        (0, ("absent",), 0),
        (0, ("items", 7), 0),
        (0, ("kind", "below a text"), 0),
        (2, (), 0),
    ],
)
def test_find_line(number: int, path: Path, line: int) -> None:
    assert find_line(TEXT, number, path) == line


def test_where_falls_back_to_the_path() -> None:
    _, second = parse_documents(b'{"a": 1}\n{"items": [{}, {}]}', "two.json")
    assert second.where() == "two.json: document 2"
    assert second.where(("items", 1, "metadata")) == "two.json: document 2, items[1].metadata"


def test_json_is_told_by_its_first_character(monkeypatch: pytest.MonkeyPatch) -> None:
    (json_document,) = parse_documents(b' \n{"a": 1}', "-")
    (yaml_document,) = parse_documents(b"a: 1", "fleet.json")
    (flow_document,) = parse_documents(b"{a: 1}", "-")
    assert json_document.format is Format.JSON
    assert yaml_document.format is Format.YAML
    assert flow_document.format is Format.YAML
    assert json_document.value == yaml_document.value == flow_document.value


def test_broken_flow_text_is_judged_as_what_its_name_says() -> None:
    with pytest.raises(InputError, match="not valid JSON"):
        parse_documents(b'{"a": [1, 2}', "a.json")
    with pytest.raises(InputError, match="not valid JSON"):
        parse_documents(b'{"a": [1, 2}', "standard input")
    with pytest.raises(InputError, match="not valid YAML"):
        parse_documents(b"{a: [1, 2}", "a.yaml")
    with pytest.raises(InputError, match='duplicate key "a"'):
        parse_documents(b'{"a": 1, "a": 2}', "a.yaml")


def test_byte_order_mark_is_accepted() -> None:
    assert parse_documents(b"\xef\xbb\xbf{}", "x")[0].value == {}
    assert parse_documents(b"\xef\xbb\xbfa: 1", "x")[0].value == {"a": 1}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param("a: 1".encode("utf-16"), "x: is UTF-16, not UTF-8 text", id="utf-16"),
        pytest.param("a: 1".encode("utf-16-be"), "x:1: holds a NUL byte", id="utf-16 unmarked"),
        pytest.param(b"a: 1\nb: \0\n", "x:2: holds a NUL byte", id="nul"),
        pytest.param(b"\x1f\x8b\x08", "x: is compressed with gzip", id="gzip"),
        pytest.param(b"PK\x03\x04", "x: is a zip archive", id="zip"),
        pytest.param(b"a: 1\nb: \xe4\n", "x:2: not UTF-8 text", id="latin-1"),
    ],
)
def test_what_is_no_text_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_documents(data, "x")
    assert raised.value.message.startswith(message)


def test_limits_are_named() -> None:
    check_size(64 << 20, "f", Format.YAML)
    check_size(1 << 30, "f", Format.JSON)
    with pytest.raises(InputError) as raised:
        check_size((64 << 20) + 1, "f.yaml", Format.YAML)
    assert raised.value.message == "f.yaml: larger than 64 MiB, the limit for YAML"
    assert raised.value.hint == "JSON may have 1 GiB: `dpfctl snapshot save FILE.json`"
    with pytest.raises(InputError, match="larger than 1 GiB, the limit for JSON"):
        check_size((1 << 30) + 1, "f.json", Format.JSON)


def test_size_is_checked_before_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(documents.LIMITS, Format.YAML, 10)
    assert parse_documents(b'{"a": "0123456789"}', "x")
    with pytest.raises(InputError, match="the limit for YAML"):
        parse_documents(b"a: 0123456789", "x")


def test_long_texts_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_SEARCHED", 10)
    (document,) = parse_documents(b"kind: DPU\nspec: {}\n", "x")
    assert document.where(("spec",)) == "x: document 1, spec"
