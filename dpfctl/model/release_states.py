"""What is to be done about a release, judged by what is wanted and what is stored.

Nothing is ever rolled back: a revision that failed is followed by the next one.

Source:
    Helm 4 ``pkg/action/upgrade.go`` for what an upgrade may start from.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from dpfctl.model.release_secrets import FAILED, PENDING, UNREADABLE
from dpfctl.model.releases import Release, StoredRelease, inputs_digest, read_description
from dpfctl.model.timestamps import format_time

UNINSTALLING = "uninstalling"
"""Status of a release that Helm is removing, or was when it died."""


class ReleaseState(StrEnum):
    """What is to be done next."""

    INSTALL = "install"
    """There is none."""
    UPGRADE = "upgrade"
    """It is another one than wanted, or its last revision failed."""
    UNCHANGED = "unchanged"
    """It is as wanted; neither Helm nor the chart is needed."""
    CHECK = "check"
    """It is as wanted unless its chart is another archive by now: fetch, then ``judge_archive``."""
    BUSY = "busy"
    """Another run of Helm holds it, or held it when it died: leave it alone."""
    UNLOCK = "unlock"
    """The run that holds it is dead: mark the revision as failed, then upgrade."""
    FINISH_UNINSTALL = "finish-uninstall"
    """Its removal was not finished: uninstall, then install."""
    UNREADABLE = "unreadable"
    """Its record is damaged, so Helm could not go on from it: leave it alone."""


class Judgement(NamedTuple):
    """What is to be done, and why: a few words that follow the name of the release."""

    state: ReleaseState
    reason: str


def judge_release(
    wanted: Release,
    stored: StoredRelease | None,
    *,
    now: datetime,
    patience: timedelta,
    recover: bool = False,
    refresh: bool = False,
) -> Judgement:
    """Decide what is to be done about one release.

    Args:
        wanted: The release as it should be.
        stored: The newest revision in the cluster, None if there is none.
        now: The moment, UTC.
        patience: How long a run of Helm may take before it counts as dead.
        recover: Whether a release that a dead run holds is taken from it.
        refresh: Whether the chart behind an unchanged version is fetched and compared.
    """
    if stored is None:
        return Judgement(ReleaseState.INSTALL, "is not installed")
    if stored.status in PENDING:
        return _judge_pending(stored, now, patience, recover)
    if stored.status == "deployed":
        return _judge_deployed(wanted, stored, refresh)
    if stored.status in _OTHERS:
        return _OTHERS[stored.status]
    return Judgement(ReleaseState.UPGRADE, f"is {stored.status}")


def judge_archive(stored: StoredRelease, archive_sha256: str) -> Judgement:
    """Decide whether a release whose inputs are the same is made of another chart by now.

    Args:
        stored: The newest revision, deployed by us.
        archive_sha256: Of the archive that its chart is today, 64 hexadecimal digits.
    """
    found = read_description(stored.description)
    if found and archive_sha256.startswith(found.archive):
        return _AS_WANTED
    return Judgement(ReleaseState.UPGRADE, "its chart is another archive than before")


def removal_hindrance(
    stored: StoredRelease, *, now: datetime, patience: timedelta, recover: bool = False
) -> str:
    """Say why a release must not be removed yet, empty if nothing is in the way.

    Helm removes a release that another run is at work on, and that run goes on making objects.

    Args:
        stored: The newest revision in the cluster.
        now: The moment, UTC.
        patience: How long a run of Helm may take before it counts as dead.
        recover: Whether a release is taken from a run nobody knows the beginning of.

    Returns:
        A few words that follow the name of the release.
    """
    if stored.status not in PENDING:
        return ""
    if stored.deployed_at is None and recover:
        return ""
    if stored.deployed_at is not None and now - stored.deployed_at > patience:
        return ""
    return _judge_pending(stored, now, patience, recover=False).reason


def _judge_pending(
    stored: StoredRelease, now: datetime, patience: timedelta, recover: bool
) -> Judgement:
    what = f"is {stored.status} in revision {stored.revision}"
    if stored.deployed_at is None:
        told = f"{what}, nobody knows since when"
    else:
        told = f"{what} since {format_time(stored.deployed_at)}"
        if now - stored.deployed_at <= patience:
            return Judgement(ReleaseState.BUSY, f"{told}: another run of Helm holds it")
    if not recover:
        return Judgement(ReleaseState.BUSY, f"{told}: the run of Helm that holds it seems dead")
    return Judgement(ReleaseState.UNLOCK, f"{told}, and is taken from the run that holds it")


def _judge_deployed(wanted: Release, stored: StoredRelease, refresh: bool) -> Judgement:
    found = read_description(stored.description)
    if found is None:
        return Judgement(ReleaseState.UPGRADE, "was changed outside of dpfctl")
    if found.inputs != inputs_digest(wanted):
        return Judgement(ReleaseState.UPGRADE, "its inputs changed")
    if refresh:
        return Judgement(ReleaseState.CHECK, "is as wanted unless its chart changed")
    return _AS_WANTED


_AS_WANTED = Judgement(ReleaseState.UNCHANGED, "is as wanted")
_OTHERS = {
    FAILED: Judgement(ReleaseState.UPGRADE, "its last revision failed"),
    "superseded": Judgement(ReleaseState.UPGRADE, "its last revision is superseded"),
    "uninstalled": Judgement(ReleaseState.INSTALL, "was uninstalled"),
    UNINSTALLING: Judgement(ReleaseState.FINISH_UNINSTALL, "its removal was not finished"),
    UNREADABLE: Judgement(ReleaseState.UNREADABLE, "its record cannot be read"),
}
