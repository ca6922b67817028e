"""CRDs of older releases of DPF, made from the newest ones by what changed between them."""

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from tests.unit.zone_files import packaged_schemas

Json = dict[str, Any]


@cache
def release_25_10() -> Mapping[Kind, Json]:
    """Strategy and node effect have defaults, devices are a map, security is not there."""
    found = copy.deepcopy(dict(packaged_schemas()))
    spec = _spec(found, kinds.DPU_SET)
    spec["required"] = []
    strategy = _field(spec, "strategy")
    strategy["required"] = []
    _field(strategy, "type")["default"] = "OnDelete"
    del spec["properties"]["dpuDeviceSelector"]
    template = _field(_field(spec, "dpuTemplate"), "spec")
    template["required"] = ["dpuFlavor"]
    for name in ("blueFieldSoftware", "dpuFlavorTemplate", "astraEnabled", "secureBoot"):
        del template["properties"][name]
    _field(template, "nodeEffect")["default"] = {"drain": True}
    for name in ("nodeAnnotations", "selector"):
        del _field(template, "cluster")["properties"][name]
    del _spec(found, kinds.DPU_SERVICE)["properties"]["security"]
    for kind in (kinds.DPU_SERVICE_INTERFACE, kinds.DPU_SERVICE_CHAIN):
        del _spec(found, kind)["properties"]["dpuClusterSelector"]
    return found


@cache
def release_25_1() -> Mapping[Kind, Json]:
    """Sets select host Nodes, drain is a mapping, chains have no MTU, services no ports."""
    found = copy.deepcopy(dict(release_25_10()))
    spec = _spec(found, kinds.DPU_SET)
    spec["properties"]["nodeSelector"] = spec["properties"].pop("dpuNodeSelector")
    kind_of_strategy = _field(_field(spec, "strategy"), "type")
    kind_of_strategy |= {"enum": ["Recreate", "RollingUpdate"], "default": "Recreate"}
    template = _field(_field(spec, "dpuTemplate"), "spec")
    template["required"] = []
    template["properties"]["automaticNodeReboot"] = {"type": "boolean", "default": True}
    effect = _field(template, "nodeEffect")
    effect["default"] = {"drain": {"automaticNodeReboot": True}}
    effect["properties"]["drain"] = {
        "type": "object",
        "properties": {"automaticNodeReboot": {"type": "boolean", "default": True}},
    }
    service = _spec(found, kinds.DPU_SERVICE)
    for name in ("configPorts", "dpuClusterSelector"):
        del service["properties"][name]
    chain = _spec(found, kinds.DPU_SERVICE_CHAIN)
    for name in ("template", "spec", "template", "spec"):
        chain = _field(chain, name)
    del _field(chain, "switches")["items"]["properties"]["serviceMTU"]
    return found


def _spec(schemas: Mapping[Kind, Json], kind: Kind) -> Json:
    return _field(schemas[kind], "spec")


def _field(schema: Json, name: str) -> Json:
    found: Json = schema["properties"][name]
    return found
