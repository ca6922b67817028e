"""A bug that strikes one target: told like any failure, and as a traceback to whoever asks."""

import io
from pathlib import Path

import pytest

from dpfctl.apply import Places, apply_plan
from dpfctl.commands.finishing import Mode, finish
from dpfctl.commands.flags import Form
from dpfctl.errors import ExitCode
from dpfctl.model import kinds
from dpfctl.model.dry_run import DryRun
from dpfctl.plan import Action, Change, Plan
from dpfctl.session import Session
from tests.cli.fleet_on_disk import busy_fleet
from tests.cluster.fleets import open_file
from tests.command_line import NOW


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_bug_of_one_target(tmp_path: Path, debug: str) -> None:
    fleet = busy_fleet(tmp_path / "fleet.yaml")
    service = open_file(fleet.path).host.list(kinds.DPU_SERVICE)[0]
    broken = Change(service.ref, Action.PATCH, "suspended", service, {"spec": object()})
    out, err = io.StringIO(), io.StringIO()
    environ = {"DPFCTL_DEBUG": debug}
    session = Session(out, err, io.StringIO(), environ, lambda: NOW, lambda _seconds: None)
    report = apply_plan(
        Places(open_file(fleet.path).host),
        Plan("suspend", (broken,)),
        lambda change, _fresh: change,
        sleep=lambda _seconds: None,
    )
    mode = Mode("suspend", Form.TEXT, DryRun.NONE, colour=False)

    assert finish(session, mode, report) is ExitCode.FAILED
    assert "hint: this is a bug in dpfctl; run again with DPFCTL_DEBUG=1" in err.getvalue()
    assert ("Traceback (most recent call last)" in err.getvalue()) is bool(debug)
    assert fleet.is_untouched
