"""What a Zone document may say: its JSON Schema, which also is the one that editors are given.

The document says once what the manifests of a zone repeat: the label, the namespace, the suffix of
the names. Blocks that DPF's own kinds have are written as there.
"""

from typing import Any

from dpfctl.zones.checking import Schema
from dpfctl.zones.manifests import (
    ANYTHING,
    CONFIG_PORTS,
    LABEL_SELECTOR,
    LABELS,
    NODE_EFFECT,
    PORT_IPAM,
    QUANTITIES,
    STRATEGY,
    TRUTH,
    UPDATE_STRATEGY,
    WHOLE,
    entries,
    fields,
)

API_VERSION = "dpfctl/v1"
KIND = "Zone"

SET_NAME = "dpuset"
"""What the DPUSet is called, before the suffix, unless the document says otherwise."""

_NAME: Schema = {"type": "string", "minLength": 1}


def _told(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, **schema}


_INTERFACE = fields(
    {
        "name": _told("Name of the DPUServiceInterface, before the suffix.", _NAME),
        "interfaceName": _told("Name of the interface in the pod, up to 15 characters.", _NAME),
        "network": _told("Network as name or namespace/name, such as mybrhbn.", _NAME),
        "label": _told(
            "Value of svc.dpu.nvidia.com/interface; the name with _ for - by default.", _NAME
        ),
    },
    *("name", "interfaceName", "network"),
)
_CHART = fields(
    {
        "repoURL": _told("Chart repository, oci:// or https://.", _NAME),
        "name": _told("Name of the chart.", _NAME),
        "version": _told("Version of the chart.", _NAME),
        "path": _told("Folder of the chart in a repository of another kind.", _NAME),
    },
    *("repoURL", "version"),
)
_NETWORK = _told("One element of the networks annotation of Multus.", ANYTHING)
_SERVICE = fields(
    {
        "name": _told("Name of the DPUService, before the suffix.", _NAME),
        "serviceID": _told("serviceID of service and interfaces; the name by default.", _NAME),
        "chart": _told("The Helm chart.", _CHART),
        "values": _told("Helm values.", ANYTHING),
        "interfaces": _told(
            "Its DPUServiceInterfaces.", {**entries(_INTERFACE), "minItems": 1, "maxItems": 50}
        ),
        "networks": _told("Further networks of its pods.", {**entries(_NETWORK), "minItems": 1}),
        "annotations": _told("Annotations of its pods.", LABELS),
        "labels": _told("Labels of its pods.", LABELS),
        "resources": _told("Resources of its pods, such as nvidia.com/bf_sf: 3.", QUANTITIES),
        "updateStrategy": _told("updateStrategy of its DaemonSet.", UPDATE_STRATEGY),
        "configPorts": _told("Ports to be reached from the host cluster.", CONFIG_PORTS),
        "privileged": _told("Whether its pods may be privileged.", TRUTH),
        "critical": _told("Whether hosts stay tainted until it runs on their DPUs.", TRUTH),
    },
    *("name", "chart"),
)
_PORT: Schema = {
    **fields(
        {
            "interface": _told("Name of an interface of this zone, before the suffix.", _NAME),
            "labels": _told(
                "Labels of an interface from elsewhere.", {**LABELS, "minProperties": 1}
            ),
            "ipam": _told("Addresses for the port.", PORT_IPAM),
        }
    ),
    "oneOf": [{"required": ["interface"]}, {"required": ["labels"]}],
}
_SWITCH = fields(
    {
        "serviceMTU": _told("MTU of the switch; 1500 by default.", WHOLE),
        "ports": _told("What the switch joins.", {**entries(_PORT), "minItems": 1}),
    },
    "ports",
)
_CHAIN = fields(
    {
        "name": _told("Name of the DPUServiceChain, before the suffix.", _NAME),
        "switches": _told("Its switches.", {**entries(_SWITCH), "minItems": 1}),
    },
    *("name", "switches"),
)
_NODE_LABEL = fields(
    {
        "key": _told("Key of the label; none of DPF's own.", _NAME),
        "value": _told("Value of the label; the name of the zone by default.", _NAME),
    },
    "key",
)
_SPEC = fields(
    {
        "nodeLabel": _told("Label of the zone's Nodes in the DPU cluster.", _NODE_LABEL),
        "dpuNodeSelector": _told("DPUNodes whose DPUs are the zone.", LABEL_SELECTOR),
        "dpuDeviceSelector": _told("DPUs of these hosts; all by default.", LABEL_SELECTOR),
        "dpuClusterSelector": _told("DPU clusters; all by default.", LABEL_SELECTOR),
        "dpuSetName": _told(f"Name of the DPUSet, before the suffix; {SET_NAME}.", _NAME),
        "bfb": _told("Name of the BFB.", _NAME),
        "flavor": _told("Name of the DPUFlavor.", _NAME),
        "strategy": _told("strategy of the DPUSet.", STRATEGY),
        "nodeEffect": _told("What becomes of hosts while DPUs are provisioned.", NODE_EFFECT),
        "services": _told("Its DPUServices.", entries(_SERVICE)),
        "chains": _told("Its DPUServiceChains.", entries(_CHAIN)),
    },
    *("nodeLabel", "dpuNodeSelector", "bfb", "flavor", "nodeEffect"),
)
_METADATA = fields(
    {
        "name": _told("Name of the zone; the suffix of its objects.", _NAME),
        "namespace": _told("Namespace of its objects; that of the command by default.", _NAME),
    },
    "name",
)
DOCUMENT = fields(
    {
        "apiVersion": {"const": API_VERSION},
        "kind": {"const": KIND},
        "metadata": _METADATA,
        "spec": _SPEC,
    },
    *("apiVersion", "kind", "metadata", "spec"),
)
"""JSON Schema of a Zone document."""
