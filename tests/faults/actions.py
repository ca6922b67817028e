"""What a fault proxy can do to a request or a connection, as values."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

FOREVER = 1 << 30


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer the request without asking the real server."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass(frozen=True, slots=True)
class Raw:
    """Answer the request with these bytes, then end the connection."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Garble:
    """Answer the request with bytes that are no TLS, then end the connection."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Read the request and say nothing until the proxy closes."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Read the request and reset the connection."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """Read the request and close the connection in good order."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Forward the request after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Dribble:
    """Forward the request, then send the answer bytewise: the body, or the headers too."""

    seconds_per_byte: float
    headers: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """Forward the request, send so many bytes of the body, then close (or reset)."""

    after: int
    reset: bool = False


@dataclass(frozen=True, slots=True)
class CommitThenDrop:
    """Forward the request, wait for the real answer, and reset without passing it on."""


@dataclass(frozen=True, slots=True)
class CommitThen:
    """Forward the request, wait for the real answer, and do this instead of passing it on."""

    action: "Reply | Raw | Silence | Hangup | Garble"


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Do something while the request waits in the proxy, then forward it."""

    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Instead:
    """Do something when the request is there, and never forward it."""

    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Forward the request, and do something between the real answer and passing it on."""

    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Mute:
    """Accept the connection and never speak TLS."""


@dataclass(frozen=True, slots=True)
class Slam:
    """Reset the connection as soon as it is there."""


RequestAction = (
    Reply
    | Raw
    | Garble
    | Silence
    | Reset
    | Hangup
    | Delay
    | Dribble
    | Cut
    | CommitThenDrop
    | CommitThen
    | Meanwhile
    | Instead
    | Afterwards
)
ConnectionAction = Mute | Slam


@dataclass(slots=True)
class Injected:
    """One fault, and how often it has struck.

    Attributes:
        action: What it does.
        matching: Searched in ``METHOD /path?query``; connections match anything.
        first: Number of the matching request that is the first to be struck, from 1.
        times: How many are struck from there on.
        seen: Matching requests so far.
        fired: How many were struck.
    """

    action: RequestAction | ConnectionAction
    matching: re.Pattern[str]
    first: int = 1
    times: int = FOREVER
    seen: int = 0
    fired: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def strikes(self, line: str) -> bool:
        """Whether this request or connection is struck; counts it."""
        if not self.matching.search(line):
            return False
        with self._guard:
            self.seen += 1
            is_due = self.first <= self.seen < self.first + self.times
            self.fired += is_due
        return is_due
