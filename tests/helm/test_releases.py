"""Releases on a real API server: installed, left alone, upgraded, repaired, removed."""

import base64
import gzip
import json
import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dpfctl.errors import (
    ConflictError,
    FieldConflictError,
    LostAnswerError,
    OwnedError,
    RejectedError,
)
from dpfctl.helm.releases import open_helm
from dpfctl.model.release_states import ReleaseState, judge_archive
from dpfctl.model.releases import read_description
from tests.controlplane.api import at_once
from tests.helm.odd_charts import ENDLESS_HOOK, chart_of
from tests.helm.targets import Target

VALUES: dict[str, Any] = {
    "serviceDaemonSet": {"labels": {"svc.dpu.nvidia.com/service": "hbn"}},
    "exposedPorts": {"labels": {"team": "edge"}, "ports": {"httpserver": True}},
}


def helm_as_anyone(program: Path, target: Target, *words: str) -> None:
    """Run helm as somebody who knows nothing of dpfctl."""
    more = ["--kubeconfig", str(target.cluster.kubeconfig), "-n", target.namespace]
    subprocess.run([program, *words, *more], check=True, capture_output=True)


class TestUpgrade:
    def test_a_new_release_is_installed(self, target: Target) -> None:
        labels = {"dpu.nvidia.com/dpuservice-name": "hbn", "dpu.nvidia.com/cluster": "edge"}
        release = target.release(values=VALUES, labels=labels)
        assert target.judged(release).state is ReleaseState.INSTALL

        assert target.upgrade(release) is None
        found = target.found()

        assert (found.revision, found.status, found.values) == (1, "deployed", VALUES)
        assert (found.chart_name, found.chart_version) == ("dpf-service", "1.0.0")
        assert (found.app_version, found.labels) == ("app-1.0.0", labels)
        assert found.deployed_at is not None
        assert datetime.now(UTC) - found.deployed_at < timedelta(minutes=5)
        pod = target.daemon_set()["spec"]["template"]["metadata"]
        assert pod["labels"]["svc.dpu.nvidia.com/service"] == "hbn"
        kinds = {one["kind"] for one in yaml.safe_load_all(found.manifest) if one}
        assert kinds == {"DaemonSet", "Service"}

    def test_what_was_installed_is_known_again(self, target: Target) -> None:
        release = target.release(values=VALUES)
        target.upgrade(release)

        assert target.judged(release).state is ReleaseState.UNCHANGED
        assert target.judged(release, refresh=True).state is ReleaseState.CHECK
        same, other = target.archive(), target.archive("1.2.0")
        assert judge_archive(target.found(), same.sha256).state is ReleaseState.UNCHANGED
        assert judge_archive(target.found(), other.sha256).state is ReleaseState.UPGRADE

    def test_other_values_upgrade_it_in_place(self, target: Target) -> None:
        target.upgrade(target.release(values=VALUES))
        uid = target.daemon_set()["metadata"]["uid"]
        release = target.release(values={"image": {"tag": "2.0"}})
        assert target.judged(release) == (ReleaseState.UPGRADE, "its inputs changed")

        target.upgrade(release)
        daemon_set = target.daemon_set()

        assert (target.found().revision, daemon_set["metadata"]["uid"]) == (2, uid)
        assert daemon_set["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":2.0")
        assert target.found().values == {"image": {"tag": "2.0"}}

    def test_empty_values_forget_the_old_ones(self, target: Target) -> None:
        target.upgrade(target.release(values=VALUES))
        target.upgrade(target.release())

        assert target.found().values == {}

    def test_another_version_of_the_chart_upgrades_it_in_place(self, target: Target) -> None:
        target.upgrade(target.release())
        release = target.release(version="1.2.0")
        assert target.judged(release).state is ReleaseState.UPGRADE

        target.upgrade(release)

        assert (target.found().revision, target.found().chart_version) == (2, "1.2.0")
        assert target.judged(release).state is ReleaseState.UNCHANGED

    def test_large_values_reach_helm(self, target: Target) -> None:
        values = {"serviceDaemonSet": {"annotations": {"text": "x" * 200_000}}}
        target.upgrade(target.release(values=values))

        assert target.found().values == values

    def test_five_revisions_are_kept(self, target: Target) -> None:
        for number in range(7):
            target.upgrade(target.release(values={"image": {"tag": str(number)}}))

        assert sorted(int(s.label("version") or 0) for s in target.secrets()) == [3, 4, 5, 6, 7]

    def test_an_upgrade_by_somebody_else_is_noticed(
        self, target: Target, helm_program: Path, archive: Path
    ) -> None:
        labels = {"dpu.nvidia.com/dpuservice-name": "hbn"}
        release = target.release(values=VALUES, labels=labels)
        target.upgrade(release)
        helm_as_anyone(helm_program, target, "upgrade", "hbn", str(archive), "--reuse-values")
        assert target.found().labels == labels
        assert target.judged(release) == (ReleaseState.UPGRADE, "was changed outside of dpfctl")

        target.upgrade(release)

        assert target.judged(release).state is ReleaseState.UNCHANGED
        assert target.found().revision == 3

    def test_a_rollback_by_somebody_else_is_noticed(
        self, target: Target, helm_program: Path
    ) -> None:
        target.upgrade(target.release())
        release = target.release(values=VALUES)
        target.upgrade(release)
        helm_as_anyone(helm_program, target, "rollback", "hbn", "1")

        assert target.judged(release).state is ReleaseState.UPGRADE

    def test_the_name_of_a_release_is_no_flag(self, target: Target) -> None:
        release = replace(target.release(), name="--kube-as-user=root")

        with pytest.raises(RejectedError, match="Helm takes no release of that name"):
            target.upgrade(release)


class TestManyThreads:
    def test_releases_are_made_side_by_side(self, target: Target) -> None:
        names = ("a", "b", "c", "d")
        at_once(lambda name: target.upgrade(target.release(name)), names)

        assert target.daemon_sets() == [f"{name}-agent" for name in names]
        assert {target.found(name).status for name in names} == {"deployed"}

    def test_a_release_that_is_stopped_halfway_is_repaired_by_the_next_run(
        self, target: Target, helm_program: Path, tmp_path: Path
    ) -> None:
        stop = threading.Event()
        endless = chart_of(tmp_path, ENDLESS_HOOK)
        with open_helm({"PATH": str(helm_program.parent)}, stop) as helm:
            threading.Timer(1.5, stop.set).start()
            started = time.monotonic()
            with pytest.raises(LostAnswerError, match="stopped before helm was done"):
                helm.upgrade(target.release(), endless, target.kubeconfig)
        assert time.monotonic() - started < 10
        assert target.found().status == "failed"

        target.upgrade(target.release())

        assert (target.found().revision, target.found().status) == (2, "deployed")


class TestDryRun:
    def test_the_manifest_comes_back_and_nothing_is_stored(self, target: Target) -> None:
        manifest = target.upgrade(target.release(values=VALUES), dry_run=True)

        assert manifest is not None
        assert {o["kind"] for o in yaml.safe_load_all(manifest) if o} == {"DaemonSet", "Service"}
        assert (target.stored(), target.daemon_sets()) == (None, [])

    def test_it_is_the_manifest_that_the_upgrade_stores(self, target: Target) -> None:
        target.upgrade(target.release())
        release = target.release(values=VALUES)
        foretold = target.upgrade(release, dry_run=True)
        target.upgrade(release)

        assert foretold == target.found().manifest


class TestRepair:
    def test_a_failed_release_is_upgraded(self, target: Target) -> None:
        target.upgrade(target.release())
        broken = {"serviceDaemonSet": {"updateStrategy": {"type": "Never"}}}
        with pytest.raises(RejectedError, match="Never"):
            target.upgrade(target.release(values=broken))
        release = target.release(values=VALUES)
        assert target.found().status == "failed"
        assert target.judged(release).state is ReleaseState.UPGRADE

        target.upgrade(release)

        assert (target.found().revision, target.found().status) == (3, "deployed")

    def test_a_first_revision_that_failed_is_upgraded(self, target: Target) -> None:
        broken = {"serviceDaemonSet": {"updateStrategy": {"type": "Never"}}}
        with pytest.raises(RejectedError, match="Never"):
            target.upgrade(target.release(values=broken))
        target.upgrade(target.release())

        assert (target.found().revision, target.found().status) == (2, "deployed")

    @pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback"])
    def test_a_release_that_a_dead_run_holds_is_unlocked(self, target: Target, status: str) -> None:
        release = target.release(values=VALUES)
        target.upgrade(release)
        left_pending(target, status)
        with pytest.raises(ConflictError, match="another run of Helm holds it"):
            target.upgrade(release)
        later = datetime.now(UTC) + timedelta(hours=1)
        assert target.judged(release).state is ReleaseState.BUSY
        assert target.judged(release, now=later).state is ReleaseState.BUSY
        assert target.judged(release, now=later, recover=True).state is ReleaseState.UNLOCK

        target.unlock()
        assert target.found().description == f"Release unlocked from stale '{status}' state"
        target.upgrade(release)

        assert (target.found().revision, target.found().status) == (2, "deployed")

    def test_a_removal_that_was_not_finished_is_finished(self, target: Target) -> None:
        release = target.release()
        target.upgrade(release)
        left_pending(target, "uninstalling")
        assert target.judged(release).state is ReleaseState.FINISH_UNINSTALL

        target.helm.uninstall("hbn", target.namespace, target.kubeconfig)
        assert (target.stored(), target.daemon_sets()) == (None, [])
        target.upgrade(release)

        assert (target.found().revision, target.found().status) == (1, "deployed")

    @pytest.mark.parametrize("status", ["superseded", "uninstalled"])
    def test_helm_goes_on_from_what_is_not_in_use(self, target: Target, status: str) -> None:
        release = target.release()
        target.upgrade(release)
        left_pending(target, status)
        target.upgrade(release)

        assert target.found().status == "deployed"


class TestUninstall:
    def test_a_release_goes_with_its_objects_and_history(self, target: Target) -> None:
        target.upgrade(target.release(values=VALUES))
        target.upgrade(target.release())
        target.helm.uninstall("hbn", target.namespace, target.kubeconfig)

        assert (target.secrets(), target.daemon_sets()) == ([], [])

    def test_what_is_not_there_is_fine(self, target: Target) -> None:
        target.helm.uninstall("hbn", target.namespace, target.kubeconfig)

    def test_other_releases_stay(self, target: Target) -> None:
        target.upgrade(target.release("hbn"))
        target.upgrade(target.release("dts"))
        target.helm.uninstall("hbn", target.namespace, target.kubeconfig)

        assert target.daemon_sets() == ["dts-agent"]


class TestOwnership:
    def test_objects_of_others_become_its_own_if_wanted(self, target: Target) -> None:
        target.upgrade(target.release())
        body = target.daemon_set()
        for secret in target.secrets():
            target.cluster.api.call("DELETE", target.path("secrets", secret.name))
        del body["metadata"]["annotations"]["meta.helm.sh/release-name"]
        path = target.path("daemonsets", "hbn-agent", "apis/apps/v1")
        target.cluster.api.call("PUT", path, body)
        with pytest.raises(OwnedError, match="is there and not its own"):
            target.upgrade(target.release())

        target.upgrade(target.release(), take_ownership=True)

        assert target.found().status == "deployed"

    def test_fields_of_others_are_taken_if_wanted(self, target: Target) -> None:
        target.upgrade(target.release())
        path = target.path("daemonsets", "hbn-agent", "apis/apps/v1")
        container = {"name": "agent", "image": "example.com/other:1"}
        target.cluster.api.apply(
            path,
            {
                "apiVersion": "apps/v1",
                "kind": "DaemonSet",
                "metadata": {"name": "hbn-agent"},
                "spec": {"template": {"spec": {"containers": [container]}}},
            },
        )
        release = target.release(values={"image": {"tag": "3"}})
        with pytest.raises(FieldConflictError, match="others own fields") as caught:
            target.upgrade(release)
        image = '.spec.template.spec.containers[name="agent"].image'
        assert caught.value.conflicts == ((image, "controlplane"),)

        target.upgrade(release, force_conflicts=True)

        spec = target.daemon_set()["spec"]["template"]["spec"]
        assert spec["containers"][0]["image"].endswith(":3")


class TestDescription:
    def test_a_revision_says_what_it_is_made_of(self, target: Target) -> None:
        target.upgrade(target.release(values=VALUES))
        found = read_description(target.found().description)

        assert found is not None
        assert target.archive().sha256.startswith(found.archive)


def left_pending(target: Target, status: str) -> None:
    """Leave the newest revision as a run that died would."""
    secret = json.loads(json.dumps(target.found().secret.raw))
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    payload = json.loads(gzip.decompress(packed))
    payload["info"]["status"] = secret["metadata"]["labels"]["status"] = status
    data = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(payload).encode())))
    secret["data"]["release"] = data.decode()
    path = target.path("secrets", secret["metadata"]["name"])
    target.cluster.api.call("PUT", path, secret)
