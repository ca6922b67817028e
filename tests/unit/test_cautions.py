"""What is said before a service is marked as critical."""

import pytest

from dpfctl.errors import UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.reconcile.hosts import critical_warnings
from tests.builders import NS, Built, dpu_node, dpu_service, inventory, node, operator_config
from tests.unit.hosts import Site, cluster, meant_for, one_host, service, site, with_label

PREFIX = f"dpuservice/{NS}/sriov: "
DEAD = UnreachableError("dpu cluster ns1/cluster-one: no answer")
ELSEWHERE = meant_for(service(), with_label("bfb", "ga"))
UNREADABLE = meant_for(service(), {"matchExpressions": [{"key": "bfb", "operator": "Like"}]})
PICKS_NONE = service().spec(dpuClusterSelector={"matchLabels": {"zone": "se"}})


def warnings(fleet: Site) -> list[str]:
    found = critical_warnings(fleet.service(), fleet.host, fleet.sides)
    assert all(text.startswith(PREFIX) for text in found)
    return [text.removeprefix(PREFIX) for text in found]


@pytest.mark.parametrize(
    "built",
    [
        pytest.param(service(), id="a service for every DPU"),
        pytest.param(meant_for(service(), with_label("bfb", "dk")), id="for some DPU"),
        pytest.param(service().spec(paused=False), id="resumed"),
    ],
)
def test_nothing_is_said_about_a_plain_service(built: Built) -> None:
    assert warnings(one_host(built)) == []


@pytest.mark.parametrize(
    ("built", "fact"),
    [
        pytest.param(
            service().spec(deployInCluster=True, paused=True),
            "runs on the host cluster; the label has no effect",
            id="a service on the host, whatever else there is",
        ),
        pytest.param(
            dpu_service("sriov").spec(serviceID="sriov"),
            "has no status.serviceID yet; every host that it is meant for counts as not ready",
            id="no service ID yet",
        ),
        pytest.param(
            service().suspended(),
            "is suspended, and counts all the same; no update reaches its pods",
            id="suspended",
        ),
        pytest.param(
            ELSEWHERE,
            "its nodeSelector matches no DPU node; no host is tainted for it",
            id="no DPU node is picked",
        ),
        pytest.param(
            meant_for(service()),
            "its nodeSelector matches no DPU node; no host is tainted for it",
            id="a selector without terms",
        ),
        pytest.param(
            UNREADABLE,
            "its nodeSelector cannot be read; DPUs that it does not pick count as not ready",
            id="a selector that cannot be read",
        ),
        pytest.param(
            PICKS_NONE,
            "its dpuClusterSelector picks no DPU cluster; no host is tainted for it",
            id="no DPU cluster is picked",
        ),
    ],
)
def test_what_is_said_about_a_service(built: Built, fact: str) -> None:
    assert warnings(one_host(built)) == [fact]


def test_disabled_taints_are_said_first() -> None:
    off = operator_config().spec(dpuServiceController={"disableDPUReadyTaints": True})
    first, second = warnings(one_host(service().suspended(), off))
    assert first == "taints are disabled in the DPFOperatorConfig; no host is tainted or untainted"
    assert "suspended" in second


def test_no_linked_host_node_is_said() -> None:
    fleet = site(cluster(), dpu_node("worker1"), service(), sides={"cluster-one": ()})
    assert warnings(fleet) == [
        "no host Node is linked to a DPUNode (zero-trust); no host is tainted"
    ]


def test_a_selector_is_not_blamed_while_a_dpu_cluster_cannot_be_read() -> None:
    assert warnings(one_host(ELSEWHERE).reading("cluster-one", DEAD)) == []


def test_a_selector_is_blamed_if_there_is_no_dpu_node_at_all() -> None:
    assert len(warnings(one_host(ELSEWHERE).reading("cluster-one", inventory()))) == 1


def test_a_service_that_selects_no_clusters_is_not_blamed_for_there_being_none() -> None:
    assert warnings(site(dpu_node("n").status(kubeNodeRef="n"), service(), sides={})) == []


def test_only_clusters_that_are_selected_are_searched() -> None:
    picked = ELSEWHERE.spec(dpuClusterSelector={"matchLabels": {"zone": "dk"}})
    fleet = site(
        *(cluster("one", zone="dk"), cluster("two", zone="ga")),
        dpu_node("n").status(kubeNodeRef="n"),
        picked,
        sides={"one": (node("d1", bfb="dk"),), "two": (node("d2", bfb="ga"),)},
    )
    assert len(warnings(fleet)) == 1


@pytest.mark.parametrize("kind", [kinds.DPU_NODE, kinds.DPU_CLUSTER], ids=str)
def test_nothing_is_concluded_from_a_list_that_failed(kind: kinds.Kind) -> None:
    fleet = one_host(PICKS_NONE)
    listings = {k: v for k, v in fleet.host.listings.items() if k is not kind}
    failed = inventory(troubles={kind: (Trouble.FORBIDDEN, "no")}).listings
    host = type(fleet.host)({**listings, **failed})
    found = critical_warnings(fleet.service(), host, fleet.sides)
    assert not any("linked" in text for text in found)
    assert len(found) == (1 if kind is kinds.DPU_NODE else 0)
