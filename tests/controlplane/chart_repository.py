"""Charts for tests, and an HTTPS chart repository on loopback that serves them.

One folder of packaged charts is served below several paths: ``/open`` to everyone, ``/locked`` to
who has the login, ``/broken`` answers 500. The certificate is signed by an authority of the test's
own.
"""

import base64
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from tests.controlplane.binaries import ensure
from tests.controlplane.registry import PASSWORD, USER

CHARTS = Path(__file__).parent.parent / "charts"

_LOGIN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def package_chart(
    folder: Path, version: str, app_version: str = "", chart: Path = CHARTS / "dpf-service"
) -> Path:
    """Package a chart, by default the one that keeps DPF's contract.

    Args:
        folder: Existing folder that gets the archive.
        version: Of the chart.
        app_version: Of what it installs; empty leaves what the chart says.
        chart: The chart's own folder.

    Returns:
        ``folder/NAME-VERSION.tgz``.
    """
    helm = ensure(("helm",))["helm"]
    words: list[str | Path] = [helm, "package", chart, "--version", version, "-d", folder]
    words += ["--app-version", app_version] if app_version else []
    subprocess.run(words, check=True, capture_output=True)
    return folder / f"{chart.name}-{version}.tgz"


def index_charts(folder: Path) -> None:
    """Write ``index.yaml`` for the archives of a folder."""
    subprocess.run([ensure(("helm",))["helm"], "repo", "index", folder], check=True)


@dataclass(frozen=True, slots=True)
class ChartRepository:
    """A running repository.

    Attributes:
        host: ``127.0.0.1:port``.
        ca: Certificate of its authority as PEM.
        folder: The archives and their index.
        asked: Paths asked for so far.
    """

    host: str
    ca: bytes
    folder: Path
    asked: list[str]

    def url(self, place: str = "open") -> str:
        """What a DPUService names; places are ``open``, ``locked`` and ``broken``."""
        return f"https://{self.host}/{place}"


@contextmanager
def running_chart_repository(folder: Path) -> Iterator[ChartRepository]:
    """Serve a folder of packaged charts that has an index."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    asked: list[str] = []
    handler = partial(_Handler, asked, directory=str(folder))
    with _Server(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        host = f"127.0.0.1:{server.server_address[1]}"
        yield ChartRepository(host, authority.cert_pem.bytes(), folder, asked)
        server.shutdown()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that do not trust us end the handshake; that is theirs to tell."""


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, asked: list[str], *args: Any, **more: Any) -> None:
        self._asked = asked
        super().__init__(*args, **more)

    def do_GET(self) -> None:
        self._asked.append(self.path)
        place, _, rest = self.path.removeprefix("/").partition("/")
        if place == "broken":
            self.send_error(500)
        elif place == "locked" and self.headers.get("Authorization") != _LOGIN:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="charts"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif place in ("open", "locked"):
            self.path = f"/{rest}"
            super().do_GET()
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by its parent
        """Keep stderr for the tests."""
