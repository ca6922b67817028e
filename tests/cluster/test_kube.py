"""The kube backend against a real API server."""

from collections.abc import Iterator

import pytest

from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    KindNotServedError,
    NotFoundError,
    RejectedError,
)
from dpfctl.model import kinds
from dpfctl.model.cluster import Cluster
from dpfctl.model.inventory import Trouble
from dpfctl.model.resources import Ref
from tests.controlplane.cluster import ControlPlane


def open_cluster(cluster: ControlPlane, token: str = "") -> KubeCluster:
    path = cluster.kubeconfig_for(token) if token else cluster.kubeconfig
    return connect(load_config(ConnectOptions(kubeconfig=str(path)), {}))


@pytest.fixture
def kube(host_cluster: ControlPlane) -> Iterator[KubeCluster]:
    opened = open_cluster(host_cluster)
    yield opened
    opened.close()


@pytest.fixture
def reader(host_cluster: ControlPlane) -> Iterator[KubeCluster]:
    opened = open_cluster(host_cluster, host_cluster.reader_token)
    yield opened
    opened.close()


def config_map(namespace: str, name: str = "note") -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": {"x": "y"},
    }


def test_all_host_kinds_are_read(kube: KubeCluster) -> None:
    inventory = kube.read(kinds.HOST)
    assert {listing.trouble for listing in inventory.listings.values()} == {None}
    assert "default" in [resource.name for resource in inventory.list(kinds.NAMESPACE)]


def test_items_of_a_list_say_what_they_are(kube: KubeCluster) -> None:
    for resource in kube.list(kinds.NAMESPACE):
        assert resource.raw["kind"] == "Namespace"
        assert resource.raw["apiVersion"] == "v1"


def test_created_object_is_found(kube: KubeCluster, namespace: str) -> None:
    made = kube.create(kinds.CONFIG_MAP, config_map(namespace))
    assert kube.get(made.ref).uid == made.uid
    assert [r.name for r in kube.list(kinds.CONFIG_MAP, namespace)] == ["note"]


def test_dry_run_creates_nothing(kube: KubeCluster, namespace: str) -> None:
    made = kube.create(kinds.CONFIG_MAP, config_map(namespace), dry_run=True)
    with pytest.raises(NotFoundError):
        kube.get(made.ref)


def test_creating_twice_is_a_conflict(kube: KubeCluster, namespace: str) -> None:
    kube.create(kinds.CONFIG_MAP, config_map(namespace))
    with pytest.raises(ConflictError, match=f"^configmap/{namespace}/note: already exists$"):
        kube.create(kinds.CONFIG_MAP, config_map(namespace))


def test_absent_object_is_named(kube: KubeCluster, namespace: str) -> None:
    with pytest.raises(NotFoundError, match=f"^dpuservice/{namespace}/hbn: not found$"):
        kube.get(Ref(kinds.DPU_SERVICE, namespace, "hbn"))


def test_absent_kind_is_not_an_absent_object(bare_cluster: ControlPlane) -> None:
    kube = open_cluster(bare_cluster)
    with pytest.raises(KindNotServedError, match=r"^dpuservices\.svc\.dpu\.nvidia\.com: not"):
        kube.get(Ref(kinds.DPU_SERVICE, "default", "hbn"))
    inventory = kube.read((kinds.DPU_SERVICE, kinds.NAMESPACE))
    assert inventory.listing(kinds.DPU_SERVICE).trouble is Trouble.NOT_SERVED
    assert inventory.list(kinds.NAMESPACE)
    kube.close()


def test_forbidden_kind_is_a_trouble(reader: KubeCluster) -> None:
    listing = reader.read((kinds.SECRET,)).listing(kinds.SECRET)
    assert listing.trouble is Trouble.FORBIDDEN
    assert listing.message.startswith('secrets: forbidden: User "reader" cannot list resource')


def test_forbidden_object_is_named(reader: KubeCluster) -> None:
    with pytest.raises(ForbiddenError, match=r"^dpuservice/default/hbn: forbidden: User"):
        reader.get(Ref(kinds.DPU_SERVICE, "default", "hbn"))


def test_server_tells_version_and_groups(kube: KubeCluster) -> None:
    info = kube.server()
    assert info.version.startswith("v1.")
    assert info.groups[kinds.SERVICES] == ("v1alpha1",)
    assert info.groups["apps"] == ("v1",)


def test_namespaced_list_sees_its_namespace_only(kube: KubeCluster, namespace: str) -> None:
    kube.create(kinds.CONFIG_MAP, config_map(namespace, "b"))
    kube.create(kinds.CONFIG_MAP, config_map(namespace, "a"))
    assert [r.name for r in kube.list(kinds.CONFIG_MAP, namespace)] == ["a", "b"]
    inventory = kube.read((kinds.CONFIG_MAP, kinds.NAMESPACE), namespace)
    assert {r.namespace for r in inventory.list(kinds.CONFIG_MAP)} == {namespace}
    assert namespace in [r.name for r in inventory.list(kinds.NAMESPACE)]


def test_selector_is_the_servers(kube: KubeCluster, namespace: str) -> None:
    for name, colour in (("a", "red"), ("b", "blue")):
        body = config_map(namespace, name)
        body["metadata"] = {"name": name, "namespace": namespace, "labels": {"colour": colour}}
        kube.create(kinds.CONFIG_MAP, body)
    found = kube.list(kinds.CONFIG_MAP, namespace, "colour in (red),colour!=blue")
    assert [r.name for r in found] == ["a"]


def test_list_is_in_order_of_namespace_then_name(
    kube: KubeCluster, leased_cluster: ControlPlane
) -> None:
    other = open_cluster(leased_cluster)
    for name in ("a", "a-b", "a0"):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        other.create(kinds.NAMESPACE, body)
        other.create(kinds.CONFIG_MAP, config_map(name, "x"))
    found = [(r.namespace, r.name) for r in other.list(kinds.CONFIG_MAP)]
    other.close()
    assert found == sorted(found)
    assert {("a", "x"), ("a-b", "x"), ("a0", "x")} <= set(found)


def test_status_is_replaced_where_nothing_moved(kube: KubeCluster, namespace: str) -> None:
    made = kube.create(kinds.DPU_CLUSTER, dpu_cluster(namespace))
    assert made.text("status", "phase") != "Ready"
    body = {**made.raw, "status": {**made.mapping("status"), "phase": "Ready"}}
    done = kube.replace_status(kinds.DPU_CLUSTER, body)
    assert done.text("status", "phase") == "Ready"
    with pytest.raises(ConflictError, match=f"^dpucluster/{namespace}/one: "):
        kube.replace_status(kinds.DPU_CLUSTER, body)


def dpu_cluster(namespace: str) -> dict[str, object]:
    return {
        "apiVersion": kinds.DPU_CLUSTER.api_version,
        "kind": "DPUCluster",
        "metadata": {"name": "one", "namespace": namespace},
        "spec": {"type": "static"},
        "status": {"phase": "Ready"},
    }


def test_object_the_server_finds_invalid(kube: KubeCluster, namespace: str) -> None:
    body = dpu_cluster(namespace) | {"spec": {"type": 5}}
    with pytest.raises(RejectedError, match=f"^dpucluster/{namespace}/one: .* is invalid: "):
        kube.create(kinds.DPU_CLUSTER, body)


def test_namespace_that_is_missing_is_named(kube: KubeCluster) -> None:
    with pytest.raises(NotFoundError, match=r'^configmap/nowhere/note: namespaces "nowhere" not'):
        kube.create(kinds.CONFIG_MAP, config_map("nowhere"))


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a%2fb", "a?b", "a\nb", "-a", "x" * 300])
def test_name_that_would_leave_its_path(kube: KubeCluster, name: str) -> None:
    with pytest.raises(InputError, match="not an object name"):
        kube.get(Ref(kinds.POD, "default", name))
    with pytest.raises(InputError, match="not a namespace name"):
        kube.get(Ref(kinds.POD, name, "a"))


def test_it_is_a_cluster(kube: KubeCluster) -> None:
    as_seen_by_others: Cluster = kube
    assert as_seen_by_others.label == "context host"
