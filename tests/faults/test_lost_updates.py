"""Writers that race for the same objects: nothing that was acknowledged is lost."""

import pytest

from dpfctl.plan import Change, Operation
from tests.controlplane.api import Json
from tests.controlplane.cluster import ControlPlane
from tests.faults.contention import JOURNAL, InvalidRunError, contend
from tests.faults.history import Claim, Edit, History, problems
from tests.faults.services import Services, service_body

CHANGES = 500


@pytest.fixture
def services(leased_cluster: ControlPlane) -> Services:
    return Services(leased_cluster, "dpf-operator-system")


def test_no_update_is_lost(services: Services) -> None:
    trial = contend(services, CHANGES, seed=1)
    assert trial.verdict() == []
    assert len(trial.claims) >= CHANGES
    assert trial.given_up < CHANGES / 20


def test_product_without_its_version_check_is_found_out(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_version = vars(Change)["operations"].fget

    def blind(change: Change) -> tuple[Operation, ...]:
        return tuple(with_version(change)[1:])

    monkeypatch.setattr(Change, "operations", property(blind))
    found = contend(services, 200, seed=1).verdict()
    assert any("annotations: wanted" in problem for problem in found)


def test_run_without_races_is_invalid(services: Services) -> None:
    trial = contend(services, 20, seed=1, workers=1)
    with pytest.raises(InvalidRunError, match=r"^invalid run: "):
        trial.verdict()


def signed(word: str) -> Edit:
    def edit(one: Json) -> None:
        one["annotations"][JOURNAL] = f"{one['annotations'].get(JOURNAL, '')} {word}".strip()

    return edit


def version(number: int, journal: str = "", **spec: object) -> Json:
    """The service at a version of its history."""
    raw = service_body("ns", "hbn")
    raw["metadata"] |= {"resourceVersion": str(number), "annotations": {JOURNAL: journal}}
    return {**raw, "spec": {**raw["spec"], **spec}}


FIRST, SECOND = Claim("a", "hbn", "2", signed("a")), Claim("b", "hbn", "3", signed("b"))


@pytest.mark.parametrize(
    ("versions", "claims", "words"),
    [
        pytest.param(
            [version(1), version(2, "a"), version(3, "b")],
            [FIRST, SECOND],
            "hbn: version 3: b: annotations: wanted {'example.com/journal': 'a b'}",
            id="a write that takes back another one",
        ),
        pytest.param(
            [version(1), version(2, "a"), version(3, "a b", paused=True)],
            [FIRST, SECOND],
            "hbn: version 3: b: spec: wanted",
            id="a write that does more than it says",
        ),
        pytest.param(
            [version(1), version(3, "b")],
            [FIRST, SECOND],
            "hbn: a: acknowledged as 2, never stored",
            id="a write that was only acknowledged",
        ),
        pytest.param(
            [version(1), version(2, "a"), version(3, "a b")],
            [FIRST],
            "hbn: version 3: nobody was told that this was stored",
            id="a write that nobody knows of",
        ),
        pytest.param(
            [version(1), version(2, "a"), version(3, "a b")],
            [FIRST, SECOND, Claim("c", "hbn", "3", signed("c"))],
            "two writers were told the same version",
            id="one write for two writers",
        ),
    ],
)
def test_planted_loss_is_found(versions: list[Json], claims: list[Claim], words: str) -> None:
    history = History({"hbn": versions})
    assert words in "\n".join(problems(history, claims, {"hbn": versions[-1]}))


def test_last_version_that_the_history_does_not_know_is_found() -> None:
    history = History({"hbn": [version(1), version(2, "a")]})
    assert list(problems(history, [FIRST], {"hbn": version(3)})) == [
        "hbn: stored as 3, not seen in the history"
    ]


def test_history_of_writers_that_wait_for_each_other_is_sound() -> None:
    history = History({"hbn": [version(1), version(2, "a"), version(3, "a b")]})
    assert list(problems(history, [SECOND, FIRST], {"hbn": version(3, "a b")})) == []
