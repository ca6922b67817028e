"""Reports as the lines of kubectl, as remarks on stderr, and as one value for machines."""

import json
from typing import Any

import pytest

from dpfctl.errors import (
    ConflictError,
    DpfctlError,
    ExitCode,
    FieldConflict,
    FieldConflictError,
    RejectedError,
    WaitTimeoutError,
)
from dpfctl.model import kinds
from dpfctl.model.dry_run import DryRun
from dpfctl.plan import Action, Change, Impact, Plan
from dpfctl.render.machine import to_json
from dpfctl.render.plan_view import impact_line
from dpfctl.render.report_view import (
    error_data,
    report_data,
    report_lines,
    report_names,
    trouble_lines,
)
from dpfctl.report import Outcome, Report, Result
from tests.builders import Built, build, dpu_service
from tests.render.tables import SGR, banned

HBN = dpu_service("hbn", "ns").spec(paused=False).having(metadata={"resourceVersion": "7"})
NAME = "dpuservice.svc.dpu.nvidia.com/hbn"
DENIED = RejectedError("dpuservice/ns/hbn: denied by policy", "ask the platform team")


def outcome(
    result: Result,
    built: Built = HBN,
    error: DpfctlError | None = None,
    action: Action = Action.PATCH,
    **more: Any,
) -> Outcome:
    found = built.resource
    after = built.suspended().raw if action is Action.PATCH else found.raw
    change = Change(found.ref, action, "suspended", found, after)
    return Outcome(change, result, error, **more)


def report(*outcomes: Outcome, impacts: tuple[Impact, ...] = (), **more: Any) -> Report:
    changes = tuple(one.change for one in outcomes)
    return Report(Plan("suspend", changes, ("mind the gap",), impacts), outcomes, **more)


def lines(*outcomes: Outcome, dry_run: DryRun = DryRun.NONE) -> list[str]:
    return list(report_lines(report(*outcomes, dry_run=dry_run)))


class TestResults:
    @pytest.mark.parametrize(
        ("result", "dry_run", "line"),
        [
            (Result.DONE, DryRun.NONE, f"{NAME} suspended"),
            (Result.UNCHANGED, DryRun.NONE, f"{NAME} suspended (unchanged)"),
            (Result.PLANNED, DryRun.CLIENT, f"{NAME} suspended (dry run)"),
            (Result.PLANNED, DryRun.SERVER, f"{NAME} suspended (server dry run)"),
            (Result.UNCHANGED, DryRun.CLIENT, f"{NAME} suspended (unchanged) (dry run)"),
            (Result.UNCHANGED, DryRun.SERVER, f"{NAME} suspended (unchanged) (server dry run)"),
        ],
    )
    def test_words(self, result: Result, dry_run: DryRun, line: str) -> None:
        assert lines(outcome(result), dry_run=dry_run)[0] == line

    @pytest.mark.parametrize("result", [Result.FAILED, Result.SKIPPED, Result.UNKNOWN])
    def test_what_is_not_as_wanted_is_no_result(self, result: Result) -> None:
        told = report(outcome(result))

        assert (list(report_lines(told)), report_names(told)) == ([], [])

    def test_what_is_planned_has_its_diff_below(self) -> None:
        assert lines(outcome(Result.PLANNED), dry_run=DryRun.CLIENT)[1:] == [
            "  @@",
            "     namespace: ns",
            "   spec:",
            "  -  paused: false",
            "  +  paused: true",
        ]

    def test_the_diff_is_painted_on_request(self) -> None:
        told = report(outcome(Result.PLANNED), dry_run=DryRun.SERVER)
        coloured = list(report_lines(told, colour=True))

        assert "  \x1b[32m+  paused: true\x1b[0m" in coloured
        assert [SGR.sub("", line) for line in coloured] == list(report_lines(told))

    def test_what_was_done_needs_no_diff(self) -> None:
        assert lines(outcome(Result.DONE)) == [f"{NAME} suspended"]

    def test_namespaces_are_told_when_there_are_several(self) -> None:
        other = dpu_service("hbn", "tenant")

        assert lines(outcome(Result.DONE), outcome(Result.UNCHANGED, other)) == [
            f"{NAME} suspended in namespace ns",
            f"{NAME} suspended in namespace tenant (unchanged)",
        ]

    def test_a_target_that_failed_makes_several_namespaces_too(self) -> None:
        other = outcome(Result.FAILED, dpu_service("hbn", "tenant"), DENIED)

        assert lines(outcome(Result.DONE), other) == [f"{NAME} suspended in namespace ns"]

    def test_a_kind_of_the_core_group_has_no_group(self) -> None:
        assert lines(outcome(Result.DONE, build(kinds.NODE, "n1"))) == ["node/n1 suspended"]

    def test_names_can_be_given_to_kubectl(self) -> None:
        told = report(
            outcome(Result.DONE),
            outcome(Result.FAILED, dpu_service("dts", "ns"), DENIED),
            outcome(Result.UNCHANGED, dpu_service("snap", "ns")),
        )

        assert report_names(told) == [NAME, "dpuservice.svc.dpu.nvidia.com/snap"]

    def test_nothing_is_nothing(self) -> None:
        assert (lines(), report_names(report())) == ([], [])


class TestTroubles:
    def told(self, *outcomes: Outcome, **more: Any) -> list[str]:
        return list(trouble_lines(report(*outcomes, **more)))

    def test_a_failure_and_its_hint(self) -> None:
        assert self.told(outcome(Result.FAILED, error=DENIED)) == [
            "error: dpuservice/ns/hbn: denied by policy",
            "hint: ask the platform team",
        ]

    def test_a_failure_without_a_hint(self) -> None:
        error = ConflictError("dpuservice/ns/hbn: changed")

        assert self.told(outcome(Result.FAILED, error=error)) == [
            "error: dpuservice/ns/hbn: changed"
        ]

    def test_what_was_not_tried(self) -> None:
        assert self.told(outcome(Result.SKIPPED)) == [
            "warning: dpuservice/ns/hbn: not suspended: not tried"
        ]

    def test_what_nobody_knows(self) -> None:
        assert self.told(outcome(Result.UNKNOWN)) == [
            "warning: dpuservice/ns/hbn: interrupted before the answer came; perhaps suspended"
        ]

    def test_a_remark(self) -> None:
        assert self.told(outcome(Result.DONE, note="read again")) == [
            "note: dpuservice/ns/hbn: read again"
        ]

    def test_what_went_well_is_no_trouble(self) -> None:
        assert self.told(outcome(Result.DONE), outcome(Result.UNCHANGED)) == []

    def test_what_is_late_comes_last(self) -> None:
        late = WaitTimeoutError("not done after 5 s: x", "what was written stays")
        told = self.told(outcome(Result.DONE, note="remark"), late=late)

        assert told[1:] == ["error: not done after 5 s: x", "hint: what was written stays"]


HOSTILE = "\x1b[31mred\u202e[/etc] [red]x[/red]\n\x9b"


def test_hostile_text_stays_text() -> None:
    built = dpu_service(HOSTILE, HOSTILE)
    other = dpu_service("hbn", "ns")
    error = RejectedError(HOSTILE, HOSTILE)
    told = report(
        outcome(Result.DONE, built, note=HOSTILE),
        outcome(Result.FAILED, built, error),
        outcome(Result.SKIPPED, built),
        outcome(Result.UNKNOWN, built),
        outcome(Result.PLANNED, built),
        outcome(Result.DONE, other),
        dry_run=DryRun.CLIENT,
        late=error,
    )
    impact = impact_line(Impact(built.resource.ref, "dpus concerned"))
    everything = [*report_lines(told), *report_names(told), *trouble_lines(told), impact]

    assert not banned("".join(everything))
    assert not any("\n" in line for line in everything)
    assert any("[/etc] [red]x[/red]" in line for line in everything)
    assert not banned(to_json(report_data(told)))


class TestData:
    """The key sets are a contract (``docs/reference/json.md``)."""

    IMPACT = Impact(HBN.resource.ref, "dpus concerned", ("d1",), note="x")

    def test_a_report(self) -> None:
        told = report(
            outcome(Result.DONE, attempts=2, version="9", note="n"), impacts=(self.IMPACT,)
        )

        assert report_data(told) == {
            "dryRun": "none",
            "interrupted": False,
            "results": [
                {
                    "apiVersion": "svc.dpu.nvidia.com/v1alpha1",
                    "kind": "DPUService",
                    "namespace": "ns",
                    "name": "hbn",
                    "action": "patch",
                    "done": "suspended",
                    "result": "done",
                    "preconditions": {"uid": "dpuservice-ns-hbn", "resourceVersion": "7"},
                    "patch": [
                        {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
                        {"op": "replace", "path": "/spec/paused", "value": True},
                    ],
                    "configuration": None,
                    "reasons": [],
                    "note": "n",
                    "attempts": 2,
                    "resourceVersion": "9",
                    "error": None,
                }
            ],
            "warnings": ["mind the gap"],
            "impacts": [
                {
                    "kind": "DPUService",
                    "namespace": "ns",
                    "name": "hbn",
                    "what": "dpus concerned",
                    "known": True,
                    "names": ["d1"],
                    "note": "x",
                }
            ],
        }

    def test_an_empty_report_has_the_same_keys(self) -> None:
        told = report_data(Report(Plan("suspend", ()), (), DryRun.SERVER))

        assert told == {
            "dryRun": "server",
            "interrupted": False,
            "results": [],
            "warnings": [],
            "impacts": [],
        }

    def test_an_interrupted_run(self) -> None:
        told = report(outcome(Result.UNKNOWN), stopped=ExitCode.INTERRUPTED)

        assert report_data(told)["interrupted"] is True
        assert report_data(told)["results"][0]["result"] == "unknown"

    def test_an_object_that_is_as_wanted_needs_no_patch(self) -> None:
        (result,) = report_data(report(outcome(Result.UNCHANGED, action=Action.NONE)))["results"]

        assert (result["action"], result["patch"], result["attempts"]) == ("none", [], 0)

    def test_a_configuration_that_is_applied(self) -> None:
        (result,) = report_data(report(outcome(Result.DONE, action=Action.APPLY)))["results"]

        assert (result["action"], result["patch"]) == ("apply", [])
        assert result["configuration"] == HBN.raw

    def test_an_error(self) -> None:
        (result,) = report_data(report(outcome(Result.FAILED, error=DENIED)))["results"]

        assert result["error"] == {
            "message": "dpuservice/ns/hbn: denied by policy",
            "hint": "ask the platform team",
        }

    def test_fields_of_others(self) -> None:
        error = FieldConflictError("m", "h", (FieldConflict(".spec.paused", "kubectl"),))

        assert error_data(error)["conflicts"] == [{"field": ".spec.paused", "manager": "kubectl"}]

    def test_every_value_is_json(self) -> None:
        told = report(outcome(Result.DONE), outcome(Result.FAILED, error=DENIED))

        assert json.loads(json.dumps(report_data(told))) == report_data(told)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"password": "old"}, {"password": "hunter2"}, id="replaced field"),
        pytest.param({}, {"password": "hunter2"}, id="added field"),
        pytest.param({"passwords": ["old"]}, {"passwords": ["hunter2"]}, id="item of a list"),
        pytest.param({}, {"auth": {"api-key": "hunter2"}}, id="inside of what is added"),
        pytest.param({}, {"conf": "password = hunter2"}, id="line of a text"),
        pytest.param({"token": {"a": "old"}}, {"token": {"a": "hunter2"}}, id="below a secret"),
    ],
)
def test_patches_hold_no_secrets(old: dict[str, Any], new: dict[str, Any]) -> None:
    before = HBN.spec(values=old)
    after = HBN.spec(values=new)
    plan = Change(HBN.resource.ref, Action.PATCH, "changed", before.resource, after.raw)
    data = report_data(report(Outcome(plan, Result.PLANNED)))

    assert len(data["results"][0]["patch"]) == 2
    assert "hunter2" not in json.dumps(data)
    assert "REDACTED" in json.dumps(data)
