"""A kind cluster for the whole run, if Docker runs and kind is installed.

``pytest -m kind`` runs only this tier. The options are those of pytest-kind-ng: ``--kind-bin``,
``--kind-image``, ``--cluster-name``, ``--keep-cluster``. Its download of kind is never used: it
takes an old version, and checks nothing.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

PATIENCE_SECONDS = 20.0


@pytest.fixture(scope="session")
def kind_kubeconfig(request: pytest.FixtureRequest) -> Path:
    """Kubeconfig of the cluster's admin; skips the test where there can be no cluster."""
    options = request.config.option
    options.kind_bin = options.kind_bin or shutil.which("kind")
    if lack := _docker_lack() or ("" if options.kind_bin else "kind is not on PATH"):
        pytest.skip(f"needs a kind cluster: {lack}")
    path: Path = request.getfixturevalue("kind_cluster").kubeconfig_path
    return path


def _docker_lack() -> str:
    """Why no container can be started, empty if one can."""
    try:
        done = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return "docker is not on PATH"
    except subprocess.TimeoutExpired:
        return f"docker info: no answer within {PATIENCE_SECONDS:g} s"
    if done.returncode == 0 and done.stdout.strip():
        return ""
    return f"docker info: {(done.stderr.strip() or 'no server').splitlines()[-1]}"
