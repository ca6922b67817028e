"""Which conditions of which object get rows of their own."""

import pytest

from tests.builders import Built, condition, dpu_service, dpu_set
from tests.unit.trees import describe, node

HEALTHY = dpu_service("s").conditions(condition("Ready"), condition("Fine"))
FAILED = dpu_service("s").conditions(
    condition("Fine"),
    condition("Broken", "False", "Error"),
    condition("Ready", "False", "Pending"),
    condition("Waiting", "Unknown", "Pending"),
    condition("Lost", "Unknown", "Error"),
)
READY_BUT = dpu_service("s").conditions(
    condition("Ready"), condition("Broken", "False", "Pending"), condition("Fine")
)
FRESH = dpu_service("s").conditions(
    condition("Ready", "Unknown", "Pending"), condition("Other", "Unknown", "Pending")
)


@pytest.mark.parametrize(
    ("built", "words", "pending", "expected"),
    [
        pytest.param(HEALTHY, "", False, None, id="a healthy object is not listed"),
        pytest.param(HEALTHY, "dpuset", False, None, id="another kind was asked for"),
        pytest.param(HEALTHY, "dpuservice", False, "Ready", id="asked for: just Ready"),
        pytest.param(HEALTHY, "ALL", False, "Ready", id="ALL lists everybody's Ready"),
        pytest.param(HEALTHY, "all,x", False, "Ready", id="all in a list is not all"),
        pytest.param(HEALTHY, "all", False, "Ready Fine", id="all lists all"),
        pytest.param(HEALTHY, "failed", False, None, id="failed is the default"),
        pytest.param(FAILED, "", False, "Broken Ready Lost", id="failed: API order, no pending"),
        pytest.param(FAILED, "", True, "Broken Ready Waiting Lost", id="pending are asked for"),
        pytest.param(FAILED, "dpuservice/s", False, "Broken Ready Lost", id="named: the same"),
        pytest.param(
            FAILED, "all", False, "Fine Broken Ready Waiting Lost", id="all: pending ones too"
        ),
        pytest.param(READY_BUT, "", False, "Ready Broken", id="a failed one lists Ready as well"),
        pytest.param(FRESH, "", False, None, id="only pending ones: not listed"),
        pytest.param(FRESH, "", True, "Ready Other", id="only pending ones, asked for"),
        pytest.param(FRESH, "dpuservice", False, "", id="a pending Ready is left out too"),
        pytest.param(dpu_set("s"), "dpuset", False, "", id="listed, but has none"),
        pytest.param(dpu_set("s"), "all", False, "", id="listed by all, but has none"),
    ],
)
def test_listed_conditions(built: Built, words: str, pending: bool, expected: str | None) -> None:
    tree = describe(built, show_conditions=words, show_pending=pending)
    row = node(tree, f"{built.kind.name}/s")
    assert row.is_listed is (expected is not None)
    assert " ".join(c.type for c in row.listed) == (expected or "")


def test_the_root_is_listed_like_any_object() -> None:
    assert [c.type for c in describe(show_conditions="all").root.listed] == ["Ready"]
    assert not describe().root.is_listed


def test_groups_ignore_what_was_asked_for() -> None:
    tree = describe(dpu_service("a").ready(), dpu_service("b").ready(), show_conditions="all")
    assert not node(tree, "2 DPUServices...").is_listed
