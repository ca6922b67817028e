"""Z10, Z11: further networks of a service's pods, and the scalable functions for its interfaces."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.resources import Ref, Resource
from dpfctl.zones.anatomy import NETWORKS, SERVICE, interface_field
from dpfctl.zones.findings import Code, Finding
from dpfctl.zones.outlook import Outlook
from dpfctl.zones.zone import Member, Zone

IP_REQUEST = "iprequest"
"""Network by which a pod only asks for an address out of a pool."""

_SCALABLE_FUNCTIONS = "nvidia.com/bf_sf"
_COUNTED_BY_HAND = "mybrhbn"
_POOL_FIELDS = {"cidrpool": "ipv4Network", "ippool": "ipv4Subnet"}
_ANNOTATIONS = ("spec", "serviceDaemonSet", "annotations")
_NETWORKS = (*_ANNOTATIONS, NETWORKS)


@dataclass(frozen=True, slots=True)
class _PoolRequest:
    """A pool that a pod asks an address of."""

    name: str
    type: str


def check_networks(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that the networks annotation can be read, and that its pools exist."""
    for member in zone.of(kinds.DPU_SERVICE):
        text = member.resource.mapping(*_ANNOTATIONS).get(NETWORKS)
        if not isinstance(text, str):
            continue
        networks = _networks(text)
        if networks is None:
            fact = f"the annotation {NETWORKS} is no JSON list of objects"
            hint = 'write [{"name": "...", "interface": "..."}]; the short form is not taken'
            yield member.warning(Code.NETWORKS, fact, hint, _NETWORKS)
        elif outlook.can_tell(kinds.DPU_SERVICE_IPAM):
            for pool in _pools(networks):
                yield from _pool(outlook, member, pool)


def check_resources(outlook: Outlook, zone: Zone) -> Iterator[Finding]:
    """Check that a service asks for as many scalable functions as it has interfaces."""
    for member in zone.of(kinds.DPU_SERVICE):
        count = _interfaces_to_count(outlook, member.resource)
        asked = _asked_functions(member.resource)
        if count and asked != [str(count)]:
            told = ", ".join(asked) or "none"
            fact = f"asks for {_SCALABLE_FUNCTIONS}: {told}, its interfaces on {_COUNTED_BY_HAND}"
            hint = f"set resources: {{{_SCALABLE_FUNCTIONS}: {count}}} in helmChart.values"
            yield member.warning(Code.RESOURCES, f"{fact}: {count}", hint)


def _networks(text: str) -> list[dict[str, Any]] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    is_list = isinstance(found, list) and all(isinstance(entry, dict) for entry in found)
    return found if is_list else None


def _pools(networks: list[dict[str, Any]]) -> Iterator[_PoolRequest]:
    for network in networks:
        args = network.get("cni-args")
        if network.get("name") == IP_REQUEST and isinstance(args, dict):
            names = args.get("poolNames")
            for name in names if isinstance(names, list) else ():
                yield _PoolRequest(str(name), str(args.get("poolType") or ""))


def _pool(outlook: Outlook, member: Member, pool: _PoolRequest) -> Iterator[Finding]:
    found = outlook.live(Ref(kinds.DPU_SERVICE_IPAM, member.resource.namespace, pool.name))
    field = _POOL_FIELDS.get(pool.type, "")
    if found is None:
        fact = f"dpuserviceipam/{pool.name}: not found"
        yield member.warning(Code.NETWORKS, fact, "create it first", _NETWORKS)
    elif field and not found.mapping("spec", field):
        fact = f"dpuserviceipam/{pool.name} has no {field}, so it is no {pool.type}"
        yield member.warning(Code.NETWORKS, fact, "mend poolType", _NETWORKS)


def _interfaces_to_count(outlook: Outlook, service: Resource) -> int:
    """Interfaces on the network whose scalable functions DPF does not count by itself."""
    refs = [
        Ref(kinds.DPU_SERVICE_INTERFACE, service.namespace, name)
        for name in service.texts("spec", "interfaces")
    ]
    standing = [found for ref in refs if (found := outlook.find(ref)) is not None]
    networks = [interface_field(s.resource, SERVICE, "network") for s in standing]
    return sum(network.rpartition("/")[2] == _COUNTED_BY_HAND for network in networks)


def _asked_functions(service: Resource) -> list[str]:
    """What a service says of its scalable functions, in values and in its DaemonSet."""
    found = [
        *_values_of(service.at("spec", "helmChart", "values"), _SCALABLE_FUNCTIONS),
        *_values_of(service.at("spec", "serviceDaemonSet", "resources"), _SCALABLE_FUNCTIONS),
    ]
    return sorted({str(value) for value in found})


def _values_of(value: Any, name: str) -> Iterator[Any]:
    """Yield what stands under a name anywhere in a value."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            if key == name:
                yield child
            else:
                yield from _values_of(child, name)
