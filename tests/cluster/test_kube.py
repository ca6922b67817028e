"""The kube backend against a real API server."""

from collections.abc import Iterator

import pytest

from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.errors import ConflictError, ForbiddenError, KindNotServedError, NotFoundError
from dpfctl.model import kinds
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
