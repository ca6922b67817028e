"""What is wrong with a command line is said in two lines, and nothing is printed as data."""

import pytest

from dpfctl import __version__
from tests.command_line import dpfctl

WRONG = [
    pytest.param(
        ["descrbe"],
        "error: no such command 'descrbe'\nhint: did you mean 'describe'?\n",
        id="misspelt command gets a suggestion",
    ),
    pytest.param(
        ["describe", "foo"],
        "error: no such command 'foo'\nhint: see `dpfctl describe --help`\n",
        id="unknown subcommand points to the help",
    ),
    pytest.param(
        ["describe", "all", "--isues"],
        "error: unknown flag: --isues\nhint: did you mean --issues?\n",
        id="misspelt flag gets a suggestion",
    ),
    pytest.param(
        ["describe", "all", "--form", "demo"],
        "error: unknown flag: --form\nhint: did you mean --from?\n",
        id="the nearest flag is the one suggested",
    ),
    pytest.param(
        ["describe", "dpusets", "--show-storage"],
        "error: unknown flag: --show-storage\n",
        id="show-storage exists on all only",
    ),
    pytest.param(
        ["describe", "dpusets", "foo", "--from", "demo"],
        "error: got unexpected extra argument(s) (foo)\n",
        id="extra word is refused",
    ),
    pytest.param(
        ["describe", "all", "--grouping", "false"],
        "error: --grouping: its value goes behind '='\nhint: write --grouping=false\n",
        id="boolean with a separate value is refused, not ignored",
    ),
    pytest.param(
        ["describe", "all", "--issues=maybe"],
        'error: --issues: "maybe" is not true or false\n',
        id="boolean with another value",
    ),
    pytest.param(
        ["describe", "all", "--from", "demo", "-o", "jsn"],
        'error: --output: "jsn" is not one of table, json, yaml, name\n'
        "hint: did you mean --output=json?\n",
        id="unknown output format gets a suggestion",
    ),
    pytest.param(
        ["describe", "all", "--from", "demo", "--color=allways"],
        'error: --color: "allways" is not one of true, false, always, never, auto\n',
        id="unknown colour choice",
    ),
    pytest.param(
        ["describe", "all", "--from", "demo", "--context", "c"],
        "error: --from: cannot be used together with --context\n",
        id="fleet file and cluster at once",
    ),
    pytest.param(
        ["describe", "all", "--request-timeout", "soon"],
        'error: --request-timeout: "soon" is not a duration\n',
        id="bad duration",
    ),
    pytest.param(
        ["describe", "all", "--show-conditions"],
        "error: option '--show-conditions' requires an argument\n",
        id="flag without its value",
    ),
    pytest.param(
        ["describe", "all", "--from", "demo", "-o", "JSON"],
        'error: --output: "JSON" is not one of table, json, yaml, name\n'
        "hint: did you mean --output=json?\n",
        id="a format in capitals gets a suggestion",
    ),
    pytest.param(
        ["describe", "all", "--from", "demo", "-c", "false"],
        "error: -c: its value goes behind '='\nhint: write -c=false\n",
        id="short boolean with a separate value",
    ),
    pytest.param(
        ["describe", "all", "--from", "demo", "--as-group", "ops"],
        "error: --from: cannot be used together with --as-group\n",
        id="fleet file and a group to impersonate",
    ),
    pytest.param(
        ["describe", "all", "--from", ""],
        "error: --from: names no fleet\nhint: --from takes a file, a folder, - or demo\n",
        id="empty fleet is not the current folder",
    ),
    pytest.param(
        ["describe", "all", "--from", "demo", "--watch", "--interval", "nan"],
        'error: --interval: "nan" is not a duration\n',
        id="interval that is no number",
    ),
    pytest.param(
        ["describe", "all", "--from", "demo", "--interval", "99999999999999999999"],
        'error: --interval: "99999999999999999999" is longer than a year\n',
        id="interval the system cannot wait for",
    ),
    pytest.param(
        ["describe", "all", "--from", "demo", "--interval", "0"],
        'error: --interval: "0" is shorter than 0.1s\n',
        id="interval of nothing",
    ),
    pytest.param(
        ["completion", "bsh"],
        'error: SHELL: "bsh" is not one of bash, zsh, fish\nhint: did you mean bash?\n',
        id="misspelt shell gets a suggestion",
    ),
    pytest.param(
        ["completion", "tcsh"],
        'error: SHELL: "tcsh" is not one of bash, zsh, fish\n',
        id="unknown shell",
    ),
]


@pytest.mark.parametrize(("args", "said"), WRONG)
def test_wrong_command_line(args: list[str], said: str) -> None:
    result = dpfctl(*args)

    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith(said)


@pytest.mark.parametrize("args", [[], ["describe"], ["snapshot"]])
def test_a_group_alone_prints_its_help_as_data(args: list[str]) -> None:
    result = dpfctl(*args)

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Usage: dpfctl")


@pytest.mark.parametrize("args", [["--help"], ["describe", "all", "--help"]])
def test_help_goes_to_stdout(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dpfctl(*args).code == 0

    captured = capsys.readouterr()
    assert captured.out.startswith("Usage: dpfctl")
    assert captured.err == ""


@pytest.mark.parametrize("flag", ["--version", "-v"])
def test_version_flag_is_that_of_the_go_tool(flag: str) -> None:
    assert dpfctl(flag).out == f"Client Version: v{__version__}\n"
