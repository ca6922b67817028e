"""Ctrl-C while the report of finished work is printed: it is printed whole, as if none had come."""

import io
import json
import os
import signal
from pathlib import Path

import pytest

from dpfctl.marks.pause import AT
from tests.cli.fleet_on_disk import busy_fleet
from tests.command_line import dpfctl


class Interrupting(io.StringIO):
    """A stream that is interrupted so many times with its first write."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    def write(self, text: str) -> int:
        for _ in range(self._times):
            self._times -= 1
            os.kill(os.getpid(), signal.SIGINT)
        return super().write(text)


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_report_is_whole(tmp_path: Path, form: str) -> None:
    fleet = busy_fleet(tmp_path / "fleet.yaml")
    out = Interrupting(times=1)
    result = dpfctl("suspend", "hbn", "--from", str(fleet.path), "-o", form, out=out)

    assert result.code == 0
    assert AT in fleet.annotations("hbn")
    if form == "json":
        assert json.loads(out.getvalue())["data"]["results"][0]["result"] == "done"
    else:
        assert out.getvalue() == "dpuservice.svc.dpu.nvidia.com/hbn suspended\n"


def test_whoever_insists_is_heeded(tmp_path: Path) -> None:
    fleet = busy_fleet(tmp_path / "fleet.yaml")
    before = signal.getsignal(signal.SIGINT)
    result = dpfctl("suspend", "hbn", "--from", str(fleet.path), out=Interrupting(times=2))

    assert result.code == 130
    assert signal.getsignal(signal.SIGINT) is before
