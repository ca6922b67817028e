"""Why an exchange brought no answer: the many errors of sockets, TLS and HTTP, sorted into few."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from urllib3 import exceptions

from dpfctl.cluster.tls import explain
from dpfctl.cluster.wording import one_line

_TUNNEL = "Tunnel connection failed: "


class Cause(StrEnum):
    """Why an exchange failed, as far as it matters for what to do next."""

    REFUSED = "refused"
    """No connection; asking again may help."""
    NO_ROUTE = "no route"
    """No connection; asking again will not help."""
    TLS = "tls"
    """Connected, but not to a server we trust, or one that does not trust us."""
    SILENT = "silent"
    """Nothing came for too long."""
    BROKEN = "broken"
    """The connection ended before the answer did."""
    RUBBISH = "rubbish"
    """What came is not HTTP."""
    TOO_LARGE = "too large"
    """More came than we are willing to hold."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the steps of one exchange may take, in seconds.

    Attributes:
        connect: Lookup, TCP and TLS together.
        silence: From the start to the end of the headers, and between two pieces of the body.
    """

    connect: float = 5.0
    silence: float = 10.0


class FaultError(Exception):
    """An exchange without an answer.

    Attributes:
        cause: What kind of failure.
        fact: Words for a message, lower case.
        hint: What to do about it, may be empty.
    """

    def __init__(self, cause: Cause, fact: str, hint: str = "") -> None:
        super().__init__(fact)
        self.cause = cause
        self.fact = fact
        self.hint = hint


def fault_of(error: Exception, limits: Limits, via: str, until: float) -> FaultError:
    """Sort an error of the HTTP stack.

    Args:
        error: What ``urllib3`` or a socket raised.
        limits: For the words of a timeout.
        via: Words for the proxy in between, empty if there is none.
        until: Moment on the monotonic clock at which the whole request had to be over.
    """
    chain = tuple(_chain(error))
    if tunnel := next((str(e) for e in chain if str(e).startswith(_TUNNEL)), ""):
        return FaultError(
            Cause.NO_ROUTE, f"{via}: {one_line(tunnel.removeprefix(_TUNNEL))}", _PROXY
        )
    if any(isinstance(e, exceptions.ProxyError) for e in chain):
        return FaultError(Cause.NO_ROUTE, f"{via}: {_connect_fault(chain, limits).fact}", _PROXY)
    if any(isinstance(e, exceptions.NewConnectionError) for e in chain):
        return _connect_fault(chain, limits)
    if any(isinstance(e, (TimeoutError, exceptions.TimeoutError)) for e in chain):
        return _late(limits, until)
    for inner in chain:
        if isinstance(inner, ssl.SSLError) and not _is_end(inner):
            fact, hint = explain(inner)
            return FaultError(Cause.TLS, fact, hint)
    return _broken(chain)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, what it wraps and what caused it, outermost first."""
    while error is not None:
        yield error
        wrapped = next((a for a in reversed(error.args) if isinstance(a, BaseException)), None)
        error = wrapped or error.__cause__


def _connect_fault(chain: tuple[BaseException, ...], limits: Limits) -> FaultError:
    for error in reversed(chain):
        if isinstance(error, socket.gaierror):
            return _lookup_fault(error)
        if isinstance(error, ConnectionRefusedError):
            return FaultError(Cause.REFUSED, "connection refused")
        if isinstance(error, ConnectionError):
            return FaultError(Cause.REFUSED, "the connection ended as soon as it was there")
        if isinstance(error, TimeoutError):
            return FaultError(Cause.NO_ROUTE, f"no connection within {limits.connect:g} s")
        if isinstance(error, OSError) and error.strerror:
            return FaultError(Cause.NO_ROUTE, one_line(error.strerror).lower())
    return FaultError(Cause.NO_ROUTE, "no connection")


def _lookup_fault(error: socket.gaierror) -> FaultError:
    if error.errno == socket.EAI_AGAIN:
        return FaultError(Cause.REFUSED, "the name could not be looked up for now")
    return FaultError(Cause.NO_ROUTE, "no such host", "check the name, and the network or VPN")


def _late(limits: Limits, until: float) -> FaultError:
    if monotonic() >= until:
        return FaultError(Cause.SILENT, "not done within the time limit of a request", _LONGER)
    return FaultError(Cause.SILENT, f"no answer for {limits.silence:g} s")


def _is_end(error: ssl.SSLError) -> bool:
    return isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))


def _broken(chain: tuple[BaseException, ...]) -> FaultError:
    for error in chain:
        is_end = isinstance(error, http.client.RemoteDisconnected)
        if isinstance(error, http.client.BadStatusLine) and not is_end:
            return FaultError(Cause.RUBBISH, "not a Kubernetes answer: not HTTP")
        if isinstance(error, exceptions.DecodeError):
            return FaultError(Cause.RUBBISH, "not a Kubernetes answer: cannot be unpacked")
    return FaultError(Cause.BROKEN, "the connection ended before the answer did")


_PROXY = "check the proxy, or except the server with NO_PROXY"
_LONGER = "--request-timeout sets the limit"
