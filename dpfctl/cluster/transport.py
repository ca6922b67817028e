"""One HTTP exchange with one API server: sent once, limited in time and size, never redirected.

What to do when it fails is decided elsewhere (``retries``); what an answer means too
(``answers``). The connection pool comes from the official client.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import HTTPError

from dpfctl.cluster.faults import Cause, FaultError, Limits, fault_of
from dpfctl.cluster.lines import Lines
from dpfctl.cluster.sockets import allowed

PAGE_LIMIT = 64 << 20
IN_FLIGHT = 8

_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: HTTP method in capitals.
        path: Below the server's prefix, escaped already.
        query: Names and values, escaped on sending.
        body: JSON as bytes, None for no body.
        content_type: Of the body; always said, because a patch means nothing without it.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. Of the headers only these are kept.

    Attributes:
        status: HTTP status.
        body: Decoded body, at most ``PAGE_LIMIT`` bytes.
        content_type: Media type, lower case, without parameters.
        retry_after: The header as it came, empty if there was none.
        date: The server's clock as it came.
        location: Where a redirect points to.
        attempts: How many requests it took to get it.
    """

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    retry_after: str = ""
    date: str = ""
    location: str = ""
    attempts: int = 1


class Transport:
    """Sends requests over at most ``IN_FLIGHT`` connections.

    Args:
        pool: The client's connections to the server, opened by ``lines``.
        prefix: Path below which the API begins, empty or with a leading slash.
        lines: Opens the connections.
        limits: How long each step may take.
        via: Words for the proxy in between, empty if there is none.
    """

    def __init__(
        self,
        pool: urllib3.HTTPConnectionPool,
        prefix: str,
        lines: Lines,
        limits: Limits,
        via: str = "",
    ) -> None:
        self._pool = pool
        self._prefix = prefix
        self._lines = lines
        self._limits = limits
        self._via = via
        self._slots = threading.BoundedSemaphore(IN_FLIGHT)

    def send(self, request: Request, headers: Mapping[str, str], until: float) -> Answer:
        """Send one request and read its answer.

        Args:
            request: What to send.
            headers: Who we are; a ``urllib3.HTTPHeaderDict`` may repeat names.
            until: Moment on the monotonic clock at which it must be over.

        Raises:
            FaultError: There is no answer, or not a whole one.
        """
        with self._slots:
            try:
                return self._exchange(request, headers, until)
            except (HTTPError, OSError, ValueError) as error:
                raise fault_of(error, self._limits, self._via, until) from error

    def cut(self) -> None:
        """End all exchanges under way."""
        self._lines.cut()

    def close(self) -> None:
        """End all exchanges and give the connections back."""
        self._lines.cut()
        self._pool.close()

    def _exchange(self, request: Request, headers: Mapping[str, str], until: float) -> Answer:
        silence = self._limits.silence
        with allowed(min(until, monotonic() + silence), silence):
            response = self._open(request, headers)
        try:
            with allowed(until, silence):
                body = _read(response)
            _check_end(response, body)
            return _answer(response, body)
        except BaseException:
            response.close()
            raise

    def _open(self, request: Request, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        return self._pool.urlopen(
            request.method,
            self._prefix + target_of(request),
            body=request.body,
            headers=headers,
            timeout=urllib3.Timeout(connect=self._limits.connect, read=self._limits.silence),
            retries=False,
            redirect=False,
            preload_content=False,
        )


def target_of(request: Request) -> str:
    """Return path and query as they are sent."""
    query = urlencode(request.query, quote_via=quote, safe="")
    return f"{request.path}?{query}" if query else request.path


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    body = bytearray()
    while piece := response.read(_PIECE, decode_content=True):
        body += piece
        if len(body) > PAGE_LIMIT:
            raise FaultError(Cause.TOO_LARGE, f"an answer of more than {PAGE_LIMIT >> 20} MiB")
    response.release_conn()
    return bytes(body)


def _check_end(response: urllib3.BaseHTTPResponse, body: bytes) -> None:
    """Notice a cut where nothing but the end of the connection tells how long a body is."""
    headers = response.headers
    is_framed = "Content-Length" in headers or "Transfer-Encoding" in headers
    is_json = headers.get("Content-Type", "").startswith("application/json")
    if is_json and not is_framed and not body.rstrip().endswith(b"}"):
        raise FaultError(Cause.BROKEN, "the connection ended before the answer did")


def _answer(response: urllib3.BaseHTTPResponse, body: bytes) -> Answer:
    headers: Mapping[str, Any] = response.headers
    return Answer(
        status=response.status,
        body=body,
        content_type=headers.get("Content-Type", "").partition(";")[0].strip().lower(),
        retry_after=headers.get("Retry-After", ""),
        date=headers.get("Date", ""),
        location=headers.get("Location", ""),
    )
