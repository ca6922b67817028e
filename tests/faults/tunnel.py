"""An HTTP proxy that tunnels everything to one port, or refuses to."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(slots=True)
class Tunnel:
    """Answers CONNECT on a free port of 127.0.0.1; use it as a context manager.

    Attributes:
        target: Port that tunnels lead to, whatever the client asked for.
        status: What CONNECT is answered with; anything but 200 ends the connection, 0 never
            answers.
        asked: The CONNECT lines and headers so far.
    """

    target: int
    status: int = 200
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    _listener: socket.socket = field(default_factory=socket.socket)
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _closing: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        """``127.0.0.1:port``."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self._start(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)
        for sock in (self._listener, *self._open):
            sock.close()

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            self._start(self._serve, sock)

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client.makefile("rb", buffering=0) as file:
            line = file.readline().decode("latin-1").strip()
            headers = http.client.parse_headers(file)
            self.asked.append((line, dict(headers.items())))
            if not self.status:
                self._closing.wait()
                return
            client.sendall(f"HTTP/1.1 {self.status} So it is\r\n\r\n".encode())
            if self.status == 200:
                self._carry(client)
        client.close()

    def _carry(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.target))
        self._open.append(server)
        self._start(_pump, server, client)
        _pump(client, server)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for sock in (source, sink):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
