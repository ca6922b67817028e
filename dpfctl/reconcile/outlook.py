"""A pass as far as it can be planned before anything is written."""

from dataclasses import dataclass

from dpfctl.plan import Plan
from dpfctl.reconcile.foreseen import foreseen
from dpfctl.reconcile.passing import Pass, follow, status_plan


@dataclass(frozen=True, slots=True)
class Outlook:
    """The plans of a pass, the later ones on what the first will probably lead to.

    Attributes:
        first: The pass with what deploys.
        second: The pass with what follows.
        status: What objects are going to say.
    """

    first: Pass
    second: Pass
    status: Plan

    @property
    def is_exact(self) -> bool:
        """Whether nothing of it is a guess, since the first half changes nothing."""
        return not self.first.first_plan().pending

    @property
    def is_pending(self) -> bool:
        """Whether anything is to be written."""
        second = self.second.second_plan()
        return bool(not self.is_exact or second.pending or self.status.pending)


def look_ahead(first: Pass) -> Outlook:
    """Plan a pass to its end, as far as that is possible before its first half is written."""
    begun = first.first_plan()
    later = foreseen(first.world, begun.changes)
    second = follow(first, later, is_foreseen=bool(begun.pending))
    return Outlook(first, second, status_plan(second, ()))
