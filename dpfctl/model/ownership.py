"""Whose an object is: DPUDeployments generate DPUSets, DPUServices, interfaces and chains.

Source:
    Label ``svc.dpu.nvidia.com/owned-by-dpudeployment``, value ``namespace_name``; DPF 26.x,
    ``internal/dpuservice/controllers/dpudeployment_controller.go``.
"""

from dpfctl.model import kinds, labels
from dpfctl.model.resources import Ref, Resource


def deployment_of(resource: Resource) -> Ref | None:
    """Return the DPUDeployment that generated an object and keeps it so, None if none did."""
    value = resource.label(labels.OWNED_BY_DPU_DEPLOYMENT)
    if not value:
        return None
    namespace, _, name = value.partition("_")
    return Ref(kinds.DPU_DEPLOYMENT, namespace, name)
