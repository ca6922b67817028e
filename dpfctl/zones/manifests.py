"""Which fields the four kinds of a zone have, in any release of DPF.

Good enough to tell a typing error or a lost level without a cluster; what one cluster takes, its
own CRDs say. Required is only what every release requires.

Source:
    DPF v25.1, v25.10 and 26.x, ``api/provisioning/v1alpha1/dpuset_types.go`` and
    ``api/dpuservice/v1alpha1``: ``dpuservice_types.go``, ``dpuserviceinterface_types.go``,
    ``dpuservicechain_types.go`` and the types these embed.
"""

from collections.abc import Mapping
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.zones.checking import Schema

PARTS: tuple[Kind, ...] = (
    kinds.DPU_SET,
    kinds.DPU_SERVICE_INTERFACE,
    kinds.DPU_SERVICE_CHAIN,
    kinds.DPU_SERVICE,
)
"""Kinds a zone consists of, in the order in which they are applied."""


def fields(properties: Mapping[str, Any], *required: str) -> Schema:
    """Return the schema of a mapping with these fields and no others."""
    return {
        "type": "object",
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
        "properties": properties,
    }


def entries(item: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
NUMBER_OR_TEXT: Schema = {"type": ["integer", "string"]}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}
LABELS: Schema = {"type": "object", "additionalProperties": TEXT}

_REQUIREMENTS = entries(
    fields({"key": TEXT, "operator": TEXT, "values": entries(TEXT)}, "key", "operator")
)
LABEL_SELECTOR = fields({"matchLabels": LABELS, "matchExpressions": _REQUIREMENTS})
_NODE_SELECTOR = fields(
    {
        "nodeSelectorTerms": entries(
            fields({"matchExpressions": _REQUIREMENTS, "matchFields": _REQUIREMENTS})
        )
    },
    "nodeSelectorTerms",
)
STRATEGY = fields({"type": TEXT, "rollingUpdate": fields({"maxUnavailable": NUMBER_OR_TEXT})})
NODE_EFFECT = fields(
    {
        "taint": fields(
            {"key": TEXT, "value": TEXT, "effect": TEXT, "timeAdded": TEXT}, "key", "effect"
        ),
        "noEffect": TRUTH,
        "drain": {"type": ["boolean", "object"], "properties": {"automaticNodeReboot": TRUTH}},
        "customLabel": LABELS,
        "customAction": TEXT,
        "hold": TRUTH,
        "force": TRUTH,
        "applyOnLabelChange": TRUTH,
        "nodeMaintenanceAdditionalRequestors": entries(TEXT),
    }
)
UPDATE_STRATEGY = fields(
    {
        "type": TEXT,
        "rollingUpdate": fields({"maxUnavailable": NUMBER_OR_TEXT, "maxSurge": NUMBER_OR_TEXT}),
    }
)
QUANTITIES: Schema = {"type": "object", "additionalProperties": NUMBER_OR_TEXT}
CONFIG_PORTS = fields(
    {
        "serviceType": {"type": "string", "enum": ["NodePort", "ClusterIP", "None"]},
        "ports": entries(
            fields(
                {
                    "name": TEXT,
                    "port": WHOLE,
                    "protocol": {"type": "string", "enum": ["TCP", "UDP"]},
                    "nodePort": WHOLE,
                },
                *("name", "port", "protocol"),
            )
        ),
    },
    "ports",
)
_CHART_SOURCE = fields(
    {"repoURL": TEXT, "version": TEXT, "chart": TEXT, "path": TEXT, "releaseName": TEXT},
    *("repoURL", "version"),
)
_NAMES = fields({"labels": LABELS, "annotations": LABELS})
METADATA = fields({"name": TEXT, "namespace": TEXT, "labels": LABELS, "annotations": LABELS})

_DPU_SET = fields(
    {
        "strategy": STRATEGY,
        "dpuNodeSelector": LABEL_SELECTOR,
        "nodeSelector": LABEL_SELECTOR,
        "dpuDeviceSelector": LABEL_SELECTOR,
        "dpuSelector": LABELS,
        "dpuTemplate": fields(
            {
                "annotations": LABELS,
                "spec": fields(
                    {
                        "bfb": fields({"name": TEXT}),
                        "blueFieldSoftware": fields({"name": TEXT}),
                        "dpuFlavor": TEXT,
                        "dpuFlavorTemplate": TEXT,
                        "nodeEffect": NODE_EFFECT,
                        "automaticNodeReboot": TRUTH,
                        "cluster": fields(
                            {
                                "nodeLabels": LABELS,
                                "nodeAnnotations": LABELS,
                                "selector": LABEL_SELECTOR,
                            }
                        ),
                        "astraEnabled": TRUTH,
                        "secureBoot": TRUTH,
                    }
                ),
            }
        ),
    }
)
_DPU_SERVICE = fields(
    {
        "helmChart": fields({"source": _CHART_SOURCE, "values": ANYTHING}, "source"),
        "serviceID": TEXT,
        "serviceDaemonSet": fields(
            {
                "nodeSelector": _NODE_SELECTOR,
                "updateStrategy": UPDATE_STRATEGY,
                "labels": LABELS,
                "annotations": LABELS,
                "resources": QUANTITIES,
            }
        ),
        "deployInCluster": TRUTH,
        "paused": TRUTH,
        "interfaces": entries(TEXT),
        "dpuClusterSelector": LABEL_SELECTOR,
        "configPorts": CONFIG_PORTS,
        "security": fields({"privileged": TRUTH, "spiffe": ANYTHING}),
    },
    "helmChart",
)
_NIC_SELECTOR = fields(
    {
        "type": TEXT,
        "pci": fields({"address": TEXT}, "address"),
        "controllerNumber": WHOLE,
    },
    "type",
)
_FUNCTION = {"pfID": WHOLE, "nicSelector": _NIC_SELECTOR, "virtualNetwork": TEXT}
_INTERFACE = fields(
    {
        "node": TEXT,
        "interfaceType": {
            "type": "string",
            "enum": ["vlan", "physical", "pf", "vf", "ovn", "patch", "service"],
        },
        "physical": fields({"interfaceName": TEXT}, "interfaceName"),
        "vlan": fields({"vlanID": WHOLE, "parentInterfaceRef": TEXT}, "vlanID"),
        "pf": fields(_FUNCTION, "pfID"),
        "vf": fields({**_FUNCTION, "vfID": WHOLE, "parentInterfaceRef": TEXT}, "pfID", "vfID"),
        "service": fields(
            {"serviceID": TEXT, "network": TEXT, "interfaceName": TEXT, "virtualNetwork": TEXT},
            *("serviceID", "network", "interfaceName"),
        ),
        "ovn": fields({"externalBridge": TEXT}),
        "patch": fields(
            {"peerBridge": TEXT, "peerPatchName": TEXT, "peerExternalIDs": LABELS}, "peerBridge"
        ),
    },
    "interfaceType",
)
PORT_IPAM = fields(
    {"matchLabels": LABELS, "defaultGateway": TRUTH, "setDefaultRoute": TRUTH}, "matchLabels"
)
_CHAIN = fields(
    {
        "node": TEXT,
        "switches": {
            "minItems": 1,
            **entries(
                fields(
                    {
                        "serviceMTU": WHOLE,
                        "ports": {
                            "minItems": 1,
                            **entries(
                                fields(
                                    {
                                        "serviceInterface": fields(
                                            {
                                                "matchLabels": {**LABELS, "minProperties": 1},
                                                "ipam": PORT_IPAM,
                                            },
                                            "matchLabels",
                                        )
                                    },
                                    "serviceInterface",
                                )
                            ),
                        },
                    },
                    "ports",
                )
            ),
        },
    },
    "switches",
)


def _spread(inner: Schema) -> Schema:
    """The schema of what is stamped out first per DPU cluster, then per node."""
    return fields(
        {
            "clusterSelector": LABEL_SELECTOR,
            "dpuClusterSelector": LABEL_SELECTOR,
            "template": fields(
                {
                    "metadata": _NAMES,
                    "spec": fields(
                        {
                            "nodeSelector": LABEL_SELECTOR,
                            "template": fields({"metadata": _NAMES, "spec": inner}, "spec"),
                        },
                        "template",
                    ),
                },
                "spec",
            ),
        },
        "template",
    )


def _manifest(spec: Schema) -> Schema:
    return fields({"apiVersion": TEXT, "kind": TEXT, "metadata": METADATA, "spec": spec}, "spec")


MANIFESTS: Mapping[Kind, Schema] = {
    kinds.DPU_SET: _manifest(_DPU_SET),
    kinds.DPU_SERVICE: _manifest(_DPU_SERVICE),
    kinds.DPU_SERVICE_INTERFACE: _manifest(_spread(_INTERFACE)),
    kinds.DPU_SERVICE_CHAIN: _manifest(_spread(_CHAIN)),
}
"""Schema of a whole manifest, by kind."""
