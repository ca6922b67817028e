"""Releases that others changed, that failed, or that a run of Helm was killed over."""

import base64
import gzip
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dpfctl.model import kinds
from tests.controlplane.api import MERGE_PATCH
from tests.controlplane.chart_repository import package_chart
from tests.controlplane.controllers import HOLD
from tests.e2e.environment import EAST, writes
from tests.e2e.site import Site, until
from tests.helm.fake_helm import fake_helm

HOOK = f"""
apiVersion: batch/v1
kind: Job
metadata:
  name: {{{{ .Release.Name }}}}-hook
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  template:
    metadata: {{annotations: {{{HOLD}: ""}}}}
    spec: {{restartPolicy: Never, containers: [{{name: a, image: a}}]}}
"""
"""A Job before anything is installed; it does not begin before somebody lets it."""


def push_hooked(site: Site) -> None:
    """Push a chart called hooked, and a service of it."""
    chart = site.folder / "hooked"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: hooked, version: 1.0.0}\n")
    (chart / "templates" / "hook.yaml").write_text(HOOK)
    site.environment.registry.push(package_chart(site.folder, "1.0.0", chart=chart))
    site.add(site.in_east())
    site.source(chart="hooked")


def let_go(site: Site) -> None:
    """Let the hook's pod run, as soon as it is there."""
    until(lambda: bool(site.all_of(kinds.POD, EAST)))
    (name,) = site.all_of(kinds.POD, EAST)
    path = f"/api/v1/namespaces/{site.namespace}/pods/{name}"
    bare = {"metadata": {"annotations": {HOLD: None}}}
    site.environment.sides[EAST].api.call("PATCH", path, bare, MERGE_PATCH)


def clear_hook(site: Site) -> None:
    """Take away the hook of a run that has ended."""
    jobs = f"/apis/batch/v1/namespaces/{site.namespace}/jobs"
    site.environment.sides[EAST].api.request("DELETE", f"{jobs}/east-web-hook", _NOW)
    until(lambda: not site.all_of(kinds.POD, EAST))


def leave(site: Site, status: str) -> None:
    """Leave the newest revision as a run of Helm that died would."""
    secret = json.loads(json.dumps(site.releases()["east-web"].secret.raw))
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    payload = json.loads(gzip.decompress(packed))
    payload["info"]["status"] = secret["metadata"]["labels"]["status"] = status
    data = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(payload).encode())))
    secret["data"]["release"] = data.decode()
    path = f"/api/v1/namespaces/{site.namespace}/secrets/{secret['metadata']['name']}"
    site.environment.sides[EAST].api.call("PUT", path, secret)


def test_what_somebody_upgraded_by_hand_is_put_right(site: Site) -> None:
    site.add(site.in_east())
    site.ready()
    side = site.environment.sides[EAST]
    words: list[str | Path] = [site.environment.helm, "upgrade", "east-web"]
    words += [site.environment.repository.folder / "dpf-service-1.2.0.tgz"]
    words += ["--kubeconfig", side.kubeconfig, "-n", site.namespace]
    subprocess.run(words, check=True, capture_output=True, env=site.environ)
    assert site.revisions() == {EAST: 2}
    site.ready()

    stored = site.releases()["east-web"]
    assert (stored.revision, stored.chart_version) == (3, "1.0.0")
    assert stored.description.startswith("dpfctl/1 inputs=sha256:")


def test_a_release_that_failed_is_tried_again(site: Site) -> None:
    push_hooked(site)
    late = site.reconcile("--helm-timeout=1s")
    assert late.code == 1, late.err
    assert "error: release/" in late.err
    assert site.releases()["east-web"].status == "failed"
    condition = site.conditions()["ApplicationsReconciled"]
    assert condition[:2] == ("False", "Error")

    with ThreadPoolExecutor(1) as other:
        clear_hook(site)
        letting_go = other.submit(let_go, site)
        site.settle()
        letting_go.result()
    stored = site.releases()["east-web"]
    assert (stored.status, stored.revision) == ("deployed", 2)
    assert site.conditions()["ApplicationsReconciled"] == ("True", "Success", "")


def test_a_release_that_another_run_holds(site: Site) -> None:
    site.add(site.in_east())
    site.ready()
    leave(site, "pending-upgrade")
    with site.environment.watched() as recordings:
        busy = site.reconcile()

    assert busy.code == 6
    assert "is pending-upgrade in revision 1 since " in busy.err + busy.out
    assert all(line.endswith("/status") for line in _paths(writes(recordings)))
    assert site.conditions()["ApplicationsReconciled"][:2] == ("False", "Error")
    young = site.reconcile("--recover")
    assert (young.code, site.revisions()) == (6, {EAST: 1})

    later = datetime.now(UTC) + timedelta(hours=1)
    site.settle("--recover", now=lambda: later)
    assert site.releases()["east-web"].status == "deployed"
    assert site.revisions() == {EAST: 2}
    site.settle()


@pytest.mark.parametrize(
    ("body", "version", "fact"),
    [
        pytest.param("kill -SEGV $$", "v4.3.1", "helm was ended by SIGSEGV", id="crashes"),
        pytest.param("exit 3", "v4.3.1", "helm failed with code 3", id="says nothing"),
        pytest.param("exit 3", "v3.16.4", "version v3.16.4 of ", id="is too old"),
    ],
)
def test_a_helm_that_is_no_use(
    site: Site, tmp_path: Path, body: str, version: str, fact: str
) -> None:
    site.add(site.in_east())
    with site.environment.watched() as recordings:
        result = site.reconcile(environ=fake_helm(tmp_path, body, version))

    assert result.code in (1, 7)
    assert fact in result.err
    assert site.releases() == {}
    is_old = version.startswith("v3")
    assert (writes(recordings) == []) is is_old
    assert is_old or fact in site.conditions()["ApplicationsReconciled"][2]
    site.settle()
    assert site.revisions() == {EAST: 1}


def test_a_helm_that_hangs_is_ended(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dpfctl.helm.charts.FETCH_LIMIT", 1.0)
    site.add(site.in_east(), site.service("two"))
    environ = fake_helm(tmp_path, f"echo $$ >>{tmp_path}/pids; exec sleep 60")
    result = site.reconcile(environ=environ)

    assert result.code == 7
    assert "helm was not done after 1 s" in result.err
    assert "helm was not done after 1 s" in site.conditions()["ApplicationsReconciled"][2]
    pids = (tmp_path / "pids").read_text().split()
    assert pids
    assert not [pid for pid in pids if is_running(int(pid))]


def test_a_helm_that_hangs_over_a_cluster_is_ended(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dpfctl.helm.releases.SLACK", 0.5)
    site.add(site.in_east())
    real = site.environment.helm
    hang = f"echo $$ >>{tmp_path}/pids; exec sleep 60"
    hang = f"echo $$ >>{tmp_path}/pids; exec sleep 60"
    body = f'if [ "$1" = upgrade ]; then {hang}; fi\nexec {real} "$@"'
    result = site.reconcile("--helm-timeout=1s", environ=fake_helm(tmp_path, body))

    assert result.code == 7
    assert "helm was not done after 1.5 s" in result.err
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 1
    assert not [pid for pid in pids if is_running(int(pid))]
    site.settle()
    assert site.revisions() == {EAST: 1}


def is_running(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _paths(lines: list[str]) -> list[str]:
    return [line.partition("?")[0] for line in lines]


_NOW = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}
