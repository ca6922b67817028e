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

        step = Step(change.stage).name.lower().replace("_", " ")
        if not self.session.err.isatty():
            return step
        where = "host" if change.cluster == HOST else "/".join(change.cluster)
        return f"{where}: {step}"
