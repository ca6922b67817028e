"""What runs on this machine, asked from outside: /proc, or ps where there is none."""

import subprocess
from pathlib import Path

PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """Whether the process runs: one that nobody has waited for yet does not."""
    state = _proc_state(pid) if (PROC / "self").exists() else _ps("-p", str(pid), "-o", "stat=")
    return bool(state) and not state.startswith("Z")


def command_lines() -> list[str]:
    """Of every process, its words separated by blanks."""
    if not (PROC / "self").exists():
        return _ps("-ewwo", "args=").splitlines()
    return [_text(path).replace("\0", " ").strip() for path in PROC.glob("[0-9]*/cmdline")]


def _proc_state(pid: int) -> str:
    return _text(PROC / str(pid) / "stat").rpartition(")")[2].strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has just ended
        return ""


def _ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True).stdout.strip()
