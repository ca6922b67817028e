"""Manifests become zones: objects that share one label of their nodes are one zone.

Nothing in a manifest says which label that is. It is the one that most objects have in common; keys
that Kubernetes or DPF set by themselves are a last resort, and so are labels no set gives.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dpfctl.model import kinds
from dpfctl.zones.anatomy import node_label_candidates
from dpfctl.zones.findings import Code, Finding
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.names import is_managed, is_of_system
from dpfctl.zones.zone import Member, NodeLabel, Zone, in_apply_order


def group(
    members: Sequence[Member], described: Sequence[Zone]
) -> tuple[tuple[Zone, ...], tuple[Finding, ...]]:
    """Put manifests into zones.

    Args:
        members: Objects from manifests, in the order of the text.
        described: Zones from Zone documents; objects with their label join them.

    Returns:
        All zones, by namespace and name; an error for each object that belongs to none, or whose
        namespace is not that of its zone.
    """
    labels = _labels(members, {zone.label for zone in described})
    homeless = [member for member, label in zip(members, labels, strict=True) if label is None]
    found: dict[NodeLabel, list[Member]] = {zone.label: [] for zone in described}
    for member, label in zip(members, labels, strict=True):
        if label is not None:
            found.setdefault(label, []).append(member)
    findings = [*_adopt(homeless, found)]
    by_label = {zone.label: zone for zone in described}
    zones = [_zone(label, joined, by_label.get(label)) for label, joined in found.items()]
    zones += [zone for zone in described if by_label[zone.label] is not zone]
    findings += [finding for zone in zones for finding in _strangers(zone)]
    return tuple(sorted(zones, key=lambda zone: (zone.namespace, zone.name))), tuple(findings)


def _labels(members: Sequence[Member], described: set[NodeLabel]) -> list[NodeLabel | None]:
    """The zone label of each object, None if it selects nothing that could be one."""
    candidates = [sorted(node_label_candidates(member.resource)) for member in members]
    votes = Counter(label for labels in candidates for label in labels)
    given = {
        label
        for member, labels in zip(members, candidates, strict=True)
        if member.resource.kind is kinds.DPU_SET
        for label in labels
    }

    def likelihood(label: NodeLabel) -> tuple[bool, bool, int, bool]:
        return label in described, not is_managed(label.key), votes[label], label in given

    return [
        max(
            (label for label in labels if not is_of_system(label.key)), key=likelihood, default=None
        )
        for labels in candidates
    ]


def _adopt(
    homeless: Iterable[Member], found: Mapping[NodeLabel, list[Member]]
) -> Iterable[Finding]:
    """Give objects without a selector to the only zone, or to the one in their name."""
    for member in homeless:
        named = [
            v for label, v in found.items() if member.resource.name.endswith(f"-{label.value}")
        ]
        homes = list(found.values()) if len(found) == 1 else named
        if len(homes) == 1:
            homes[0].append(member)
        else:
            yield member.error(Code.NO_ZONE, "belongs to no zone", _HINT)


def _zone(label: NodeLabel, joined: list[Member], described: Zone | None) -> Zone:
    if described is not None:
        members = (*described.members, *joined)
        return replace(described, members=in_apply_order(members, PARTS))
    [(namespace, _)] = Counter(member.resource.namespace for member in joined).most_common(1)
    members = in_apply_order(joined, PARTS)
    return Zone(label.value, namespace, label, members, joined[0].place)


def _strangers(zone: Zone) -> Iterable[Finding]:
    for member in zone.members:
        if member.resource.namespace != zone.namespace:
            fact = f"is in namespace {member.resource.namespace}, zone {zone.name} is in"
            hint = "a zone has one namespace"
            path = ("metadata", "namespace")
            yield member.error(Code.NAMESPACE, f"{fact} {zone.namespace}", hint, path)


_HINT = "give it the label of its zone: in its nodeSelector, in cluster.nodeLabels of a DPUSet"
