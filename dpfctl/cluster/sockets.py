"""Sockets that know how long the request they serve may still take.

The timeouts of Python's HTTP stack count per read, so a server that sends one byte at a time is
never too late: measured, a limit of 2 s let a request run for 20 s. Here every single read asks
the allowance of the calling thread first, which ends at a fixed moment. Name lookups and
connects have limits too.
"""

import contextlib
import errno
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any

Address = IPv4Address | IPv6Address

KEEPALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
USER_TIMEOUT_MS = 20_000
DEFAULT_SILENCE = 10.0


class _Allowance(threading.local):
    until: float = float("inf")
    silence: float = DEFAULT_SILENCE


_allowance = _Allowance()


@contextlib.contextmanager
def allowed(until: float, silence: float) -> Iterator[None]:
    """Limit what sockets of this thread may wait for inside the block.

    Args:
        until: Moment on the monotonic clock at which every wait ends.
        silence: Seconds a single wait may last.
    """
    before = _allowance.until, _allowance.silence
    _allowance.until, _allowance.silence = until, silence
    try:
        yield
    finally:
        _allowance.until, _allowance.silence = before


def time_left() -> float:
    """Return how many seconds the next wait of this thread may last.

    Raises:
        TimeoutError: The moment has passed.
    """
    left = min(_allowance.silence, _allowance.until - monotonic())
    if left <= 0:
        raise TimeoutError("timed out")
    return left


if TYPE_CHECKING:
    _Socket = socket.socket
else:
    _Socket = object


class _Patient(_Socket):
    """Sets the timeout before every wait; goes in front of a socket class."""

    def recv(self, *args: Any) -> bytes:
        self.settimeout(time_left())
        return super().recv(*args)

    def recv_into(self, *args: Any) -> int:
        self.settimeout(time_left())
        return super().recv_into(*args)

    def send(self, *args: Any) -> int:
        self.settimeout(time_left())
        return super().send(*args)

    def sendall(self, *args: Any) -> None:
        self.settimeout(time_left())
        super().sendall(*args)


class PlainSocket(_Patient, socket.socket):
    """A TCP socket that keeps to the allowance."""


class TlsSocket(_Patient, ssl.SSLSocket):
    """A TLS socket that keeps to the allowance; set it as ``SSLContext.sslsocket_class``."""

    def recv(self, *args: Any) -> bytes:
        """Receive; before the handshake it is Python itself that looks for stray data."""
        if self.version() is not None:
            return super().recv(*args)
        try:
            return ssl.SSLSocket.recv(self, *args)
        except OSError as error:
            # These two it expects; after all others it forgets to close what it has made.
            if error.errno not in (errno.ENOTCONN, errno.EINVAL):
                self.close()
            raise

    def recv_into(self, *args: Any) -> int:
        """Receive; damage on the way is a broken connection, only an alert is the peer's word."""
        try:
            return super().recv_into(*args)
        except ssl.SSLError as error:
            if "ALERT" in (error.reason or ""):
                raise
            raise ConnectionResetError(errno.ECONNRESET, "damaged on the way") from None


def resolve(host: str, port: int, limit: float) -> list[tuple[int, Any]]:
    """Look a name up, in a thread of its own since a lookup cannot be interrupted.

    Returns:
        One or more (address family, socket address), in the order of the resolver.

    Raises:
        OSError: ``socket.gaierror`` if there is no such name, TimeoutError after ``limit`` seconds.
    """
    if _is_address(host):
        return _lookup(host, port)
    found: list[list[tuple[int, Any]] | OSError] = []

    def work() -> None:
        try:
            found.append(_lookup(host, port))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=work, name="dpfctl-resolver", daemon=True)
    thread.start()
    thread.join(limit)
    answer = found[0] if found else TimeoutError(f"no answer from the resolver in {limit:g} s")
    if isinstance(answer, OSError):
        raise answer
    return answer


def dial(
    host: str, port: int, limit: float, check: Callable[[Address], None] | None = None
) -> PlainSocket:
    """Connect to the first address of a name that answers.

    Args:
        host: Name or address.
        port: TCP port.
        limit: Seconds for the lookup and all attempts together.
        check: Called with each address before it is used; raises to refuse.

    Raises:
        OSError: The last attempt's failure.
    """
    deadline = monotonic() + limit
    targets = resolve(host, port, limit)
    failure: OSError = TimeoutError("timed out")
    for number, (family, address) in enumerate(targets):
        if check is not None:
            check(ip_address(address[0].partition("%")[0]))
        share = (deadline - monotonic()) / (len(targets) - number)
        try:
            return _connect(family, address, max(0.05, share))
        except OSError as error:
            failure = error
    raise failure


def _connect(family: int, address: Any, limit: float) -> PlainSocket:
    sock = PlainSocket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(limit)
        sock.connect(address)
        _tune(sock)
    except BaseException:
        sock.close()
        raise
    return sock


def _tune(sock: socket.socket) -> None:
    """Ask the kernel to notice a dead peer within about 25 s, and not to delay small packets."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (*KEEPALIVE, ("TCP_USER_TIMEOUT", USER_TIMEOUT_MS)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _lookup(host: str, port: int) -> list[tuple[int, Any]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a part of the name is empty or too long to be looked up
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from error
    return [(family, address) for family, _, _, _, address in found]


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
