"""Generated files are those that the program of this commit makes."""

import pytest

from tests.contract.generated import FILES, ROOT, commands


@pytest.mark.parametrize("name", FILES)
def test_file_is_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == FILES[name](), "run `make docs`"


@pytest.mark.parametrize("path", list(commands()))
def test_every_command_explains_itself_with_an_example(path: str) -> None:
    page = FILES["docs/reference/commands.md"]()
    section = page.partition(f"## {path}\n")[2].partition("\n## ")[0]

    assert f"Usage: {path}" in section
    assert "Examples:" in section
    assert section.count(f"  {path}") >= 1
