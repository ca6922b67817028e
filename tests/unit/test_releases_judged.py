"""What is to be done about a release."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dpfctl.model.release_secrets import PENDING
from dpfctl.model.release_states import (
    Judgement,
    ReleaseState,
    judge_archive,
    judge_release,
    removal_hindrance,
)
from dpfctl.model.releases import StoredRelease, description_of
from tests.builders import NOW, ago
from tests.unit.release_records import RELEASE, stored

SHA = "0123456789abcdef" * 4
OURS = description_of(RELEASE, SHA)
PATIENCE = timedelta(minutes=6)


def judged(found: StoredRelease | None, **more: Any) -> Judgement:
    return judge_release(RELEASE, found, now=NOW, patience=PATIENCE, **more)


@pytest.mark.parametrize(
    ("found", "state", "reason"),
    [
        pytest.param(None, ReleaseState.INSTALL, "is not installed", id="there is none"),
        pytest.param(
            stored(description=OURS), ReleaseState.UNCHANGED, "is as wanted", id="as wanted"
        ),
        pytest.param(
            stored(description=description_of(replace(RELEASE, values={}), SHA)),
            ReleaseState.UPGRADE,
            "its inputs changed",
            id="made of other values",
        ),
        pytest.param(
            stored(description="Upgrade complete"),
            ReleaseState.UPGRADE,
            "was changed outside of dpfctl",
            id="made by somebody else",
        ),
        pytest.param(
            stored(status="failed", description=OURS),
            ReleaseState.UPGRADE,
            "its last revision failed",
            id="failed",
        ),
        pytest.param(
            stored(status="superseded"),
            ReleaseState.UPGRADE,
            "its last revision is superseded",
            id="superseded",
        ),
        pytest.param(
            stored(status="uninstalled"),
            ReleaseState.INSTALL,
            "was uninstalled",
            id="removed, history kept",
        ),
        pytest.param(
            stored(status="uninstalling"),
            ReleaseState.FINISH_UNINSTALL,
            "its removal was not finished",
            id="half removed",
        ),
        pytest.param(
            stored(data="%"), ReleaseState.UNREADABLE, "its record cannot be read", id="damaged"
        ),
        pytest.param(
            stored(status="unknown"), ReleaseState.UPGRADE, "is unknown", id="another status"
        ),
    ],
)
def test_a_release(found: StoredRelease | None, state: ReleaseState, reason: str) -> None:
    assert judged(found) == (state, reason)


class TestPending:
    @pytest.mark.parametrize("status", PENDING)
    @pytest.mark.parametrize("recover", [False, True])
    def test_a_young_one_is_left_alone(self, status: str, recover: bool) -> None:
        found = stored(status=status, last_deployed=ago("6m"))

        assert judged(found, recover=recover) == (
            ReleaseState.BUSY,
            f"is {status} in revision 1 since {ago('6m')}: another run of Helm holds it",
        )

    @pytest.mark.parametrize("status", PENDING)
    def test_an_old_one_is_left_alone_unless_it_is_to_be_recovered(self, status: str) -> None:
        found = stored(status=status, last_deployed=ago("6m1s"))

        state, reason = judged(found)
        assert (state, reason.partition(": ")[0]) == (
            ReleaseState.BUSY,
            f"is {status} in revision 1 since {ago('6m1s')}",
        )
        assert reason.endswith(": the run of Helm that holds it seems dead")
        assert judged(found, recover=True).state is ReleaseState.UNLOCK

    def test_a_clock_that_is_ahead(self) -> None:
        found = stored(status="pending-install", last_deployed="2026-03-14T09:30:00Z")

        assert judged(found, recover=True).state is ReleaseState.BUSY

    @pytest.mark.parametrize(
        ("recover", "state"), [(False, ReleaseState.BUSY), (True, ReleaseState.UNLOCK)]
    )
    def test_nobody_knows_since_when(self, recover: bool, state: ReleaseState) -> None:
        found = stored(status="pending-install", last_deployed="")

        assert judged(found, recover=recover).state is state


class TestRemoval:
    """Whether a release may be removed now."""

    @pytest.mark.parametrize(
        ("info", "recover", "is_free"),
        [
            pytest.param({}, False, True, id="one that is deployed"),
            pytest.param({"status": "failed"}, False, True, id="one that failed"),
            pytest.param({"last_deployed": "6m"}, False, False, id="one at work"),
            pytest.param({"last_deployed": "6m"}, True, False, id="one at work, and --recover"),
            pytest.param({"last_deployed": "6m1s"}, False, True, id="one that died"),
            pytest.param({"last_deployed": ""}, False, False, id="nobody knows since when"),
            pytest.param({"last_deployed": ""}, True, True, id="nobody knows, and --recover"),
        ],
    )
    def test_of_a_release(self, info: dict[str, str], recover: bool, is_free: bool) -> None:
        if since := info.get("last_deployed"):
            info = {**info, "last_deployed": ago(since)}
        status = {"status": "pending-upgrade"} if "last_deployed" in info else {}
        hindrance = removal_hindrance(
            stored(**status, **info), now=NOW, patience=PATIENCE, recover=recover
        )

        assert (hindrance == "") is is_free
        assert is_free or hindrance.startswith("is pending-upgrade in revision 1")


class TestRefresh:
    def test_what_is_as_wanted_is_to_be_checked(self) -> None:
        assert judged(stored(description=OURS), refresh=True).state is ReleaseState.CHECK

    def test_what_is_to_be_upgraded_anyhow_is_not(self) -> None:
        assert judged(stored(), refresh=True).state is ReleaseState.UPGRADE

    @pytest.mark.parametrize(
        ("description", "sha256", "state"),
        [
            pytest.param(OURS, SHA, ReleaseState.UNCHANGED, id="the same archive"),
            pytest.param(OURS, "f" * 64, ReleaseState.UPGRADE, id="another archive"),
            pytest.param("Upgrade complete", SHA, ReleaseState.UPGRADE, id="not ours"),
        ],
    )
    def test_the_archive_decides(self, description: str, sha256: str, state: ReleaseState) -> None:
        assert judge_archive(stored(description=description), sha256).state is state
