"""Connections of one cluster: opened by our rules, known to us, and cut when we say so."""

import contextlib
import ssl
import threading
import weakref
from collections.abc import Callable
from socket import SHUT_RDWR, socket
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from dpfctl.cluster.sockets import Address, PlainSocket, dial


class Lines:
    """Opens the connections of one cluster and can cut them all.

    Args:
        limit: Seconds for lookup, TCP and TLS together.
        check: Called with each address before it is used; raises to refuse it.
    """

    def __init__(self, limit: float, check: Callable[[Address], None] | None = None) -> None:
        self._limit = limit
        self._check = check
        self._open: weakref.WeakSet[socket] = weakref.WeakSet()
        self._guard = threading.Lock()

    def open(self, host: str, port: int) -> PlainSocket:
        """Connect; what is left of the limit becomes the timeout of the TLS handshake."""
        start = monotonic()
        sock = dial(host, port, self._limit, self._check)
        sock.settimeout(max(0.05, self._limit - (monotonic() - start)))
        self.adopt(sock)
        return sock

    def adopt(self, sock: Any) -> None:
        """Remember a socket so that it can be cut."""
        if isinstance(sock, socket):
            with self._guard:
                self._open.add(sock)

    def cut(self) -> None:
        """Shut every connection; whoever waits on one wakes up with an error."""
        with self._guard:
            sockets = list(self._open)
        for sock in sockets:
            with contextlib.suppress(OSError):
                # Not the TLS socket's own method: it takes the session away from its reader.
                socket.shutdown(sock, SHUT_RDWR)


def plug(pool: urllib3.PoolManager, lines: Lines, context: ssl.SSLContext | None) -> None:
    """Make a pool open its connections through ``lines``, with our TLS settings.

    The context goes in as an object, so that no certificate or key has to lie in a file.
    """
    bases = {"http": (HTTPConnectionPool, _Line), "https": (HTTPSConnectionPool, _TlsLine)}
    pool.pool_classes_by_scheme = {
        scheme: type(
            base.__name__,
            (base,),
            {"ConnectionCls": type(line.__name__, (line,), {"lines": lines})},
        )
        for scheme, (base, line) in bases.items()
    }
    if context is not None:
        pool.connection_pool_kw["ssl_context"] = context


if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    _Connection = object


class _Opening(_Connection):
    """Replaces how a connection of ``urllib3`` opens its socket."""

    lines: ClassVar[Lines]

    def _new_conn(self) -> socket:
        try:
            return self.lines.open(self._dns_host, self.port)
        except OSError as error:
            raise NewConnectionError(self, "no connection") from error

    def connect(self) -> None:
        super().connect()
        self.lines.adopt(self.sock)


class _Line(_Opening, HTTPConnection):
    pass


class _TlsLine(_Opening, HTTPSConnection):
    pass
