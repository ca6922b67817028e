"""``dpfctl describe`` on fleet files: what is printed where, and the exit code."""

import io
import itertools
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command_line import NOW, Result, Terminal, dpfctl, interrupted_after

CONFIG = """\
apiVersion: operator.dpu.nvidia.com/v1alpha1
kind: DPFOperatorConfig
metadata: {name: config, namespace: ops}
status:
  conditions:
  - {type: Ready, status: "True", reason: Success, message: "", lastTransitionTime: "${NOW-3h}"}
"""
READY = '{type: Ready, status: "True", reason: Success, lastTransitionTime: "${NOW-2d}"}'
FAILED = (
    '{type: Ready, status: "False", reason: Error, message: "no \\e[31mluck", '
    'lastTransitionTime: "${NOW-90s}"}'
)


def service(name: str, condition: str = READY, *, namespace: str = "ops", spec: str = "{}") -> str:
    return f"""\
---
apiVersion: svc.dpu.nvidia.com/v1alpha1
kind: DPUService
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
status: {{conditions: [{condition}]}}
"""


HEALTHY = CONFIG + service("hbn") + service("dts")
BROKEN = HEALTHY + service("snap", FAILED)
PAUSED = CONFIG + service("hbn", spec="{paused: true}") + service("dts")


def describe(fleet: str, *args: str, view: str = "dpuservices", **options: Any) -> Result:
    return dpfctl("describe", view, *args, "--from", "-", stdin=fleet, **options)


def test_table() -> None:
    assert describe(BROKEN).lines == [
        "NAME                      NAMESPACE  STATUS       REASON   SINCE  MESSAGE",
        "DPFOperatorConfig/config  ops        Ready: True  Success  3h",
        "└─DPUServices",
        "  ├─2 DPUServices...      ops        Ready: True  Success  2d     See dts, hbn",
        "  └─DPUService/snap       ops",
        "                └─Ready              False        Error    90s    no \\x1b[31mluck",
    ]


def test_nothing_is_said_about_a_fleet_that_is_well() -> None:
    result = describe(HEALTHY)

    assert (result.code, result.err) == (0, "")


def test_no_headers() -> None:
    assert describe(HEALTHY, "--no-headers").lines[0].startswith("DPFOperatorConfig/config")


def test_suspended_service_is_marked_and_stands_by_itself() -> None:
    names = [line.split("  ops")[0].strip() for line in describe(PAUSED).lines]

    assert names[-2:] == ["├─DPUService/dts", "└─DPUService/hbn (suspended)"]


@pytest.mark.parametrize("form", ["table", "json", "yaml", "name"])
@pytest.mark.parametrize(
    ("fleet", "code"),
    [pytest.param(HEALTHY, 0, id="ready"), pytest.param(BROKEN, 3, id="not ready")],
)
def test_exit_code_does_not_depend_on_the_format(fleet: str, code: int, form: str) -> None:
    assert describe(fleet, "-o", form).code == 0
    assert describe(fleet, "-o", form, "--exit-code").code == code


def test_exit_code_looks_into_what_issues_leaves_out() -> None:
    assert describe(BROKEN, "--issues", "--exit-code").code == 3
    assert describe(HEALTHY, "--issues", "--exit-code").code == 0


def test_json_keeps_the_members_of_groups() -> None:
    data = json.loads(describe(BROKEN, "-o", "json").out)

    assert [one["metadata"]["name"] for one in data["dpuservices"]] == ["dts", "hbn", "snap"]
    assert data["dpuservices"][2]["conditions"][0]["message"] == "no \x1b[31mluck"
    assert "problems" not in data


def test_json_sends_no_control_character_to_a_terminal() -> None:
    assert "\x1b" not in describe(BROKEN, "-o", "json").out


def test_yaml_holds_what_json_holds() -> None:
    loaded = yaml.safe_load(describe(BROKEN, "-o", "yaml").out)

    assert loaded == json.loads(describe(BROKEN, "-o", "json").out)


def test_names_can_be_given_to_kubectl() -> None:
    assert describe(HEALTHY, "-o", "name").lines == [
        "dpfoperatorconfig.operator.dpu.nvidia.com/config",
        "dpuservice.svc.dpu.nvidia.com/dts",
        "dpuservice.svc.dpu.nvidia.com/hbn",
    ]


def test_empty_namespace_is_none() -> None:
    assert describe(HEALTHY, "-n", "", "-o", "name").out == describe(HEALTHY, "-o", "name").out


def test_a_namespace_that_holds_nothing_is_said() -> None:
    result = describe(HEALTHY, "-n", "dpuservic", "--exit-code")

    assert (result.code, result.err) == (0, "warning: --namespace=dpuservic: matches nothing\n")


def test_namespace_filters_what_stands_below_the_root() -> None:
    result = describe(HEALTHY + service("blue", namespace="tenant"), "-n", "tenant", "-o", "name")

    assert result.lines[1:] == ["dpuservice.svc.dpu.nvidia.com/blue"]


class TestColour:
    """The flag first, then ``NO_COLOR``, then whether a human reads."""

    @pytest.mark.parametrize(
        ("args", "environ", "terminal", "coloured"),
        [
            pytest.param([], {}, False, False, id="a pipe has none"),
            pytest.param([], {}, True, True, id="a terminal has some"),
            pytest.param([], {"TERM": "dumb"}, True, False, id="a dumb terminal has none"),
            pytest.param([], {"NO_COLOR": ""}, True, False, id="NO_COLOR counts even if empty"),
            pytest.param(["-c"], {}, False, True, id="bare flag turns it on for a pipe"),
            pytest.param(
                ["--color=true"], {"NO_COLOR": "1"}, True, False, id="NO_COLOR beats true"
            ),
            pytest.param(["--color=always"], {"NO_COLOR": "1"}, False, True, id="always wins"),
            pytest.param(["--color=false"], {}, True, False, id="false turns it off"),
            pytest.param(["--color=never"], {}, True, False, id="never turns it off"),
        ],
    )
    def test_colour(
        self, args: list[str], environ: dict[str, str], terminal: bool, coloured: bool
    ) -> None:
        out = Terminal() if terminal else io.StringIO()

        assert ("\x1b[" in describe(HEALTHY, *args, environ=environ, out=out).out) == coloured


def test_a_narrow_terminal_wraps_messages_and_loses_nothing() -> None:
    long = FAILED.replace("no \\e[31mluck", " ".join(f"word{n:02}" for n in range(20)))
    result = describe(
        CONFIG + service("snap", long),
        "--color=never",
        environ={"COLUMNS": "110"},
        out=Terminal(),
    )

    assert max(map(len, result.lines)) <= 110
    assert result.out.count("word") == 20


def test_a_missing_object_is_a_warning_a_problem_and_a_row_if_asked_for() -> None:
    fleet = (
        CONFIG
        + """\
---
apiVersion: provisioning.dpu.nvidia.com/v1alpha1
kind: DPUSet
metadata: {name: set1, namespace: ops}
spec: {dpuTemplate: {spec: {bfb: {name: gone}}}}
"""
    )
    plain = describe(fleet, view="dpusets")
    with_row = describe(fleet, "--show-missing", view="dpusets")
    data = json.loads(describe(fleet, "-o", "json", view="dpusets").out)

    assert plain.code == 0
    assert "BFB/gone" not in plain.out
    assert plain.err == "warning: bfb/ops/gone: not found, named by dpuset/ops/set1\n"
    assert any("└─BFB/gone" in line and "NotFound" in line for line in with_row.lines)
    assert data["problems"] == [
        {
            "kind": "BFB",
            "namespace": "ops",
            "name": "gone",
            "reason": "NotFound",
            "message": "named by dpuset/ops/set1",
        }
    ]


class TestPartialTruth:
    """What could not be read is said; the rest is shown."""

    @pytest.fixture
    def fleet(self, tmp_path: Path) -> str:
        path = tmp_path / "fleet.json"
        unreadable = [
            {"resource": "dpuvpcs.vpc.dpu.nvidia.com", "reason": "Forbidden", "message": "no"},
            {"resource": "applications.argoproj.io", "reason": "NotServed", "message": "absent"},
        ]
        items = [one for one in yaml.safe_load_all(BROKEN.replace("\\e", "")) if one]
        document = {
            "apiVersion": "dpfctl/v1",
            "kind": "Fleet",
            "snapshot": {"takenAt": NOW.isoformat(), "unreadable": unreadable},
            "host": {"items": items},
        }
        path.write_text(json.dumps(document))
        return str(path)

    def test_a_list_that_shown_rows_need(self, fleet: str) -> None:
        result = dpfctl("describe", "all", "--from", fleet)

        assert result.code == 5
        assert any(line.startswith("├─DPUVPCs") or "└─DPUVPCs" in line for line in result.lines)
        assert "DPUService/snap" in result.out
        assert result.err == "warning: dpuvpc: cannot be listed: no\n"

    def test_a_list_that_no_row_needs(self, fleet: str) -> None:
        result = dpfctl("describe", "dpuclusters", "--from", fleet)

        assert (result.code, result.err) == (0, "")

    def test_a_kind_that_is_not_installed_is_a_note_on_request(self, fleet: str) -> None:
        result = dpfctl("describe", "dpuservices", "--from", fleet, "-v")

        assert (result.code, result.err) == (
            0,
            "note: application: not installed in this cluster\n",
        )

    def test_partial_beats_the_verdict(self, fleet: str) -> None:
        assert dpfctl("describe", "all", "--from", fleet, "--exit-code").code == 5

    def test_json_names_the_problem(self, fleet: str) -> None:
        result = dpfctl("describe", "all", "--from", fleet, "-o", "json")

        assert [p["reason"] for p in json.loads(result.out)["problems"]] == ["Forbidden"]


def test_no_operator_config() -> None:
    result = describe(service("hbn"))

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(
        "error: dpfoperatorconfig: DPFOperatorConfig.operator.dpu.nvidia.com "
        '"dpfoperatorconfig" not found\nhint: '
    )


def test_two_operator_configs_are_both_named() -> None:
    result = describe(CONFIG + "---\n" + CONFIG.replace("name: config", "name: other"))

    assert (result.code, result.out) == (1, "")
    assert "ops/config, ops/other" in result.err


def test_a_filter_word_that_matches_nothing_is_said() -> None:
    result = describe(HEALTHY, "--show-resources=dpuservise", "--show-conditions=all")

    assert result.code == 0
    assert result.err == (
        "warning: --show-resources=dpuservise: matches nothing, did you mean dpuservice?\n"
    )


class TestWatch:
    """Off a terminal every change is one table."""

    def test_only_changes_are_printed(self, tmp_path: Path) -> None:
        path = tmp_path / "fleet.yaml"
        path.write_text(HEALTHY)
        pauses = 0

        def sleep(_seconds: float) -> None:
            nonlocal pauses
            pauses += 1
            if pauses == 2:
                path.write_text(BROKEN)
            if pauses == 4:
                raise KeyboardInterrupt

        result = dpfctl("describe", "dpuservices", "--watch", "--from", str(path), sleep=sleep)

        assert result.code == 130
        assert result.err == ""
        assert [line.startswith("NAME") for line in result.lines].count(True) == 2
        assert result.out.count("DPUService/snap") == 1

    def test_time_that_goes_by_is_no_change(self) -> None:
        moments = (NOW + timedelta(minutes=minute) for minute in itertools.count())

        result = describe(HEALTHY, "--watch", sleep=interrupted_after(3), now=lambda: next(moments))

        assert result.code == 130
        assert [line.startswith("NAME") for line in result.lines].count(True) == 1

    def test_standard_input_is_watched_as_it_was_read(self) -> None:
        result = describe(HEALTHY, "--watch", sleep=interrupted_after(3))

        assert (result.code, result.err) == (130, "")

    def test_a_fleet_that_goes_away_is_said_once_and_waited_for(self, tmp_path: Path) -> None:
        path = tmp_path / "fleet.yaml"
        path.write_text(HEALTHY)
        until = interrupted_after(6)
        fleets = iter([None, "", "", BROKEN, None, None])

        def sleep(seconds: float) -> None:
            until(seconds)
            if (fleet := next(fleets)) is not None:
                path.write_text(fleet)

        result = dpfctl("describe", "dpuservices", "--watch", "--from", str(path), sleep=sleep)

        assert result.code == 130
        assert result.err == f"warning: {path}: holds no objects\n"
        assert result.out.count("DPUService/snap") == 1

    def test_the_pause_is_the_one_asked_for(self) -> None:
        asked = []

        def sleep(seconds: float) -> None:
            asked.append(seconds)
            raise KeyboardInterrupt

        describe(HEALTHY, "--watch", "--interval", "7", sleep=sleep)

        assert asked == [7.0]

    def test_a_watch_gives_no_verdict(self) -> None:
        result = describe(HEALTHY, "--watch", "--exit-code")

        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("error: --exit-code: cannot be used together with --watch\n")
