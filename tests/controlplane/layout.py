"""Where a cluster lives and who may use it, settled before its first process starts."""

import base64
import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.controlplane.processes import Child, start


@dataclass(frozen=True, slots=True)
class Layout:
    """What a cluster is before its processes run: its folder, addresses and users."""

    name: str
    folder: Path
    admin_token: str
    reader_token: str
    etcd_url: str
    peer_url: str
    url: str

    @property
    def ca_file(self) -> Path:
        """The certificate that clients trust; kube-apiserver writes it as it starts."""
        return self.folder / "certs" / "apiserver.crt"

    @property
    def signing_key(self) -> Path:
        """The key that signs the tokens of service accounts."""
        return self.folder / "sa.key"

    @property
    def audit_log(self) -> Path:
        """JSON lines, one per request, when asked for."""
        return self.folder / "audit.jsonl"

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig file."""
        return self.folder / "kubeconfig"

    @property
    def tokens_file(self) -> Path:
        """The users that kube-apiserver knows."""
        return self.folder / "tokens.csv"

    def start(self, program: Path, flags: Sequence[str]) -> Child:
        """Start one of the cluster's programs, with its log in our folder."""
        log = self.folder / f"{program.name}.log"
        return start(f"{program.name} of {self.name}", [program, *flags], log)

    def kubeconfig_text(self, token: str) -> str:
        """A self-contained kubeconfig, as the Secrets of DPU clusters hold it."""
        authority = base64.b64encode(self.ca_file.read_bytes()).decode()
        cluster = {"server": self.url, "certificate-authority-data": authority}
        context = {"cluster": self.name, "user": self.name}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.name,
            "clusters": [{"name": self.name, "cluster": cluster}],
            "users": [{"name": self.name, "user": {"token": token}}],
            "contexts": [{"name": self.name, "context": context}],
        }
        return yaml.safe_dump(config, sort_keys=False)

    def kubeconfig_for(self, token: str) -> Path:
        """A kubeconfig file (0600) for the user of that token."""
        path = self.folder / f"kubeconfig-{token[:8]}"
        write_private(path, self.kubeconfig_text(token))
        return path


def new_layout(folder: Path, name: str) -> Layout:
    """Choose free ports and new tokens, and write the files that the programs read.

    Args:
        folder: Existing folder in which the cluster gets one of its own.
        name: Of the cluster.
    """
    data = folder / f"{name}-{secrets.token_hex(3)}"
    data.mkdir()
    etcd, peer, api = free_ports(3)
    layout = Layout(
        name=name,
        folder=data,
        admin_token=secrets.token_hex(16),
        reader_token=secrets.token_hex(16),
        etcd_url=f"http://127.0.0.1:{etcd}",
        peer_url=f"http://127.0.0.1:{peer}",
        url=f"https://127.0.0.1:{api}",
    )
    admin, reader = f"{layout.admin_token},admin,admin", f"{layout.reader_token},reader,reader"
    write_private(layout.tokens_file, f"{admin},system:masters\n{reader},readers\n")
    write_private(layout.signing_key, _new_key())
    return layout


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now."""
    with ExitStack() as open_sockets:
        bound = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in bound:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in bound]


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _new_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        .decode()
    )
