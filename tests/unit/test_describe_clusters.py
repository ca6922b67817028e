"""DPUClusters and the control planes below them."""

import pytest

from tests.builders import dpu_cluster, dpu_set, tenant_control_plane
from tests.unit.trees import describe, node, outline, rows


@pytest.mark.parametrize("view", ["all", "dpuclusters"])
def test_a_control_plane_hangs_directly_below_its_cluster(view: str) -> None:
    family = dpu_cluster("tenant1").ready().owning(tenant_control_plane("plane", "elsewhere"))
    assert outline(describe(family, view=view)) == rows("""
        DPUClusters
          DPUCluster/tenant1
            TenantControlPlane/plane
        """)


@pytest.mark.parametrize(
    ("kind", "is_looked_up"),
    [
        pytest.param("static", False, id="none is looked up for a static cluster"),
        pytest.param("kamaji", True, id="kamaji"),
        pytest.param("Static", True, id="only the exact word is static"),
        pytest.param("somebody-elses", True, id="a third type"),
    ],
)
def test_the_type_of_a_cluster_decides(kind: str, is_looked_up: bool) -> None:
    family = dpu_cluster("tenant1", kind=kind).ready().owning(tenant_control_plane("plane"))
    assert ("TenantControlPlane/plane" in outline(describe(family))) is is_looked_up


@pytest.mark.parametrize(
    ("namespace", "owners"),
    [
        pytest.param(None, ["one", "two"], id="a plane without the namespace label is shared"),
        pytest.param("", ["one", "two"], id="an empty namespace label counts as none"),
        pytest.param("two", ["two"], id="a plane with the namespace label has one owner"),
        pytest.param("three", [], id="a plane of a cluster that is not there is not shown"),
    ],
)
def test_clusters_of_the_same_name(namespace: str | None, owners: list[str]) -> None:
    plane = tenant_control_plane("plane").labelled(CLUSTER_NAME="same")
    if namespace is not None:
        plane = plane.labelled(CLUSTER_NAMESPACE=namespace)
    tree = describe(dpu_cluster("same", "one").ready(), dpu_cluster("same", "two").ready(), plane)
    clusters = tree.root.children[0].children
    assert [c.namespace for c in clusters if c.children] == owners


def test_clusters_are_never_merged() -> None:
    tree = describe(dpu_cluster("a").ready(), dpu_cluster("b").ready())
    assert [n.name for n in node(tree, "DPUClusters").children] == ["DPUCluster/a", "DPUCluster/b"]


def test_only_clusters_are_looked_at_in_dpuclusters() -> None:
    tree = describe(dpu_cluster("a").ready(), dpu_set("s"), view="dpuclusters")
    assert [n.name for n in tree.root.children] == ["DPUClusters"]
