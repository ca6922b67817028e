"""What ``reconcile -o json`` prints keeps its schema, and so does a plan file the page about it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dpfctl.model.dry_run import DryRun
from dpfctl.plan import Action
from dpfctl.reconcile.hosts.standings import Standing as HostStanding
from dpfctl.reconcile.results.report import Standing as ServiceStanding
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import Engine
from dpfctl.report import Result
from tests.command_line import dpfctl
from tests.contract.generated import ROOT

REFERENCE = ROOT / "docs" / "reference"
VALIDATOR = Draft202012Validator(
    json.loads((REFERENCE / "reconcile.schema.json").read_text(encoding="utf-8"))
)
TRIAL = ("--from", "demo", "--dry-run=client")
PASS = ("reconcile", "--once")


def data(*args: str) -> dict[str, Any]:
    """What stands under ``data`` of one pass."""
    result = dpfctl(*PASS, *args, "-o", "json")
    assert result.out, result.err
    found: dict[str, Any] = json.loads(result.out)["data"]
    return found


@pytest.fixture(scope="module")
def demo() -> dict[str, Any]:
    return data(*TRIAL)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize(
    "args",
    [
        pytest.param((), id="everything"),
        pytest.param(("--only=taints",), id="hosts alone"),
        pytest.param(("--only=status",), id="conditions alone"),
        pytest.param(("--engine=helm",), id="releases"),
        pytest.param(("--strict-upstream",), id="the rules of DPF"),
        pytest.param(("ptp-sync",), id="one service"),
        pytest.param(("--selector=no=such",), id="no service"),
    ],
)
def test_a_dry_run_keeps_the_schema(args: tuple[str, ...]) -> None:
    VALIDATOR.validate(data(*TRIAL, *args))


def test_a_pass_that_writes_and_one_that_need_not_keep_the_schema(tmp_path: Path) -> None:
    fleet = str(tmp_path / "fleet.json")
    assert dpfctl("snapshot", "save", fleet, "--from", "demo").code == 0
    first, second = (data("--from", fleet) for _ in range(2))

    assert (first["summary"]["written"] > 0, second["summary"]["written"]) == (True, 0)
    for found in (first, second):
        VALIDATOR.validate(found)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        pytest.param(("properties", "dryRun"), DryRun, id="dry run"),
        pytest.param(("properties", "engine"), Engine, id="engine"),
        pytest.param(("$defs", "service", "properties", "state"), ServiceStanding, id="service"),
        pytest.param(("$defs", "host", "properties", "taint"), HostStanding, id="host"),
        pytest.param(("$defs", "result", "properties", "action"), Action, id="action"),
        pytest.param(("$defs", "result", "properties", "result"), Result, id="result"),
        pytest.param(
            ("$defs", "result", "properties", "step"),
            [step.name.lower().replace("_", "-") for step in Step],
            id="step",
        ),
    ],
)
def test_the_schema_knows_every_value(path: tuple[str, ...], values: Any) -> None:
    place: Any = VALIDATOR.schema
    for name in path:
        place = place[name]

    assert sorted(place["enum"]) == sorted(map(str, values))


@pytest.mark.parametrize("name", ["services", "hosts", "results", "summary"])
def test_the_schema_misses_what_is_left_out(demo: dict[str, Any], name: str) -> None:
    part = demo[name]
    entry = part if isinstance(part, dict) else part[0]
    for field in list(entry):
        whole = dict(entry)
        del entry[field]
        assert not VALIDATOR.is_valid(demo), field
        entry |= whole


def test_the_page_names_every_field(demo: dict[str, Any]) -> None:
    page = section("### `reconcile`")
    steps = (*demo["services"][0], *demo["results"][0], *demo["summary"], *demo)

    assert [name for name in steps if f"`{name}`" not in page] == []


def test_the_page_names_every_field_of_a_plan(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    assert dpfctl(*PASS, *TRIAL, "--plan-out", str(file)).out
    kept = json.loads(file.read_text(encoding="utf-8"))
    page = section("### Plan files")

    assert [name for name in (*kept, *kept["changes"][0]) if f"`{name}`" not in page] == []


def section(heading: str) -> str:
    """The text of one section of the page about JSON, with its subsections left out."""
    page = (REFERENCE / "json.md").read_text(encoding="utf-8")
    return re.split(r"\n#{2,3} ", page.partition(f"{heading}\n")[2])[0]
