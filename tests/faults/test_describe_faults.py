"""The whole command against servers that misbehave: exit code, message, and what stdout holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.fleets import fleet_document
from tests.command_line import Result, dpfctl
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.faults.actions import Cut, Reply, RequestAction
from tests.faults.proxy import FaultProxy, Upstream

JSON = {"Content-Type": "application/json"}
HTML = Reply(200, b"<html>login</html>", {"Content-Type": "text/html"})
ERROR = Reply(500, b'{"kind": "Status", "message": "etcdserver: no leader"}', JSON)
LATER = Reply(429, b'{"kind": "Status", "message": "busy"}', JSON | {"Retry-After": "100000"})
REFUSED = Reply(401, b"{}", JSON)
EVERYWHERE = [
    pytest.param(HTML, "not a Kubernetes answer: text/html", id="HTML instead of JSON"),
    pytest.param(Cut(20), "the connection ended before the answer did", id="cut body"),
    pytest.param(ERROR, "500 internal server error: etcdserver: no leader", id="500"),
    pytest.param(LATER, "429 too many requests: busy", id="429 with Retry-After"),
]


@pytest.fixture
def broken(leased_cluster: ControlPlane) -> Iterator[FaultProxy]:
    """A proxy in front of a cluster with a small fleet."""
    apply_objects(leased_cluster, fleet_document(1)["host"]["items"])
    with FaultProxy(Upstream(leased_cluster.url, leased_cluster.ca_file)) as proxy:
        yield proxy


def describe(kubeconfig: Path, form: str = "table") -> Result:
    return dpfctl("describe", "dpuservices", "-o", form, "--kubeconfig", str(kubeconfig))


def assert_failed(result: Result, words: str) -> None:
    assert (result.code, result.out) == (7, "")
    assert result.err.startswith("error: ")
    assert words in result.err


@pytest.mark.parametrize(("action", "words"), EVERYWHERE)
def test_trouble_with_every_list_prints_nothing(
    broken: FaultProxy,
    leased_cluster: ControlPlane,
    tmp_path: Path,
    action: RequestAction,
    words: str,
) -> None:
    fault = broken.inject(action)
    user = {"token": leased_cluster.admin_token}

    assert_failed(describe(broken.kubeconfig(tmp_path / "kubeconfig", user)), words)
    assert fault.fired


@pytest.mark.parametrize(("action", "words"), EVERYWHERE)
@pytest.mark.parametrize("form", ["table", "json"])
def test_trouble_with_one_list_leaves_the_rest(
    broken: FaultProxy,
    leased_cluster: ControlPlane,
    tmp_path: Path,
    action: RequestAction,
    words: str,
    form: str,
) -> None:
    fault = broken.inject(action, "dpuservicecredentialrequests")
    user = {"token": leased_cluster.admin_token}
    result = describe(broken.kubeconfig(tmp_path / "kubeconfig", user), form)

    assert result.code == 5
    assert "service" in result.out
    assert "Unreachable" in result.out
    assert result.err.startswith("warning: dpuservicecredentialrequest: cannot be listed: ")
    assert words in result.err
    assert fault.fired


def test_refused_credentials(lone_proxy: FaultProxy, tmp_path: Path) -> None:
    lone_proxy.inject(REFUSED)

    result = describe(lone_proxy.kubeconfig(tmp_path / "kubeconfig"))
    assert_failed(result, "user tester: the server refuses the credentials (401)")
    assert "t0ken" not in result.err


def test_refused_connection(tmp_path: Path) -> None:
    with FaultProxy(listening=False) as proxy:
        path = proxy.kubeconfig(tmp_path / "kubeconfig")
        assert_failed(describe(path), "connection refused")


def test_server_that_is_not_trusted(tmp_path: Path) -> None:
    with FaultProxy() as proxy, FaultProxy() as other:
        path = proxy.kubeconfig(tmp_path / "kubeconfig")
        path.with_suffix(".ca.pem").write_bytes(other.ca_pem)
        assert_failed(describe(path), "certificate signed by an unknown authority")
