"""kill -9 and Ctrl-C at any step of writing a fleet file: it is the old one or the new one."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.command_line import dpfctl
from tests.faults.services import numbered, service_body

WORDS = ("suspend", "--all", "-A", "--reason", "switch upgrade")
SERVICES = 3
LEAST_STEPS = 20
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Death:
    """How one child ended: exit code (negative: the signal), and the folder it left behind."""

    code: int
    folder: Path

    @property
    def fleet(self) -> bytes:
        return (self.folder / "fleet.yaml").read_bytes()

    @property
    def leftovers(self) -> list[str]:
        said = {"fleet.yaml", "fleet.out", "fleet.err"}
        return sorted(path.name for path in self.folder.iterdir() if path.name not in said)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A fleet file with some services."""
    path = tmp_path / "fleet.yaml"
    path.write_text(yaml.safe_dump_all(service_body("ns", name) for name in numbered(SERVICES)))
    return path


def deaths(signal_name: str, fleet: Path) -> list[Death]:
    """Let the command die at every step of its write; the last child survives."""
    folder = fleet.parent
    argv = (sys.executable, "-m", "tests.faults.dying", signal_name, str(folder), *WORDS)
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ends = (line.split() for line in done.stdout.splitlines())
    return [Death(int(code), folder / step) for step, code in ends]


def are_in_order(deaths: Sequence[Death], old: bytes, new: bytes) -> bool:
    """Whether the first ones left the old file, all others the new one, and each there is one."""
    is_new = [death.fleet == new for death in deaths]
    return {death.fleet for death in deaths} == {old, new} and is_new == sorted(is_new)


def test_kill_leaves_the_old_file_or_the_new_one_and_the_next_run_finishes(fleet: Path) -> None:
    old = fleet.read_bytes()
    *killed, survivor = deaths("SIGKILL", fleet)

    assert {death.code for death in killed} == {-9}
    assert (survivor.code, survivor.leftovers) == (0, [])
    assert len(killed) >= LEAST_STEPS
    assert are_in_order(killed, old, survivor.fleet)
    for death in killed:
        assert len(death.leftovers) <= 1
        assert all(name.startswith(".fleet.yaml.") for name in death.leftovers)
        again = dpfctl(*WORDS, "--from", str(death.folder / "fleet.yaml"))
        assert (again.code, death.fleet) == (0, survivor.fleet), again.err


def test_interrupt_tells_whether_the_file_was_written(fleet: Path) -> None:
    old = fleet.read_bytes()
    *interrupted, survivor = deaths("SIGINT", fleet)

    assert {death.code for death in interrupted} == {130}
    assert len(interrupted) >= LEAST_STEPS
    assert are_in_order(interrupted, old, survivor.fleet)
    for death in interrupted:
        is_new = death.fleet == survivor.fleet
        out, err = ((death.folder / f"fleet.{name}").read_text() for name in ("out", "err"))
        assert out.count(" suspended\n") == (SERVICES if is_new else 0)
        assert err.count(": not suspended: not tried\n") == (0 if is_new else SERVICES)
    # Nobody knows of a file that is interrupted between its creation and the next instruction.
    assert sum(len(death.leftovers) for death in interrupted) <= 1
