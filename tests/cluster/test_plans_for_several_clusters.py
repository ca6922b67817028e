"""One plan for the host cluster and its DPU clusters: what needs what, and what stops where."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dpfctl.apply import Places, apply_plan
from dpfctl.cluster.fleet_file import FleetCluster
from dpfctl.errors import DpfctlError, ExitCode, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.cluster import HOST, Cluster, ClusterName
from dpfctl.model.dry_run import DryRun
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change, Plan
from dpfctl.report import Report, Result
from tests.cli.fleet_on_disk import service, write_fleet
from tests.cluster.fleets import open_file

EDGE: ClusterName = ("ns1", "edge")
CORE: ClusterName = ("ns1", "core")
DEAD = UnreachableError("dpu cluster ns1/core: does not answer")


@pytest.fixture
def host(tmp_path: Path) -> FleetCluster:
    fleet = write_fleet(tmp_path / "fleet.yaml", service("hbn"), dpu_clusters={EDGE: (), CORE: ()})
    return open_file(fleet.path).host


def namespace(name: str, cluster: ClusterName = EDGE, **options: Any) -> Change:
    """Create a namespace in a cluster."""
    ref = Ref(kinds.NAMESPACE, "", name)
    body = {"metadata": {"name": name, "labels": {"team": "net"}}}
    return Change(ref, Action.APPLY, "created", None, body, cluster=cluster, **options)


def refused(name: str, **options: Any) -> Change:
    """A change that no cluster takes."""
    return namespace(f"{name}_", **options)


def run(host: FleetCluster, *changes: Change, **options: Any) -> Report:
    dpus: dict[ClusterName, Cluster | DpfctlError] = dict(host.file.dpu_clusters)
    places = Places(host, {**dpus, **options.pop("dpus", {})})
    plan = Plan("reconcile", tuple(changes))
    return apply_plan(places, plan, lambda c, _f: c, sleep=lambda _seconds: None, **options)


def results(report: Report) -> list[str]:
    return [outcome.result.value for outcome in report.outcomes]


def names_in(host: FleetCluster, cluster: ClusterName) -> list[str]:
    part = dict(host.file.dpu_clusters)[cluster] if cluster != HOST else host
    return [one.name for one in part.list(kinds.NAMESPACE)]


def test_each_change_goes_to_its_cluster(host: FleetCluster) -> None:
    report = run(host, namespace("a", EDGE), namespace("b", CORE), namespace("c", HOST))

    assert results(report) == ["done"] * 3
    assert [names_in(host, where) for where in (EDGE, CORE, HOST)] == [["a"], ["b"], ["c"]]


def test_a_change_is_written_in_the_name_of_its_manager(host: FleetCluster) -> None:
    run(host, namespace("a", EDGE, manager="dpuservice-manager"))

    found = dict(host.file.dpu_clusters)[EDGE].get(Ref(kinds.NAMESPACE, "", "a"))
    assert [entry["manager"] for entry in found.metadata["managedFields"]] == ["dpuservice-manager"]


CHAINS: Mapping[str, tuple[Callable[[], tuple[Change, ...]], list[str]]] = {
    "what needs nothing goes on": (
        lambda: (refused("a", gives="a"), namespace("b", stage=1, needs=())),
        ["failed", "done"],
    ),
    "what needs it is left alone": (
        lambda: (refused("a", gives="a"), namespace("b", stage=1, needs=("a",))),
        ["failed", "skipped"],
    ),
    "what needs that is left alone as well": (
        lambda: (
            refused("a", gives="a"),
            namespace("b", stage=1, needs=("a",), gives="b"),
            namespace("c", stage=2, needs=("b",)),
        ),
        ["failed", "skipped", "skipped"],
    ),
    "what says nothing needs everything": (
        lambda: (refused("a", gives="a"), namespace("b", stage=1)),
        ["failed", "skipped"],
    ),
    "side by side nobody waits": (
        lambda: (refused("a", gives="a"), namespace("b", needs=("a",))),
        ["failed", "done"],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), CHAINS.values(), ids=CHAINS)
def test_what_needs_what(
    host: FleetCluster, changes: Callable[[], tuple[Change, ...]], expected: list[str]
) -> None:
    assert results(run(host, *changes())) == expected


def test_a_dry_run_tries_everything(host: FleetCluster) -> None:
    changes = refused("a", gives="a"), namespace("b", stage=1, needs=("a",))

    assert results(run(host, *changes, dry_run=DryRun.SERVER)) == ["failed", "planned"]


def test_a_cluster_without_a_way_in_does_not_stop_the_others(host: FleetCluster) -> None:
    changes = (
        namespace("a", CORE, needs=(), gives="a in core"),
        namespace("a", EDGE, needs=()),
        namespace("b", CORE, stage=1, needs=("a in core",)),
        namespace("b", EDGE, stage=1, needs=()),
    )

    report = run(host, *changes, dpus={CORE: DEAD})

    assert results(report) == ["failed", "done", "skipped", "done"]
    assert report.exit_code is ExitCode.PARTIAL
    assert [error.message for error in report.failures] == [DEAD.message]
    assert names_in(host, EDGE) == ["a", "b"]


def test_a_cluster_that_nobody_knows(host: FleetCluster) -> None:
    report = run(host, namespace("a", ("ns1", "none")))

    assert [error.message for error in report.failures] == [
        "dpucluster/ns1/none: nothing is known of this DPU cluster"
    ]


def test_a_status_is_written_with_its_version(host: FleetCluster) -> None:
    (found,) = host.list(kinds.DPU_SERVICE)
    wanted = {**found.raw, "status": {"serviceID": "abc"}}
    change = Change(found.ref, Action.STATUS, "status updated", found, wanted)

    report = run(host, change)

    assert results(report) == [Result.DONE.value]
    assert host.get(found.ref).text("status", "serviceID") == "abc"


def test_a_stale_status_is_planned_again(host: FleetCluster) -> None:
    (found,) = host.list(kinds.DPU_SERVICE)
    host.merge(found.ref, {"metadata": {"labels": {"by": "another"}}})
    change = Change(found.ref, Action.STATUS, "status updated", found, status_of(found))

    def again(change: Change, fresh: Resource | None) -> Change:
        assert fresh is not None
        return Change(change.ref, Action.STATUS, change.done, fresh, status_of(fresh))

    plan = Plan("reconcile", (change,))
    report = apply_plan(Places(host), plan, again, sleep=lambda _seconds: None)

    assert [(o.result, o.attempts) for o in report.outcomes] == [(Result.DONE, 2)]
    assert host.get(found.ref).label("by") == "another"


def status_of(found: Resource) -> dict[str, Any]:
    return {**found.raw, "status": {"serviceID": "abc"}}
