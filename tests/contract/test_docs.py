"""The pages tell the truth: their links, their command lines, what those print, their tables."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest
import yaml

from dpfctl.errors import ExitCode
from dpfctl.model import kinds
from tests.command_line import dpfctl
from tests.contract.generated import FILES, ROOT, commands

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = [p for p in PAGES if str(p.relative_to(ROOT)) not in FILES]
LONGEST_LINE = 100
LEFT_OUT = "..."
"""A line of printed output that stands for any number of lines."""

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PAGE_IN_CODE = re.compile(r"\bdocs/[\w/.-]+\.(?:md|json|svg)\b")
_SEPARATORS = frozenset("|;&<>()")
_BEFORE_A_COMMAND = frozenset({"if", "!", "then", "while", "until", "do", "else"})


@dataclass(frozen=True)
class Example:
    """One shell line of a page and what the page says it prints.

    Attributes:
        line: As typed, behind the prompt.
        printed: Lines up to the next prompt; None if the page does not say.
    """

    line: str
    printed: tuple[str, ...] | None = None

    @property
    def dpfctl_words(self) -> list[list[str]]:
        """Words behind each ``dpfctl`` or ``kubectl dpf`` of the line."""
        if "dpfctl " not in self.line and "kubectl dpf " not in self.line:
            return []
        lexer = shlex.shlex(self.line, posix=True, punctuation_chars=True)
        lexer.wordchars += "$={}[],:@%^+"
        parts: list[list[str]] = [[]]
        for word in lexer:
            if set(word) <= _SEPARATORS:
                parts.append([])
            elif parts[-1] or not (word in _BEFORE_A_COMMAND or re.match(r"\w+=", word)):
                parts[-1].append(word)
        plugin = [part[2:] for part in parts if part[:2] == ["kubectl", "dpf"]]
        return [part[1:] for part in parts if part[:1] == ["dpfctl"]] + plugin

    @property
    def is_plain(self) -> bool:
        """Whether the line is one dpfctl command and nothing else."""
        return self.line.startswith("dpfctl ") and not _SEPARATORS & set(self.line)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """The text of a page without its code."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return re.sub(r"`[^`]*`", lambda m: m.group().replace("[", "(").replace("]", ")"), text)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def examples(page: Path) -> Iterator[Example]:
    """The shell lines of a page: all of ``sh`` blocks, those behind ``$`` of ``console`` blocks."""
    for language, body in _FENCE.findall(page.read_text(encoding="utf-8")):
        lines = re.sub(r" *\\\n *(?:> )?", " ", body).splitlines()
        for number, line in enumerate(lines):
            if language == "console" and line.startswith("$ "):
                printed = takewhile(lambda text: not text.startswith("$ "), lines[number + 1 :])
                yield Example(line[2:], tuple(printed))
            elif language == "sh" and line.strip() and not line.lstrip().startswith("#"):
                yield Example(line.strip())


def command_lines() -> Iterator[object]:
    for page in PAGES:
        for example in examples(page):
            for words in example.dpfctl_words:
                yield pytest.param(words, id=f"{name_of(page)}: {' '.join(words)}")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose(page)):
        target, _, anchor = link.partition("#")
        if re.match(r"\w+:", target):
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{link}: no such file"
        assert path.is_relative_to(ROOT), f"{link}: leaves the repository"
        assert not anchor or anchor in anchors(path), f"{link}: no such heading"


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_no_line_is_too_long(page: Path) -> None:
    lines = [line for line in prose(page).splitlines() if not line.startswith("|")]
    assert [line for line in lines if len(line) > LONGEST_LINE] == []


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {
        (index.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(prose(index))
    }
    assert [name_of(p) for p in PAGES if p.is_relative_to(index.parent) and p not in linked] == [
        name_of(index)
    ]


def test_every_page_that_the_code_points_to_exists() -> None:
    sources = [*(ROOT / "dpfctl").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    named = {name for s in sources for name in _PAGE_IN_CODE.findall(s.read_text(encoding="utf-8"))}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("words", list(command_lines()))
def test_every_command_line_is_one_that_dpfctl_takes(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = words[: words.index("--")] if "--" in words else words
    result = dpfctl(*options, "--help")

    if result.code == ExitCode.USAGE:  # shown on purpose, as the page itself must say
        assert any("error: " in line for line in printed_by_pages(words)), result.err
    else:
        assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("page", WRITTEN, ids=name_of)
def test_what_a_page_prints_is_what_dpfctl_prints(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Examples on a fleet file run in order, in one folder, so that they can build on another."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    code: int | None = None
    for example in examples(page):
        if example.printed is None:
            continue
        if example.line == "echo $?" and code is not None:
            assert example.printed == (str(int(code)),)
        elif example.is_plain and needs_no_cluster(words := example.dpfctl_words[0]):
            result = dpfctl(*words)
            code = result.code
            printed = [line.rstrip() for line in (result.out + result.err).splitlines()]
            assert_shown(list(example.printed), printed, example.line)
        else:
            code = None


def test_exit_codes_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| (\d+) \| (\w+) \|", page, re.MULTILINE)

    assert [(int(number), name) for number, name in table] == [(c.value, c.name) for c in ExitCode]


def test_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    known = list(commands())
    leaves = [c for c in known if not any(other.startswith(f"{c} ") for other in known)]

    described = {" ".join(takewhile(str.islower, row.split())) for row in table}
    assert described == {leaf.removeprefix("dpfctl ") for leaf in leaves}


def test_the_cluster_role_covers_every_kind_and_nothing_else() -> None:
    page = (ROOT / "docs" / "how-to" / "use-in-ci.md").read_text(encoding="utf-8")
    text = next(body for language, body in _FENCE.findall(page) if language == "yaml")
    granted = {
        (group, plural, verb)
        for rule in yaml.safe_load(text)["rules"]
        for group in rule["apiGroups"]
        for plural in rule["resources"]
        for verb in rule["verbs"]
    }

    assert granted == {(kind.group, kind.plural, "list") for kind in kinds.DESCRIBED}


def printed_by_pages(words: list[str]) -> Iterator[str]:
    """What the pages say a command line prints, wherever it stands."""
    for page in PAGES:
        for example in examples(page):
            if words in example.dpfctl_words:
                yield from example.printed or ()


def needs_no_cluster(words: list[str]) -> bool:
    """Whether an example can really run here: on the demo fleet, or on a file made before it."""
    if {"--client", "--version", "--offline"} & set(words) or words[:2] == ["zone", "render"]:
        return True
    fleet = words[words.index("--from") + 1] if "--from" in words[:-1] else ""
    return fleet == "demo" or (fleet != "" and Path(fleet).exists())


def assert_shown(shown: list[str], printed: list[str], line: str) -> None:
    """Compare what a page shows with what was printed; ``...`` leaves lines out."""
    if LEFT_OUT not in shown:
        assert shown == printed, line
        return
    position = 0
    for piece in split_at(shown, LEFT_OUT):
        while printed[position : position + len(piece)] != piece:
            position += 1
            assert position <= len(printed), f"{line}: does not print: {piece}"
        position += len(piece)


def split_at(lines: list[str], mark: str) -> list[list[str]]:
    """Split a list at a mark, which is left out."""
    pieces: list[list[str]] = [[]]
    for line in lines:
        if line == mark:
            pieces.append([])
        else:
            pieces[-1].append(line)
    return pieces
