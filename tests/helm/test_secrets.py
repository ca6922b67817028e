"""Secrets reach helm, and nobody else: not by arguments, variables, files or messages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dpfctl.errors import DpfctlError
from dpfctl.helm.archives import Archive
from dpfctl.helm.releases import Helm, open_helm
from dpfctl.helm.repositories import RepositoryCredentials
from dpfctl.model.releases import Chart, Release
from tests.controlplane.chart_repository import ChartRepository
from tests.controlplane.registry import PASSWORD, USER, Registry
from tests.helm.fake_helm import fake_helm
from tests.helm.targets import Target

CANARY = PASSWORD

# What another user could see of the process, and every file in its home.
LOOK_AROUND = """
{ printf '%s ' "$0" "$@"; tr '\\0' ' ' < /proc/$$/environ; env; } >> "$HOME/../seen"
grep -rls canary "$HOME" >> "$HOME/../seen"
cat > /dev/null
exit 1
"""


@pytest.fixture
def nosy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Helm]:
    """A helm that writes down what it sees, into ``tmp_path/seen``."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_helm(fake_helm(tmp_path, LOOK_AROUND)) as helm:
        yield helm


@pytest.mark.parametrize("url", ["oci://127.0.0.1:1/charts", "https://127.0.0.1:1/charts"])
def test_a_login_is_in_no_argument_variable_or_file(nosy: Helm, tmp_path: Path, url: str) -> None:
    login = RepositoryCredentials(url, USER, CANARY, b"an authority")
    with pytest.raises(DpfctlError) as caught:
        nosy.fetch(Chart(url, "c", "", "1"), login)
    seen = (tmp_path / "seen").read_text()

    assert "HELM_NO_PLUGINS=1" in seen
    assert "canary" not in seen + caught.value.message + caught.value.hint + repr(login)


def test_values_and_kubeconfig_are_in_no_argument_variable_or_file(
    nosy: Helm, tmp_path: Path
) -> None:
    release = Release("hbn", "dpf", Chart("oci://x", "c", "", "1"), {"password": CANARY})
    with pytest.raises(DpfctlError) as caught:
        nosy.upgrade(release, Archive(tmp_path / "c.tgz", "0" * 64, "c", "1"), CANARY)
    seen = (tmp_path / "seen").read_text()

    assert "upgrade --install" in seen
    assert "canary" not in seen + caught.value.message + repr(release)


def test_fetching_leaves_no_login_behind(
    helm: Helm, locked_registry: Registry, repository: ChartRepository
) -> None:
    for where, url in (
        (locked_registry, locked_registry.url),
        (repository, repository.url("locked")),
    ):
        login = RepositoryCredentials(url, USER, CANARY, where.ca)
        archive = helm.fetch(Chart(url, "dpf-service", "", "1.0.0"), login)
    folder = archive.path.parent.parent

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".tgz" for path in files)
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_a_failing_release_leaves_nothing_and_tells_nothing(target: Target) -> None:
    values = {"serviceDaemonSet": {"updateStrategy": {"type": "Never"}}, "password": CANARY}
    with pytest.raises(DpfctlError) as caught:
        target.upgrade(target.release(values=values))

    hidden = (CANARY, target.cluster.admin_token, "/proc/", "dpfctl-helm-")
    assert not [one for one in hidden if one in caught.value.message]
