"""One pass from beginning to end, as plans: what deploys, what follows from it, the status.

Whoever carries the plans out reads the clusters again between the first and the second, where the
first wrote anything, and hands each outcome to the next step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, listing_of
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Plan, expected
from dpfctl.reconcile.deploy import plan_deploy
from dpfctl.reconcile.dpus.planning import plan_operational
from dpfctl.reconcile.follow import HostPass, identified, is_end, plan_follow, plan_hosts, renewed
from dpfctl.reconcile.identity import service_id_of
from dpfctl.reconcile.service_pass import (
    Place,
    ServicePass,
    by_place,
    change_order,
    merged,
    spot_of,
    without_clashes,
)
from dpfctl.reconcile.status.planning import plan_status
from dpfctl.reconcile.steps import EVERY_PART, Part
from dpfctl.reconcile.world import World
from dpfctl.report import Outcome, Result

COMMAND = "reconcile"


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass on its way.

    Attributes:
        world: What is known now.
        services: The DPUServices it is about, by namespace and name.
        parts: What is to be done at all.
        hosts: What is known of the hosts; empty before the second half.
        is_whole: Whether it is about every DPUService there is.
    """

    world: World
    services: tuple[ServicePass, ...]
    parts: frozenset[Part] = EVERY_PART
    hosts: HostPass = field(default_factory=HostPass)
    is_whole: bool = True

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks about services, each once."""
        return tuple(dict.fromkeys(note for one in self.services for note in one.notes))

    def first_plan(self) -> Plan:
        """What deploys."""
        return Plan(COMMAND, merged(self.services), self.notes)

    def second_plan(self) -> Plan:
        """What follows; the status comes last, since it tells what became of the rest."""
        changes = (*merged(self.services), *self.hosts.changes)
        return Plan(COMMAND, tuple(sorted(changes, key=change_order)), self.notes)

    def after(self, outcomes: Iterable[Outcome]) -> "Pass":
        """Return the pass with what failed, or was not tried."""
        made = {spot_of(outcome.change): outcome for outcome in outcomes}
        return replace(self, services=tuple(one.after(made) for one in self.services))


def begin(
    services: Sequence[Resource],
    world: World,
    parts: frozenset[Part] = EVERY_PART,
    *,
    is_whole: bool = True,
) -> Pass:
    """Plan the first half.

    Args:
        services: The DPUServices to reconcile, by namespace and name.
        world: What is known.
        parts: What is to be done at all.
        is_whole: Whether these are all DPUServices.

    Raises:
        RejectedError: There is no DPFOperatorConfig, or more than one.
        DpfctlError: DPFOperatorConfigs could not be listed.
    """
    if failure := world.host.failure(kinds.DPF_OPERATOR_CONFIG):
        raise failure
    _ = world.config
    deploys = Part.HELM in parts
    found = (
        plan_deploy(one, world) if deploys else ServicePass(one, service_id_of(one))
        for one in services
    )
    return Pass(world, without_clashes(found), parts, is_whole=is_whole)


def follow(one: Pass, world: World, *, is_foreseen: bool = False) -> Pass:
    """Plan the second half.

    Args:
        one: The pass with what failed in the first half.
        world: Lists that were read after the first half.
        is_foreseen: Whether they are only what it would probably lead to: then what may be over by
            then is no failure.
    """
    known = renewed(one.services, world)
    services = tuple(plan_follow(each, world, one.parts) for each in known)
    if is_foreseen:
        services = tuple(each.excused() for each in services)
    hosts = HostPass()
    if Part.TAINTS in one.parts:
        hosts = plan_hosts(services, world)
        hosts = hosts if one.is_whole else hosts.about({each.service.ref for each in services})
    return replace(one, world=world, services=services, hosts=hosts)


def status_plan(one: Pass, outcomes: Iterable[Outcome]) -> Plan:
    """Plan what objects say about all that, after the second half was written.

    Args:
        one: The pass with what failed.
        outcomes: Of the second half; Services of the host as they were stored.
    """
    if Part.STATUS not in one.parts:
        return Plan(COMMAND, ())
    done = by_place(outcomes)
    host = published(one.world, done)
    refs = (each.service.ref for each in one.services)
    gone = {ref for ref in refs if is_gone(ref, done)}
    told = (
        plan_status(each, one.world, host)
        for each in one.services
        if not each.is_foreign and each.service.ref not in gone
    )
    after = replace(one.world, host=identified(one.world.host, one.services, gone))
    changes = (*told, *(plan_operational(after) if one.is_whole else ()))
    return Plan(COMMAND, tuple(sorted(changes, key=change_order)))


def published(world: World, outcomes: Mapping[Place, Outcome]) -> Inventory:
    """Return the host cluster with its Services as they are after writes to it."""
    found = {service.ref: service for service in world.host.list(kinds.SERVICE)}
    for outcome in outcomes.values():
        ref = outcome.change.ref
        if ref.kind != kinds.SERVICE or outcome.result not in (Result.DONE, Result.PLANNED):
            continue
        raw = outcome.stored or expected(outcome.change)
        if raw is None:
            found.pop(ref, None)
        else:
            found[ref] = Resource(ref.kind, raw)
    changed = replace(world.host.listing(kinds.SERVICE), items=listing_of(found.values()).items)
    return Inventory({**world.host.listings, kinds.SERVICE: changed})


def is_gone(service: Ref, outcomes: Mapping[Place, Outcome]) -> bool:
    """Whether the last finalizer of a service was taken away, or is going to be."""
    found = outcomes.get((("", ""), service))
    if found is None or found.result not in (Result.DONE, Result.PLANNED):
        return False
    return is_end(found.change)
