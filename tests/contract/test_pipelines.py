"""Pipelines that pages show: their YAML is read, and dpfctl takes the command lines in them."""

import shlex
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import pytest
import yaml

from dpfctl.errors import ExitCode
from tests.command_line import dpfctl
from tests.contract.generated import ROOT

PAGE = ROOT / "docs" / "how-to" / "reconcile-in-ci.md"
_SHELL = ("run", "script")
_ENDS = frozenset({"||", "&&", ";", "|", ">"})


def pipelines() -> list[Any]:
    """The YAML documents of the page."""
    parts = PAGE.read_text(encoding="utf-8").split("```yaml\n")[1:]
    return [yaml.safe_load(part.partition("\n```")[0]) for part in parts]


def shell_lines(value: Any) -> Iterator[str]:
    """Yield every line of every script in a pipeline."""
    if isinstance(value, list):
        for entry in value:
            yield from shell_lines(entry)
    elif isinstance(value, dict):
        for name, entry in value.items():
            if name in _SHELL:
                text = "\n".join(entry) if isinstance(entry, list) else entry
                yield from map(str.strip, text.splitlines())
            else:
                yield from shell_lines(entry)


COMMANDS = [line for one in pipelines() for line in shell_lines(one) if line.startswith("dpfctl ")]


def test_there_is_a_plan_and_an_apply_in_each_pipeline() -> None:
    assert len(pipelines()) == 2
    assert ["--plan-out" in line for line in COMMANDS] == [True, False, True, False]


@pytest.mark.parametrize("line", COMMANDS)
def test_dpfctl_takes_the_command_line(line: str) -> None:
    words = list(takewhile(lambda word: word not in _ENDS, shlex.split(line)[1:]))
    result = dpfctl(*words, "--help")

    assert (result.code, result.err) == (ExitCode.OK, "")
