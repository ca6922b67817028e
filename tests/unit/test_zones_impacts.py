"""How far a plan of zones reaches: hosts, DPUs and what a user should know."""

from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.resources import Ref
from dpfctl.plan import Impact, Plan
from dpfctl.zones.manifests import PARTS
from tests.builders import NS, Built, dpu, dpu_node
from tests.unit.zone_cluster import carried_out
from tests.unit.zone_files import HOSTS, INNER, TEMPLATE, dk, fleet, unsaid
from tests.unit.zone_plans import HBN, P0, SET, only, planned, with_dk


@pytest.fixture
def applied() -> Inventory:
    """A cluster that zone dk was applied to."""
    return with_dk()


def provisioned(name: str, node: str) -> Built:
    return dpu(name, node=node).labelled(DPU_SET_NAME=SET, DPU_SET_NAMESPACE=NS)


def host_of_dk(name: str, value: str = "true") -> Built:
    return dpu_node(name).having(metadata={"labels": {"e2e.servers/dk": value}})


def impacts(plan: Plan) -> list[tuple[str, tuple[str, ...], str]]:
    return [(impact.what, impact.names, impact.note) for impact in plan.impacts]


def with_hosts(applied: Inventory, *objects: Built) -> Inventory:
    there = fleet(*objects)
    return Inventory({**there.listings, **{k: applied.listings[k] for k in PARTS}})


def test_a_new_set_provisions_the_hosts_it_selects() -> None:
    plan = planned(dk(), fleet(host_of_dk("w2"), host_of_dk("w1"), host_of_dk("w3", "no")))
    assert plan.impacts == (
        Impact(Ref(kinds.DPU_SET, NS, SET), "hosts whose DPUs are provisioned", ("w1", "w2")),
    )


def test_a_narrower_selector_deletes_dpus(applied: Inventory) -> None:
    host = with_hosts(applied, host_of_dk("w1"), host_of_dk("w2", "yes"), provisioned("d1", "w1"))
    manifests = dk().having(SET, HOSTS, {"matchLabels": {"e2e.servers/dk": "yes"}})
    assert impacts(planned(manifests, host)) == [
        ("hosts whose DPUs are provisioned", ("w2",), ""),
        ("DPUs to be deleted", ("d1",), ""),
    ]


@pytest.mark.parametrize(
    ("strategy", "note"),
    [
        pytest.param(
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
            "at most 10% at a time",
            id="rolling",
        ),
        pytest.param({"type": "RollingUpdate"}, "a few at a time", id="rolling without a limit"),
        pytest.param({"type": "OnDelete"}, "each when its DPU object is deleted", id="on deletion"),
    ],
)
def test_another_bfb_provisions_dpus_anew(
    applied: Inventory, strategy: dict[str, Any], note: str
) -> None:
    host = with_hosts(applied, host_of_dk("w1"), provisioned("d1", "w1"))
    manifests = dk().having(SET, (*TEMPLATE, "bfb", "name"), "new")
    plan = planned(manifests.having(SET, ("spec", "strategy"), strategy), host)
    assert impacts(plan) == [("DPUs to be provisioned anew", ("d1",), note)]


def test_a_pruned_set_deletes_its_dpus(applied: Inventory) -> None:
    host = with_hosts(applied, host_of_dk("w1"), provisioned("d1", "w1"), dpu("other", node="w1"))
    plan = planned(dk().without(SET), host, prune=True)
    assert impacts(plan) == [("DPUs to be deleted", ("d1",), "")]


def test_how_far_it_reaches_may_not_be_known(applied: Inventory) -> None:
    there = fleet(troubles={kinds.DPU: Trouble.FORBIDDEN})
    host = Inventory({**there.listings, **{k: applied.listings[k] for k in PARTS}})
    plan = planned(dk().having(SET, (*TEMPLATE, "bfb", "name"), "new"), host)
    (impact,) = plan.impacts
    assert (impact.is_known, impact.names) == (False, ())
    assert impact.note == "dpus.provisioning.dpu.nvidia.com: no"


@pytest.mark.parametrize(
    ("name", "path", "value", "warning"),
    [
        pytest.param(
            HBN,
            ("metadata", "labels"),
            {"app.kubernetes.io/managed-by": "Helm"},
            f"dpuservice/{NS}/doca-hbn-dk: is managed by Helm as well, which may undo the change",
            id="managed by Helm",
        ),
        pytest.param(
            P0,
            ("metadata", "labels"),
            {"argocd.argoproj.io/instance": "zones"},
            f"dpuserviceinterface/{NS}/p0-sf-dk: is managed by Argo CD as well, which may undo the "
            "change",
            id="managed by Argo CD",
        ),
        pytest.param(
            HBN,
            ("spec", "paused"),
            True,
            f"dpuservice/{NS}/doca-hbn-dk: is suspended, so nothing is rolled out until it is "
            "resumed",
            id="suspended",
        ),
        pytest.param(
            HBN,
            ("spec", "security"),
            {"privileged": True},
            f"dpuservice/{NS}/doca-hbn-dk: its pods may no longer be privileged",
            id="less privileged than before",
        ),
        pytest.param(
            SET,
            (*TEMPLATE, "cluster", "nodeLabels"),
            {"bfb": "old"},
            f"dpuset/{NS}/dpuset-dk: its nodes get other labels; before DPF 26.x only once they "
            "are provisioned anew",
            id="another label",
        ),
    ],
)
def test_what_a_user_should_know(
    name: str, path: tuple[str, ...], value: object, warning: str
) -> None:
    assert planned(unsaid(), fleet(unsaid().having(name, path, value))).warnings == (warning,)


def test_a_claimed_interface_is_owned_by_dpf_as_well(applied: Inventory) -> None:
    claim = only(planned(dk(), fleet()), P0)
    host = carried_out(applied, [claim], manager="dpuservice-manager")
    manifests = dk().having(P0, (*INNER, "spec", "service", "network"), "fast")

    warning = (
        f"dpuserviceinterface/{NS}/p0-sf-dk: is owned by DPF as well since a service claimed it; "
        "--force-conflicts takes it over"
    )
    assert planned(dk(), host).pending == ()
    assert planned(manifests, host).warnings == (warning,)
    assert planned(manifests, host, force=True).warnings == ()
