"""Reading through an HTTP proxy: it is used, named when it fails, and told nothing (D14)."""

import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dpfctl.cluster.faults import Limits
from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.cluster.patience import HOST_PATIENCE, Patience
from dpfctl.errors import UnreachableError
from dpfctl.model import kinds
from tests.faults.actions import Reply
from tests.faults.proxy import FaultProxy
from tests.faults.tunnel import Tunnel

Open = Callable[..., KubeCluster]

SERVER = "https://api.example.com:6443"
EMPTY = Reply(200, b'{"kind": "NodeList", "items": []}', {"Content-Type": "application/json"})


@pytest.fixture
def api() -> Iterator[FaultProxy]:
    with FaultProxy(names=("api.example.com",)) as started:
        started.inject(EMPTY)
        yield started


@pytest.fixture
def open_behind(api: FaultProxy, tmp_path: Path) -> Iterator[Open]:
    """Open ``api.example.com`` with a proxy in the environment."""
    with ExitStack() as closing:

        def opened(environ: dict[str, str], patience: Patience = HOST_PATIENCE) -> KubeCluster:
            path = api.kubeconfig(tmp_path / "kubeconfig", server=SERVER)
            config = load_config(ConnectOptions(kubeconfig=str(path)), environ)
            cluster = connect(config, patience=patience)
            closing.callback(cluster.close)
            return cluster

        yield opened


def test_proxy_of_the_environment_is_used(api: FaultProxy, open_behind: Open) -> None:
    with Tunnel(api.port) as tunnel:
        kube = open_behind({"HTTPS_PROXY": f"http://us%3Aer:pass@{tunnel.address}"})
        kube.read((kinds.NODE,))
        kube.close()
    line, headers = tunnel.asked[0]
    assert line.startswith("CONNECT api.example.com:6443 ")
    login = base64.b64encode(b"us:er:pass").decode()
    told = {name.lower(): value for name, value in headers.items() if name.lower() != "host"}
    assert told == {"proxy-authorization": f"Basic {login}"}
    assert api.seen[0].headers["Authorization"] == "Bearer t0ken"
    assert "Proxy-Authorization" not in api.seen[0].headers


def test_proxy_url_of_the_kubeconfig_wins(api: FaultProxy, tmp_path: Path) -> None:
    with Tunnel(api.port) as named, Tunnel(api.port) as other:
        path = api.kubeconfig(
            tmp_path / "kubeconfig", server=SERVER, proxy_url=f"http://{named.address}"
        )
        options = ConnectOptions(kubeconfig=str(path))
        kube = connect(load_config(options, {"HTTPS_PROXY": f"http://{other.address}"}))
        kube.list(kinds.NODE)
        kube.close()
        assert len(named.asked) == 1
        assert other.asked == []


def test_no_proxy_goes_around_it(api: FaultProxy, open_behind: Open) -> None:
    with Tunnel(api.port) as tunnel:
        environ = {"HTTPS_PROXY": f"http://{tunnel.address}", "NO_PROXY": ".example.com"}
        with pytest.raises(UnreachableError, match=r"api\.example\.com:6443: no such host"):
            open_behind(environ).list(kinds.NODE)
        assert tunnel.asked == []


def test_dead_proxy_is_named_with_its_source(open_behind: Open) -> None:
    with FaultProxy(listening=False) as nobody:
        kube = open_behind({"https_proxy": f"http://u:s3cret@127.0.0.1:{nobody.port}"})
        with pytest.raises(UnreachableError) as caught:
            kube.read(kinds.HOST)
    assert caught.value.message == (
        f"context faulty: api.example.com:6443: proxy http://127.0.0.1:{nobody.port} "
        "(from https_proxy): connection refused"
    )
    assert "NO_PROXY" in caught.value.hint


@pytest.mark.parametrize("status", [407, 403, 502])
def test_proxy_that_refuses(api: FaultProxy, open_behind: Open, status: int) -> None:
    with Tunnel(api.port, status) as tunnel:
        kube = open_behind({"HTTPS_PROXY": tunnel.address})
        with pytest.raises(UnreachableError, match=rf"\(from HTTPS_PROXY\): {status} So it is$"):
            kube.list(kinds.NODE)
        assert len(tunnel.asked) == 1


def test_proxy_that_never_answers(api: FaultProxy, open_behind: Open) -> None:
    with Tunnel(api.port, 0) as tunnel:
        kube = open_behind({"HTTPS_PROXY": tunnel.address}, Patience(Limits(silence=1.0)))
        with pytest.raises(UnreachableError, match="no answer for 1 s"):
            kube.list(kinds.NODE)
        assert len(tunnel.asked) == 1
