"""The second half of a pass: what follows from what runs on the DPUs now.

Ports are published in the host cluster, hosts are tainted or set free, services that are gone from
the DPUs are let go. It is planned on lists that were read after the first half was written.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go`` and
    ``dpuready_controller.go``.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from dpfctl.errors import DpfctlError
from dpfctl.model import kinds
from dpfctl.model.dpu_services import is_paused
from dpfctl.model.edits import with_field
from dpfctl.model.inventory import Inventory, Listing
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.applications.wanted import remaining_applications, stale_fault
from dpfctl.reconcile.deploy import FINALIZER
from dpfctl.reconcile.hosts.maintenance import plan_requestors
from dpfctl.reconcile.hosts.readiness import host_failures, judge_hosts
from dpfctl.reconcile.hosts.taints import adds_taint, plan_taints, with_cut_off
from dpfctl.reconcile.hosts.verdicts import HostVerdict
from dpfctl.reconcile.interfaces.claims import released, unknown_claims
from dpfctl.reconcile.ports.planning import cleanup, plan_ports
from dpfctl.reconcile.prerequisites.planning import lost_pull_secrets
from dpfctl.reconcile.prerequisites.privilege import allow_list_changes
from dpfctl.reconcile.releases.wanted import remaining_releases
from dpfctl.reconcile.service_pass import ServicePass, awaiting
from dpfctl.reconcile.steps import EVERY_PART, PORTS, Fault, Part, Step
from dpfctl.reconcile.world import Engine, World


@dataclass(frozen=True, slots=True)
class HostPass:
    """What a pass does for the hosts.

    Attributes:
        verdicts: One per DPUNode.
        changes: Taints and requestors.
        failures: Lists without which no host can be judged.
    """

    verdicts: tuple[HostVerdict, ...] = ()
    changes: tuple[Change, ...] = ()
    failures: tuple[DpfctlError, ...] = ()

    def about(self, services: Collection[Ref]) -> "HostPass":
        """Return the part that concerns some services only.

        A host is tainted only for one of these; one that waits for nothing any more is set free
        all the same, and gets no taint for another reason.
        """
        if not services:
            return HostPass()
        waiting = {
            verdict.node.name
            for verdict in self.verdicts
            if verdict.node is not None and any(w.service in services for w in verdict.waits)
        }
        free = {v.node.name for v in self.verdicts if v.node is not None and not v.waits}
        meant = waiting | free
        taints = (change for change in self.changes if change.stage == Step.TAINT)
        return replace(
            self,
            verdicts=tuple(v for v in self.verdicts if v.node is not None and v.node.name in meant),
            changes=tuple(
                change
                for change in taints
                if change.ref.name in waiting
                or (change.ref.name in free and not adds_taint(change))
            ),
        )


def plan_follow(one: ServicePass, world: World, parts: frozenset[Part] = EVERY_PART) -> ServicePass:
    """Plan what follows for one DPUService.

    Args:
        one: The service, read anew, with what went wrong in the first half.
        world: Lists of after the first half.
        parts: What is to be done at all.

    Returns:
        The pass with changes of the second half only, and with the faults of both.
    """
    fresh = replace(one, changes=())
    if one.is_held or one.is_foreign:
        return fresh
    if one.untried:
        return fresh
    if one.is_leaving:
        return _parted(fresh, world) if Part.HELM in parts else fresh
    if one.stop is not None:
        return fresh
    if Part.HELM in parts and (stale := _stale(one, world)) is not None:
        return replace(fresh, faults=(*one.faults, stale))
    return _exposed(fresh, world) if Part.PORTS in parts else fresh


def plan_hosts(passes: Iterable[ServicePass], world: World) -> HostPass:
    """Judge every host, and plan its taints and the requestors of its maintenance.

    Args:
        passes: Every DPUService of this pass; the service ID that each is about to get counts,
            and no host waits for one that ends with this pass.
        world: Lists of after the first half.
    """
    known = tuple(passes)
    ending = {one.service.ref for one in known if any(map(is_end, one.changes))}
    host = identified(world.host, known, ending)
    if failures := host_failures(host):
        return HostPass(failures=failures)
    seen = replace(world, host=host)
    judged = judge_hosts(host, world.dpus, is_upstream=world.is_upstream)
    verdicts = with_cut_off(judged, seen)
    return HostPass(verdicts, (*plan_taints(verdicts, seen), *plan_requestors(seen)))


def renewed(passes: Sequence[ServicePass], world: World) -> tuple[ServicePass, ...]:
    """Return passes with their services as they are now; those that are gone are left out."""
    found = ((one, world.host.find(one.service.ref)) for one in passes)
    return tuple(replace(one, service=now) for one, now in found if now is not None)


def refinish(change: Change, fresh: Resource | None) -> Change:
    """Plan the end of a finalizer again on the service as it is now."""
    is_staying = fresh is None or not fresh.is_deleting or is_paused(fresh)
    again = () if fresh is None or is_staying else _finished(fresh)
    return again[0] if again else replace(change, action=Action.NONE, before=fresh)


def _stale(one: ServicePass, world: World) -> Fault | None:
    """What is still there in clusters that the service no longer selects; Helm waits by itself."""
    if world.engine is not Engine.ARGOCD:
        return None
    return stale_fault(one.service, one.destinations, world)


def _exposed(one: ServicePass, world: World) -> ServicePass:
    """Publish the ports of a service, unless their DPU cluster is out of reach already."""
    seen = replace(one, looked=one.looked | {PORTS})
    found = plan_ports(one.service, world)
    if isinstance(found, Fault):
        return replace(seen, faults=(*one.faults, found))
    return replace(seen, changes=found)


def _parted(one: ServicePass, world: World) -> ServicePass:
    """Let go of a service in deletion once nothing of it runs any more."""
    if one.faults:
        return one
    waiting = remaining_applications(one.service, world)
    if not waiting and world.engine is Engine.HELM:
        waiting = remaining_releases(one.service, world)
    if waiting:
        return replace(one, faults=(awaiting(waiting),))
    secrets = unknown_claims(world) or _lost_secrets(one.service, world)
    if isinstance(secrets, Fault):
        return replace(one, faults=(secrets,))
    allowed = _allow_lists(world)
    ends = (*released(one.service, world), *secrets, *allowed, *cleanup(one.service, world))
    token = f"ends of {one.service.ref}"
    given = tuple(replace(change, gives=token) for change in ends)
    last = (replace(change, needs=(token,)) for change in _finished(one.service))
    return replace(one, changes=(*given, *last))


def _lost_secrets(service: Resource, world: World) -> tuple[Change, ...] | Fault:
    """Take copied pull secrets along with the last service of a namespace."""
    others = world.host.list(kinds.DPU_SERVICE)
    if any(o.namespace == service.namespace and not o.is_deleting for o in others):
        return ()
    return lost_pull_secrets(service.namespace, world)


def _allow_lists(world: World) -> tuple[Change, ...]:
    """Take the service off the lists of those that may run privileged pods, as far as possible."""
    found = (allow_list_changes(name, world) for name in world.dpus)
    return tuple(change for each in found if not isinstance(each, Fault) for change in each)


def is_end(change: Change) -> bool:
    """Whether a change is the end of a DPUService: the last of its finalizers is taken away."""
    left = Resource(change.ref.kind, change.after).finalizers
    return change.stage == Step.FINISH and not left


def _finished(service: Resource) -> tuple[Change, ...]:
    if FINALIZER not in service.finalizers:
        return ()
    kept = [name for name in service.finalizers if name != FINALIZER]
    after = with_field(service.raw, ("metadata", "finalizers"), kept)
    return (Change(service.ref, Action.PATCH, "let go", service, after, stage=Step.FINISH),)


def identified(
    host: Inventory, passes: Iterable[ServicePass], gone: Collection[Ref] = ()
) -> Inventory:
    """Return the host cluster with the service IDs that services are about to get.

    Args:
        host: The host cluster.
        passes: The services that get one.
        gone: Services that are no longer there.
    """
    known = {one.service.ref: one.service_id for one in passes}
    services = tuple(
        _with_id(service, known.get(service.ref, ""))
        for service in host.list(kinds.DPU_SERVICE)
        if service.ref not in gone
    )
    listing = host.listing(kinds.DPU_SERVICE)
    changed = Listing(services, listing.trouble, listing.message)
    return Inventory({**host.listings, kinds.DPU_SERVICE: changed})


def _with_id(service: Resource, service_id: str) -> Resource:
    if not service_id or service.text("status", "serviceID") == service_id:
        return service
    raw = with_field(service.raw, ("status", "serviceID"), service_id)
    return Resource(service.kind, raw)
