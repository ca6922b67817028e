"""How long a cluster is waited for, and how the verdict that it is down is shared."""

import threading
from dataclasses import dataclass, field

from dpfctl.cluster.faults import Limits
from dpfctl.cluster.retries import ATTEMPTS
from dpfctl.errors import DpfctlError

REQUEST_LIMIT = 30.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How much a cluster is waited for.

    Attributes:
        limits: For one exchange.
        request: Seconds for a request with all its attempts, if the user does not say.
        connects: How many times a refused connection is tried.
        remembers: Whether a cluster that did not answer once counts as dead from then on.
    """

    limits: Limits = field(default_factory=Limits)
    request: float = REQUEST_LIMIT
    connects: int = ATTEMPTS
    remembers: bool = False


HOST_PATIENCE = Patience()


class Outage:
    """What one request learned about the whole server, shared with all others.

    Twenty lists of a server that is down end with the first of them, not after 20 x 5 attempts.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._error: DpfctlError | None = None

    def declare(self, error: DpfctlError) -> None:
        """End all requests that share this value; the first error counts."""
        self._error = self._error or error
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Sleep, or raise as soon as an outage is declared."""
        if self._event.wait(seconds) and self._error is not None:
            raise self._error

    @property
    def error(self) -> DpfctlError | None:
        """What was declared."""
        return self._error
