"""The worklist of suspended services: a table for people, entries for machines."""

from datetime import timedelta

import pytest

from dpfctl.marks.pause import UNTIL
from dpfctl.marks.suspensions import Suspension
from dpfctl.render.machine import to_json
from dpfctl.render.suspension_view import suspension_data, suspension_lines
from tests.builders import NOW, dpu_service
from tests.render.tables import banned

BARE = Suspension(dpu_service("hbn", "ns").resource, None, "", "", "", None, None)
OVERDUE = Suspension(
    service=dpu_service("dts", "tenant").resource,
    since=NOW - timedelta(hours=3),
    by="lena",
    manager="dpfctl",
    reason="switch upgrade",
    until=NOW - timedelta(minutes=5),
    overdue=timedelta(minutes=5),
)
HOSTILE = "\x1b[31m\u202e[/etc] [red]\n\x9b"


def test_a_table() -> None:
    assert suspension_lines([BARE, OVERDUE], NOW) == [
        "NAMESPACE  NAME  SINCE  BY    MANAGER  UNTIL                           REASON",
        "ns         hbn   -      -     -        -                               -",
        "tenant     dts   3h     lena  dpfctl   2026-03-14T09:21:53Z (overdue)  switch upgrade",
    ]


def test_an_end_that_is_still_to_come() -> None:
    coming = Suspension(BARE.service, None, "", "", "", NOW + timedelta(hours=1), None)

    (_, line) = suspension_lines([coming], NOW)
    assert line.split()[5:] == ["2026-03-14T10:26:53Z", "-"]


def test_an_end_that_is_no_time_is_shown_as_it_was_written() -> None:
    service = dpu_service("hbn", "ns").having(metadata={"annotations": {UNTIL: "tomorrow"}})
    unclear = Suspension(service.resource, None, "", "", "", None, None)

    assert suspension_lines([unclear], NOW)[1].split()[5:] == ["tomorrow", "(no", "time)", "-"]


def test_entries_for_machines() -> None:
    assert suspension_data([BARE, OVERDUE]) == [
        {
            "namespace": "ns",
            "name": "hbn",
            "since": None,
            "by": "",
            "manager": "",
            "reason": "",
            "until": None,
            "overdue": False,
        },
        {
            "namespace": "tenant",
            "name": "dts",
            "since": "2026-03-14T06:26:53Z",
            "by": "lena",
            "manager": "dpfctl",
            "reason": "switch upgrade",
            "until": "2026-03-14T09:21:53Z",
            "overdue": True,
        },
    ]


def test_one_that_is_over_this_very_second_is_overdue() -> None:
    just = Suspension(BARE.service, None, "", "", "", NOW, timedelta(0))

    assert suspension_data([just])[0]["overdue"] is True
    assert suspension_lines([just], NOW)[1].split()[6] == "(overdue)"


@pytest.mark.parametrize("field", ["by", "manager", "reason"])
def test_hostile_text_stays_text(field: str) -> None:
    texts = {"by": "", "manager": "", "reason": ""} | {field: HOSTILE}
    hostile = Suspension(
        dpu_service(HOSTILE, HOSTILE).resource, None, until=None, overdue=None, **texts
    )
    lines = suspension_lines([hostile], NOW)

    assert len(lines) == 2
    assert not banned("".join(lines))
    assert "[/etc] [red]" in lines[1]
    assert not banned(to_json(suspension_data([hostile])))
