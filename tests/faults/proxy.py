"""A proxy that breaks what it carries: our client on one side, a real API server on the other.

It ends TLS with a certificate of its own, so that faults can be aimed at single requests. Without
a real server behind it, it answers only what a fault makes it answer. Every fault counts how often
it struck; a test that does not look at the count has not shown anything.
"""

import base64
import contextlib
import http.client
import re
import socket
import ssl
import struct
import threading
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import trustme
import yaml

from tests.faults import actions
from tests.faults.actions import ConnectionAction, Injected, RequestAction

_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Upstream:
    """The real server: where it is, and the file with the authority that signed it."""

    url: str
    ca_file: Path


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that reached the proxy."""

    line: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    at: float


class FaultProxy:
    """A server on a free port of 127.0.0.1; use it as a context manager.

    Args:
        upstream: Where requests that no fault answers go; None: they get 404.
        authority: Signs the proxy's certificate; a new one by default.
        names: What the certificate is made out to.
        certificate: Used instead of one made out to these names.
        client_authority: Signs the certificates that clients must show; None: they need none.
        tls: Whether to speak TLS at all.
        oldest: Whether to speak no TLS newer than 1.1.
        listening: Whether anybody listens; without, connections are refused.
    """

    def __init__(
        self,
        upstream: Upstream | None = None,
        *,
        authority: trustme.CA | None = None,
        names: tuple[str, ...] = ("127.0.0.1", "localhost"),
        certificate: trustme.LeafCert | None = None,
        client_authority: trustme.CA | None = None,
        tls: bool = True,
        oldest: bool = False,
        listening: bool = True,
    ) -> None:
        self.authority = authority or trustme.CA()
        self.seen: list[Seen] = []
        self.connections = 0
        self.peak = 0
        self._upstream = upstream
        self._faults: list[Injected] = []
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._in_flight = 0
        self._threads: list[threading.Thread] = []
        leaf = certificate or self.authority.issue_cert(*names)
        self._context = _server_context(leaf, client_authority, oldest) if tls else None
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        if listening:
            self._listener.listen(128)
            self._start(self._accept)

    @property
    def url(self) -> str:
        """What clients connect to."""
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    @property
    def ca_pem(self) -> bytes:
        """The certificate clients must trust."""
        return self.authority.cert_pem.bytes()

    def kubeconfig(self, path: Path, user: Mapping[str, Any] | None = None, **cluster: Any) -> Path:
        """Write a kubeconfig for the proxy.

        Args:
            path: The file.
            user: Fields of the user entry, by default a token.
            cluster: Fields of the cluster entry, written with ``_`` for ``-``, that add to or
                replace server and authority.
        """
        ca = path.with_suffix(".ca.pem")
        ca.write_bytes(self.ca_pem)
        fields = {"server": self.url, "certificate-authority": str(ca)}
        fields |= {name.replace("_", "-"): value for name, value in cluster.items()}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "faulty",
            "contexts": [{"name": "faulty", "context": {"cluster": "c", "user": "tester"}}],
            "clusters": [{"name": "c", "cluster": fields}],
            "users": [{"name": "tester", "user": dict(user or {"token": "t0ken"})}],
        }
        path.write_text(yaml.safe_dump(document))
        return path

    def text(self, token: str = "t", server: str = "") -> str:
        """Return a kubeconfig for the proxy, or for another server, that names no files."""
        authority = base64.b64encode(self.ca_pem).decode()
        cluster = {"server": server or self.url, "certificate-authority-data": authority}
        return yaml.safe_dump(
            {
                "clusters": [{"name": "c", "cluster": cluster}],
                "users": [{"name": "u", "user": {"token": token}}],
            }
        )

    def inject(
        self,
        action: RequestAction | ConnectionAction,
        matching: str = "",
        *,
        first: int = 1,
        times: int = actions.FOREVER,
    ) -> Injected:
        """Add a fault; the first one that matches a request strikes it.

        Args:
            action: What happens.
            matching: Regular expression searched in ``METHOD /path?query``.
            first: The first matching request to be struck, from 1.
            times: How many from there on.
        """
        fault = Injected(action, re.compile(matching), first, times)
        with self._guard:
            self._faults.append(fault)
        return fault

    def lines(self) -> list[str]:
        """Requests so far, ``METHOD /path?query``."""
        return [request.line for request in self.seen]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, end all connections and wait for the threads."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)
            assert not thread.is_alive(), "a thread of the fault proxy did not end"

    def _start(self, work: Any, *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, sock)

    def _serve(self, raw: socket.socket) -> None:
        with self._held(raw):
            action = self._strike("", ConnectionAction)
            if isinstance(action, actions.Mute):
                self._closing.wait()
            elif isinstance(action, actions.Slam):
                _make_reset(raw)
            else:
                self._shake_hands(raw)

    def _shake_hands(self, raw: socket.socket) -> None:
        if self._context is None:
            _Exchange(self, raw).run()
            return
        with (
            contextlib.suppress(OSError, ssl.SSLError),
            self._context.wrap_socket(raw, server_side=True) as sock,
            self._held(sock),
        ):
            _Exchange(self, sock).run()

    @contextlib.contextmanager
    def _held(self, sock: socket.socket) -> Any:
        with self._guard:
            self._open.add(sock)
        try:
            if self._closing.is_set():
                sock.close()
            yield
        finally:
            with self._guard:
                self._open.discard(sock)
            sock.close()

    def _strike(self, line: str, actions_of: Any) -> RequestAction | ConnectionAction | None:
        with self._guard:
            faults = [fault for fault in self._faults if isinstance(fault.action, actions_of)]
        return next((fault.action for fault in faults if fault.strikes(line)), None)

    @contextlib.contextmanager
    def _counted(self) -> Any:
        with self._guard:
            self._in_flight += 1
            self.peak = max(self.peak, self._in_flight)
        try:
            yield
        finally:
            with self._guard:
                self._in_flight -= 1


class _Exchange:
    """The requests of one connection, one after the other."""

    def __init__(self, proxy: FaultProxy, sock: socket.socket) -> None:
        self._proxy = proxy
        self._sock = sock
        self._file = sock.makefile("rb")

    def run(self) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, ValueError), self._file:
            while request := self._next():
                with self._proxy._counted():
                    if not self._answer(request):
                        return

    def _next(self) -> Seen | None:
        line = self._file.readline().decode("latin-1").split()
        if len(line) != 3:
            if line:  # what a client that speaks TLS to a plain port gets
                self._sock.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            return None
        headers = http.client.parse_headers(self._file)
        body = self._file.read(int(headers.get("Content-Length", "0")))
        seen = Seen(f"{line[0]} {line[1]}", _plain(headers), body, time.monotonic())
        self._proxy.seen.append(seen)
        return seen

    def _answer(self, request: Seen) -> bool:
        """Answer one request; False ends the connection."""
        return self._do(self._proxy._strike(request.line, RequestAction), request)

    def _do(self, action: Any, request: Seen) -> bool:
        match action:
            case actions.Reply():
                self._send(action.status, action.headers, action.body)
                return True
            case actions.Raw():
                self._sock.sendall(action.data)
                return False
            case actions.Garble():
                socket.socket.sendall(self._sock, b"\x17\x03\x03\x00\x20" + bytes(32))
                return False
            case actions.Silence():
                self._proxy._closing.wait()
                return False
            case actions.Reset():
                _make_reset(self._sock)
                return False
            case actions.Hangup():
                return False
            case actions.Instead():
                action.do()
                return False
            case actions.Meanwhile():
                action.do()
            case actions.Delay():
                self._proxy._closing.wait(action.seconds)
        return self._pass_on(request, action)

    def _pass_on(self, request: Seen, action: Any) -> bool:
        status, headers, body = self._forward(request)
        match action:
            case actions.CommitThenDrop():
                _make_reset(self._sock)
                return False
            case actions.CommitThen():
                return self._do(action.action, request)
            case actions.Afterwards():
                action.do()
            case actions.Cut():
                self._sock.sendall(_head(status, headers, len(body)) + body[: action.after])
                if action.reset:
                    _make_reset(self._sock)
                return False
            case actions.Dribble():
                return self._dribble(action, _head(status, headers, len(body)), body)
        self._send(status, headers, body)
        return True

    def _dribble(self, action: actions.Dribble, head: bytes, body: bytes) -> bool:
        quick, slow = (b"", head + body) if action.headers else (head, body)
        self._sock.sendall(quick)
        for position in range(len(slow)):
            if self._proxy._closing.wait(action.seconds_per_byte):
                return False
            self._sock.sendall(slow[position : position + 1])
        return True

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._sock.sendall(_head(status, headers, len(body)) + body)

    def _forward(self, request: Seen) -> tuple[int, Mapping[str, str], bytes]:
        upstream = self._proxy._upstream
        if upstream is None:
            return 404, {"Content-Type": "text/plain"}, b"404 page not found\n"
        parts = urlsplit(upstream.url)
        context = ssl.create_default_context(cafile=str(upstream.ca_file))
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, context=context, timeout=60
        )
        with contextlib.closing(connection):
            method, _, target = request.line.partition(" ")
            connection.request(method, target, request.body or None, _passed(request.headers))
            response = connection.getresponse()
            return response.status, _passed(_plain(response.headers)), response.read()


def _server_context(
    leaf: trustme.LeafCert, clients: trustme.CA | None, oldest: bool
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    if clients is not None:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    if oldest:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def _plain(headers: Message) -> dict[str, str]:
    """Headers as a dict; repeated ones are joined by commas."""
    joined: dict[str, str] = {}
    for name, value in headers.items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP}


def _head(status: int, headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"HTTP/1.1 {status} x", *(f"{n}: {v}" for n, v in headers.items())]
    if "Content-Length" not in headers:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _make_reset(sock: socket.socket) -> None:
    """Make the close that follows send RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
