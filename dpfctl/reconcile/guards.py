"""What a pass does not do unless it is forced: next to a live controller, or to most of a fleet."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Resource
from dpfctl.model.timestamps import parse_time
from dpfctl.plan import Action, Change
from dpfctl.reconcile.service_pass import ServicePass
from dpfctl.reconcile.steps import Step

CONTROLLER_LEASES = ("dpuservice.dpu.nvidia.com", "e361afcf.nvidia.com")
"""Leases by which DPF's controllers elect their leader: newer releases, older ones."""

CONTROLLER_DEPLOYMENT = "dpuservice-controller-manager"

_SLACK = timedelta(seconds=3)


def live_controller(operators: Inventory, now: datetime) -> str:
    """Say which controller of DPF would work against us, empty if none runs.

    A Lease says who leads and until when. Only where there is none at all does a Deployment with
    ready replicas count, as one runs without leader election.

    Args:
        operators: Leases and Deployments of the namespace of the DPF operator.
        now: The clock of the API server, by which Leases are measured.

    Source:
        DPF 26.x ``cmd/dpuservice/main.go``; ``coordination.k8s.io/v1``, Kubernetes 1.36.
    """
    leases = [one for one in operators.list(kinds.LEASE) if one.name in CONTROLLER_LEASES]
    held = next((lease for lease in leases if is_held(lease, now)), None)
    if held is not None:
        return f"{held.ref} is held by {held.text('spec', 'holderIdentity') or 'somebody'}"
    if leases:
        return ""
    found = (one for one in operators.list(kinds.DEPLOYMENT) if one.name == CONTROLLER_DEPLOYMENT)
    running = next((one for one in found if one.at("status", "readyReplicas")), None)
    return f"{running.ref} has ready replicas" if running else ""


def is_held(lease: Resource, now: datetime) -> bool:
    """Whether somebody holds a Lease: it names a holder, and its last renewal still counts."""
    renewed = parse_time(lease.at("spec", "renewTime"))
    seconds = lease.at("spec", "leaseDurationSeconds")
    if not lease.text("spec", "holderIdentity") or renewed is None:
        return False
    return renewed + timedelta(seconds=seconds if isinstance(seconds, int) else 0) > now


def is_unused_since(lease: Resource | None, moment: datetime) -> bool:
    """Whether nobody has held a Lease since a moment.

    Args:
        lease: The Lease, None if there is none. Whoever gives it back renews it a last time; for
            whoever crashed it runs out.
        moment: By the clock of the API server. Those of several servers differ a little.
    """
    if lease is None:
        return True
    renewed = parse_time(lease.at("spec", "renewTime"))
    return renewed is not None and not is_held(lease, moment) and renewed + _SLACK <= moment


def controller_wrote_since(operators: Inventory, moment: datetime) -> bool:
    """Whether a controller of DPF, now at rest, may have written since a moment.

    Args:
        operators: As for ``live_controller``.
        moment: By the clock of the API server.
    """
    leases = [one for one in operators.list(kinds.LEASE) if one.name in CONTROLLER_LEASES]
    if leases:
        return not all(is_unused_since(lease, moment) for lease in leases)
    return any(one.name == CONTROLLER_DEPLOYMENT for one in operators.list(kinds.DEPLOYMENT))


def mass_deletions(passes: Sequence[ServicePass]) -> tuple[str, ...]:
    """Say of which services every Application or release would go, although they stay themselves.

    That is what a selector that was mistyped looks like. One that is in deletion asked for it.
    """
    return tuple(
        f"{one.service.ref}: all of its {len(gone)} {_word(gone)} would be deleted"
        for one in passes
        if not one.is_leaving and (gone := _gone(one.changes)) and not _kept(one.changes)
    )


def withdrawn_ports(passes: Sequence[ServicePass]) -> tuple[str, ...]:
    """Say which services would lose their published ports only because they select no cluster.

    Their numbers would be lost with them. A service that asks for no ports, or is being deleted,
    means it.
    """
    return tuple(
        f"{one.service.ref}: its published ports would be withdrawn: it selects no DPU cluster"
        for one in passes
        if not one.is_leaving
        and one.service.at("spec", "configPorts") is not None
        and any(c.stage == Step.CLEANUP and c.action is Action.DELETE for c in one.changes)
    )


def _gone(changes: Iterable[Change]) -> list[Change]:
    return [
        change
        for change in changes
        if change.action in (Action.DELETE, Action.UNINSTALL) and change.ref.kind in _DEPLOYED
    ]


def _kept(changes: Iterable[Change]) -> bool:
    """Whether an Application or release of the service stays, or comes."""
    every = tuple(changes)
    gone = {(change.cluster, change.ref) for change in _gone(every)}
    return any(
        change.ref.kind in _DEPLOYED and (change.cluster, change.ref) not in gone
        for change in every
    )


def _word(gone: Sequence[Change]) -> str:
    kind = gone[0].ref.kind
    return kind.name if len(gone) == 1 else kind.title


_DEPLOYED = (kinds.APPLICATION, kinds.RELEASE)
