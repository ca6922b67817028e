"""A fault proxy in front of the real API server, and clusters opened through it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.cluster.patience import HOST_PATIENCE, Patience
from tests.controlplane.cluster import ControlPlane
from tests.faults.proxy import FaultProxy, Upstream
from tests.faults.scenes import Scene
from tests.faults.services import Services

Open = Callable[..., KubeCluster]


@pytest.fixture
def proxy(host_cluster: ControlPlane) -> Iterator[FaultProxy]:
    """A proxy in front of the shared host cluster."""
    with FaultProxy(Upstream(host_cluster.url, host_cluster.ca_file)) as started:
        yield started


@pytest.fixture
def lone_proxy() -> Iterator[FaultProxy]:
    """A proxy with nothing behind it: faults only."""
    with FaultProxy() as started:
        yield started


@pytest.fixture
def open_cluster(tmp_path: Path) -> Iterator[Open]:
    """Open a cluster through a proxy; closed at the end."""
    with ExitStack() as closing:

        def open_through(
            proxy: FaultProxy,
            token: str = "t0ken",
            *,
            user: Mapping[str, object] | None = None,
            request_timeout: float | None = None,
            patience: Patience = HOST_PATIENCE,
            **cluster: object,
        ) -> KubeCluster:
            path = proxy.kubeconfig(tmp_path / "kubeconfig", user or {"token": token}, **cluster)
            options = ConnectOptions(kubeconfig=str(path), request_timeout=request_timeout)
            opened = connect(load_config(options, {}), patience=patience)
            closing.callback(opened.close)
            return opened

        yield open_through


@pytest.fixture
def kube(proxy: FaultProxy, host_cluster: ControlPlane, open_cluster: Open) -> KubeCluster:
    """The host cluster behind the proxy, as admin."""
    return open_cluster(proxy, host_cluster.admin_token)


@pytest.fixture
def scene(proxy: FaultProxy, host_cluster: ControlPlane, namespace: str, tmp_path: Path) -> Scene:
    """A service ``hbn`` behind the proxy, and a kubeconfig for it as admin."""
    services = Services(host_cluster, namespace)
    services.create("hbn")
    user = {"token": host_cluster.admin_token}
    return Scene(proxy, services, proxy.kubeconfig(tmp_path / "scene.yaml", user))
