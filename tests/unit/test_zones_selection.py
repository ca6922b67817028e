"""Selectors in one form: compared, matched, judged and written."""

from typing import Any

import pytest

from dpfctl.zones.selection import Selection, labels_selection, node_selection

LABELS = {"bfb": "dk", "rack": "7"}


def asks(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def labels(*requirements: dict[str, Any], **equal: str) -> Selection:
    return labels_selection({"matchLabels": equal, "matchExpressions": list(requirements)})


def terms(*entries: Any) -> Selection:
    return node_selection({"nodeSelectorTerms": list(entries)})


def term(*requirements: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"matchExpressions": list(requirements), **fields}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            labels(bfb="dk"), terms(term(asks("bfb", "In", "dk"))), id="label and node selector"
        ),
        pytest.param(labels(bfb="dk"), labels(asks("bfb", "In", "dk")), id="label and expression"),
        pytest.param(
            labels(asks("a", "In", "x", "y")), labels(asks("a", "In", "y", "x", "y")), id="values"
        ),
        pytest.param(labels_selection(None), labels_selection({}), id="absent and empty labels"),
        pytest.param(
            terms(term(asks("a", "Exists")), term()), terms(term(asks("a", "Exists"))), id="terms"
        ),
        pytest.param(labels_selection({"matchLabels": 1}), terms(), id="damaged and no terms"),
    ],
)
def test_the_same_nodes(one: Selection, other: Selection) -> None:
    assert one == other
    assert one.matches(LABELS) is other.matches(LABELS)


def test_an_absent_node_selector_is_not_an_empty_one() -> None:
    assert node_selection(None).matches({})
    assert not node_selection({}).matches({})
    assert node_selection(None).is_everything
    assert not terms().is_everything


@pytest.mark.parametrize(
    ("selection", "requires"),
    [
        (labels(bfb="dk"), True),
        (labels(bfb="dk", rack="7"), True),
        (labels(bfb="ga"), False),
        (labels(asks("bfb", "In", "dk", "ga")), False),
        (labels(asks("bfb", "Exists")), False),
        (terms(term(asks("bfb", "In", "dk")), term(asks("rack", "Exists"))), False),
        (terms(), False),
        (labels_selection(None), False),
    ],
    ids=str,
)
def test_requiring_a_label(selection: Selection, requires: bool) -> None:
    assert selection.requires("bfb", "dk") is requires


@pytest.mark.parametrize(
    ("narrow", "wide", "implies"),
    [
        (labels(bfb="dk"), labels_selection(None), True),
        (labels(bfb="dk", rack="7"), labels(bfb="dk"), True),
        (labels(bfb="dk"), labels(bfb="dk", rack="7"), False),
        (labels_selection(None), labels(bfb="dk"), False),
        (labels(bfb="dk"), labels(bfb="ga"), False),
        (terms(), labels(bfb="ga"), True),
    ],
    ids=str,
)
def test_implying(narrow: Selection, wide: Selection, implies: bool) -> None:
    assert narrow.implies(wide) is implies


@pytest.mark.parametrize(
    ("selection", "verdict"),
    [
        pytest.param(labels_selection(None), True, id="everything"),
        pytest.param(labels(bfb="dk"), True, id="a known label"),
        pytest.param(labels(bfb="ga"), False, id="a known label with another value"),
        pytest.param(labels(zone="x"), False, id="a label it surely lacks"),
        pytest.param(labels(other="x"), None, id="a label that is not known"),
        pytest.param(labels(bfb="ga", other="x"), False, id="one of two surely fails"),
        pytest.param(labels(bfb="dk", other="x"), None, id="one of two is not known"),
        pytest.param(labels(asks("other", "DoesNotExist")), None, id="absence is not known"),
        pytest.param(
            terms(term(asks("other", "Exists")), term(asks("bfb", "In", "dk"))),
            True,
            id="one alternative is enough",
        ),
        pytest.param(
            terms(term(asks("other", "Exists")), term(asks("bfb", "In", "ga"))),
            None,
            id="an alternative is not known",
        ),
        pytest.param(
            terms({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["w1"]}]}),
            True,
            id="its name",
        ),
        pytest.param(terms(), False, id="nothing"),
    ],
)
def test_judging_by_some_labels(selection: Selection, verdict: bool | None) -> None:
    assert selection.judges({"bfb": "dk"}, {"zone"}, "w1") is verdict


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        (labels(rack="7", bfb="dk"), "bfb=dk,rack=7"),
        (labels(asks("a", "In", "y", "x")), "a in (x,y)"),
        (labels(asks("a", "NotIn", "x")), "a!=x"),
        (labels(asks("a", "NotIn", "x", "y")), "a notin (x,y)"),
        (labels(asks("a", "Exists")), "a"),
        (labels(asks("a", "DoesNotExist")), "!a"),
        (terms(term(asks("a", "Gt", "3"), asks("b", "Lt", "5"))), "a>3,b<5"),
        (terms(term(asks("b", "Exists")), term(asks("a", "Exists"))), "a or b"),
        (terms(), "no node"),
        (node_selection(None), "every node"),
    ],
    ids=str,
)
def test_text(selection: Selection, text: str) -> None:
    assert str(selection) == text
