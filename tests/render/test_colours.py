"""Which text gets which SGR codes."""

import pytest

from dpfctl.render.style import Ink, NameLook, ink_of, paint, paint_name
from tests.builders import condition, dpu, dpu_service
from tests.render import fleets
from tests.render.tables import SGR, table
from tests.unit.trees import describe


@pytest.mark.parametrize(
    ("kind", "status", "ink"),
    [
        ("Ready", "True", "32"),
        ("AnythingReconciled", "True", "32"),
        ("Ready", "False", "31"),
        ("ApplicationsReady", "Unknown", "31"),
        ("Operational/OperationalReady", "False", "31"),
        ("SecretReconciled", "False", "33"),
        ("SecretReconciled", "Unknown", "33"),
        ("Other", "False", "37"),
        ("Other", "Unknown", "37"),
        ("ready", "False", "37"),
        ("DaemonSet/x", "Synced", "90"),
        ("DaemonSet/x", "OutOfSync", "90"),
        ("Ready", "", "90"),
    ],
)
def test_inks(kind: str, status: str, ink: str) -> None:
    assert ink_of(kind, status).value == ink


def test_codes_stand_around_empty_text_too() -> None:
    assert paint("", Ink.GREY) == "\x1b[90m\x1b[0m"


@pytest.mark.parametrize(
    ("look", "text", "painted"),
    [
        (NameLook.OBJECT, "DPU/d", "DPU/\x1b[1md\x1b[22m"),
        (
            NameLook.OBJECT,
            "!! IN DELETION !! DPU/d",
            "\x1b[31m!! IN DELETION !!\x1b[0m DPU/\x1b[1md\x1b[22m",
        ),
        (
            NameLook.OBJECT,
            "DPUService/s (suspended)",
            "DPUService/\x1b[1ms\x1b[22m\x1b[33m (suspended)\x1b[0m",
        ),
        (NameLook.GROUP, "2 DPUs...", "\x1b[37;1m2 DPUs...\x1b[0;22m"),
        (NameLook.CONDITION, "Ready", "\x1b[36mReady\x1b[0m"),
        (NameLook.PLAIN, "DPUs", "DPUs"),
    ],
)
def test_names(look: NameLook, text: str, painted: str) -> None:
    assert paint_name(text, look) == painted


def test_a_row_in_colour() -> None:
    tree = describe(dpu("d").degraded().deleting())
    painted = table(tree, colour=True)
    assert "\x1b[90m  └─\x1b[0m\x1b[31m!! IN DELETION !!\x1b[0m DPU/\x1b[1md\x1b[22m" in painted
    assert "\x1b[90m                └─\x1b[0m\x1b[36mReady\x1b[0m" in painted
    assert "\x1b[31mFalse\x1b[0m" in painted


def test_the_header_line_and_four_columns_are_never_painted() -> None:
    service = dpu_service("s", "some-ns").degraded("Why", "because", "3h")
    header, *rows = table(describe(service), colour=True).splitlines()
    assert "\x1b" not in header
    assert any("  some-ns  " in row for row in rows)
    assert any("  3h" in row and row.endswith("  because") for row in rows)


def test_colour_changes_nothing_but_colour() -> None:
    tree = fleets.tree_of(*fleets.troubled())
    bare = SGR.sub("", table(tree, colour=True))
    assert [line.rstrip() for line in bare.splitlines()] == table(tree).splitlines()


def test_every_code_is_closed() -> None:
    tree = fleets.tree_of(*fleets.troubled())
    for line in table(tree, colour=True).splitlines():
        codes = SGR.findall(line)
        opened, closed = codes[::2], codes[1::2]
        assert set(closed) <= {"\x1b[0m", "\x1b[22m", "\x1b[0;22m"}
        assert len(opened) == len(closed)


def test_a_pending_ready_is_red_like_any_that_is_not_true() -> None:
    tree = describe(dpu_service("s").conditions(condition("Ready", "Unknown", "Pending")))
    assert "\x1b[31mReady: Unknown\x1b[0m" in table(tree, colour=True)
