"""Charts from repositories with a login and an authority of their own, and ones that are no use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from dpfctl.model import kinds
from tests.controlplane.chart_repository import package_chart
from tests.controlplane.registry import PASSWORD, USER
from tests.e2e.environment import EAST, TEAM, WEST, Environment, login, writes
from tests.e2e.site import CHART, Site, new_site

IMAGE = {"image": {"repository": "registry.example.com/web", "tag": 7}}


@pytest.fixture(scope="module")
def gallery(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Services that can be deployed, and others that cannot, after one pass over them all."""
    with new_site(environment, tmp_path_factory.mktemp("gallery")) as site:
        _push_odd(site)
        for name, source in _sources(environment).items():
            chart = {"repoURL": environment.registry.url, "chart": CHART, "version": "1.0.0"}
            values = IMAGE if name == "schema" else {}
            site.add(
                site.service(name, helmChart={"source": {**chart, **source}, "values": values})
            )
        yield site


@pytest.fixture(scope="module")
def first_pass(gallery: Site) -> str:
    """What the pass over all of them says."""
    result = gallery.reconcile()
    assert result.code == 5, result.err
    return result.err


def _push_odd(site: Site) -> None:
    chart = site.folder / "odd"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("{apiVersion: v2, name: odd, version: 1.0.0}\n")
    (chart / "templates" / "one.yaml").write_text('{{ required "x is needed" .Values.x }}\n')
    site.environment.registry.push(package_chart(site.folder, "1.0.0", chart=chart))


def _sources(environment: Environment) -> dict[str, dict[str, str]]:
    """Service -> where it has its chart from, in place of the open registry."""
    web, oci = environment.repository, environment.registry.url
    return {
        "locked-oci": {"repoURL": environment.locked.url},
        "locked-web": {"repoURL": web.url("locked")},
        "range": {"repoURL": web.url(), "version": ">=1.0 <2"},
        "range-oci": {"version": "~1.1"},
        "no-chart": {"chart": "nothing"},
        "no-version": {"version": "9.9.9"},
        "no-web-chart": {"repoURL": web.url(), "chart": "nothing"},
        "no-web-version": {"repoURL": web.url(), "version": ">=9"},
        "no-login": {"repoURL": web.url(f"locked/{TEAM}")},
        "no-login-oci": {"repoURL": environment.locked.url.replace("/charts", "/other")},
        "untrusted": {"repoURL": web.url().replace("127.0.0.1", "localhost")},
        "untrusted-oci": {"repoURL": oci.replace("127.0.0.1", "localhost")},
        "down": {"repoURL": "https://127.0.0.1:9/charts"},
        "broken": {"repoURL": web.url("broken")},
        "odd": {"chart": "odd"},
        "schema": {},
    }


@pytest.mark.parametrize(
    ("name", "version"),
    [
        pytest.param("locked-oci", "1.0.0", id="a registry whose login is in a Secret"),
        pytest.param("locked-web", "1.0.0", id="a web repository whose login is in a Secret"),
        pytest.param("range", "1.2.0", id="the newest version of a range"),
        pytest.param("range-oci", "1.1.0", id="the newest version of a range in a registry"),
    ],
)
def test_charts_that_are_there(gallery: Site, first_pass: str, name: str, version: str) -> None:
    for side in (EAST, WEST):
        stored = gallery.releases(side)[f"{side}-{name}"]
        assert (stored.status, stored.chart_version) == ("deployed", version)


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        pytest.param("no-chart", "its repository does not have it", id="no such chart"),
        pytest.param("no-version", "its repository does not have it", id="no such version"),
        pytest.param("no-web-chart", "has no such chart", id="no such chart in an index"),
        pytest.param("no-web-version", "has no such version", id="nothing fits a range"),
        pytest.param("no-login", "its repository asks for a login", id="no login"),
        pytest.param("no-login-oci", "asks for a login", id="no login of a registry"),
        pytest.param("untrusted", "is not trusted: x509: ", id="another's certificate"),
        pytest.param("untrusted-oci", "is not trusted: x509: ", id="that of a registry"),
        pytest.param("down", "does not answer: connection refused", id="nobody listens"),
        pytest.param("broken", "answered 500", id="a repository in trouble"),
        pytest.param("odd", "cannot be rendered: ", id="a chart that does not render"),
        pytest.param("schema", "break the schema of the chart: ", id="values of a wrong type"),
    ],
)
def test_charts_that_are_no_use(gallery: Site, first_pass: str, name: str, fact: str) -> None:
    for side in (EAST, WEST):
        (line,) = (one for one in first_pass.splitlines() if f"/{side}-{name}: " in one)
        assert line.startswith(f"error: release/{gallery.namespace}/")
        assert fact in line
        assert f"{side}-{name}" not in gallery.releases(side)
    status, reason, message = gallery.conditions(name)["ApplicationsReconciled"]
    assert (status, reason) == ("False", "Error")
    assert message.startswith("Unable to reconcile Applications: ")
    assert fact in message
    assert gallery.conditions(name)["Ready"][0] == "False"


def test_a_second_pass_over_them_writes_nothing(gallery: Site, first_pass: str) -> None:
    with gallery.environment.watched() as recordings:
        again = gallery.reconcile()

    assert again.code == 5
    assert writes(recordings) == []
    assert PASSWORD not in again.out + again.err + first_pass


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("no-chart", 1, id="what is not there"),
        pytest.param("schema", 1, id="what the chart refuses"),
        pytest.param("down", 7, id="what is out of reach"),
        pytest.param("no-login", 7, id="what is not for us"),
    ],
)
def test_the_exit_code_of_one_service(gallery: Site, name: str, code: int) -> None:
    assert gallery.reconcile(name).code == code


def test_a_login_that_is_refused(site: Site) -> None:
    url = site.environment.repository.url(f"locked/{TEAM}")
    secret = login("wrong", url, "wrong")
    site.add(secret, site.in_east(), site.in_east("good"))
    site.source(repoURL=url)
    result = site.reconcile()
    path = f"/api/v1/namespaces/{secret.namespace}/secrets/{secret.name}"
    site.host.api.call("DELETE", path)

    assert result.code == 5
    assert f"refuses the login of secret {secret.namespace}/{secret.name}\n" in result.err
    assert list(site.releases()) == ["east-good"]


def test_a_login_from_the_command_line(site: Site) -> None:
    found = site.environment.repository
    site.add(site.in_east())
    site.source(repoURL=found.url(f"locked/{TEAM}"))
    ca, password = site.folder / "ca.pem", site.folder / "password"
    ca.write_bytes(found.ca)
    password.write_text("wrong\n")
    words = [f"--repo-username={USER}", f"--repo-password-file={password}"]
    words += [f"--repo-ca-file={ca}"]
    refused = site.reconcile(*words)
    assert (refused.code, site.releases()) == (7, {})
    assert "its repository refuses the login of the command line" in refused.err

    password.write_text(f"{PASSWORD}\n")
    site.settle(*words)
    assert list(site.releases()) == ["east-web"]


def test_an_authority_from_the_command_line(site: Site) -> None:
    site.add(site.in_east())
    ca = site.folder / "ca.pem"
    ca.write_bytes(trustme.CA().cert_pem.bytes())
    refused = site.reconcile(f"--repo-ca-file={ca}")
    assert (refused.code, site.releases()) == (7, {})
    assert "x509: certificate signed by unknown authority" in refused.err

    ca.write_bytes(site.environment.registry.ca)
    site.settle(f"--repo-ca-file={ca}")
    assert list(site.releases()) == ["east-web"]


def test_a_repository_that_is_down_holds_up_nobody_else(site: Site) -> None:
    """A service of the host cluster too, whose loss would end the whole pass."""
    built = site.service("aaa", deployInCluster=True)
    del built.raw["spec"]["security"]
    site.add(built, *(site.in_east(name) for name in ("one", "two", "zzz")))
    site.source("aaa", repoURL="https://127.0.0.1:9/charts")
    result = site.reconcile("--parallel=1")

    assert result.code == 5
    assert "not tried" not in result.err
    assert list(site.releases()) == ["east-one", "east-two", "east-zzz"]
    assert site.conditions("zzz")["ApplicationsReconciled"][0] == "True"
    assert site.find(kinds.DPU_SERVICE, "aaa")


def test_helm_missing_is_said_before_anything_is_written(site: Site, tmp_path: Path) -> None:
    site.add(site.in_east())
    with site.environment.watched() as recordings:
        result = site.reconcile(environ={"PATH": str(tmp_path)})

    assert result.code == 1
    assert "error: helm: not found on PATH\nhint: install Helm 4: https://" in result.err
    assert writes(recordings) == []
