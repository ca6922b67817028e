"""Releases in a plan that is only tried: what cannot be known yet, and what is wrong for good."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from dpfctl.apply import Places, apply_plan
from dpfctl.cluster.fleet_file import FleetCluster
from dpfctl.errors import DpfctlError, NotFoundError, RejectedError
from dpfctl.model import kinds
from dpfctl.model.dry_run import DryRun
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change, Plan
from dpfctl.report import Outcome, Result
from tests.cli.fleet_on_disk import service, write_fleet
from tests.cluster.fleets import open_file

RELEASE = Ref(kinds.RELEASE, "svc", "hbn")
ABSENT = NotFoundError(f'{RELEASE}: namespaces "svc" not found')


@dataclass(frozen=True, slots=True)
class Failing:
    """Whoever should change releases, and cannot; keeps ``Releaser``."""

    failure: DpfctlError

    def install(self, change: Change, *, dry_run: bool) -> Resource:
        raise self.failure

    def uninstall(self, change: Change, *, dry_run: bool) -> None:
        raise self.failure


@pytest.fixture
def host(tmp_path: Path) -> FleetCluster:
    return open_file(write_fleet(tmp_path / "fleet.yaml", service("hbn")).path).host


def tried(host: FleetCluster, failure: DpfctlError, dry_run: DryRun = DryRun.SERVER) -> Outcome:
    change = Change(RELEASE, Action.INSTALL, "installed", None)
    places = Places(host, {}, Failing(failure))
    report = apply_plan(
        places,
        Plan("reconcile", (change,)),
        lambda change, _fresh: change,
        sleep=lambda _seconds: None,
        dry_run=dry_run,
    )
    return report.outcomes[0]


def test_a_namespace_that_is_only_planned(host: FleetCluster) -> None:
    found = tried(host, ABSENT)

    assert (found.result, found.error) == (Result.PLANNED, None)
    assert found.note == f"not checkable yet: {ABSENT.message}"


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(NotFoundError("chart dpf-service: its repository does not have it"), id="404"),
        pytest.param(RejectedError(f"{RELEASE}: its chart cannot be rendered"), id="chart"),
    ],
)
def test_what_is_wrong_with_the_chart_is_wrong_for_good(
    host: FleetCluster, failure: DpfctlError
) -> None:
    found = tried(host, failure)

    assert (found.result, found.error) == (Result.FAILED, failure)


def test_in_earnest_a_namespace_must_be_there(host: FleetCluster) -> None:
    assert tried(host, ABSENT, DryRun.NONE).result is Result.FAILED
