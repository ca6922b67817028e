"""Label selectors, as text and as objects."""

from typing import Any

import pytest

from dpfctl.errors import InputError
from dpfctl.model.selectors import (
    EVERYTHING,
    Operator,
    Requirement,
    label_selector,
    parse_selector,
)

LABELS = {"app": "hbn", "svc.dpu.nvidia.com/critical": "", "tier": "2"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("  ", True),
        ("app", True),
        ("!app", False),
        ("! other", True),
        ("app=hbn", True),
        ("app==hbn", True),
        ("app = hbn", True),
        ("app=dts", False),
        ("app!=hbn", False),
        ("other!=hbn", True),
        ("app in (dts,hbn)", True),
        ("app in (dts)", False),
        ("app notin (dts, ovn)", True),
        ("app notin (hbn)", False),
        ("other notin (hbn)", True),
        ("svc.dpu.nvidia.com/critical=", True),
        ("svc.dpu.nvidia.com/critical", True),
        ("other=", False),
        ("svc.dpu.nvidia.com/critical in (,x)", True),
        ("app=hbn,tier=2", True),
        ("app=hbn, tier in (1,3)", False),
        ("tier>1", True),
        ("tier<2", False),
        ("app>1", False),
        ("in in (a)", False),
    ],
)
def test_text(text: str, matches: bool) -> None:
    assert parse_selector(text).matches(LABELS) is matches


@pytest.mark.parametrize(
    "text",
    [
        "=",
        "a=b,",
        ",a",
        "a=b c=d",
        "a in b",
        "a in (b",
        "a=b=c",
        "-a",
        "a=-b",
        "A/b/c",
        "a>x",
        "a>",
    ],
)
def test_text_that_is_no_selector(text: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_selector(text)
    assert raised.value.message.startswith(f'selector "{text}": ')
    assert raised.value.hint


def test_long_keys_and_values_are_refused() -> None:
    assert parse_selector(f"{'a' * 63}={'b' * 63}").matches({"a" * 63: "b" * 63})
    for text in (f"{'a' * 64}", f"a={'b' * 64}"):
        with pytest.raises(InputError):
            parse_selector(text)


def test_equal_texts_give_equal_values() -> None:
    assert parse_selector("a in (c,b,b)") == parse_selector("a in (b, c)")
    assert parse_selector("a=b").requirements == (Requirement("a", Operator.IN, ("b",)),)
    assert parse_selector("") == EVERYTHING


@pytest.mark.parametrize(
    ("raw", "matches"),
    [
        ({}, True),
        ({"matchLabels": None, "matchExpressions": None}, True),
        ({"matchLabels": {"app": "hbn"}}, True),
        ({"matchLabels": {"app": "hbn", "tier": "1"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["x", "hbn"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["hbn"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Gt", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Lt", "values": ["x"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Gt", "values": []}]}, False),
        ({"matchLabels": {"app": "hbn"}, "matchExpressions": [{"operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Matches"}]}, False),
        ({"matchExpressions": ["app"]}, False),
        ({"matchExpressions": "app"}, False),
        ({"matchLabels": ["app"]}, False),
        (None, False),
        ("app=hbn", False),
    ],
)
def test_label_selector(raw: Any, matches: bool) -> None:
    assert label_selector(raw).matches(LABELS) is matches
