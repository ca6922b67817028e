"""Node selectors match nodes as the scheduler would."""

from typing import Any

import pytest

from dpfctl.model.node_selectors import EVERY_NODE, node_selector

LABELS = {"bfb": "dk", "rack": "7", "gpu": ""}
NAME = "worker1-dpu"


def asks(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def terms(*entries: Any) -> dict[str, Any]:
    return {"nodeSelectorTerms": list(entries)}


def labelled(*requirements: dict[str, Any]) -> dict[str, Any]:
    return {"matchExpressions": list(requirements)}


def named(*requirements: dict[str, Any]) -> dict[str, Any]:
    return {"matchFields": list(requirements)}


IS_DK = asks("bfb", "In", "dk", "ga")
IS_GA = asks("bfb", "In", "ga")
IS_HERE = asks("metadata.name", "In", NAME)
IS_ELSEWHERE = asks("metadata.name", "In", "worker2-dpu")


@pytest.mark.parametrize(
    ("raw", "matches"),
    [
        pytest.param(None, True, id="no selector means every node"),
        pytest.param({}, False, id="a selector without terms means no node"),
        pytest.param(terms(), False, id="an empty list of terms means no node"),
        pytest.param(terms({}, None), False, id="empty terms mean no node"),
        pytest.param(terms({}, labelled(IS_DK)), True, id="an empty term does not spoil another"),
        pytest.param(terms(labelled(IS_GA), labelled(IS_DK)), True, id="one term is enough"),
        pytest.param(
            terms(labelled(IS_DK, IS_GA)), False, id="all requirements of a term must be met"
        ),
        pytest.param(terms(named(IS_HERE)), True, id="a node can be asked for by name"),
        pytest.param(terms(named(IS_ELSEWHERE)), False, id="another name is another node"),
        pytest.param(
            terms(named(asks("metadata.name", "NotIn", "worker2-dpu"))), True, id="any other name"
        ),
        pytest.param(
            terms({**labelled(IS_DK), **named(IS_ELSEWHERE)}),
            False,
            id="labels and name must both be met",
        ),
        pytest.param(terms(labelled(asks("gpu", "Exists"))), True, id="an empty label exists"),
        pytest.param(
            terms(labelled(asks("zone", "DoesNotExist"))), True, id="an absent label does not"
        ),
        pytest.param(
            terms(labelled(asks("zone", "NotIn", "a"))), True, id="an absent label is not in a list"
        ),
        pytest.param(terms(labelled(asks("rack", "Gt", "6"))), True, id="7 is more than 6"),
        pytest.param(terms(labelled(asks("rack", "Lt", "7"))), False, id="7 is not less than 7"),
        pytest.param(
            terms(labelled(asks("bfb", "Gt", "6"))), False, id="a word is not more than a number"
        ),
    ],
)
def test_a_selector_that_can_be_read(raw: Any, matches: bool) -> None:
    selector = node_selector(raw)
    assert selector.matches(LABELS, NAME) is matches
    assert not selector.is_unreadable


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("bfb=dk", id="a text"),
        pytest.param({"nodeSelectorTerms": "bfb"}, id="terms that are no list"),
        pytest.param(terms("bfb"), id="a term that is a text"),
        pytest.param(terms({"matchExpressions": "bfb"}), id="requirements that are no list"),
        pytest.param(terms(labelled(asks("bfb", "Like", "d*"))), id="an unknown operator"),
        pytest.param(terms(labelled({"operator": "Exists"})), id="a requirement without a key"),
        pytest.param(terms({"matchExpressions": ["bfb"]}), id="a requirement that is a text"),
        pytest.param(terms(labelled(asks("bfb", "In"))), id="In without values"),
        pytest.param(terms(labelled(asks("zone", "NotIn"))), id="NotIn without values"),
        pytest.param(terms(labelled(asks("gpu", "Exists", "x"))), id="Exists with a value"),
        pytest.param(terms(labelled(asks("rack", "Gt", "1", "2"))), id="Gt with two values"),
        pytest.param(terms(labelled(asks("rack", "Gt", "low"))), id="Gt with a word"),
        pytest.param(
            terms(labelled({"key": "bfb", "operator": "In", "values": "dk"})),
            id="values that are no list",
        ),
        pytest.param(
            terms(named(asks("metadata.namespace", "NotIn", "x"))), id="a field that is no name"
        ),
        pytest.param(terms(named(asks("metadata.name", "Exists"))), id="a name that exists"),
        pytest.param(
            terms(named(asks("metadata.name", "In", NAME, "worker2-dpu"))), id="one of two names"
        ),
        pytest.param(
            terms(labelled(IS_DK, asks("bfb", "Like", "d*"))),
            id="one requirement that cannot be read spoils its term",
        ),
    ],
)
def test_what_cannot_be_read_means_no_node(raw: Any) -> None:
    selector = node_selector(raw)
    assert not selector.matches(LABELS, NAME)
    assert selector.is_unreadable


def test_a_term_that_cannot_be_read_does_not_spoil_another() -> None:
    selector = node_selector(terms(labelled(asks("bfb", "Like", "d*")), labelled(IS_DK)))
    assert selector.matches(LABELS, NAME)
    assert selector.is_unreadable


def test_equal_selectors_are_equal_values() -> None:
    one = node_selector(terms(labelled(asks("bfb", "In", "dk", "ga"))))
    other = node_selector(terms(labelled(asks("bfb", "In", "ga", "dk"))))
    assert one == other
    assert node_selector(None) == EVERY_NODE
