"""An OCI registry on loopback, TLS only, open or with a login; what it holds is in memory.

Its certificate is signed by an authority of the test's own, so a client has to be told whom to
trust, as in a datacentre with a private CA.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import trustme
import urllib3

from tests.controlplane.binaries import ensure
from tests.controlplane.layout import free_ports, write_private
from tests.controlplane.processes import Child, StartError, start, wait_until

USER = "robot"
PASSWORD = "canary-9f2e7c41"
"""Looked for wherever it must not turn up."""

PORT_TRIES = 3
READY_SECONDS = 30.0

_BCRYPT = "$2b$04$eunNIIKAWQ/y/IqYVRclHetSEhxQsl3QczGq9uv0k0J1FBQZpnt.W"  # of PASSWORD


@dataclass(frozen=True, slots=True)
class Registry:
    """A running registry.

    Attributes:
        host: ``127.0.0.1:port``.
        ca: Certificate of its authority as PEM.
        folder: Its files.
        has_login: Whether it asks for ``USER`` and ``PASSWORD``.
    """

    host: str
    ca: bytes
    folder: Path
    has_login: bool

    @property
    def url(self) -> str:
        """What a DPUService names."""
        return f"oci://{self.host}/charts"

    def push(self, *archives: Path) -> None:
        """Store packaged charts below ``charts/``."""
        ca, login = self.folder / "ca.pem", self.folder / "login.json"
        auths = {self.host: {"username": USER, "password": PASSWORD}} if self.has_login else {}
        write_private(login, json.dumps({"auths": auths}))
        helm = ensure(("helm",))["helm"]
        for archive in archives:
            words: list[str | Path] = [helm, "push", archive, self.url]
            words += ["--ca-file", ca, "--registry-config", login]
            subprocess.run(words, check=True, capture_output=True)


@contextmanager
def running_registry(folder: Path, *, has_login: bool = False) -> Iterator[Registry]:
    """Run a registry.

    Args:
        folder: Existing folder in which it gets one of its own.
        has_login: Whether it asks for a login.

    Raises:
        StartError: It ended or did not get ready.
    """
    data = folder / ("registry-with-login" if has_login else "registry")
    data.mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(data / "ca.pem")
    host, child = _start(data, authority, has_login)
    try:
        yield Registry(host, authority.cert_pem.bytes(), data, has_login)
    finally:
        child.end()


def _start(data: Path, authority: trustme.CA, has_login: bool) -> tuple[str, Child]:
    program = ensure(("registry",))["registry"]
    for tries_left in reversed(range(PORT_TRIES)):
        host = f"127.0.0.1:{free_ports(1)[0]}"
        config = _write_config(data, authority, host, has_login)
        child = start("registry", [program, "serve", config], data / "registry.log")
        try:
            wait_until(partial(_is_ready, host, data / "ca.pem"), (child,), READY_SECONDS)
        except StartError as error:
            child.end()
            if not tries_left or "address already in use" not in str(error):
                raise
        else:
            return host, child
    raise AssertionError("a try either returns or raises")


def _write_config(data: Path, authority: trustme.CA, host: str, has_login: bool) -> Path:
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(data / "server.pem")
    write_private(data / "server.key", issued.private_key_pem.bytes().decode())
    tls = {"certificate": str(data / "server.pem"), "key": str(data / "server.key")}
    config: dict[str, Any] = {
        "version": 0.1,
        "log": {"accesslog": {"disabled": False}},
        "storage": {"inmemory": {}},
        "http": {"addr": host, "tls": tls, "secret": "of-no-use"},
    }
    if has_login:
        write_private(data / "htpasswd", f"{USER}:{_BCRYPT}\n")
        config["auth"] = {"htpasswd": {"realm": "charts", "path": str(data / "htpasswd")}}
    path = data / "config.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    return path


def _is_ready(host: str, ca: Path) -> bool:
    try:
        with urllib3.PoolManager(ca_certs=str(ca)) as pool:
            answer = pool.request("GET", f"https://{host}/v2/", retries=False, timeout=5)
            return answer.status in (200, 401)
    except urllib3.exceptions.HTTPError:
        return False
