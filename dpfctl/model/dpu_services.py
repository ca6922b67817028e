"""What a DPUService says about itself: paused, critical, deployed where.

Source:
    DPF 26.x ``api/dpuservice/v1alpha1/dpuservice_types.go``, and
    ``internal/dpuservice/controllers/dpuready_controller.go`` for the label.
"""

from collections.abc import Mapping

from dpfctl.model import labels
from dpfctl.model.kinds import CONFIG_MAP
from dpfctl.model.resources import Ref, Resource

ALLOW_LIST = Ref(CONFIG_MAP, "dpf-operator-system", "dpf-deny-privileged-pods-allowlist")
"""The list, in each DPU cluster, of services that may run privileged pods: service ID -> its
namespace and name."""


def is_paused(service: Resource) -> bool:
    """Whether DPF leaves the service alone."""
    return service.at("spec", "paused") is True


def is_critical(service: Resource) -> bool:
    """Whether the label ``svc.dpu.nvidia.com/critical`` is there; its value does not matter."""
    return labels.CRITICAL in service.mapping("metadata", "labels")


def runs_on_host(service: Resource) -> bool:
    """Whether it is deployed to the host cluster, where no DPU waits for it."""
    return service.at("spec", "deployInCluster") is True


def flag_warnings(service: Resource) -> tuple[str, ...]:
    """Say which switches of a DPUService are neither true nor false, so that they count as off.

    An API server refuses them; a file that was written by hand may have ``paused: yes``, which is
    a text in YAML 1.2.
    """
    found = ((name, service.at("spec", name)) for name in ("paused", "deployInCluster"))
    return tuple(
        f"{service.ref}: spec.{name} is neither true nor false, and counts as false"
        for name, value in found
        if value is not None and not isinstance(value, bool)
    )


def marks_of(service: Resource) -> Mapping[str, str]:
    """Return the two labels by which DPF finds what it made for a DPUService."""
    return {
        labels.DPU_SERVICE_NAME: service.name,
        labels.DPU_SERVICE_NAMESPACE: service.namespace,
    }
