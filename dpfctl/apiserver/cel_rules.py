"""The CEL rules of our CRDs (``x-kubernetes-validations``), restated as Python.

An API server compiles each rule. Here a table leads from the text of a rule to a function, so a
rule that is not in the table is known not to be: it is told, never passed over in silence.
A function may look up what is not there: the ``KeyError`` becomes the server's ``no such key``.

Source:
    The rules are those of DPF 26.x, ``config/*/crd/bases``.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from dpfctl.apiserver.plain_values import ABSENT, same

Rule = Callable[[Any, Any], bool]
"""``self`` and ``oldSelf`` to whether the rule is kept; ``ABSENT`` for an ``oldSelf`` that has no
value, which only rules with ``optionalOldSelf`` meet."""

_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_OWN_KEY = "svc.dpu.nvidia.com/custom-flows"
_FORCE_UPDATE = "provisioning.dpu.nvidia.com/force-fw-update"
_ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany")


def _has(value: Any, *path: str) -> bool:
    for name in path:
        if name not in value:
            return False
        value = value[name]
    return True


def _name_within(limit: int) -> Rule:
    return lambda new, _: len(new["metadata"]["name"]) <= limit


def _exactly_one(*names: str) -> Rule:
    return lambda new, _: sum(name in new for name in names) == 1


def _not_both(one: str, other: str) -> Rule:
    return lambda new, _: not (one in new and other in new)


def _not_in_cluster(*path: str) -> Rule:
    return lambda new, _: not (_is_in_cluster(new) and _has(new, *path))


def _unchanged(name: str) -> Rule:
    return lambda new, old: same(new[name], old[name])


def _is_in_cluster(value: Any) -> bool:
    return bool(value.get("deployInCluster", False))


def _is_users_key(key: str) -> bool:
    return "dpu.nvidia.com/" not in key and not key.endswith("dpu.nvidia.com")


def _is_users_annotation(key: str) -> bool:
    is_known = key.startswith("noderesources.dpu.nvidia.com") or key == _FORCE_UPDATE
    return is_known or _is_users_key(key)


def _is_starting_name(new: Any, old: Any) -> bool:
    return old is not ABSENT or _DNS_1035.fullmatch(new["metadata"]["name"]) is not None


def _has_privileges(new: Any, old: Any) -> bool:
    privileges = ("security", "privileged")
    if _is_in_cluster(new) or _has(new, *privileges):
        return True
    return old is not ABSENT and not _has(old, *privileges)


def _same_network(new: Any, old: Any) -> bool:
    return same(new.get("virtualNetwork", ABSENT), old.get("virtualNetwork", ABSENT))


def _has_its_interface(new: Any, _: Any) -> bool:
    kind = new["interfaceType"]
    known = ("vlan", "physical", "pf", "vf", "patch", "service")
    return kind == "ovn" or (kind in known and kind in new)


def _has_unique_suffixes(new: Any, _: Any) -> bool:
    suffixes = [entry["nameSuffix"] for entry in new]
    return len(set(suffixes)) == len(suffixes)


def _has_one_image(new: Any, _: Any) -> bool:
    return _has(new, "bfb", "name") != _has(new, "blueFieldSoftware", "name")


def _zero_trust_over_redfish(new: Any, _: Any) -> bool:
    controller = new["provisioningController"]
    return _mode(new) != "zero-trust" or _has(controller, "installInterface", "installViaRedfish")


def _trusted_without_redfish(new: Any, _: Any) -> bool:
    controller = new["provisioningController"]
    is_redfish = _has(controller, "installInterface", "installViaRedfish")
    return _mode(new) != "host-trusted" or not is_redfish


def _zero_trust_without_jumbo(new: Any, _: Any) -> bool:
    if _mode(new) != "zero-trust" or not _has(new, "networking", "controlPlaneMTU"):
        return True
    return bool(new["networking"]["controlPlaneMTU"] <= 1500)


def _mode(new: Any) -> str:
    return str(new["deploymentMode"])


def _ports_fit_type(new: Any, _: Any) -> bool:
    return new["serviceType"] == "NodePort" or not any("nodePort" in port for port in new["ports"])


def _interfaces_outside(new: Any, _: Any) -> bool:
    is_inside = _is_in_cluster(new.get("serviceConfiguration", {}))
    return not ("interfaces" in new and is_inside)


RULES: Mapping[str, Rule] = {
    "self == oldSelf": same,
    'oldSelf == "" || self == oldSelf': lambda new, old: old == "" or same(new, old),
    "self.node == oldSelf.node": _unchanged("node"),
    "self.type == oldSelf.type": _unchanged("type"),
    "!has(oldSelf.versions) || has(self.versions)": lambda new, old: (
        "versions" not in old or "versions" in new
    ),
    "has(self.virtualNetwork) == has(oldSelf.virtualNetwork) && (!has(self.virtualNetwork)"
    " || self.virtualNetwork == oldSelf.virtualNetwork)": _same_network,
    "self.metadata.name.size() <= 20": _name_within(20),
    "self.metadata.name.size() <= 48": _name_within(48),
    "self.metadata.name.size() <= 63": _name_within(63),
    "self.metadata.name.size() <= 187": _name_within(187),
    "oldSelf.hasValue() || self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')": (
        _is_starting_name
    ),
    "[has(self.installViaHostAgent), has(self.installViaGNOI), has(self.installViaRedfish)]"
    " .filter(isSet, isSet).size() == 1": _exactly_one(
        "installViaHostAgent", "installViaGNOI", "installViaRedfish"
    ),
    "[has(self.hostAgent), has(self.gNOI), has(self.external), has(self.script), has(self.none)]"
    " .filter(isSet, isSet).size() == 1": _exactly_one(
        "hostAgent", "gNOI", "external", "script", "none"
    ),
    "[has(self.taint), has(self.noEffect), has(self.drain), has(self.customLabel),"
    " has(self.customAction), has(self.hold)].filter(isSet, isSet).size() == 1": _exactly_one(
        "taint", "noEffect", "drain", "customLabel", "customAction", "hold"
    ),
    "has(self.bfb) != has(self.blueFieldSoftware)": _exactly_one("bfb", "blueFieldSoftware"),
    "has(self.flavor) != has(self.flavorTemplate)": _exactly_one("flavor", "flavorTemplate"),
    "has(self.dpuFlavor) != has(self.dpuFlavorTemplate)": _exactly_one(
        "dpuFlavor", "dpuFlavorTemplate"
    ),
    "has(self.service) != has(self.serviceInterface)": _exactly_one("service", "serviceInterface"),
    "(has(self.bfb) && has(self.bfb.name)) != (has(self.blueFieldSoftware)"
    " && has(self.blueFieldSoftware.name))": _has_one_image,
    "!(has(self.dpuSelector) && has(self.dpuDeviceSelector))": _not_both(
        "dpuSelector", "dpuDeviceSelector"
    ),
    "!(has(self.nodeSelector) && has(self.dpuNodeSelector))": _not_both(
        "nodeSelector", "dpuNodeSelector"
    ),
    "self.all(x, self.exists_one(y, y.nameSuffix == x.nameSuffix))": _has_unique_suffixes,
    "self.all(name, name.size() <= 28)": lambda new, _: all(len(name) <= 28 for name in new),
    "self.all(key, key.startsWith('noderesources.dpu.nvidia.com')"
    " || key == 'provisioning.dpu.nvidia.com/force-fw-update'"
    " || (!key.contains('dpu.nvidia.com/') && !key.endsWith('dpu.nvidia.com')))": lambda new, _: (
        all(map(_is_users_annotation, new))
    ),
    "self.all(key, key == 'svc.dpu.nvidia.com/custom-flows'"
    " || (!key.contains('dpu.nvidia.com/') && !key.endsWith('dpu.nvidia.com')))": lambda new, _: (
        all(key == _OWN_KEY or _is_users_key(key) for key in new)
    ),
    "self.all(mode, mode in ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany'])": lambda new, _: (
        all(mode in _ACCESS_MODES for mode in new)
    ),
    "has(self.requests) && 'storage' in self.requests": lambda new, _: _has(
        new, "requests", "storage"
    ),
    "!self.hotplugFunction || self.functionType == 'pf'": lambda new, _: (
        not new["hotplugFunction"] or new["functionType"] == "pf"
    ),
    "(has(self.interfaces) && has(self.serviceID)) || (!has(self.interfaces)"
    " && !has(self.serviceID)) || has(self.serviceID)": lambda new, _: (
        "serviceID" in new or "interfaces" not in new
    ),
    "!(has(self.deployInCluster) && self.deployInCluster && has(self.configPorts))": (
        _not_in_cluster("configPorts")
    ),
    "!(has(self.deployInCluster) && self.deployInCluster && has(self.dpuClusterSelector))": (
        _not_in_cluster("dpuClusterSelector")
    ),
    "!(has(self.deployInCluster) && self.deployInCluster && has(self.security)"
    " && has(self.security.privileged))": _not_in_cluster("security", "privileged"),
    "!(has(self.deployInCluster) && self.deployInCluster && has(self.security)"
    " && has(self.security.spiffe))": _not_in_cluster("security", "spiffe"),
    "(has(self.deployInCluster) && self.deployInCluster)"
    " || (has(self.security) && has(self.security.privileged))"
    " || (oldSelf.hasValue() && !(has(oldSelf.value().security)"
    " && has(oldSelf.value().security.privileged)))": _has_privileges,
    "!(self.serviceType != 'NodePort' && self.ports.exists(p, has(p.nodePort)))": _ports_fit_type,
    "!(has(self.interfaces) && has(self.serviceConfiguration)"
    " && has(self.serviceConfiguration.deployInCluster)"
    " && self.serviceConfiguration.deployInCluster)": _interfaces_outside,
    "(self.interfaceType == 'vlan' && has(self.vlan))"
    " || (self.interfaceType == 'physical' && has(self.physical))"
    " || (self.interfaceType == 'pf' && has(self.pf))"
    " || (self.interfaceType == 'vf' && has(self.vf)) || (self.interfaceType == 'ovn')"
    " || (self.interfaceType == 'patch' && has(self.patch))"
    " || (self.interfaceType == 'service' && has(self.service))": _has_its_interface,
    "self.type != 'pci' || has(self.pci)": lambda new, _: new["type"] != "pci" or "pci" in new,
    "self.type != 'Bridged' || has(self.bridgedNetwork)": lambda new, _: (
        new["type"] != "Bridged" or "bridgedNetwork" in new
    ),
    "self.deploymentMode != 'zero-trust' || (has(self.provisioningController.installInterface)"
    " && has(self.provisioningController.installInterface.installViaRedfish))": (
        _zero_trust_over_redfish
    ),
    "self.deploymentMode != 'host-trusted' || !has(self.provisioningController.installInterface)"
    " || !has(self.provisioningController.installInterface.installViaRedfish)": (
        _trusted_without_redfish
    ),
    "self.deploymentMode != 'zero-trust' || !has(self.networking)"
    " || !has(self.networking.controlPlaneMTU) || self.networking.controlPlaneMTU <= 1500": (
        _zero_trust_without_jumbo
    ),
    "self.deploymentMode == 'zero-trust' || !has(self.security) || !has(self.security.spiffe)": (
        lambda new, _: _mode(new) == "zero-trust" or not _has(new, "security", "spiffe")
    ),
}
"""Text of a rule, its blanks folded -> the rule."""

MESSAGES: Mapping[str, Callable[[Any], str]] = {
    "'for interfaceType=' + self.interfaceType + ', ' + self.interfaceType + ' must be set'": (
        lambda new: f"for interfaceType={new['interfaceType']}, {new['interfaceType']} must be set"
    ),
}
"""Text of a ``messageExpression`` -> the message."""
