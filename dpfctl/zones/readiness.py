"""Whether an object of a zone is ready, in any release.

Source:
    DPF 26.x gives DPUSets conditions; ``api/provisioning/v1alpha1/dpuset_types.go`` of v25.x only
    counts the phases of their DPUs.
"""

from dpfctl.model import kinds
from dpfctl.model.conditions import find_ready
from dpfctl.model.inventory import Inventory
from dpfctl.model.progress import unready_fact
from dpfctl.model.resources import Resource
from dpfctl.zones.nodes import dpus_of, some

_READY = "Ready"


def unready(resource: Resource, fleet: Inventory) -> str:
    """Say why an object is not ready in its present generation; empty if it is.

    Args:
        resource: An object of one of the four kinds.
        fleet: The DPUs of its host cluster. A DPUSet without any condition is as ready as they are;
            one without DPUs is not, since a controller may not have come to it yet.
    """
    if resource.kind is kinds.DPU_SET and not resource.conditions:
        return _unready_dpus(resource, fleet)
    return unready_fact(resource)


def _unready_dpus(dpu_set: Resource, fleet: Inventory) -> str:
    if lack := fleet.lack(kinds.DPU):
        return lack
    dpus = dpus_of(dpu_set.ref, fleet)
    waiting = [dpu.name for dpu in dpus if not _is_ready(dpu)]
    if not dpus:
        return "has no DPU yet"
    return f"{len(waiting)} of {len(dpus)} DPUs not Ready: {some(waiting)}" if waiting else ""


def _is_ready(dpu: Resource) -> bool:
    if find_ready(dpu.conditions) is None:
        return dpu.text("status", "phase") == _READY
    return not unready_fact(dpu)
