"""Find the programs of the control plane, or build them from pinned Go modules.

``python -m tests.controlplane.binaries [NAME...]`` prints where they are and builds what is
missing. Taken from, in this order: ``KUBEBUILDER_ASSETS`` when it holds the three programs that
folder is for; ``PATH``, but only kubectl of any version and a pair of etcd and kube-apiserver that
is new enough; the cache; the Go modules in ``modules/``. Everything else always comes from the
modules, since tests assert what the pinned version does.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import platform
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.controlplane import processes
from tests.controlplane.toolchain import Go, ToolchainError, find_go

MODULES = Path(__file__).with_name("modules")
OLDEST_KUBERNETES = (1, 30)  # the first with aggregated discovery v2
OLDEST_ETCD = (3, 5)

_SERVER = ("etcd", "kube-apiserver")
_ASSETS = (*_SERVER, "kubectl")
_SAME_VERSION = ("kube-controller-manager", "kube-scheduler")


class BinaryError(RuntimeError):
    """A program is missing and could not be built."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, the folder of ``modules/`` that pins it, and its Go package."""

    name: str
    module: str
    package: str

    @property
    def version(self) -> str:
        """The pinned version of the module that the package belongs to."""
        required = (MODULES / self.module / "go.mod").read_text()
        pins: list[tuple[str, str]] = re.findall(r"^\t(\S+) (v\S+)", required, re.MULTILINE)
        return next(version for path, version in pins if f"{self.package}/".startswith(f"{path}/"))

    @property
    def link_flags(self) -> str:
        """Leave debugging tables out, and stamp the version where a release would."""
        stamps = (f"-X {variable}={self.version}" for variable in _STAMPED.get(self.module, ()))
        return " ".join(("-s -w", *stamps))


_STAMPED = {
    "helm": ("helm.sh/helm/v4/internal/version.version",),
    "kubernetes": (
        "k8s.io/client-go/pkg/version.gitVersion",
        "k8s.io/component-base/version.gitVersion",
    ),
}

_KUBERNETES = "k8s.io/kubernetes/cmd"
_TOOLS = (
    Tool("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    Tool("kube-apiserver", "kubernetes", f"{_KUBERNETES}/kube-apiserver"),
    Tool("kubectl", "kubernetes", f"{_KUBERNETES}/kubectl"),
    Tool("kube-controller-manager", "kubernetes", f"{_KUBERNETES}/kube-controller-manager"),
    Tool("kube-scheduler", "kubernetes", f"{_KUBERNETES}/kube-scheduler"),
    Tool("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    Tool("helm", "helm", "helm.sh/helm/v4/cmd/helm"),
    Tool("registry", "registry", "github.com/distribution/distribution/v3/cmd/registry"),
)
TOOLS = {tool.name: tool for tool in _TOOLS}


def ensure(
    names: Iterable[str] = TOOLS, say: Callable[[str], None] | None = None
) -> dict[str, Path]:
    """Find each program, building what is missing (minutes, the first time).

    Args:
        names: Programs of ``TOOLS``.
        say: Takes progress, by default stderr; a text without a line end is continued.

    Returns:
        The absolute path of each program.

    Raises:
        BinaryError: A name is unknown, there is no Go, or a build failed.
    """
    wanted = _known(names)
    return found if (found := find(wanted)) else _build(wanted, say or _to_stderr)


def find(names: Iterable[str]) -> dict[str, Path] | None:
    """Find each program without building anything.

    Returns:
        The absolute path of each program, or None when at least one is missing.
    """
    wanted = _known(names)
    found = _elsewhere(wanted)
    found |= {name: path for name in wanted if name not in found and (path := _cached(name))}
    return {name: found[name] for name in wanted} if len(found) == len(wanted) else None


def cache_folder() -> Path:
    """Where builds are kept: outside the checkout, shared by all checkouts of one user."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    if Path(configured).is_absolute():
        return Path(configured) / "dpfctl-tests"
    home = os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
    if os.access(home, os.W_OK):
        return Path(home) / ".cache" / "dpfctl-tests"
    return Path(tempfile.gettempdir()) / f"dpfctl-tests-{os.getuid()}"


def build_folder() -> Path:
    """Where this set of pinned versions is built for this platform."""
    pins = hashlib.sha256("\n".join(tool.link_flags for tool in _TOOLS).encode())
    for path in sorted(MODULES.glob("*/go.*")):
        pins.update(f"{path.parent.name}/{path.name}\n".encode() + path.read_bytes())
    system = f"{sys.platform}-{platform.machine()}"
    return cache_folder() / f"{system}-{pins.hexdigest()[:12]}"


def _known(names: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in TOOLS:
            raise BinaryError(f"{name}: no such program\nhint: one of {', '.join(TOOLS)}")
    return wanted


def _cached(name: str) -> Path | None:
    path = build_folder() / name
    return path if path.exists() else None


def _elsewhere(names: Sequence[str]) -> dict[str, Path]:
    """The programs of ``names`` that the machine brings along.

    Controllers must not be newer than their API server, so whoever asks for ours gets our server.
    """
    usable = [n for n in names if n in _ASSETS]
    if set(_SAME_VERSION) & set(names):
        usable = [n for n in usable if n not in _SERVER]
    if assets := _assets():
        return {name: assets / name for name in usable}
    on_path = {name: Path(path) for name in usable if (path := shutil.which(name))}
    if set(_SERVER) & set(on_path) and not _has_server_on_path():
        on_path = {name: path for name, path in on_path.items() if name not in _SERVER}
    return on_path


def _assets() -> Path | None:
    configured = os.environ.get("KUBEBUILDER_ASSETS", "")
    folder = Path(configured).absolute()
    complete = configured and all(os.access(folder / name, os.X_OK) for name in _ASSETS)
    return folder if complete else None


def _has_server_on_path() -> bool:
    return (
        _version("kube-apiserver") >= OLDEST_KUBERNETES  # the pair counts, not one of them
        and _version("etcd") >= OLDEST_ETCD
    )


def _version(name: str) -> tuple[int, int]:
    """Major and minor version of the program on ``PATH``, (0, 0) when it has none to tell."""
    program = shutil.which(name)
    if not program:
        return (0, 0)
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
        if match := re.search(r"\bv?(\d+)\.(\d+)\.\d+", said.stdout):
            return (int(match[1]), int(match[2]))
    return (0, 0)


def _build(names: Sequence[str], say: Callable[[str], None]) -> dict[str, Path]:
    folder = build_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(cache_folder() / "lock", lambda: find(names) is not None, say):
        if found := find(names):
            return found
        try:
            go = find_go(cache_folder(), lambda line: say(f"{line}\n"))
        except ToolchainError as error:
            raise BinaryError(str(error)) from error
        elsewhere = _elsewhere(names)
        for name in names:
            if name not in elsewhere and not _cached(name):
                _build_one(go, TOOLS[name], folder, say)
    return find(names) or {}


@contextlib.contextmanager
def _lock(path: Path, enough: Callable[[], bool], say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of the cache; give up waiting once there is nothing left to build."""
    with path.open("w") as file:
        waiting = False
        while not _try_lock(file.fileno()) and not enough():
            if not waiting:
                say(f"waiting for another build in {path.parent}\n")
            waiting = True
            time.sleep(0.5)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _build_one(go: Go, tool: Tool, folder: Path, say: Callable[[str], None]) -> None:
    """Build into a folder beside the target and move the finished program there.

    Raises:
        BinaryError: Go refused; the message has what it said.
    """
    started = time.monotonic()
    say(f"building {tool.name} {tool.version} ... ")
    try:
        with processes.scratch(folder) as unfinished:
            _go_build(go, tool, unfinished / tool.name)
            (unfinished / tool.name).rename(folder / tool.name)
    except BaseException:
        say("failed\n")
        raise
    say(f"{time.monotonic() - started:.0f} s\n")


def _go_build(go: Go, tool: Tool, target: Path) -> None:
    # Go keeps its intermediate files beside the target, so an interrupted build leaves none.
    child = processes.start(
        f"go build {tool.package}",
        [
            *(go.program, "build", "-C", MODULES / tool.module, "-buildvcs=false"),
            *("-ldflags", tool.link_flags, "-o", target, tool.package),
        ],
        target.with_suffix(".log"),
        {**go.env, "GOTMPDIR": str(target.parent)},
    )
    try:
        processes.has_ended(child, float("inf"))
    finally:
        child.end()
    if child.process.returncode:
        raise BinaryError(f"{tool.name}: {child.name} failed:\n{child.tail()}")


def _to_stderr(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print where the named programs are, all of them by default."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.controlplane.binaries",
        description="Find or build the programs of the tests' control plane.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TOOLS))
    names = parser.parse_args(arguments).names or TOOLS
    try:
        found = ensure(names)
    except BinaryError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing half-made is left behind\n")
        return 130
    for name, path in found.items():
        sys.stdout.write(f"{name} {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
