"""What would be tainted if services became critical.

A preview is the verdict about every host with only the targets as critical services, compared with
the taints that hosts carry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from dpfctl.errors import AccessError, DpfctlError
from dpfctl.model import kinds
from dpfctl.model.dpu_services import is_critical
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref
from dpfctl.reconcile.hosts.dpu_side import SIDE_KINDS, DpuClusters
from dpfctl.reconcile.hosts.readiness import HOST_KINDS, host_failures, judge_hosts, taints_disabled
from dpfctl.reconcile.hosts.verdicts import HostVerdict, State

_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


class Effect(StrEnum):
    """What a mark does to a host that waits for a target."""

    NEW = "new"
    """It would be tainted."""
    ALREADY = "already"
    """It is tainted, for whatever reason, and would stay so for the target too."""
    OVERDUE = "overdue"
    """It is to be tainted anyway: the targets it waits for are critical already."""


@dataclass(frozen=True, slots=True)
class HostPreview:
    """A host that waits for a target.

    Attributes:
        verdict: The host; it waits for targets only, whatever else it waits for.
        effect: What the mark does to it.
        is_schedulable: Whether it takes pods but for the taint.
    """

    verdict: HostVerdict
    effect: Effect
    is_schedulable: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What marking services as critical does to hosts at once.

    Attributes:
        targets: The services, as they were given.
        hosts: Hosts that wait for a target, one per host Node, in the order of the DPUNodes.
        unknown: Untainted hosts of which it cannot be said whether they would be tainted.
        unreadable: Why not, where a list or a DPU cluster could not be read; each once.
        schedulable: Number of host Nodes that a DPUNode links, that are not cordoned and that are
            no control plane, tainted or not.
        spared: How many of these are not tainted and would not be.
        is_disabled: Whether the DPFOperatorConfig says that no host is tainted at all.
    """

    targets: tuple[Ref, ...]
    hosts: tuple[HostPreview, ...] = ()
    unknown: tuple[HostVerdict, ...] = ()
    unreadable: tuple[DpfctlError, ...] = ()
    schedulable: int = 0
    spared: int = 0
    is_disabled: bool = False

    def having(self, effect: Effect) -> tuple[HostPreview, ...]:
        """The hosts on which the mark has that effect."""
        return tuple(host for host in self.hosts if host.effect is effect)

    @property
    def added(self) -> int:
        """Number of schedulable hosts that would be tainted and are not yet."""
        return sum(host.is_schedulable for host in self.having(Effect.NEW))


def kinds_for_preview() -> tuple[tuple[Kind, ...], tuple[Kind, ...]]:
    """Return the kinds to list, all namespaces: of the host cluster, and of each DPU cluster."""
    return HOST_KINDS, SIDE_KINDS


def preview(host: Inventory, dpu_clusters: DpuClusters, targets: Sequence[Ref]) -> Preview:
    """Say which hosts would be tainted right now if services became critical.

    Args:
        host: Lists of the host cluster; a list that failed leaves all open.
        dpu_clusters: What each DPU cluster holds, or why that is not known.
        targets: n DPUServices; those that are critical already add no taint.

    Returns:
        The hosts, each with the service, DPU and pod that it waits for.
    """
    if failures := host_failures(host):
        return Preview(tuple(targets), unreadable=failures)
    wanted = frozenset(targets)
    verdicts = _by_node(judge_hosts(host, dpu_clusters, critical=lambda s: s.ref in wanted))
    marked = {s.ref for s in host.list(kinds.DPU_SERVICE) if is_critical(s)}
    hosts = tuple(
        HostPreview(verdict, _effect(verdict, marked), _is_schedulable(verdict))
        for verdict in verdicts
        if verdict.state is State.NOT_READY
    )
    unknown = tuple(v for v in verdicts if v.gaps and not v.waits and not v.is_tainted)
    takers = [v for v in verdicts if _is_schedulable(v)]
    spared = sum(not (v.is_tainted or v.should_be_tainted) for v in takers)
    unreadable = _unreadable(unknown)
    disabled = taints_disabled(host)
    return Preview(tuple(targets), hosts, unknown, unreadable, len(takers), spared, disabled)


def refuse_unreadable(preview: Preview) -> None:
    """Refuse a mark whose effect cannot be foretold.

    Raises:
        AccessError: A list or a DPU cluster that the preview needs could not be read.
    """
    if not preview.unreadable:
        return
    first, *others = preview.unreadable
    more = f" (and {len(others)} more)" if others else ""
    raise AccessError(
        f"mark-critical: cannot tell which hosts would be tainted: {first.message}{more}",
        "mark it all the same with --force",
    )


def _by_node(verdicts: Sequence[HostVerdict]) -> tuple[HostVerdict, ...]:
    """Keep one verdict of those about one host Node; a DPUNode in deletion gives way."""
    kept: dict[Ref | None, HostVerdict] = {}
    for verdict in verdicts:
        subject = verdict.node or verdict.dpu_node
        ref = subject.ref if subject else None
        if ref not in kept or kept[ref].exemption:
            kept[ref] = verdict
    return tuple(kept.values())


def _effect(verdict: HostVerdict, marked: set[Ref]) -> Effect:
    if verdict.is_tainted:
        return Effect.ALREADY
    is_old = all(wait.service in marked for wait in verdict.waits)
    return Effect.OVERDUE if is_old else Effect.NEW


def _is_schedulable(verdict: HostVerdict) -> bool:
    node = verdict.node
    return (
        node is not None
        and node.at("spec", "unschedulable") is not True
        and not any(key in node.mapping("metadata", "labels") for key in _CONTROL_PLANE)
    )


def _unreadable(unknown: Sequence[HostVerdict]) -> tuple[DpfctlError, ...]:
    errors = (gap.error for v in unknown for gap in v.gaps if gap.cluster is not None)
    return tuple(dict.fromkeys(errors))
