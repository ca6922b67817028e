"""DPUClusters that lead to one cluster by mistake."""

from dpfctl.errors import AccessError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.inventory import Inventory
from dpfctl.model.twins import Side, twin_errors, without_twins
from tests.builders import build, inventory

ONE, TWO, THREE = ("ns", "one"), ("ns", "two"), ("other", "three")
DEAD = UnreachableError("no route to host")


def side(uid: str) -> Inventory:
    """Lists of a cluster that is told apart by a uid; empty if there is none."""
    system = build(kinds.NAMESPACE, "kube-system", "").having(metadata={"uid": uid})
    return inventory(*([system] if uid else []))


def test_each_of_them_is_an_error_that_names_another() -> None:
    found = twin_errors({ONE: "a", TWO: "a", THREE: "a"})

    assert [error.message for error in found.values()] == [
        "dpucluster/ns/one: its kubeconfig leads to the same cluster as dpucluster/ns/two",
        "dpucluster/ns/two: its kubeconfig leads to the same cluster as dpucluster/ns/one",
        "dpucluster/other/three: its kubeconfig leads to the same cluster as dpucluster/ns/one",
    ]


def test_clusters_that_are_not_known_are_no_twins() -> None:
    assert twin_errors({ONE: "", TWO: "", THREE: "a"}) == {}


def test_lists_of_twins_are_not_used() -> None:
    sides = {ONE: side("a"), TWO: side("a"), THREE: side("b")}
    found = without_twins(side("c"), sides)

    assert list(found) == list(sides)
    assert isinstance(found[ONE], AccessError)
    assert isinstance(found[TWO], AccessError)
    assert found[THREE] is sides[THREE]


def test_what_could_not_be_read_stays_as_it_is() -> None:
    sides: dict[ClusterName, Side] = {ONE: DEAD, TWO: DEAD, THREE: side("")}

    assert without_twins(side("a"), sides) == sides
    assert without_twins(side(""), sides) == sides


def test_lists_of_the_host_cluster_under_another_name_are_not_used() -> None:
    sides = {ONE: side("a"), TWO: side("b"), THREE: side("b")}
    found = without_twins(side("b"), sides)

    assert found[ONE] is sides[ONE]
    assert [str(found[name]) for name in (TWO, THREE)] == [
        "dpucluster/ns/two: its kubeconfig leads to the host cluster",
        "dpucluster/other/three: its kubeconfig leads to the host cluster",
    ]
