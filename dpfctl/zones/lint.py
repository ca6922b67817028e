"""All rules about zones, all findings at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.kinds import Kind
from dpfctl.zones.findings import Code, Finding, Severity, in_order
from dpfctl.zones.nodes import DpuClusters
from dpfctl.zones.outlook import Outlook
from dpfctl.zones.rules.chains import check_live_ports, check_mtu, check_ports
from dpfctl.zones.rules.interfaces import check_claims, check_interface_names, check_interfaces
from dpfctl.zones.rules.networks import check_networks, check_resources
from dpfctl.zones.rules.overlaps import check_hosts, check_label
from dpfctl.zones.rules.references import check_clusters, check_references
from dpfctl.zones.rules.selectors import check_selectors
from dpfctl.zones.rules.services import check_releases, check_service_ids
from dpfctl.zones.rules.uplinks import check_uplinks
from dpfctl.zones.zone import Zone

Rule = Callable[[Outlook, Zone], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    check_selectors,
    check_label,
    check_hosts,
    check_interfaces,
    check_claims,
    check_interface_names,
    check_ports,
    check_live_ports,
    check_uplinks,
    check_service_ids,
    check_releases,
    check_networks,
    check_resources,
    check_references,
    check_mtu,
    check_clusters,
)

_NEEDED: Mapping[Kind, tuple[Code, ...]] = {
    kinds.DPU_SET: (Code.OVERLAP,),
    kinds.DPU_NODE: (Code.OVERLAP,),
    kinds.DPU_SERVICE_INTERFACE: (Code.INTERFACES, Code.CHAIN_PORTS, Code.PORTS),
    kinds.DPU_SERVICE_CHAIN: (Code.CHAIN_PORTS,),
    kinds.DPU_SERVICE: (Code.CLAIMS, Code.SERVICE_IDS, Code.RELEASES),
    kinds.DPU: (Code.CHAIN_PORTS, Code.PORTS),
    kinds.DPU_DEVICE: (),
    kinds.DPU_CLUSTER: (Code.RELEASES,),
    kinds.DPU_SERVICE_IPAM: (Code.NETWORKS,),
    kinds.BFB: (Code.REFERENCES,),
    kinds.DPU_FLAVOR: (Code.REFERENCES,),
    kinds.DPU_SERVICE_NAD: (Code.REFERENCES,),
    kinds.NETWORK_ATTACHMENT_DEFINITION: (),
    kinds.DPF_OPERATOR_CONFIG: (Code.MTU,),
}
"""Kinds that the rules look at, and which rules cannot be checked without."""

_NOT_YET = frozenset({kinds.DPU_NODE, kinds.DPU_DEVICE, kinds.DPU_SERVICE_NAD})
"""Kinds that DPF v25.1 does not have: nothing is missing there."""


def kinds_to_read(zones: Sequence[Zone] = ()) -> tuple[Kind, ...]:
    """Return the kinds of the host cluster that linting and planning these zones needs.

    Args:
        zones: Zones as they are to be applied; only a DPUSet that selects host Nodes, as before DPF
            v25.7, needs those.
    """
    sets = [member.resource for zone in zones for member in zone.of(kinds.DPU_SET)]
    is_old = any(dpu_set.at("spec", "nodeSelector") is not None for dpu_set in sets)
    return (*_NEEDED, kinds.NODE) if is_old else tuple(_NEEDED)


def lint(
    zones: Sequence[Zone],
    fleet: Inventory,
    dpu_clusters: DpuClusters | None,
    *,
    prune: bool = False,
) -> tuple[Finding, ...]:
    """Check every rule on zones as they will stand in a cluster.

    Args:
        zones: Zones that are to be applied together.
        fleet: The host cluster: lists of ``kinds_to_read``.
        dpu_clusters: Nodes of DPU clusters by namespace and name; None if none was read. Then the
            DPUs on the host stand for them.
        prune: Whether what has left the zones is deleted; the rules then judge what remains.

    Returns:
        What is wrong, by place; a note for what could not be checked.
    """
    outlook = Outlook(zones, fleet, dpu_clusters or {}, prune=prune)
    findings = [finding for zone in zones for rule in RULES for finding in rule(outlook, zone)]
    return in_order((*findings, *_unchecked(zones, fleet, dpu_clusters or {})))


def _unchecked(
    zones: Sequence[Zone], fleet: Inventory, dpu_clusters: DpuClusters
) -> Iterator[Finding]:
    """Say which rules a list that could not be read left unchecked."""
    if not zones:
        return
    for kind, codes in _NEEDED.items():
        is_absent = fleet.listing(kind).trouble is Trouble.NOT_SERVED
        lack = fleet.lack(kind)
        if not lack or (is_absent and kind in _NOT_YET):
            continue
        for code in codes:
            yield zones[0].finding(code, Severity.NOTE, f"not fully checked: {lack}")
    for (namespace, name), inventory in dpu_clusters.items():
        if lack := inventory.lack(kinds.NODE):
            fact = f"nodes of dpucluster/{namespace}/{name} are taken from its DPUs: {lack}"
            yield zones[0].finding(Code.CHAIN_PORTS, Severity.NOTE, fact)
