"""How much may go with ``--prune`` before the user is asked to say so."""

import pytest

from dpfctl.errors import ExitCode, RejectedError
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.zones.planning import plan_zones
from dpfctl.zones.pruning import check_prune
from tests.builders import NS, Built, dpu
from tests.unit.zone_cluster import carried_out, suited
from tests.unit.zone_files import Manifests, dk, fleet, zones_in

SET, HBN, P0, FABRIC = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk", "hbn-to-fabric-dk"
MOST = (P0, "p1-sf-dk", FABRIC, "ovn-to-hbn-dk")


def applied(*objects: Built, trouble: Trouble | None = None) -> Inventory:
    """A cluster that zone dk was applied to, beside some DPUs."""
    host = fleet(*objects, troubles={kinds.DPU: trouble} if trouble else None)
    plan = plan_zones(suited(zones_in("zone-dk.yaml")), host, prune=False, force=False)
    return carried_out(host, plan.changes)


def owned(*names: str) -> tuple[Built, ...]:
    return tuple(dpu(n).labelled(DPU_SET_NAME=SET, DPU_SET_NAMESPACE=NS) for n in names)


def check(manifests: Manifests, host: Inventory, *, allowed: bool = False) -> None:
    plan = plan_zones(suited(manifests.zones), host, prune=True, force=False)
    check_prune(plan, host, allowed=allowed)


def refusal(manifests: Manifests, host: Inventory) -> str:
    with pytest.raises(RejectedError) as raised:
        check(manifests, host)
    assert raised.value.exit_code is ExitCode.FAILED
    assert raised.value.hint == (
        "look at them with --dry-run=client; allow it with --allow-mass-prune"
    )
    return raised.value.message


def test_nothing_to_delete_is_nothing_to_ask() -> None:
    check(dk(), applied(*owned("d1")))


def test_up_to_half_of_a_zone_may_go() -> None:
    check(dk().without(*MOST[:3]), applied(*owned("d1")))


def test_more_than_half_may_not() -> None:
    assert refusal(dk().without(*MOST), applied()) == (
        "apply-zone: --prune would delete 4 of 7 objects of zone/dk"
    )


def test_a_set_that_has_dpus_may_not_however_little_else_goes() -> None:
    others = dpu("other").labelled(DPU_SET_NAME="dpuset-ga", DPU_SET_NAMESPACE=NS)
    host = applied(*owned("d1", "d2"), others)
    assert refusal(dk().without(SET), host) == (
        "apply-zone: --prune would delete 1 of 7 objects of zone/dk, dpuset/dpuset-dk with 2 DPUs "
        "among them"
    )


def test_a_set_without_dpus_may_go() -> None:
    check(dk().without(SET), applied())


def test_a_set_counts_as_having_dpus_if_nobody_can_tell() -> None:
    assert refusal(dk().without(SET), applied(trouble=Trouble.FORBIDDEN)).endswith(
        "dpuset/dpuset-dk with an unknown number of DPUs among them"
    )


def test_whoever_allows_it_is_not_refused() -> None:
    check(dk().without(SET, *MOST), applied(*owned("d1")), allowed=True)
