"""A pass for people: what is written, how far services came, which hosts wait, what went wrong."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dpfctl.errors import ExitCode, ForbiddenError, UnreachableError, WaitTimeoutError
from dpfctl.model import kinds
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.dry_run import DryRun
from dpfctl.model.release_objects import release_body
from dpfctl.model.resources import Ref
from dpfctl.plan import Action, Change, Plan
from dpfctl.reconcile.hosts.verdicts import Gap, HostVerdict, Wait
from dpfctl.reconcile.results.report import PassReport, ServiceResult, Standing
from dpfctl.reconcile.service_pass import spot_of
from dpfctl.reconcile.steps import Step
from dpfctl.render.machine import to_json
from dpfctl.render.pass_view import pass_data, pass_lines, pass_names, summary_line, trouble
from dpfctl.report import Outcome, Report, Result
from tests.builders import NS, Built, application, build, condition, dpu_service, node
from tests.unit.hosts import linked, tainted, worker
from tests.unit.reconcile_fleets import secret
from tests.unit.release_records import RELEASE

EDGE: ClusterName = ("dpu-cplane", "edge")
HBN = dpu_service("hbn").having(metadata={"resourceVersion": "7", "generation": 2})
APP = application("edge-hbn").spec(project="dpu")
DENIED = ForbiddenError("application/x: it is forbidden", "ask for the right to do it")
TRIAL = DryRun.CLIENT


def outcome(
    built: Built,
    done: str = "created",
    result: Result = Result.DONE,
    action: Action = Action.APPLY,
    *,
    before: Built | None = None,
    step: Step = Step.DEPLOY,
    cluster: ClusterName = HOST,
    **more: Any,
) -> Outcome:
    known = None if before is None else before.resource
    ref = built.resource.ref
    change = Change(ref, action, done, known, built.raw, stage=step, cluster=cluster)
    return Outcome(change, result, **more)


def report(*outcomes: Outcome, dry_run: DryRun = DryRun.NONE, **more: Any) -> PassReport:
    plan = Plan("reconcile", tuple(o.change for o in outcomes))
    given = {"services": (), "requests": 30, "seconds": 1.25, **more}
    return PassReport((Report(plan, outcomes, dry_run),), **given)


def lines(*outcomes: Outcome, **more: Any) -> list[str]:
    return list(pass_lines(report(*outcomes, **more)))


def result(name: str, standing: Standing, message: str = "") -> ServiceResult:
    return ServiceResult(Ref(kinds.DPU_SERVICE, NS, name), standing, message=message)


class TestWrites:
    def test_are_told_with_namespace_and_cluster(self) -> None:
        space = build(kinds.NAMESPACE, "dpf")

        assert lines(
            outcome(space, cluster=EDGE), outcome(APP), outcome(node("w1"), "tainted")
        ) == [
            "namespace/dpf created in dpu cluster dpu-cplane/edge",
            f"application.argoproj.io/edge-hbn created in namespace {NS}",
            "node/w1 tainted",
            "",
            "3 written, 0 unchanged, 0 failed, 0 skipped; 30 requests in 1.2 s",
        ]

    @pytest.mark.parametrize("result", [Result.UNCHANGED, Result.FAILED, Result.SKIPPED])
    def test_what_was_not_written_is_only_counted(self, result: Result) -> None:
        (line,) = lines(outcome(APP, result=result))

        assert f"1 {result.value}" in line

    def test_nothing_at_all_is_one_line(self) -> None:
        assert lines() == ["0 written, 0 unchanged, 0 failed, 0 skipped; 30 requests in 1.2 s"]

    def test_what_nobody_knows_counts_as_failed(self) -> None:
        assert "1 failed" in summary_line(report(outcome(APP, result=Result.UNKNOWN)))

    def test_names_stand_once_for_each_object(self) -> None:
        found = report(
            outcome(HBN, "finalizer added", step=Step.FINALIZER),
            outcome(APP, result=Result.UNCHANGED),
            outcome(HBN, "status updated", step=Step.STATUS),
            outcome(build(kinds.NAMESPACE, "dpf"), cluster=EDGE),
            outcome(build(kinds.NAMESPACE, "dpf"), cluster=("dpu-cplane", "core")),
        )

        assert pass_names(found) == [
            "dpuservice.svc.dpu.nvidia.com/hbn", "namespace/dpf", "namespace/dpf",
        ]  # fmt: skip


class TestDryRun:
    def test_shows_what_differs_and_what_follows(self) -> None:
        first = outcome(HBN, "finalizer added", Result.PLANNED, step=Step.FINALIZER)
        later = outcome(
            worker("w1"),
            "tainted",
            Result.PLANNED,
            Action.PATCH,
            before=node("w1"),
            step=Step.TAINT,
        )
        found = lines(first, later, dry_run=TRIAL, follows=frozenset({spot_of(later.change)}))

        assert "node/w1 tainted (dry run) (follows)" in found
        assert any(line.startswith("  +  - key: dpu") or "key: dpu" in line for line in found)
        assert found[-3:] == [
            "(follows): depends on what is written before it, and may come out differently",
            "",
            "2 to write, 0 unchanged, 0 failed, 0 skipped; 30 requests in 1.2 s",
        ]

    def test_of_two_changes_of_an_object_only_the_later_follows(self) -> None:
        first = outcome(HBN, "finalizer added", Result.PLANNED, step=Step.FINALIZER)
        later = outcome(HBN, "status updated", Result.PLANNED, step=Step.STATUS)
        found = lines(first, later, dry_run=TRIAL, follows=frozenset({spot_of(later.change)}))

        assert [line.endswith("(follows)") for line in found if line.startswith("dpuservice")] == [
            False, True,
        ]  # fmt: skip

    def test_conditions_take_a_line_each(self) -> None:
        old = condition("ApplicationsReady") | {"observedGeneration": 1}
        new = condition("ApplicationsReady", "False", "Pending", "These:\n* a\n* b")
        same = condition("Ready")
        change = outcome(
            HBN.conditions(same, new | {"observedGeneration": 2}),
            "status updated",
            Result.PLANNED,
            Action.STATUS,
            before=HBN.conditions(same, old),
            step=Step.STATUS,
        )

        assert lines(change, dry_run=TRIAL)[:6] == [
            f"dpuservice.svc.dpu.nvidia.com/hbn status updated in namespace {NS} (dry run)",
            "  @@",
            "     conditions:",
            "       Ready: True, Success",
            "  -    ApplicationsReady: True, Success (of generation 1)",
            "  +    ApplicationsReady: 'False, Pending: These: a, b'",
        ]

    def test_a_status_that_holds_no_conditions(self) -> None:
        odd = outcome(
            HBN.status(conditions=7),
            "x",
            Result.PLANNED,
            Action.STATUS,
            before=HBN,
            step=Step.STATUS,
        )

        assert "  +  conditions: 7" in lines(odd, dry_run=TRIAL)


class TestTables:
    def test_of_services(self) -> None:
        broken = "Unable to reconcile Applications:\n* first\n* second"
        services = (
            result("dts", Standing.READY, "not told"),
            result("hbn", Standing.FAILED, broken),
        )

        assert lines(services=services)[:3] == [
            "SERVICE                  STATE   WHY",
            f"{NS}/dts  ready",
            f"{NS}/hbn  failed  Unable to reconcile Applications: first, second",
        ]

    def verdict(self, built: Built, waits: int = 0, **more: Any) -> HostVerdict:
        wait = Wait(
            Ref(kinds.DPU_SERVICE, NS, "ovn"),
            Ref(kinds.DPU, NS, "d1"),
            Ref(kinds.DPU_CLUSTER, *EDGE),
            None,
            "no pod",
        )
        return HostVerdict(linked().resource, built.resource, (wait,) * waits, **more)

    def test_of_hosts_that_wait(self) -> None:
        hosts = (self.verdict(tainted("w1"), 1), self.verdict(worker("w2")))

        assert lines(hosts=hosts)[:3] == [
            "HOST  TAINT    WHY",
            f"w1    tainted  {NS}/ovn on dpu/{NS}/d1: no pod",
            "",
        ]

    def test_a_host_that_waits_for_much(self) -> None:
        assert lines(hosts=(self.verdict(tainted("w1"), 5),))[1].endswith("no pod and 2 more")

    def test_a_host_that_cannot_be_judged(self) -> None:
        gap = Gap(UnreachableError("no route to host"), Ref(kinds.DPU_CLUSTER, *EDGE))

        assert lines(hosts=(self.verdict(worker("w1"), gaps=(gap,)),))[1] == (
            "w1    unknown  no route to host"
        )

    def test_a_host_without_a_network(self) -> None:
        """It gets a taint that evicts its pods, whatever the critical services do."""
        cut_off = (Ref(kinds.DPU, NS, "d1"),)

        assert lines(hosts=(self.verdict(worker("w1"), cut_off=cut_off),))[1] == (
            f"w1    no network  no network from dpu/{NS}/d1"
        )

    def test_control_characters_of_a_cluster_are_not_printed(self) -> None:
        found = lines(services=(result("hbn", Standing.FAILED, "\x1b[31mred"),))

        assert "\x1b" not in "".join(found)


class TestTrouble:
    def told(self, *outcomes: Outcome, **more: Any) -> list[str]:
        return list(trouble(report(*outcomes, **more)))

    def test_comes_in_its_order(self) -> None:
        failed = outcome(APP, result=Result.FAILED, error=DENIED)
        found = self.told(
            failed,
            services=(result("dts", Standing.FAILED, "it broke"),),
            unread=(UnreachableError("dpucluster/x: no answer"),),
            late=WaitTimeoutError("not done after 5 s"),
            warnings=("mind the gap",),
        )

        assert found == [
            "warning: mind the gap",
            f"error: application/{NS}/edge-hbn: application/x: it is forbidden",
            "hint: ask for the right to do it",
            f"error: dpuservice/{NS}/dts: it broke",
            "error: dpucluster/x: no answer",
            "error: not done after 5 s",
        ]

    def test_what_was_not_tried_is_told_of_many_at_once(self) -> None:
        skipped = [outcome(node(f"w{n}"), "tainted", Result.SKIPPED) for n in range(1000)]

        assert self.told(*skipped) == ["warning: node/w0 and 999 more: not tainted: not tried"]

    def test_warnings_that_say_the_same_are_told_once(self) -> None:
        warnings = tuple(f"dpu/d{n}: its cluster does not answer" for n in range(1000))

        assert self.told(warnings=warnings) == [
            "warning: dpu/d0 and 999 more: its cluster does not answer"
        ]


class TestMachines:
    def test_hold_what_there_is(self) -> None:
        service = replace(
            result("hbn", Standing.WAITING, "not yet"),
            stop="ApplicationsReconciled",
            conditions=(condition("Ready", "False"),),
            service_id="hbn",
        )
        data = pass_data(
            report(outcome(APP, cluster=EDGE), services=(service,), ended=ExitCode.INTERRUPTED)
        )

        assert set(data) == {
            "dryRun", "engine", "interrupted", "services", "hosts", "results", "unread",
            "warnings", "summary",
        }  # fmt: skip
        assert data["interrupted"] is True
        assert data["services"][0]["state"] == "waiting"
        assert data["services"][0]["conditions"][0]["status"] == "False"
        assert data["results"][0] | {"step": "deploy", "follows": False} == data["results"][0]
        assert data["results"][0]["dpuCluster"] == {"namespace": "dpu-cplane", "name": "edge"}
        assert data["summary"]["written"] == 1

    def test_hosts_have_no_dpu_cluster(self) -> None:
        assert pass_data(report(outcome(APP)))["results"][0]["dpuCluster"] is None


class TestSecrets:
    """Nothing of a Secret is shown, and of values nothing that is a secret by its name or looks."""

    COPY = secret("pull", **{".dockerconfigjson": "c2VjcmV0"})
    APPLICATION = APP.spec(source={"helm": {"valuesObject": {"password": "hunter2", "a": "b"}}})
    RELEASED = Built(
        kinds.RELEASE, release_body(replace(RELEASE, values={"token": "hunter2", "a": "b"}))
    )

    @pytest.mark.parametrize(
        ("built", "action", "hidden"),
        [
            pytest.param(COPY, Action.APPLY, "c2VjcmV0", id="a copy of a Secret"),
            pytest.param(APPLICATION, Action.APPLY, "hunter2", id="values of an Application"),
            pytest.param(RELEASED, Action.INSTALL, "hunter2", id="values of a release"),
        ],
    )
    @pytest.mark.parametrize("before", [True, False], ids=["changed", "new"])
    def test_are_in_neither_form(
        self, built: Built, action: Action, hidden: str, before: bool
    ) -> None:
        old = built.having(metadata={"labels": {"x": "y"}}) if before else None
        planned = outcome(built, result=Result.PLANNED, action=action, before=old)
        found = report(planned, dry_run=TRIAL)
        text, data = "\n".join(pass_lines(found)), to_json(pass_data(found))

        assert hidden not in text + data
        assert json.loads(data)["results"][0]["configuration"] is not None

    def test_a_patch_of_values(self) -> None:
        new = self.APPLICATION.spec(source={"helm": {"valuesObject": {"password": "hunter3"}}})
        planned = outcome(new, result=Result.PLANNED, action=Action.PATCH, before=self.APPLICATION)
        found = report(planned, dry_run=TRIAL)
        text = "\n".join(pass_lines(found)) + to_json(pass_data(found))

        assert "hunter" not in text
        assert "valuesObject" in text
