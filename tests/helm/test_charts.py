"""Charts out of real repositories: OCI registries and HTTPS, open and with a login."""

import hashlib
import shutil
from pathlib import Path

import pytest

from dpfctl.errors import AccessError, InputError, NotFoundError, RejectedError, UnreachableError
from dpfctl.helm.releases import Helm
from dpfctl.helm.repositories import RepositoryCredentials
from dpfctl.model.releases import Chart
from tests.controlplane.api import at_once
from tests.controlplane.chart_repository import ChartRepository, running_chart_repository
from tests.controlplane.layout import free_ports
from tests.controlplane.registry import PASSWORD, USER, Registry

RANGES = [
    pytest.param("1.0.0", "1.0.0", id="a version"),
    pytest.param(">=1.0 <2", "1.2.0", id="a range"),
    pytest.param("1.x", "1.2.0", id="a wildcard"),
    pytest.param("^1.0.0", "1.2.0", id="a caret"),
    pytest.param("1.1.0+b5", "1.1.0+b5", id="a version with build metadata"),
    pytest.param("2.0.0-rc.1", "2.0.0-rc.1", id="a release candidate by its name"),
    pytest.param("*", "1.2.0", id="anything but release candidates"),
]


def trusting(where: Registry | ChartRepository, url: str = "") -> RepositoryCredentials:
    return RepositoryCredentials(url or where.host, ca=where.ca)


def logged_in(
    where: Registry | ChartRepository, password: str = PASSWORD, user: str = USER
) -> RepositoryCredentials:
    return RepositoryCredentials(where.host, user, password, where.ca, "secret argocd/charts")


def oci(where: Registry, version: str = "1.0.0", name: str = "dpf-service") -> Chart:
    return Chart(where.url, name, "", version)


def https(
    where: ChartRepository, version: str = "1.0.0", name: str = "dpf-service", place: str = "open"
) -> Chart:
    return Chart(where.url(place), name, "", version)


class TestRegistry:
    @pytest.mark.parametrize(("version", "found"), RANGES)
    def test_a_version_is_found(
        self, helm: Helm, registry: Registry, charts: Path, version: str, found: str
    ) -> None:
        archive = helm.fetch(oci(registry, version), trusting(registry))

        assert (archive.name, archive.version) == ("dpf-service", found)
        assert archive.app_version == f"app-{found}"
        same = (charts / f"dpf-service-{found}.tgz").read_bytes()
        assert archive.sha256 == hashlib.sha256(same).hexdigest()
        assert archive.path.read_bytes() == same

    @pytest.mark.parametrize(
        "chart",
        [
            pytest.param(("/charts", "", "dpf-service"), id="path"),
            pytest.param(("/charts/", "", "/dpf-service/"), id="slashes"),
            pytest.param(("/charts/dpf-service", "", ""), id="all in the URL"),
            pytest.param(("/charts", "dpf-service", "ignored"), id="chart wins over path"),
        ],
    )
    def test_its_name_may_stand_elsewhere(
        self, helm: Helm, registry: Registry, chart: tuple[str, str, str]
    ) -> None:
        base, name, path = chart
        wanted = Chart(f"oci://{registry.host}{base}", name, path, "1.0.0")

        assert helm.fetch(wanted, trusting(registry)).version == "1.0.0"

    @pytest.mark.parametrize("version", ["1.0.0", "1.x"])
    def test_a_login_opens_it(self, helm: Helm, locked_registry: Registry, version: str) -> None:
        archive = helm.fetch(oci(locked_registry, version), logged_in(locked_registry))

        assert archive.name == "dpf-service"

    @pytest.mark.parametrize("version", ["1.0.0", "1.x"])
    def test_a_wrong_login_is_refused(
        self, helm: Helm, locked_registry: Registry, version: str
    ) -> None:
        chart = oci(locked_registry, version)
        with pytest.raises(AccessError) as caught:
            helm.fetch(chart, logged_in(locked_registry, "wrong"))

        refused = "its repository refuses the login of secret argocd/charts"
        assert caught.value.message == f"chart {chart} {version}: {refused}"

    @pytest.mark.parametrize("version", ["1.0.0", "1.x"])
    def test_without_a_login_it_asks_for_one(
        self, helm: Helm, locked_registry: Registry, version: str
    ) -> None:
        with pytest.raises(AccessError, match="its repository asks for a login") as caught:
            helm.fetch(oci(locked_registry, version), trusting(locked_registry))

        assert "argocd.argoproj.io/secret-type" in caught.value.hint

    @pytest.mark.parametrize(
        ("name", "version"),
        [("dpf-service", "9.0.0"), ("dpf-service", ">9"), ("none", "1.0.0"), ("none", "1.x")],
    )
    def test_what_it_does_not_have(
        self, helm: Helm, registry: Registry, name: str, version: str
    ) -> None:
        with pytest.raises(NotFoundError, match="its repository does not have it"):
            helm.fetch(oci(registry, version, name), trusting(registry))

    def test_an_unknown_authority(self, helm: Helm, registry: Registry) -> None:
        with pytest.raises(AccessError, match="is not trusted: x509: ") as caught:
            helm.fetch(oci(registry))

        assert "argocd-tls-certs-cm" in caught.value.hint


class TestHttps:
    @pytest.mark.parametrize(("version", "found"), RANGES)
    def test_a_version_is_found(
        self, helm: Helm, repository: ChartRepository, version: str, found: str
    ) -> None:
        archive = helm.fetch(https(repository, version), trusting(repository))

        assert (archive.name, archive.version) == ("dpf-service", found)

    def test_a_login_opens_it(self, helm: Helm, repository: ChartRepository) -> None:
        archive = helm.fetch(https(repository, place="locked"), logged_in(repository))

        assert archive.version == "1.0.0"

    def test_a_wrong_login_is_refused(self, helm: Helm, repository: ChartRepository) -> None:
        with pytest.raises(AccessError, match="refuses the login of secret argocd/charts"):
            helm.fetch(https(repository, place="locked"), logged_in(repository, "wrong"))

    def test_without_a_login_it_asks_for_one(self, helm: Helm, repository: ChartRepository) -> None:
        with pytest.raises(AccessError, match="its repository asks for a login"):
            helm.fetch(https(repository, place="locked"), trusting(repository))

    @pytest.mark.parametrize(
        ("chart", "fact"),
        [
            pytest.param(("9.0.0", "dpf-service", "open"), "no such version", id="version"),
            pytest.param(("1.0.0", "none", "open"), "no such chart", id="chart"),
            pytest.param(("1.0.0", "dpf-service", "none"), "does not have it", id="repository"),
        ],
    )
    def test_what_it_does_not_have(
        self, helm: Helm, repository: ChartRepository, chart: tuple[str, str, str], fact: str
    ) -> None:
        with pytest.raises(NotFoundError, match=fact):
            helm.fetch(https(repository, *chart), trusting(repository))

    def test_what_is_no_version(self, helm: Helm, repository: ChartRepository) -> None:
        with pytest.raises(RejectedError, match="neither a version nor a range"):
            helm.fetch(https(repository, "latest and greatest"), trusting(repository))

    def test_a_repository_that_is_broken(self, helm: Helm, repository: ChartRepository) -> None:
        with pytest.raises(UnreachableError, match="its repository answered 500 Internal"):
            helm.fetch(https(repository, place="broken"), trusting(repository))

    def test_an_unknown_authority(self, helm: Helm, repository: ChartRepository) -> None:
        with pytest.raises(AccessError, match="is not trusted: "):
            helm.fetch(https(repository))

    def test_an_archive_that_was_tampered_with(
        self, helm: Helm, charts: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(charts, tmp_path, dirs_exist_ok=True)
        archive = tmp_path / "dpf-service-1.0.0.tgz"
        archive.write_bytes(archive.read_bytes() + b"\0" * 512)
        with (
            running_chart_repository(tmp_path) as changed,
            pytest.raises(RejectedError, match="not the archive that the index names"),
        ):
            helm.fetch(https(changed), trusting(changed))

    def test_an_index_without_digests_is_taken_at_its_word(
        self, helm: Helm, charts: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(charts, tmp_path, dirs_exist_ok=True)
        index = tmp_path / "index.yaml"
        lines = index.read_text().splitlines()
        index.write_text("\n".join(line for line in lines if "digest:" not in line))
        with running_chart_repository(tmp_path) as plain:
            assert helm.fetch(https(plain), trusting(plain)).version == "1.0.0"


class TestOncePerRun:
    def test_one_chart_is_fetched_once_for_all(
        self, helm: Helm, repository: ChartRepository
    ) -> None:
        before = len(repository.asked)
        chart, trusted = https(repository), trusting(repository)
        archives = at_once(lambda _: helm.fetch(chart, trusted), range(8))

        assert len({archive.path for archive in archives}) == 1
        assert repository.asked[before:] == ["/open/index.yaml", "/open/dpf-service-1.0.0.tgz"]

    def test_two_charts_share_the_index(self, helm: Helm, repository: ChartRepository) -> None:
        before = len(repository.asked)
        helm.fetch(https(repository), trusting(repository))
        helm.fetch(https(repository, "1.2.0"), trusting(repository))

        assert repository.asked[before:].count("/open/index.yaml") == 1

    def test_an_error_is_told_to_all(self, helm: Helm, repository: ChartRepository) -> None:
        before = len(repository.asked)
        for _ in range(2):
            with pytest.raises(NotFoundError):
                helm.fetch(https(repository, place="none"), trusting(repository))

        assert len(repository.asked) == before + 1

    def test_nothing_is_left_behind(
        self, helm: Helm, registry: Registry, repository: ChartRepository
    ) -> None:
        archive = helm.fetch(oci(registry), trusting(registry))
        helm.fetch(https(repository), trusting(repository))
        helm.close()

        assert not archive.path.parent.parent.exists()


class TestSources:
    @pytest.mark.parametrize(
        ("chart", "fact"),
        [
            pytest.param(
                Chart("http://x", "c", "", "1"), "must be an oci:// or https://", id="http"
            ),
            pytest.param(Chart("file:///x", "c", "", "1"), "must be an oci:// or", id="file"),
            pytest.param(Chart("--help", "c", "", "1"), "must be an oci:// or", id="flag"),
            pytest.param(Chart("", "c", "", "1"), "must be an oci:// or", id="nothing"),
            pytest.param(Chart("https://x/y.git", "", "c", "1"), "is a Git repository", id="git"),
        ],
    )
    def test_sources_that_helm_cannot_read(self, helm: Helm, chart: Chart, fact: str) -> None:
        with pytest.raises(InputError, match=fact):
            helm.fetch(chart)

    @pytest.mark.parametrize("scheme", ["oci", "https"])
    def test_nobody_listens(self, helm: Helm, scheme: str) -> None:
        url = f"{scheme}://127.0.0.1:{free_ports(1)[0]}/charts"
        with pytest.raises(UnreachableError, match="does not answer: connection refused"):
            helm.fetch(Chart(url, "dpf-service", "", "1.0.0"))

    @pytest.mark.parametrize("scheme", ["oci", "https"])
    def test_a_name_is_no_flag(
        self, helm: Helm, registry: Registry, repository: ChartRepository, scheme: str
    ) -> None:
        where = (
            oci(registry, name="--help") if scheme == "oci" else https(repository, name="--help")
        )
        with pytest.raises((NotFoundError, RejectedError)):
            helm.fetch(where, trusting(registry if scheme == "oci" else repository))
