"""One namespace of a real cluster, seen the way a caller of the helm room sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dpfctl.helm.archives import Archive, read_archive
from dpfctl.helm.releases import Helm
from dpfctl.model import kinds
from dpfctl.model.release_secrets import read_releases, unlocked
from dpfctl.model.release_states import Judgement, judge_release
from dpfctl.model.releases import Chart, Release, StoredRelease
from dpfctl.model.resources import Resource
from tests.controlplane.api import Json
from tests.controlplane.cluster import ControlPlane

URL = "oci://registry.example.com/charts"
PATIENCE = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class Target:
    """A namespace for releases of our chart.

    Attributes:
        helm: The room under test.
        charts: Folder of archives.
        cluster: The cluster.
        namespace: The test's own.
    """

    helm: Helm
    charts: Path
    cluster: ControlPlane
    namespace: str

    @property
    def kubeconfig(self) -> str:
        return self.cluster.kubeconfig_text(self.cluster.admin_token)

    def release(
        self, name: str = "hbn", values: Mapping[str, Any] | None = None, **more: Any
    ) -> Release:
        chart = Chart(URL, "dpf-service", "", more.pop("version", "1.0.0"))
        return Release(name, self.namespace, chart, values or {}, **more)

    def archive(self, version: str = "1.0.0") -> Archive:
        return read_archive(self.charts / f"dpf-service-{version}.tgz", "chart")

    def upgrade(self, release: Release, **more: Any) -> str | None:
        archive = more.pop("archive", None) or self.archive(release.chart.version)
        kubeconfig = more.pop("kubeconfig", self.kubeconfig)
        return self.helm.upgrade(release, archive, kubeconfig, **more)

    def stored(self, name: str = "hbn") -> StoredRelease | None:
        return read_releases(self.secrets()).get((self.namespace, name))

    def found(self, name: str = "hbn") -> StoredRelease:
        stored = self.stored(name)
        assert stored is not None
        return stored

    def judged(self, release: Release, **more: Any) -> Judgement:
        now = more.pop("now", datetime.now(UTC))
        return judge_release(release, self.stored(release.name), now=now, patience=PATIENCE, **more)

    def secrets(self) -> list[Resource]:
        items = self.cluster.api.items(self.path("secrets"), {"labelSelector": "owner=helm"})
        return [Resource(kinds.SECRET, one) for one in items]

    def unlock(self, name: str = "hbn") -> None:
        secret = self.found(name).secret
        self.cluster.api.call("PUT", self.path("secrets", secret.name), dict(unlocked(secret)))

    def path(self, plural: str, name: str = "", group: str = "api/v1") -> str:
        whole = f"/{group}/namespaces/{self.namespace}/{plural}"
        return f"{whole}/{name}" if name else whole

    def daemon_set(self, name: str = "hbn-agent") -> Json:
        return self.cluster.api.call("GET", self.path("daemonsets", name, "apis/apps/v1"))

    def daemon_sets(self) -> list[str]:
        items = self.cluster.api.items(self.path("daemonsets", group="apis/apps/v1"))
        return [one["metadata"]["name"] for one in items]
