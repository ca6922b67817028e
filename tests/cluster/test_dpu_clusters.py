"""From the host cluster into DPU clusters, on real API servers."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from dpfctl.cluster import sockets
from dpfctl.cluster.dpu_clusters import DpuConnection, connect_dpu_clusters
from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.errors import AccessError, ForbiddenError, NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.resources import Ref, Resource
from tests.controlplane.cluster import ControlPlane
from tests.faults.actions import Mute, Reply, Silence
from tests.faults.proxy import FaultProxy, Upstream

Open = Callable[..., tuple[DpuConnection, ...]]


@pytest.fixture
def host(host_cluster: ControlPlane) -> Iterator[KubeCluster]:
    options = ConnectOptions(kubeconfig=str(host_cluster.kubeconfig))
    cluster = connect(load_config(options, {}))
    yield cluster
    cluster.close()


class Fleet:
    """DPUClusters in one namespace of the host."""

    def __init__(self, host: KubeCluster, namespace: str) -> None:
        self.host = host
        self.namespace = namespace
        self._closing = ExitStack()

    def secret(self, name: str, data: dict[str, str]) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": self.namespace},
            "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
        }
        self.host.create(kinds.SECRET, body)

    def add(self, name: str, text: str, key: str = "super-admin.conf") -> Resource:
        self.secret(f"{name}-admin-kubeconfig", {key: text})
        return self.named(name, f"{name}-admin-kubeconfig")

    def named(self, name: str, secret: str) -> Resource:
        metadata = {"name": name, "namespace": self.namespace}
        spec = {"type": "static", "kubeconfig": secret}
        return Resource(kinds.DPU_CLUSTER, {"metadata": metadata, "spec": spec})

    def connect(self, *resources: Resource, host: KubeCluster | None = None) -> list[DpuConnection]:
        found = connect_dpu_clusters(host or self.host, resources, {})
        for connection in found:
            if connection.cluster is not None:
                self._closing.callback(connection.cluster.close)
        return list(found)

    def fail(self, resource: Resource, host: KubeCluster | None = None) -> Any:
        connection = self.connect(resource, host=host)[0]
        assert connection.cluster is None
        assert connection.error is not None
        return connection.error

    def close(self) -> None:
        self._closing.close()


@pytest.fixture
def fleet(host: KubeCluster, namespace: str) -> Iterator[Fleet]:
    made = Fleet(host, namespace)
    yield made
    made.close()


@pytest.fixture
def kubeconfig(dpu_cluster: ControlPlane) -> str:
    return dpu_cluster.kubeconfig_text(dpu_cluster.admin_token)


@pytest.mark.parametrize("key", ["super-admin.conf", "admin.conf", "kubeconfig"])
def test_cluster_is_reached_by_its_secret(
    fleet: Fleet, kubeconfig: str, dpu_cluster: ControlPlane, key: str
) -> None:
    connection = fleet.connect(fleet.add("one", kubeconfig, key))[0]
    assert connection.cluster is not None
    assert connection.cluster.label == f"dpu cluster {fleet.namespace}/one"
    assert connection.ref == Ref(kinds.DPU_CLUSTER, fleet.namespace, "one")
    assert connection.uid == connection.cluster.get(Ref(kinds.NAMESPACE, "", "kube-system")).uid
    assert connection.uid != fleet.host.get(Ref(kinds.NAMESPACE, "", "kube-system")).uid


def test_first_key_wins(fleet: Fleet, kubeconfig: str) -> None:
    fleet.secret("keys", {"kubeconfig": "broken: [", "admin.conf": kubeconfig})
    assert fleet.connect(fleet.named("one", "keys"))[0].cluster is not None


def test_secret_without_any_key_fails_in_upstreams_words(fleet: Fleet) -> None:
    error = fleet.fail(fleet.add("one", "x", "other"))
    assert isinstance(error, AccessError)
    assert error.message == (
        f"dpucluster/{fleet.namespace}/one: secret {fleet.namespace}/one-admin-kubeconfig"
        " not in the expected format: data.super-admin.conf not found"
    )


def test_secret_that_is_missing_is_named(fleet: Fleet) -> None:
    error = fleet.fail(fleet.named("one", "gone"))
    assert isinstance(error, NotFoundError)
    assert error.message == (
        f"dpucluster/{fleet.namespace}/one: secret/{fleet.namespace}/gone: not found"
    )


def test_secret_name_that_would_leave_the_namespace(fleet: Fleet) -> None:
    error = fleet.fail(fleet.named("one", "../../other/secrets/x"))
    assert "not an object name" in error.message


def test_cluster_without_kubeconfig_yet(fleet: Fleet) -> None:
    error = fleet.fail(fleet.named("one", ""))
    assert isinstance(error, NotFoundError)
    assert error.message == f"dpucluster/{fleet.namespace}/one: has no kubeconfig yet"


def test_secret_we_may_not_read(fleet: Fleet, host_cluster: ControlPlane, kubeconfig: str) -> None:
    path = host_cluster.kubeconfig_for(host_cluster.reader_token)
    reader = connect(load_config(ConnectOptions(kubeconfig=str(path)), {}))
    error = fleet.fail(fleet.add("one", kubeconfig), host=reader)
    reader.close()
    assert isinstance(error, ForbiddenError)
    assert 'User "reader" cannot get resource "secrets"' in error.message


def test_host_cluster_itself_is_refused(fleet: Fleet, host_cluster: ControlPlane) -> None:
    text = host_cluster.kubeconfig_text(host_cluster.admin_token)
    error = fleet.fail(fleet.add("one", text))
    assert isinstance(error, AccessError)
    assert error.message.endswith("one: its kubeconfig leads to the host cluster")


def test_host_cluster_behind_another_address_is_refused(
    fleet: Fleet, host_cluster: ControlPlane
) -> None:
    with FaultProxy(Upstream(host_cluster.url, host_cluster.ca_file)) as other:
        error = fleet.fail(fleet.add("one", other.text(host_cluster.admin_token)))
    assert error.message.endswith("leads to the host cluster")


def test_two_ways_into_one_cluster_show_one_uid(fleet: Fleet, kubeconfig: str) -> None:
    one, two = fleet.connect(fleet.add("one", kubeconfig), fleet.add("two", kubeconfig))
    assert one.uid == two.uid != ""


def test_field_that_is_not_accepted_reaches_nobody(fleet: Fleet) -> None:
    with FaultProxy() as proxy:
        text = proxy.text().replace("token: t", "token: t\n    as: system:admin")
        error = fleet.fail(fleet.add("one", text))
        assert proxy.connections == 0
    assert "users.as: not accepted" in error.message


@pytest.mark.parametrize("server", ["https://169.254.169.254", "https://[::]:6443"])
def test_address_that_is_not_accepted(fleet: Fleet, server: str) -> None:
    with FaultProxy() as proxy:
        error = fleet.fail(fleet.add("one", proxy.text(server=server)))
    assert isinstance(error, AccessError)
    assert "not accepted for a DPU cluster" in error.message


def test_name_that_stands_for_such_an_address(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultProxy() as proxy:
        resource = fleet.add("one", proxy.text(server="https://metadata.example"))
    real, trap = sockets._lookup, [(2, ("169.254.169.254", 443))]
    monkeypatch.setattr(
        sockets, "_lookup", lambda host, port: trap if "meta" in host else real(host, port)
    )
    assert fleet.fail(resource).message == (
        f"dpucluster/{fleet.namespace}/one: server: address 169.254.169.254: "
        "not accepted for a DPU cluster"
    )


def test_loopback_is_refused_beside_a_host_elsewhere(
    fleet: Fleet, kubeconfig: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dpfctl.cluster.dpu_clusters.is_loopback", lambda host: False)
    error = fleet.fail(fleet.add("one", kubeconfig))
    assert "address 127.0.0.1: this machine cannot be a DPU cluster" in error.message


def test_redirect_is_not_followed(fleet: Fleet) -> None:
    with FaultProxy() as proxy, FaultProxy() as elsewhere:
        fault = proxy.inject(Reply(302, b"", {"Location": elsewhere.url}))
        error = fleet.fail(fleet.add("one", proxy.text()))
        assert fault.fired == 1
        assert elsewhere.connections == 0
    assert "redirects to" in error.message


@pytest.mark.parametrize("action", [Mute(), Silence()], ids=["never speaks TLS", "never answers"])
def test_dead_cluster_holds_nobody_up_for_long(
    fleet: Fleet, kubeconfig: str, action: Mute | Silence
) -> None:
    with FaultProxy() as dead:
        fault = dead.inject(action)
        resources = [fleet.add("dead", dead.text()), fleet.add("well", kubeconfig)]
        start = time.monotonic()
        bad, good = fleet.connect(*resources)
        assert time.monotonic() - start < 11
        assert fault.fired == 1
    assert isinstance(bad.error, UnreachableError)
    assert bad.error.message.startswith(f"dpu cluster {fleet.namespace}/dead: 127.0.0.1:")
    assert good.cluster is not None


def test_cluster_that_refuses_is_tried_once(fleet: Fleet) -> None:
    with FaultProxy(listening=False) as nobody:
        start = time.monotonic()
        error = fleet.fail(fleet.add("one", nobody.text()))
        assert time.monotonic() - start < 2
    assert error.message.endswith("connection refused")


def test_cluster_that_falls_silent_is_dead_for_the_run(
    fleet: Fleet, dpu_cluster: ControlPlane
) -> None:
    with FaultProxy(Upstream(dpu_cluster.url, dpu_cluster.ca_file)) as proxy:
        connection = fleet.connect(fleet.add("one", proxy.text(dpu_cluster.admin_token)))[0]
        assert connection.cluster is not None
        fault = proxy.inject(Silence())
        for _ in range(3):
            with pytest.raises(UnreachableError, match="no answer for 10 s"):
                connection.cluster.read(kinds.DPU_SIDE)
        assert fault.fired == 8


def test_many_clusters_are_opened_side_by_side(fleet: Fleet, kubeconfig: str) -> None:
    resources = [fleet.add(f"c{number}", kubeconfig) for number in range(20)]
    found = fleet.connect(*resources)
    assert [connection.ref for connection in found] == [resource.ref for resource in resources]
    assert {connection.uid for connection in found} == {found[0].uid}


def test_dpu_clusters_that_lead_to_one_cluster_are_refused(
    fleet: Fleet, kubeconfig: str, bare_cluster: ControlPlane
) -> None:
    other = bare_cluster.kubeconfig_text(bare_cluster.admin_token)
    one, two, three = fleet.connect(
        fleet.add("one", kubeconfig), fleet.add("two", kubeconfig), fleet.add("three", other)
    )
    where = f"dpucluster/{fleet.namespace}"
    assert (three.error, one.cluster, two.cluster) == (None, None, None)
    assert isinstance(one.error, AccessError)
    assert isinstance(two.error, AccessError)
    fact = "its kubeconfig leads to the same cluster as"
    assert one.error.message == f"{where}/one: {fact} {where}/two"
    assert two.error.message == f"{where}/two: {fact} {where}/one"


def test_nothing_is_asked_without_clusters(host: KubeCluster) -> None:
    assert connect_dpu_clusters(host, (), {}) == ()
