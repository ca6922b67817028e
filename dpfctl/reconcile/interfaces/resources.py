"""How many devices the pods of a service ask for: one per interface on a network of DPF's own.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go`` and
    ``api/dpuservice/v1alpha1/dpuservicenad_types.go``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from dpfctl.model import kinds
from dpfctl.model.inventory import Trouble
from dpfctl.model.resources import Ref, Resource
from dpfctl.reconcile.interfaces.reading import network_of
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World

TRUSTED = "dpuservicenad.svc.dpu.nvidia.com/use-trusted-sfs"
"""Annotation of a DPUServiceNAD whose sub-functions are trusted, whatever its value."""

_PREDEFINED = ("", "mybrhbn", "iprequest")
"""Networks for which there is no DPUServiceNAD."""

_SF = "nvidia.com/bf_sf"
_RESOURCES = {"vf": "nvidia.com/bf_vf", "veth": ""}


def nad_resources(interfaces: Iterable[Resource], world: World) -> Mapping[str, str] | Fault:
    """Return what the pods of a service ask for because of its interfaces.

    Args:
        interfaces: The DPUServiceInterfaces of a service.
        world: What is known.

    Returns:
        Name of a resource -> count as a quantity, by name. A network without a DPUServiceNAD asks
        for nothing. A fault if DPUServiceNADs could not be listed and one is needed.
    """
    wanted = [_reference(one) for one in interfaces if network_of(one)[1] not in _PREDEFINED]
    listing = world.host.listing(kinds.DPU_SERVICE_NAD)
    if wanted and listing.trouble not in (None, Trouble.NOT_SERVED):
        return Fault(Step.CLAIM, world.host.lack(kinds.DPU_SERVICE_NAD))
    nads = (world.host.find(ref) for ref in wanted)
    counts = Counter(_resource(nad) for nad in nads if nad is not None)
    return {name: str(count) for name, count in sorted(counts.items()) if name}


def _reference(interface: Resource) -> Ref:
    namespace, name = network_of(interface)
    return Ref(kinds.DPU_SERVICE_NAD, namespace or interface.namespace, name)


def _resource(nad: Resource) -> str:
    """Return the resource of a network, empty if it needs none."""
    kind = nad.text("spec", "resourceType")
    if kind == "sf" and TRUSTED in nad.mapping("metadata", "annotations"):
        return f"{_SF}_trusted"
    return _RESOURCES.get(kind, _SF)
