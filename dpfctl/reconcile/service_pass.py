"""One DPUService on its way through a pass: what is done for it, and where it stops."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dpfctl.errors import DpfctlError, ExitCode
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.conditions import AWAITING_DELETION
from dpfctl.model.dpu_services import is_paused
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.destinations import Destination
from dpfctl.reconcile.identity import taken_text
from dpfctl.reconcile.interfaces.claims import NO_BINDING, Binding
from dpfctl.reconcile.ports.changes import failure_text
from dpfctl.reconcile.steps import Fault, Step, waiting
from dpfctl.report import Outcome, Result

Place = tuple[ClusterName, Ref]
"""Where an object is, and its name."""

Spot = tuple[int, Place]
"""The stage of a change, and its object: there may be several changes of one."""


@dataclass(frozen=True, slots=True)
class ServicePass:
    """What a pass does for one DPUService.

    Attributes:
        service: The DPUService as it was read.
        service_id: By which its pods name it; empty while it is suspended and has none.
        destinations: Where it is deployed to.
        binding: The interfaces that it uses.
        changes: In the order of their stages. What several services of a namespace need stands in
            each of them.
        faults: What is wrong, in the order of the steps.
        notes: Remarks for the user.
        looked: Condition types that the pass has something to say about, good or bad.
        is_foreign: Whether somebody else deploys the service, so that nothing of it is touched.
        untried: Steps with changes that were not made, since something else had failed before, or
            since the run was interrupted.
    """

    service: Resource
    service_id: str = ""
    destinations: tuple[Destination, ...] = ()
    binding: Binding = NO_BINDING
    changes: tuple[Change, ...] = field(default=(), repr=False)
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()
    looked: frozenset[str] = frozenset()
    is_foreign: bool = False
    untried: frozenset[Step] = frozenset()

    @property
    def is_held(self) -> bool:
        """Whether the service is suspended, so that nothing is deployed or removed."""
        return is_paused(self.service)

    @property
    def is_leaving(self) -> bool:
        """Whether the service is being deleted, and not suspended."""
        return self.service.is_deleting and not self.is_held

    @property
    def stop(self) -> Fault | None:
        """The fault at which the service as a whole stops, None if it goes on."""
        return next((fault for fault in self.faults if fault.cluster == HOST), None)

    @property
    def broken(self) -> frozenset[ClusterName]:
        """The DPU clusters in which it does not go on."""
        return frozenset(fault.cluster for fault in self.faults if fault.cluster != HOST)

    def after(self, outcomes: Mapping[Spot, Outcome]) -> "ServicePass":
        """Return the pass with what failed when its changes were made, or was not tried."""
        found = [one for change in self.changes if (one := outcomes.get(spot_of(change)))]
        failed = (self._failure(one, one.error) for one in found if one.error)
        faults = tuple(sorted((*self.faults, *failed), key=lambda fault: fault.step))
        left = (Step(one.change.stage) for one in found if one.result in _LEFT and not one.error)
        return replace(self, faults=faults, untried=self.untried.union(left))

    def losing(self, lost: Sequence[tuple[Change, Ref]]) -> "ServicePass":
        """Return the pass without changes of objects that other services make, each a fault."""
        found = (
            self._fault(change, f"{change.ref}: {taken_text(owner)}") for change, owner in lost
        )
        faults = (replace(fault, code=ExitCode.CONFLICT) for fault in found)
        gone = {spot_of(change) for change, _ in lost}
        kept = tuple(change for change in self.changes if spot_of(change) not in gone)
        ordered = sorted((*self.faults, *faults), key=lambda fault: fault.step)
        return replace(self, changes=kept, faults=tuple(ordered))

    def excused(self) -> "ServicePass":
        """Return the pass with what may be over by then as no failures."""
        excused = (waiting(fault) if fault.is_early else fault for fault in self.faults)
        return replace(self, faults=tuple(excused))

    def _failure(self, outcome: Outcome, error: DpfctlError) -> Fault:
        return replace(self._fault(outcome.change, error.message), code=error.exit_code)

    def _fault(self, change: Change, message: str) -> Fault:
        """Tell a change that was not made as the fault of its step, worded as DPF does."""
        step, where = Step(change.stage), change.cluster
        if self.is_leaving and step not in (Step.RELEASE_CLAIM, Step.FINISH):
            return awaiting(f"Error occurred: {message}")
        match step:
            case Step.NAMESPACE if where == HOST:
                return Fault(step, f"in-cluster namespace: {message}")
            case Step.NAMESPACE:
                return Fault(step, f"namespace for cluster {where[1]}: {message}", where)
            case Step.DEPLOY:
                return self._not_deployed(change, message)
            case Step.SLICE | Step.ENDPOINTS | Step.EXPOSE | Step.CLEANUP:
                return Fault(step, failure_text(change, message))
        return Fault(step, message, where)

    def _not_deployed(self, change: Change, message: str) -> Fault:
        name = change.ref.name
        found = (d.cluster for d in self.destinations if name == d.application(self.service))
        where = next(found, HOST) if change.cluster == HOST else change.cluster
        if where == HOST:
            return Fault(Step.DEPLOY, message)
        subject = f"ensure application for DPUCluster {'-'.join(where)}"
        return Fault(Step.DEPLOY, f"{subject}: {message}", where)


def awaiting(text: str) -> Fault:
    """Return why a service that is being deleted is still there; waiting is no failure."""
    return Fault(Step.REMOVE, text, reason=AWAITING_DELETION, code=ExitCode.OK)


def without_clashes(passes: Iterable[ServicePass]) -> tuple[ServicePass, ...]:
    """Leave to the first of several services what they would make under the same name."""
    owners: dict[Spot, Ref] = {}
    found: list[ServicePass] = []
    for one in passes:
        lost = [
            (change, owner)
            for change in one.changes
            if change.stage == Step.DEPLOY
            and (owner := owners.setdefault(spot_of(change), one.service.ref)) != one.service.ref
        ]
        found.append(one.losing(lost) if lost else one)
    return tuple(found)


def merged(passes: Iterable[ServicePass]) -> tuple[Change, ...]:
    """Return the changes of all services, each once, by stage and then by place.

    What is changed for one service and left alone for another is changed.
    """
    found: dict[Spot, Change] = {}
    for change in (change for one in passes for change in one.changes):
        key = spot_of(change)
        if key not in found or found[key].action is Action.NONE:
            found[key] = change
    return tuple(sorted(found.values(), key=change_order))


def change_order(change: Change) -> tuple[object, ...]:
    """Sort key of changes: stage, cluster, then kind, namespace and name of the object."""
    ref = change.ref
    return change.stage, change.cluster, ref.kind.resource, ref.namespace, ref.name


def place_of(change: Change) -> Place:
    """Return where the object of a change is."""
    return change.cluster, change.ref


def spot_of(change: Change) -> Spot:
    """Return the stage of a change, and where its object is."""
    return change.stage, place_of(change)


def by_place(outcomes: Iterable[Outcome]) -> dict[Place, Outcome]:
    """Index outcomes by the objects they are about; a failure counts more than a success."""
    found: dict[Place, Outcome] = {}
    for outcome in outcomes:
        place = place_of(outcome.change)
        if place not in found or found[place].error is None:
            found[place] = outcome
    return found


_LEFT = frozenset({Result.SKIPPED, Result.UNKNOWN})
