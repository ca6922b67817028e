"""Find helm, and ask it once per run which version it is."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from dpfctl.errors import DpfctlError, NotFoundError
from dpfctl.helm.failures import said_by
from dpfctl.helm.runner import Runner

OLDEST = (3, 17)
"""The first one that can take ownership of objects."""

SUPPORTED = 4
"""Major version that is tested against."""

VERSION_LIMIT = 30.0
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")

Version = tuple[int, int, int]


def find_helm(environ: Mapping[str, str]) -> str:
    """Return the absolute path of helm.

    Raises:
        NotFoundError: There is none on PATH, or none that may be started.
    """
    path = environ.get("PATH", os.defpath)
    if found := shutil.which("helm", path=path):
        return str(Path(found).absolute())
    for folder in path.split(os.pathsep):
        if folder and Path(folder, "helm").is_file():
            raise NotFoundError(f"helm: {Path(folder, 'helm')} may not be started", _INSTALL)
    raise NotFoundError("helm: not found on PATH", _INSTALL)


def ask_version(runner: Runner) -> Version:
    """Ask helm which version it is.

    Raises:
        DpfctlError: It does not say, or is too old.
    """
    done = runner.run(["version", "--template", "{{.Version}}"], VERSION_LIMIT)
    text = done.stdout.decode("utf-8", "replace")
    found = _VERSION.match(text.strip()) if done.is_good else None
    if found is None:
        fact = f"helm: {runner.program} does not tell its version"
        said = said_by(done)
        raise DpfctlError(f"{fact}: {said}" if said else fact, _INSTALL)
    version = int(found[1]), int(found[2]), int(found[3])
    if version < OLDEST:
        raise DpfctlError(f"helm: version {found[0]} of {runner.program} is too old", _INSTALL)
    return version


def warning_about(version: Version) -> str:
    """Return what to tell the user about a version of helm, empty if there is nothing."""
    if version[0] == SUPPORTED:
        return ""
    told = ".".join(map(str, version))
    return f"helm: version {told} may work, tested is version {SUPPORTED}"


_INSTALL = f"install Helm {SUPPORTED}: https://helm.sh/docs/intro/install"
