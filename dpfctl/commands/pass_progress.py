"""How far a pass is, told on stderr while it runs: people and logs of CI both want to know."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dpfctl.model.cluster import HOST
from dpfctl.session import Session

if TYPE_CHECKING:
    from dpfctl.plan import Change


@dataclass(slots=True)
class Progress:
    """Tells each step once; on a terminal once for each cluster.

    Attributes:
        session: Where to.
    """

    session: Session
    _last: str = ""
    _told: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        """Tell something, unless it was the last thing that was told."""
        if text != self._last:
            self.session.note(text)
        self._last = text

    def begin(self, change: "Change") -> None:
        """Tell that a step begins, if it is the first change of it."""
        text = self._text(change)
        with self._guard:
            if text in self._told:
                return
            self._told.add(text)
        self.say(text)

    def _text(self, change: "Change") -> str:
        from dpfctl.reconcile.steps import Step

        doing = _DOING[Step(change.stage).name]
        if not self.session.err.isatty():
            return doing
        where = "host" if change.cluster == HOST else "/".join(change.cluster)
        return f"{where}: {doing}"


_DOING = {
    "FINALIZER": "adding finalizers",
    "HOLD": "holding Applications, or letting them go",
    "CLAIM": "claiming interfaces",
    "NAMESPACE": "creating namespaces",
    "PULL_SECRET": "copying pull secrets",
    "ORPHAN_SECRET": "deleting copies of pull secrets that are gone",
    "PRIVILEGE": "listing privileged services",
    "DEPLOY": "deploying charts",
    "STALE": "removing charts that nobody asks for any more",
    "REMOVE": "removing what deleted services had",
    "SLICE": "publishing EndpointSlices",
    "ENDPOINTS": "publishing Endpoints",
    "EXPOSE": "publishing Services",
    "CLEANUP": "withdrawing published ports",
    "TAINT": "tainting hosts, or untainting them",
    "REQUESTOR": "writing requestors of maintenance",
    "RELEASE_CLAIM": "giving interfaces free",
    "STATUS": "writing status",
    "FINISH": "removing finalizers",
}
"""What is done in each step, by its name."""
