"""DPUServiceInterfaces as services use them: which service they are for, and which network.

Source:
    DPF 26.x ``api/dpuservice/v1alpha1/dpuserviceinterface_types.go`` and
    ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from dpfctl.model.resources import Resource

_TEMPLATE = ("spec", "template", "spec", "template", "spec")


def interface_name(interface: Resource) -> str:
    """Return the name of the interface inside of a pod."""
    return interface.text(*_TEMPLATE, "service", "interfaceName")


def network_of(interface: Resource) -> tuple[str, str]:
    """Return namespace and name of the network of an interface; what is not given is empty.

    A text with more than one slash names no network.
    """
    match interface.text(*_TEMPLATE, "service", "network").split("/"):
        case [name]:
            return "", name
        case [namespace, name]:
            return namespace, name
    return "", ""


def fault_text(interface: Resource, service_id: str) -> str:
    """Say why a service must not use an interface, empty if it may.

    Args:
        interface: The DPUServiceInterface.
        service_id: Of the service; any interface will do if that is empty.
    """
    block = interface.at(*_TEMPLATE, "service")
    if not isinstance(block, dict) or interface.text(*_TEMPLATE, "interfaceType") != "service":
        return f"wrong service definition in DPUServiceInterface {interface.name}"
    if service_id and block.get("serviceID") != service_id:
        return f"conflicting ServiceID in DPUServiceInterface {interface.name}"
    return ""
