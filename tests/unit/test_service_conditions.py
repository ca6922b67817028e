"""Conditions as DPF's controllers write them: which are there, when they move, and their sum."""

from typing import Any

import pytest

from dpfctl.model.timestamps import format_time
from dpfctl.reconcile.status.conditions import (
    GOOD,
    SERVICE_TYPES,
    State,
    failed,
    listing,
    set_conditions,
    summarise,
)
from tests.builders import NOW, ago, condition

GENERATION = 3
PREFIX = "The following conditions are not ready:"
BROKEN = failed("Error", "no route to host")


def told(
    kind: str, status: str = "False", reason: str = "Error", generation: int = GENERATION
) -> dict[str, Any]:
    """A condition of some generation of the object."""
    return condition(kind, status, reason) | {"observedGeneration": generation}


def written(*raw: Any, **found: State) -> dict[str, dict[str, Any]]:
    """The conditions by type, once something was found out."""
    return {c["type"]: c for c in set_conditions(list(raw), SERVICE_TYPES, found, GENERATION, NOW)}


class TestTypes:
    def test_those_that_are_missing_are_added_in_their_order(self) -> None:
        found = set_conditions(None, SERVICE_TYPES, {}, GENERATION, NOW)

        assert tuple(c["type"] for c in found) == SERVICE_TYPES
        assert found[1] == {
            "type": "ApplicationPrereqsReconciled",
            "status": "Unknown",
            "reason": "Pending",
            "message": "",
            "lastTransitionTime": format_time(NOW),
            "observedGeneration": GENERATION,
        }

    def test_those_that_are_there_keep_their_order(self) -> None:
        there = [told("ConfigPortsReconciled", "True"), told("Ready", "True")]

        assert tuple(written(*there))[:2] == ("ConfigPortsReconciled", "Ready")

    def test_one_that_we_do_not_know_stays_and_counts(self) -> None:
        found = written(told("Blessed"))

        assert found["Blessed"] == told("Blessed")
        assert found["Ready"]["message"].splitlines()[1] == "* Blessed"

    @pytest.mark.parametrize(
        "raw",
        [
            pytest.param(None, id="none"),
            pytest.param(5, id="a number"),
            pytest.param("Ready", id="a text"),
            pytest.param({"type": "Ready"}, id="a map"),
            pytest.param([None, "x", {"status": "True"}], id="entries that are no conditions"),
        ],
    )
    def test_what_is_no_list_of_conditions_counts_as_none(self, raw: Any) -> None:
        found = set_conditions(raw, SERVICE_TYPES, {}, GENERATION, NOW)

        assert tuple(c["type"] for c in found) == SERVICE_TYPES


class TestWriting:
    def test_the_time_moves_with_the_status(self) -> None:
        found = written(told("ApplicationsReady", "True"), ApplicationsReady=BROKEN)

        assert found["ApplicationsReady"]["lastTransitionTime"] == format_time(NOW)
        assert found["ApplicationsReady"]["message"] == "no route to host"

    def test_the_time_stays_when_only_the_words_change(self) -> None:
        found = written(told("ApplicationsReady", reason="Pending"), ApplicationsReady=BROKEN)

        assert found["ApplicationsReady"]["lastTransitionTime"] == ago("1d")
        assert found["ApplicationsReady"]["reason"] == "Error"

    def test_a_condition_without_a_time_gets_one(self) -> None:
        bare = {"type": "ApplicationsReady", "status": "False"}
        found = written(bare, ApplicationsReady=BROKEN)

        assert found["ApplicationsReady"]["lastTransitionTime"] == format_time(NOW)

    def test_what_was_not_looked_at_keeps_its_generation(self) -> None:
        old = told("ConfigPortsReconciled", "True", generation=1)

        assert written(old, ApplicationsReady=GOOD)["ConfigPortsReconciled"] == old

    def test_twice_is_the_same_as_once(self) -> None:
        found = {"ApplicationsReady": BROKEN}
        once = set_conditions(None, SERVICE_TYPES, found, GENERATION, NOW)

        assert set_conditions(once, SERVICE_TYPES, found, GENERATION, NOW) == once

    def test_what_was_read_is_not_touched(self) -> None:
        there = [told("ApplicationsReady", "True")]
        set_conditions(there, SERVICE_TYPES, {"ApplicationsReady": BROKEN}, GENERATION, NOW)

        assert there == [told("ApplicationsReady", "True")]


class TestSum:
    """What ``Ready`` says about the others."""

    @pytest.mark.parametrize(
        ("conditions", "state"),
        [
            pytest.param([], GOOD, id="no conditions"),
            pytest.param([told("A", "True")], GOOD, id="all are true"),
            pytest.param([told("A", "True", generation=1)], GOOD, id="true of old is true"),
            pytest.param([told("Ready"), told("A", "True")], GOOD, id="it leaves itself out"),
            pytest.param(
                [told("A", generation=1)],
                failed("Pending", "Reconciliation is in progress"),
                id="false of old may be over",
            ),
            pytest.param(
                [told("A", generation=1), told("B", "Unknown", "Pending")],
                failed("Pending", f"{PREFIX}\n* B"),
                id="false of old is not listed",
            ),
            pytest.param(
                [told("A"), told("C"), told("B")],
                failed("Pending", f"{PREFIX}\n* A\n* C\n* B"),
                id="Error is no reason, and the order is kept",
            ),
            pytest.param(
                [told("A", reason="Retrying")],
                failed("Pending", f"{PREFIX}\n* A"),
                id="Retrying is no worse than Pending",
            ),
            pytest.param(
                [told("A", reason="Failure"), told("B", reason="Pending")],
                failed("Failure", f"{PREFIX}\n* A\n* B"),
                id="Failure is worse",
            ),
            pytest.param(
                [told("A", reason="AwaitingDeletion"), told("B", reason="Failure")],
                failed("AwaitingDeletion", f"{PREFIX}\n* A\n* B"),
                id="AwaitingDeletion is worst",
            ),
        ],
    )
    def test_of(self, conditions: list[dict[str, Any]], state: State) -> None:
        assert summarise(conditions, GENERATION) == state

    def test_an_object_without_generations(self) -> None:
        assert summarise([condition("A", "False", "Failure")], 0).reason == "Failure"


def test_lists_without_items_say_nothing() -> None:
    assert (listing("Left:", []), listing("Left:", ["a", "b"])) == ("", "Left:\n* a\n* b")


def test_a_message_is_as_long_as_the_api_takes() -> None:
    found = {"DPUServiceInterfaceReconciled": failed("Error", "x" * 40_000)}

    written = {c["type"]: c for c in set_conditions([], SERVICE_TYPES, found, 1, NOW)}

    message = written["DPUServiceInterfaceReconciled"]["message"]
    assert len(message) <= 32_768
    assert message.endswith("characters cut)")
