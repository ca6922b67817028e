"""Names: of a DPUService as its pods and interfaces know it, and of the controller behind it."""

from dpfctl.model.applications import digest
from dpfctl.model.resources import Ref, Resource

CONTROLLER = "dpuservice-manager"
"""DPF's controller of DPUServices, as a field manager and as the component that objects name."""

_DIGITS = 10


def service_id_of(service: Resource) -> str:
    """Return the service ID that a DPUService has, or is going to have.

    Returns:
        What its spec says, even if that is empty; else what its status says already; else 10 digits
        of a digest of its kind, name and namespace.

    Source:
        DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``, which computes the
        digest anew each time. A service keeps what it was given: its pods carry it.
    """
    asked = service.at("spec", "serviceID")
    if isinstance(asked, str):
        return asked
    known = service.text("status", "serviceID")
    return known or digest(_group_kind(service), service.name, service.namespace)[:_DIGITS]


def taken_text(owner: Ref) -> str:
    """Say that an object which a DPUService asks for is another one's.

    The words are the same for what is there and for what is only about to be made, so that a
    condition that tells it stays as it is from pass to pass.
    """
    return f"belongs to {owner}"


def _group_kind(service: Resource) -> str:
    return f"{service.kind.name}.{service.kind.group}"
