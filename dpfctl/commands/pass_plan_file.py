"""Plans of ``reconcile`` in files: kept by ``--plan-out``, carried out by ``--plan``."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dpfctl.commands.pass_files import read_input, replace_private
from dpfctl.errors import ConflictError, InputError

if TYPE_CHECKING:
    from dpfctl.model.resources import Resource
    from dpfctl.plan import Change, Plan, Replan
    from dpfctl.reconcile.kept_plan import KeptPlan
    from dpfctl.reconcile.outlook import Outlook
    from dpfctl.report import Report


def write_plan(path: str, ahead: "Outlook") -> None:
    """Keep a plan in a file that only its owner can read.

    Raises:
        InputError: The file cannot be written.
    """
    from dpfctl.reconcile.kept_plan import plan_data

    replace_private("--plan-out", path, json.dumps(plan_data(ahead), indent=2) + "\n")


def load_plan(path: str) -> "KeptPlan":
    """Read a plan from a file.

    Raises:
        InputError: The file cannot be read, or holds no plan.
    """
    from dpfctl.reconcile.kept_plan import read_plan

    try:
        raw = json.loads(read_input("--plan", path))
    except (ValueError, RecursionError):
        raise InputError(f"--plan: {path}: is not JSON") from None
    return read_plan(raw, f"--plan: {path}")


def with_left_out(report: "Report", left_out: "Sequence[Change]") -> "Report":
    """Add what a kept plan did not hold to a report, as not tried."""
    from dpfctl.report import Outcome, Result

    skipped = tuple(Outcome(change, Result.SKIPPED) for change in left_out)
    return replace(report, outcomes=(*report.outcomes, *skipped))


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a kept plan lets a pass do.

    Attributes:
        kept: The plan, None if everything is allowed.
    """

    kept: "KeptPlan | None" = None

    def narrow(self, plan: "Plan") -> "tuple[Plan, tuple[Change, ...]]":
        """Return the part of a plan that is allowed, and what is left out of it."""
        from dpfctl.reconcile.kept_plan import key_of

        if self.kept is None:
            return plan, ()
        allowed = {change.key for change in self.kept.changes}
        left_out = tuple(change for change in plan.pending if key_of(change) not in allowed)
        left = set(map(id, left_out))
        kept = tuple(change for change in plan.changes if id(change) not in left)
        return replace(plan, changes=kept), left_out

    def replan(self, replan: "Replan") -> "Replan":
        """Never plan again what was planned exactly."""
        if self.kept is None:
            return replan
        exact = self.kept.exact

        def again(change: "Change", fresh: "Resource | None") -> "Change":
            from dpfctl.reconcile.kept_plan import key_of

            new = replan(change, fresh)
            if key_of(change) in exact and new.action == change.action:
                raise ConflictError(f"{change.ref}: has moved since it was planned", _HINT)
            return new

        return again


_HINT = "a kept plan is done as it is or not at all; make a new one"
