"""Requests that are made until they are answered or time is up, by someone who is logged in."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from urllib.parse import quote

from urllib3 import HTTPHeaderDict

from dpfctl import __version__
from dpfctl.cluster.config import ClusterConfig, Impersonation
from dpfctl.cluster.credentials import Credentials
from dpfctl.cluster.faults import Cause, FaultError
from dpfctl.cluster.patience import Outage, Patience
from dpfctl.cluster.retries import LONGEST_WAIT, READS, next_pause
from dpfctl.cluster.transport import Answer, Request, Transport
from dpfctl.errors import AccessError, DpfctlError, LostAnswerError, UnreachableError

_RENEWAL_COUNTS = 10.0
"""Seconds for which a login that was just renewed, or could not be, is not tried again."""

_ALWAYS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"dpfctl/{__version__}",
}
_NAME_MARKS = "!#$&'*+^`|"
"""What the name of a header may hold besides what is never quoted; Go's client quotes the rest."""
_OF_THE_WHOLE = frozenset({Cause.REFUSED, Cause.NO_ROUTE, Cause.TLS})


@dataclass(frozen=True, slots=True)
class _Login:
    number: int
    credentials: Credentials
    headers: Mapping[str, str]
    transport: Transport


class Caller:
    """Sends the requests of one cluster.

    Args:
        config: The cluster and the user.
        open_transport: Makes a transport for a set of credentials.
        patience: How long to wait for what.
    """

    def __init__(
        self,
        config: ClusterConfig,
        open_transport: Callable[[Credentials], Transport],
        patience: Patience,
    ) -> None:
        self._config = config
        self._open = open_transport
        self._patience = patience
        self._guard = threading.Lock()
        self._login = self._log_in(None, config.credentials.current())
        self._renewed_at = float("-inf")
        self._has_answered = False
        self._sent = 0
        self._ended = 0
        self._date = ""

    def ask(self, request: Request, outage: Outage) -> Answer:
        """Send a request, again where that is safe and may help.

        Returns:
            The last answer, whatever its status; never 401.

        Raises:
            AccessError: The server refuses the credentials.
            UnreachableError: There was no answer.
        """
        until = monotonic() + self._limit
        attempt = 0
        while True:
            attempt += 1
            outage.wait(0)
            outcome = self._attempt(request, until)
            pause = self._pause(request.method, attempt, outcome, until)
            if pause is None:
                return self._settle(request, outcome, attempt, outage)
            outage.wait(pause)

    def cut(self) -> None:
        """End all requests under way."""
        self._login.transport.cut()

    def close(self) -> None:
        """Give connections back."""
        self._login.transport.close()

    @property
    def sent(self) -> int:
        """Number of requests so far, repeated ones too."""
        return self._sent

    @property
    def is_waiting(self) -> bool:
        """Whether a request is under way."""
        return self._sent > self._ended

    @property
    def date(self) -> str:
        """The server's clock as its last answer tells it, an HTTP date; empty if none did."""
        return self._date

    @property
    def endpoint(self) -> str:
        """``host:port`` of the server, for messages."""
        return self._config.server.endpoint

    @property
    def _limit(self) -> float:
        wanted = self._config.request_timeout
        if wanted is None:
            return self._patience.request
        return wanted or float("inf")

    def _pause(
        self, method: str, attempt: int, outcome: Answer | FaultError, until: float
    ) -> float | None:
        left = min(until - monotonic(), LONGEST_WAIT)
        connects = self._patience.connects
        return next_pause(method, attempt, outcome, left, random.random(), connects)

    def _attempt(self, request: Request, until: float) -> Answer | FaultError:
        login = self._login
        outcome = self._send(login, request, until)
        if isinstance(outcome, Answer) and outcome.status == 401:
            renewed = self._renew(login)
            return outcome if renewed is login else self._send(renewed, request, until)
        return outcome

    def _send(self, login: _Login, request: Request, until: float) -> Answer | FaultError:
        headers = HTTPHeaderDict(login.headers)
        if request.content_type:
            headers["Content-Type"] = request.content_type
        with self._guard:
            self._sent += 1
        try:
            answer = login.transport.send(request, headers, until)
        except FaultError as fault:
            return fault
        finally:
            with self._guard:
                self._ended += 1
        self._has_answered = True
        self._date = answer.date or self._date
        return answer

    def _settle(
        self, request: Request, outcome: Answer | FaultError, attempts: int, outage: Outage
    ) -> Answer:
        if isinstance(outcome, Answer) and outcome.status != 401:
            return replace(outcome, attempts=attempts)
        if isinstance(outcome, Answer):
            error: DpfctlError = self._refused()
        else:
            error = self.unreachable(outcome, attempts, request.method)
        if isinstance(outcome, Answer) or self._is_of_the_whole(outcome):
            outage.declare(error)
        raise error

    def unreachable(
        self, fault: FaultError, attempts: int = 1, method: str = "GET"
    ) -> UnreachableError:
        """Return the error for a fault of this cluster; what a write met may have stored it."""
        tries = f" ({attempts} attempts)" if attempts > 1 else ""
        where = f"{self._config.label}: {self.endpoint}"
        is_open = method not in READS and fault.cause not in _OF_THE_WHOLE
        error = LostAnswerError if is_open else UnreachableError
        return error(f"{where}: {fault.fact}{tries}", fault.hint)

    def _is_of_the_whole(self, fault: FaultError) -> bool:
        if fault.cause in _OF_THE_WHOLE:
            return True
        if fault.cause is Cause.SILENT and self._patience.remembers:
            return True
        return fault.cause is not Cause.TOO_LARGE and not self._has_answered

    def _refused(self) -> AccessError:
        user = f"user {self._config.user}" if self._config.user else "anonymous"
        fact = "the server refuses the credentials (401)"
        return AccessError(f"{self._config.label}: {user}: {fact}", self._config.credentials.hint)

    def _renew(self, refused: _Login) -> _Login:
        """Log in again, once for all threads that were refused together; the same if no use."""
        with self._guard:
            is_tried = monotonic() - self._renewed_at < _RENEWAL_COUNTS
            if self._login.number == refused.number and not is_tried:
                self._renewed_at = monotonic()
                credentials = self._config.credentials.reload()
                if credentials != refused.credentials:
                    self._login = self._log_in(refused, credentials)
            return self._login

    def _log_in(self, before: _Login | None, credentials: Credentials) -> _Login:
        """Take new credentials; a new token goes over the old connections."""
        headers = _headers(credentials, self._config.impersonation)
        if before is None or before.credentials.identity != credentials.identity:
            transport = self._open(credentials)
        else:
            transport = before.transport
        return _Login(before.number + 1 if before else 0, credentials, headers, transport)


def _headers(credentials: Credentials, impersonation: Impersonation) -> HTTPHeaderDict:
    headers = HTTPHeaderDict(_ALWAYS)
    if credentials.token:
        headers["Authorization"] = f"Bearer {credentials.token}"
    if impersonation.user:
        headers["Impersonate-User"] = _as_sent(impersonation.user)
    if impersonation.uid:
        headers["Impersonate-Uid"] = _as_sent(impersonation.uid)
    for group in impersonation.groups:
        headers.add("Impersonate-Group", _as_sent(group))
    for key, value in impersonation.extra:
        headers.add(f"Impersonate-Extra-{quote(key, safe=_NAME_MARKS)}", _as_sent(value))
    return headers


def _as_sent(text: str) -> str:
    """The text whose Latin-1 bytes, which is what is sent, are the UTF-8 that servers expect."""
    return text.encode().decode("latin-1")
