"""The examples of the reference page are fleets."""

import re
from pathlib import Path

import pytest

from dpfctl.model.documents import parse_documents
from dpfctl.model.fleet_reader import read_fleet
from tests.builders import NOW

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "fleet-file.md"
HEAD = "apiVersion: dpfctl/v1\nkind: Fleet\n"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_is_a_fleet(example: str) -> None:
    text = example if "kind:" in example else HEAD + example
    fleet = read_fleet(parse_documents(text.encode(), "example"), NOW)
    assert fleet.host.entries or fleet.host.unreadable


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 3
