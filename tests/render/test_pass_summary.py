"""A pass as Markdown for the page of a CI job."""

from typing import Any

from dpfctl.errors import ForbiddenError, UnreachableError, WaitTimeoutError
from dpfctl.model import kinds
from dpfctl.model.dry_run import DryRun
from dpfctl.model.resources import Ref
from dpfctl.plan import Action, Change, Plan
from dpfctl.reconcile.hosts.verdicts import HostVerdict, Wait
from dpfctl.reconcile.results.report import PassReport, ServiceResult, Standing
from dpfctl.reconcile.steps import Step
from dpfctl.render.pass_summary import summary_text
from dpfctl.report import Outcome, Report, Result
from tests.builders import NS, application
from tests.unit.hosts import linked, tainted

DENIED = ForbiddenError("application/x: *it* is <forbidden>")


def outcome(name: str, result: Result = Result.DONE, **more: Any) -> Outcome:
    found = application(name).resource
    change = Change(found.ref, Action.APPLY, "created", None, found.raw, stage=Step.DEPLOY)
    return Outcome(change, result, **more)


def service(name: str, standing: Standing, message: str = "") -> ServiceResult:
    return ServiceResult(Ref(kinds.DPU_SERVICE, "ns", name), standing, message=message)


def text(*outcomes: Outcome, dry_run: DryRun = DryRun.NONE, **more: Any) -> list[str]:
    plan = Plan("reconcile", tuple(o.change for o in outcomes))
    given = {"services": (), "requests": 30, "seconds": 1.25, **more}
    return summary_text(PassReport((Report(plan, outcomes, dry_run),), **given)).splitlines()


def test_of_nothing() -> None:
    assert text() == [
        "### dpfctl reconcile",
        "",
        "0 written, 0 unchanged, 0 failed, 0 skipped; 30 requests in 1.2 s",
        "",
    ]


def test_of_a_dry_run_says_so() -> None:
    found = text(outcome("edge-hbn", Result.PLANNED), dry_run=DryRun.SERVER)

    assert found[0] == "### dpfctl reconcile (server dry run)"
    assert found[-4].endswith("created in namespace dpf-operator-system (server dry run)`")


def test_services_and_hosts_are_tables() -> None:
    wait = Wait(
        Ref(kinds.DPU_SERVICE, NS, "ovn"),
        Ref(kinds.DPU, NS, "d1"),
        Ref(kinds.DPU_CLUSTER, "dpu-cplane", "edge"),
        None,
        "no pod",
    )
    services = (
        service("dts", Standing.READY),
        service("hbn", Standing.FAILED, "it broke:\n* here"),
        service("ovn", Standing.WAITING, "not yet"),
        service("ptp", Standing.SUSPENDED),
        service("old", Standing.SKIPPED, "not everything was tried"),
    )
    hosts = (HostVerdict(linked().resource, tainted("w1").resource, (wait,)),)

    assert text(services=services, hosts=hosts)[4:] == [
        "| Service | State | Why |",
        "|---|---|---|",
        "| ✅ ns/dts | ready |  |",
        "| ❌ ns/hbn | failed | it broke: here |",
        "| ⏳ ns/ovn | waiting | not yet |",
        "| ⏸️ ns/ptp | suspended |  |",
        "| ⏳ ns/old | skipped | not everything was tried |",
        "",
        "| Host | Taint | Why |",
        "|---|---|---|",
        f"| w1 | tainted | {NS}/ovn on dpu/{NS}/d1: no pod |",
        "",
        "- ❌ dpuservice/ns/hbn: it broke: here",
    ]


def test_text_of_a_cluster_is_no_markup() -> None:
    found = text(
        outcome("x", Result.FAILED, error=DENIED),
        services=(service("hbn", Standing.FAILED, "a|b `c` <img> [x](y)"),),
    )

    assert "| ❌ ns/hbn | failed | a\\|b \\`c\\` \\<img\\> \\[x\\](y) |" in found
    assert "- ❌ application/x: \\*it\\* is \\<forbidden\\>" in found


def test_what_went_wrong_is_listed() -> None:
    found = text(
        unread=(UnreachableError("no route"),), late=WaitTimeoutError("not done after 5 s")
    )

    assert found[4:] == ["- ❌ no route", "- ❌ not done after 5 s"]


def test_writes_are_folded_away() -> None:
    assert text(outcome("edge-hbn"), outcome("edge-dts", Result.UNCHANGED))[4:] == [
        "",
        "<details><summary>1 changes</summary>",
        "",
        f"- `application.argoproj.io/edge-hbn created in namespace {NS}`",
        "",
        "</details>",
        "",
    ]


def test_a_large_fleet_gives_a_page_that_ci_takes() -> None:
    outcomes = [outcome(f"a{n}") for n in range(1000)]
    services = tuple(service(f"s{n}", Standing.READY) for n in range(300))
    found = text(*outcomes, services=services)

    assert "- and 900 more" in found
    assert "| and 200 more | | |" in found
    assert len(found) < 220
