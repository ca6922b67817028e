"""Planning single changes of a pass again, after somebody else wrote their objects."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dpfctl.errors import NotFoundError
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Change
from dpfctl.reconcile.applications.changes import replan_application
from dpfctl.reconcile.deploy import refinalize
from dpfctl.reconcile.dpus.planning import replan_operational
from dpfctl.reconcile.follow import refinish
from dpfctl.reconcile.hosts.maintenance import replan_requestors
from dpfctl.reconcile.hosts.taints import replan_taints
from dpfctl.reconcile.interfaces.claims import reclaim
from dpfctl.reconcile.ports.changes import replan_ports
from dpfctl.reconcile.prerequisites.planning import replan_prerequisite
from dpfctl.reconcile.service_pass import ServicePass
from dpfctl.reconcile.status.planning import plan_status
from dpfctl.reconcile.steps import Step
from dpfctl.reconcile.world import World

_BY_STEP = {
    Step.FINALIZER: refinalize,
    Step.HOLD: replan_application,
    Step.CLAIM: reclaim,
    Step.NAMESPACE: replan_prerequisite,
    Step.PULL_SECRET: replan_prerequisite,
    Step.ORPHAN_SECRET: replan_prerequisite,
    Step.PRIVILEGE: replan_prerequisite,
    Step.DEPLOY: replan_application,
    Step.STALE: replan_application,
    Step.SLICE: replan_ports,
    Step.ENDPOINTS: replan_ports,
    Step.EXPOSE: replan_ports,
    Step.CLEANUP: replan_ports,
    Step.TAINT: replan_taints,
    Step.REQUESTOR: replan_requestors,
    Step.RELEASE_CLAIM: reclaim,
    Step.FINISH: refinish,
}


@dataclass(frozen=True, slots=True)
class Replanner:
    """Plans a change again; keeps ``Replan``.

    Attributes:
        world: What the pass knows.
        passes: What the pass found out about each DPUService, for its status.
        host: The host cluster as it is after the writes before, for published ports.
    """

    world: World
    passes: tuple[ServicePass, ...]
    host: Inventory = field(repr=False)

    def __call__(self, change: Change, fresh: Resource | None) -> Change:
        """Plan a change again on the object as it is now.

        Raises:
            ConflictError: The object has become somebody else's.
            NotFoundError: It is gone, and must not be made again.
        """
        if change.stage != Step.STATUS:
            return _BY_STEP[Step(change.stage)](change, fresh)
        if change.ref.kind == kinds.DPU:
            return replan_operational(change, fresh, self.world.now)
        if fresh is None:
            raise NotFoundError(f"{change.ref}: was deleted meanwhile")
        one = _of(change.ref, self.passes)
        return plan_status(replace(one, service=fresh), self.world, self.host)


def _of(ref: Ref, passes: Iterable[ServicePass]) -> ServicePass:
    return next(one for one in passes if one.service.ref == ref)
