"""Plans of zone dk, and how tests look at them."""

from collections.abc import Mapping

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Change, Plan
from dpfctl.zones.planning import plan_zones
from tests.builders import NS
from tests.unit.zone_cluster import carried_out, suited
from tests.unit.zone_files import Manifests, dk, fleet

SET, HBN, P0, FABRIC = "dpuset-dk", "doca-hbn-dk", "p0-sf-dk", "hbn-to-fabric-dk"
KIND_OF: Mapping[str, Kind] = {
    SET: kinds.DPU_SET,
    HBN: kinds.DPU_SERVICE,
    P0: kinds.DPU_SERVICE_INTERFACE,
    FABRIC: kinds.DPU_SERVICE_CHAIN,
}


def planned(
    manifests: Manifests, host: Inventory, *, prune: bool = False, force: bool = False
) -> Plan:
    return plan_zones(suited(manifests.zones), host, prune=prune, force=force)


def with_dk() -> Inventory:
    """A cluster that zone dk was applied to."""
    host = fleet()
    return carried_out(host, planned(dk(), host).changes)


def owned(name: str) -> Manifests:
    """Zone dk with one object that a DPUDeployment owns."""
    path = ("metadata", "labels")
    return dk().having(name, path, {"svc.dpu.nvidia.com/owned-by-dpudeployment": f"{NS}_edge"})


def done(plan: Plan) -> list[tuple[int, str, str, str]]:
    return [(c.stage, str(c.ref.kind), c.ref.name, f"{c.action} {c.done}") for c in plan.changes]


def live(host: Inventory, name: str) -> Resource:
    found = host.find(Ref(KIND_OF[name], NS, name))
    assert found is not None
    return found


def pending(plan: Plan) -> list[tuple[str, str]]:
    return [(change.ref.name, change.done) for change in plan.pending]


def only(plan: Plan, name: str) -> Change:
    return next(change for change in plan.changes if change.ref.name == name)
