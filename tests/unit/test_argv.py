"""Command lines of the Go tool mean the same here."""

import pytest

from dpfctl.commands.argv import normalise
from dpfctl.errors import InputError


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        pytest.param("--grouping", "--grouping", id="bare boolean is true"),
        pytest.param("--grouping=true", "--grouping", id="true behind ="),
        pytest.param("--grouping=T", "--grouping", id="Go spelling of true"),
        pytest.param("--grouping=false", "--no-grouping", id="false of a flag that is on"),
        pytest.param("--grouping=0", "--no-grouping", id="Go spelling of false"),
        pytest.param("--issues=false", "", id="false of a flag that is off"),
        pytest.param("--issues --issues=false", "", id="last one counts, false"),
        pytest.param("--issues=false --issues", "--issues --issues", id="last one counts, true"),
        pytest.param("-c", "--color=true", id="bare colour"),
        pytest.param("--color", "--color=true", id="bare long colour"),
        pytest.param("-c=false", "--color=false", id="short flag with ="),
        pytest.param("--color=F", "--color=false", id="Go spelling of no colour"),
        pytest.param("--color=never", "--color=never", id="our own words pass"),
        pytest.param("-co json", "--color=true -o json", id="colour in a cluster of short flags"),
        pytest.param("-w=false", "", id="short boolean that is off"),
        pytest.param("-v=true", "-v", id="short boolean that is on"),
        pytest.param("-vwo=json", "-v -w -ojson", id="= behind a cluster of short flags"),
        pytest.param("-nw", "-nw", id="the value of a short flag is no cluster"),
        pytest.param("-o=json", "-ojson", id="= of a short flag is no part of the value"),
        pytest.param("-ojson", "-ojson", id="value without ="),
        pytest.param("--all=false", "", id="all that is off"),
        pytest.param("-A=false", "", id="all namespaces that is off"),
        pytest.param("-A", "-A", id="all namespaces"),
        pytest.param("-An ns", "-A -n ns", id="all namespaces in a cluster of short flags"),
        pytest.param("--wait=false --wait", "--wait --wait", id="wait, the last one counts"),
        pytest.param("--force --force=0", "", id="force, the last one counts"),
        pytest.param("--list=true", "--list", id="list behind ="),
        pytest.param("--expired=F", "", id="expired that is off"),
        pytest.param("--remove --overwrite=1", "--remove --overwrite", id="flags of marks"),
        pytest.param("--dry-run", "--dry-run=client", id="bare dry run, as kubectl takes it"),
        pytest.param("--dry-run=server", "--dry-run=server", id="dry run with ="),
        pytest.param("--dry-run server", "--dry-run server", id="dry run with a separate value"),
        pytest.param("--dry-run none", "--dry-run none", id="no dry run, said aloud"),
        pytest.param("--dry-run=true", "--dry-run=true", id="another word is left to its flag"),
        pytest.param("--dry-run hbn", "--dry-run=client hbn", id="a name is no value of dry run"),
        pytest.param(
            "--dry-run --all", "--dry-run=client --all", id="a flag is no value of dry run"
        ),
        pytest.param("--dry-run -- server", "--dry-run=client -- server", id="dry run before --"),
        pytest.param("-- --dry-run", "-- --dry-run", id="dry run behind -- is a name"),
        pytest.param("--from -", "--from -", id="a lone dash is a value"),
        pytest.param("-- --issues=false", "-- --issues=false", id="behind -- nothing changes"),
        pytest.param("all --from=f.yaml", "all --from=f.yaml", id="other flags pass"),
    ],
)
def test_normalise(given: str, understood: str) -> None:
    assert normalise(given.split()) == understood.split()


def test_an_empty_value_stays_a_value() -> None:
    assert normalise(["-o="]) == ["-o", ""]


@pytest.mark.parametrize(
    "word",
    [
        "--grouping=yes",
        "--issues=",
        "--watch=2",
        "-w=2",
        "--all=no",
        "-A=2",
        "--wait=5m",
        "--list=",
    ],
)
def test_not_a_boolean(word: str) -> None:
    with pytest.raises(InputError, match="is not true or false"):
        normalise([word])


@pytest.mark.parametrize(
    "line",
    ["--all true", "-A false", "--wait 1", "--force t", "--color always", "-c never"],
)
def test_a_separate_value_of_a_boolean_is_no_name(line: str) -> None:
    flag, word = line.split()
    with pytest.raises(InputError) as raised:
        normalise([flag, word, "hbn"])

    assert raised.value.message == f"{flag}: its value goes behind '='"
    assert raised.value.hint == f"write {flag}={word}"
