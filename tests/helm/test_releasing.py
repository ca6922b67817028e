"""Changes of releases carried out on a real cluster, when it is not as it was when judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dpfctl.apply.releasing import HelmReleaser
from dpfctl.cluster.kube import connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.errors import ConflictError
from dpfctl.helm.archives import Archive
from dpfctl.model import labels
from dpfctl.model.cluster import HOST
from dpfctl.model.release_objects import release_body, release_resource
from dpfctl.model.releases import Chart, Release
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from tests.controlplane.api import MERGE_PATCH
from tests.helm.targets import Target
from tests.unit.release_records import packed

OURS = {labels.DPU_SERVICE_NAME: "hbn", labels.DPU_SERVICE_NAMESPACE: "dpf"}
OTHERS = {**OURS, labels.DPU_SERVICE_NAMESPACE: "another"}


@dataclass(frozen=True, slots=True)
class ChartsAtHand:
    """Helm with charts from a folder, and all else as it is."""

    target: Target

    def fetch(self, chart: Chart, login: object = None) -> Archive:
        return self.target.archive(chart.version)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target.helm, name)


@pytest.fixture
def releaser(target: Target) -> Iterator[HelmReleaser]:
    options = ConnectOptions(kubeconfig=str(target.cluster.kubeconfig))
    way = connect(load_config(options, {}))
    helm: Any = ChartsAtHand(target)
    yield HelmReleaser(open_helm=lambda: helm, ways={HOST: way})
    way.close()


@pytest.fixture
def wanted(target: Target) -> Release:
    return target.release(values={"a": 1}, labels=OURS)


def stored(target: Target) -> Resource:
    return release_resource(target.found())


def install(wanted: Release, before: Resource | None = None) -> Change:
    return Change(wanted.ref, Action.INSTALL, "upgraded", before, release_body(wanted))


def removal(before: Resource) -> Change:
    return Change(before.ref, Action.UNINSTALL, "uninstalled", before)


def leave(target: Target, status: str, marks: Mapping[str, str] = OURS) -> None:
    """Leave the only revision with another status or other labels."""
    info = {"status": status, "last_deployed": "2026-01-01T00:00:00Z"}
    content = {"name": "hbn", "info": info, "version": 1, "namespace": target.namespace}
    body = {
        "metadata": {"labels": {"status": status, **marks}},
        "data": {"release": packed(content)},
    }
    path = target.path("secrets", target.found().secret.name)
    target.cluster.api.call("PATCH", path, body, MERGE_PATCH)


class TestUninstall:
    def test_the_one_that_was_judged_goes(
        self, target: Target, releaser: HelmReleaser, wanted: Release
    ) -> None:
        target.upgrade(wanted)
        change = removal(stored(target))
        releaser.uninstall(change, dry_run=True)
        assert target.stored() is not None
        releaser.uninstall(change, dry_run=False)
        assert target.stored() is None
        releaser.uninstall(change, dry_run=False)

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_another_revision_stays(
        self, target: Target, releaser: HelmReleaser, wanted: Release, dry_run: bool
    ) -> None:
        target.upgrade(wanted)
        change = removal(stored(target))
        target.upgrade(replace(wanted, values={"a": 2}))

        with pytest.raises(ConflictError, match="has changed since it was to be removed"):
            releaser.uninstall(change, dry_run=dry_run)
        assert target.found().revision == 2

    @pytest.mark.parametrize(
        ("status", "marks"),
        [
            pytest.param("deployed", OTHERS, id="another owner"),
            pytest.param("pending-upgrade", OURS, id="a run of Helm"),
        ],
    )
    def test_one_that_is_another_by_now_stays(
        self,
        target: Target,
        releaser: HelmReleaser,
        wanted: Release,
        status: str,
        marks: Mapping[str, str],
    ) -> None:
        target.upgrade(wanted)
        change = removal(stored(target))
        leave(target, status, marks)

        with pytest.raises(ConflictError):
            releaser.uninstall(change, dry_run=False)
        assert target.found().status == status


class TestInstall:
    def test_one_of_somebody_else_is_left_alone(
        self, target: Target, releaser: HelmReleaser, wanted: Release
    ) -> None:
        target.upgrade(replace(wanted, labels=OTHERS))

        with pytest.raises(ConflictError, match="somebody else has installed it meanwhile"):
            releaser.install(install(wanted), dry_run=False)
        assert target.found().revision == 1

    def test_one_of_somebody_else_is_taken_over_if_that_is_asked_for(
        self, target: Target, releaser: HelmReleaser, wanted: Release
    ) -> None:
        target.upgrade(replace(wanted, labels={}, values={"a": 0}))
        after = replace(releaser, adopts=True).install(install(wanted), dry_run=False)

        assert after.resource_version == "2"
        assert target.found().labels == OURS

    def test_a_removal_that_was_judged_is_finished(
        self, target: Target, releaser: HelmReleaser, wanted: Release
    ) -> None:
        target.upgrade(wanted)
        leave(target, "uninstalling")
        releaser.install(install(wanted, stored(target)), dry_run=False)

        assert target.found().status == "deployed"

    def test_a_removal_that_began_since_is_left_alone(
        self, target: Target, releaser: HelmReleaser, wanted: Release
    ) -> None:
        target.upgrade(replace(wanted, values={"a": 0}))
        before = stored(target)
        leave(target, "uninstalling")

        with pytest.raises(ConflictError, match="another run of Helm has begun meanwhile"):
            releaser.install(install(wanted, before), dry_run=False)
        assert target.found().status == "uninstalling"

    def test_a_dry_run_says_what_becomes_of_objects(
        self, target: Target, releaser: HelmReleaser, wanted: Release
    ) -> None:
        new = releaser.install(install(wanted), dry_run=True)
        assert "DaemonSet hbn-agent created" in new.at("spec", "objects")
        target.upgrade(wanted)
        labelled = replace(wanted, values={"serviceDaemonSet": {"labels": {"a": "b"}}})
        other = releaser.install(install(labelled, stored(target)), dry_run=True)

        assert other.at("spec", "objects") == ["DaemonSet hbn-agent changed"]
        assert target.found().revision == 1

    def test_a_dry_run_in_a_namespace_that_is_only_planned(
        self, releaser: HelmReleaser, wanted: Release
    ) -> None:
        there = replace(wanted, namespace="absent")

        assert releaser.install(install(there), dry_run=True).ref == there.ref
