"""Where the objects of a zone keep what ties them together, in the spelling of any release.

Source:
    ``dpuNodeSelector``, before v25.7 ``nodeSelector``; ``dpuDeviceSelector``, before 26.x the map
    ``dpuSelector``; ``dpuClusterSelector``, of interfaces and chains before 26.x
    ``clusterSelector``: DPF ``api/provisioning/v1alpha1``, ``api/dpuservice/v1alpha1``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.documents import Path
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.resources import Resource
from dpfctl.model.selectors import Operator
from dpfctl.zones.names import is_managed, is_of_system
from dpfctl.zones.selection import Selection, labels_selection, node_selection
from dpfctl.zones.zone import NodeLabel

SERVICE = "service"
PHYSICAL = "physical"
NETWORKS = "k8s.v1.cni.cncf.io/networks"
"""Annotation of pods that lists their networks, as Multus reads it."""

CONSUMED_BY = "dpu.nvidia.com/consumed-by"
"""Annotation of a DPUServiceInterface with the name of the DPUService that has claimed it."""

INTERFACE = "svc.dpu.nvidia.com/interface"
"""Label by which chains usually name an interface of a service; a habit of manifests."""

NODE_LABELS = ("spec", "dpuTemplate", "spec", "cluster", "nodeLabels")
_SPREAD = ("spec", "template", "spec")
_SET_NAME = "svc.dpu.nvidia.com/serviceinterfaceset-name"
_SET_NAMESPACE = "svc.dpu.nvidia.com/serviceinterfaceset-namespace"
_SERVICE_ID = "svc.dpu.nvidia.com/service-id"
_STAMPED = (*_SPREAD, "template")


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a switch of a chain.

    Attributes:
        path: Where it stands in the DPUServiceChain.
        labels: Labels of the one interface it stands for.
    """

    path: Path
    labels: Mapping[str, str]


def selects_path(resource: Resource) -> tuple[str, ...]:
    """Path of the field by which an object selects nodes of a DPU cluster."""
    if resource.kind is kinds.DPU_SERVICE:
        return ("spec", "serviceDaemonSet", "nodeSelector")
    return (*_SPREAD, "nodeSelector")


def node_selection_of(resource: Resource) -> Selection:
    """Nodes that a DPUService, DPUServiceInterface or DPUServiceChain is meant for."""
    raw = resource.at(*selects_path(resource))
    return node_selection(raw) if resource.kind is kinds.DPU_SERVICE else labels_selection(raw)


def cluster_selection_of(resource: Resource) -> Selection:
    """DPU clusters that an object of any of the four kinds is meant for."""
    if resource.kind is kinds.DPU_SET:
        return labels_selection(resource.at("spec", "dpuTemplate", "spec", "cluster", "selector"))
    found = resource.at("spec", "dpuClusterSelector")
    return labels_selection(resource.at("spec", "clusterSelector") if found is None else found)


def host_selection_of(dpu_set: Resource) -> Selection:
    """DPUNodes, or host Nodes before v25.7, whose DPUs a DPUSet provisions."""
    found = dpu_set.at("spec", "dpuNodeSelector")
    return labels_selection(dpu_set.at("spec", "nodeSelector") if found is None else found)


def device_selection_of(dpu_set: Resource) -> Selection:
    """DPUDevices of a host that a DPUSet provisions."""
    found = dpu_set.at("spec", "dpuDeviceSelector")
    if found is None and (old := dpu_set.at("spec", "dpuSelector")) is not None:
        found = {"matchLabels": old}
    return labels_selection(found)


def given_labels(dpu_set: Resource) -> Mapping[str, str]:
    """Labels that a DPUSet puts on the Nodes of its DPUs."""
    return dpu_set.mapping(*NODE_LABELS)


def node_label_candidates(resource: Resource) -> tuple[NodeLabel, ...]:
    """Labels that could tie an object to a zone: given by a set, or asked for with one value."""
    if resource.kind is kinds.DPU_SET:
        return tuple(NodeLabel(key, str(value)) for key, value in given_labels(resource).items())
    terms = node_selection_of(resource).terms or ()
    asked = {
        NodeLabel(r.key, r.values[0])
        for term in terms
        for r in term
        if r.operator is Operator.IN and len(r.values) == 1
    }
    return tuple(sorted(asked))


def own_labels(resource: Resource) -> tuple[NodeLabel, ...]:
    """The candidates that neither Kubernetes nor DPF sets by itself, by key and value."""
    return tuple(
        label
        for label in sorted(node_label_candidates(resource))
        if not is_managed(label.key) and not is_of_system(label.key)
    )


def interface_type(interface: Resource) -> str:
    """``interfaceType`` of a DPUServiceInterface."""
    return interface.text(*_STAMPED, "spec", "interfaceType")


def interface_field(interface: Resource, *path: str) -> str:
    """Text of a field of what a DPUServiceInterface stamps out."""
    return interface.text(*_STAMPED, "spec", *path)


def interface_labels(interface: Resource) -> Mapping[str, str]:
    """Labels of the ServiceInterface that is made of a DPUServiceInterface on each node.

    Source:
        DPF 26.x ``internal/servicechainset/controllers/serviceinterfaceset_controller.go``: those
        of the template win.
    """
    service_id = interface_field(interface, SERVICE, "serviceID")
    return {
        _SET_NAME: interface.name,
        _SET_NAMESPACE: interface.namespace,
        **({_SERVICE_ID: service_id} if service_id else {}),
        **interface.mapping(*_STAMPED, "metadata", "labels"),
    }


def ports_of(chain: Resource) -> Iterator[Port]:
    """Yield the ports of all switches of a chain."""
    spec = (*_STAMPED, "spec")
    for number, switch in enumerate(chain.items(*spec, "switches")):
        for place, port in enumerate(Resource(chain.kind, switch).items("ports")):
            found = Resource(chain.kind, port).mapping("serviceInterface", "matchLabels")
            path = (*spec, "switches", number, "ports", place, "serviceInterface", "matchLabels")
            yield Port(path, found)


def switches_of(chain: Resource) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the switches of a chain with their paths."""
    path = (*_STAMPED, "spec", "switches")
    for number, switch in enumerate(chain.items(*path)):
        yield (*path, number), switch


def service_id_of(service: Resource) -> str:
    """``spec.serviceID``, or the one that DPF has made up for it; empty if neither is known."""
    return service.text("spec", "serviceID") or service.text("status", "serviceID")


def runs_on_dpus(service: Resource) -> bool:
    """Whether a DPUService runs in DPU clusters and not in the host cluster."""
    return not runs_on_host(service)
