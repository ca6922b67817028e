"""Kubeconfigs out of Secrets: what is refused, and that refusing touches nothing (D7, D15)."""

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest
import yaml

from dpfctl.cluster.dpu_kubeconfig import check_address, check_host, read_dpu_kubeconfig
from dpfctl.errors import AccessError
from tests.unit.kubeconfigs import PEM

CA = base64.b64encode(PEM).decode()
CANARY = "c4nary"
SERVER = {"server": "https://10.0.0.5:6443", "certificate-authority-data": CA}
TOKEN = {"token": CANARY}

_watched: list[str] = []
_is_watching = False


def _note(event: str, args: tuple[Any, ...]) -> None:
    if _is_watching and event in ("open", "subprocess.Popen", "os.exec", "socket.connect"):
        _watched.append(f"{event} {args[:1]}")


sys.addaudithook(_note)


@contextmanager
def nothing_touched() -> Iterator[None]:
    """Fail if a file is opened, a program started or a connection made inside the block."""
    global _is_watching
    _watched.clear()
    _is_watching = True
    try:
        yield
    finally:
        _is_watching = False
    assert _watched == []


def kubeconfig(cluster: Any = SERVER, user: Any = TOKEN, **top: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "k@c",
        "preferences": {},
        "contexts": [{"name": "k@c", "context": {"cluster": "c", "user": "k"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "k", "user": user}],
        **top,
    }


def read(content: Any) -> Any:
    data = content if isinstance(content, bytes) else yaml.safe_dump(content).encode()
    return read_dpu_kubeconfig(
        "dpucluster/a/b: secret a/s: super-admin.conf", data, "dpu cluster a/b"
    )


def test_what_kubeadm_and_kamaji_write_is_accepted() -> None:
    user = {"client-certificate-data": CA, "client-key-data": CA}
    config = read(kubeconfig({**SERVER, "tls-server-name": "x"}, user))
    assert config.server.endpoint == "10.0.0.5:6443"
    assert config.ca == PEM
    assert config.tls_server_name == "x"
    assert config.credentials.current().certificate == PEM
    assert config.proxy is None
    assert config.label == "dpu cluster a/b"


def test_fields_that_say_nothing_are_accepted() -> None:
    assert read(kubeconfig({**SERVER, "insecure-skip-tls-verify": False, "proxy-url": ""}))


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("users", "exec", {"command": "/bin/sh", "args": ["-c", "id"], "apiVersion": "v1"}),
        ("users", "auth-provider", {"name": "gcp", "config": {"cmd-path": "/bin/sh"}}),
        ("users", "tokenFile", "/etc/passwd"),
        ("users", "client-certificate", "/etc/passwd"),
        ("users", "client-key", "/etc/passwd"),
        ("users", "username", "admin"),
        ("users", "password", CANARY),
        ("users", "as", "system:admin"),
        ("users", "as-uid", "0"),
        ("users", "as-groups", ["system:masters"]),
        ("users", "as-user-extra", {"a": ["b"]}),
        ("users", "extensions", [{"name": "a", "extension": {}}]),
        ("users", "novelty", 1),
        ("clusters", "certificate-authority", "/etc/passwd"),
        ("clusters", "insecure-skip-tls-verify", True),
        ("clusters", "insecure-skip-tls-verify", "false"),
        ("clusters", "insecure-skip-tls-verify", 0),
        ("clusters", "proxy-url", "http://evil:3128"),
        ("clusters", "disable-compression", True),
        ("clusters", "extensions", [{"name": "a", "extension": {}}]),
    ],
)
def test_d7_any_other_field_is_refused_by_name(section: str, field: str, value: Any) -> None:
    entry = {**(TOKEN if section == "users" else SERVER), field: value}
    name = "user" if section == "users" else "cluster"
    data = yaml.safe_dump(kubeconfig(**{name: entry})).encode()
    with nothing_touched(), pytest.raises(AccessError) as caught:
        read(data)
    assert caught.value.message == (
        f"dpucluster/a/b: secret a/s: super-admin.conf: {section}.{field}: not accepted"
    )
    assert "client-key-data" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        pytest.param(kubeconfig(users=[]), "auth info list should have one member", id="no user"),
        pytest.param(
            kubeconfig(users=kubeconfig()["users"] * 2), "auth info list should", id="two users"
        ),
        pytest.param(kubeconfig(clusters=[]), "cluster list should have one", id="no cluster"),
        pytest.param(
            kubeconfig(clusters=kubeconfig()["clusters"] * 2), "cluster list", id="two clusters"
        ),
        pytest.param(kubeconfig(clusters="c"), "clusters: must be a list", id="clusters is text"),
        pytest.param(kubeconfig(clusters=["c"]), "must hold objects with cluster", id="text entry"),
        pytest.param(kubeconfig(clusters=[{"name": "c"}]), "must hold objects", id="empty entry"),
        pytest.param(kubeconfig(extensions=[{"name": "x"}]), "extensions: not accepted", id="top"),
        pytest.param(
            kubeconfig(contexts=[{"name": "a", "context": {"novelty": 1}}]),
            "contexts.novelty: not accepted",
            id="context",
        ),
        pytest.param(
            kubeconfig(users=[{"name": "k", "user": TOKEN, "exec": {"command": "x"}}]),
            "users.exec: not accepted",
            id="beside the user",
        ),
        pytest.param(
            kubeconfig({"certificate-authority-data": CA}), "server: missing", id="no server"
        ),
        pytest.param(kubeconfig({**SERVER, "server": 5}), "server: must be text", id="int server"),
        pytest.param(
            kubeconfig({**SERVER, "server": "http://10.0.0.5"}), "this machine only", id="http"
        ),
        pytest.param(
            kubeconfig({**SERVER, "server": "http://127.0.0.1"}), "must be https", id="local http"
        ),
        pytest.param(
            kubeconfig({**SERVER, "server": f"https://{CANARY}@a"}), "a login", id="login"
        ),
        pytest.param(kubeconfig({**SERVER, "server": "https://a/#x"}), "a query or", id="fragment"),
        pytest.param(
            kubeconfig({"server": "https://a"}), "authority-data: missing", id="no authority"
        ),
        pytest.param(
            kubeconfig({**SERVER, "certificate-authority-data": "%"}), "not base64", id="not base64"
        ),
        pytest.param(kubeconfig(user={}), "neither a token nor", id="no credentials"),
        pytest.param(kubeconfig(user={"token": 5}), "token: must be text", id="int token"),
        pytest.param(
            kubeconfig(user={"token": "a\r\nb: c"}), "token: holds characters", id="header"
        ),
        pytest.param(
            kubeconfig(user={"client-key-data": CA}),
            "client-certificate-data: missing",
            id="key only",
        ),
        pytest.param(b"", "not a kubeconfig", id="empty"),
        pytest.param(b"[1]", "not a kubeconfig", id="list"),
        pytest.param(b"a: 1\n---\nb: 2\n", "not a kubeconfig", id="two documents"),
        pytest.param(b"\xff\xfe", "not valid YAML", id="binary"),
        pytest.param(f"a: [{CANARY}".encode(), "not valid YAML", id="broken"),
        pytest.param(f"kind: {CANARY}\nkind: b\n".encode(), "not valid YAML", id="duplicate key"),
        pytest.param(b"!!python/object/apply:os.system [id]", "not valid YAML", id="tag"),
        pytest.param(b"[" * 5000, "not valid YAML", id="deep"),
        pytest.param(b" " * (2 << 20), "larger than 1 MiB", id="large"),
        pytest.param(
            b"a: &a [x,x,x,x,x,x,x,x,x]\n"
            + b"".join(
                f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n".encode()
                for n in range(12)
            ),
            "not valid YAML",
            id="alias bomb",
        ),
    ],
)
def test_d9_what_is_no_kubeconfig_is_refused(content: Any, fact: str) -> None:
    data = content if isinstance(content, bytes) else yaml.safe_dump(content).encode()
    with nothing_touched(), pytest.raises(AccessError) as caught:
        read(data)
    assert fact in caught.value.message
    assert caught.value.message.startswith("dpucluster/a/b: secret a/s: super-admin.conf")
    assert CANARY not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.0.1", "fe80::1", "224.0.0.1", "ff02::1", "0.0.0.0", "::",
        "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:224.0.0.1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("loopback_allowed", [False, True])
def test_addresses_that_are_never_accepted(address: str, loopback_allowed: bool) -> None:
    with pytest.raises(AccessError, match="not accepted for a DPU cluster"):
        check_host(address, loopback_allowed=loopback_allowed)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_accepted_only_beside_a_local_host(address: str) -> None:
    check_address(ip_address(address), loopback_allowed=True)
    with pytest.raises(AccessError, match="this machine cannot be a DPU cluster"):
        check_address(ip_address(address), loopback_allowed=False)


@pytest.mark.parametrize(
    "host", ["10.0.0.5", "192.168.1.1", "fd00::5", "8.8.8.8", "api.example.com"]
)
def test_other_addresses_are_accepted(host: str) -> None:
    check_host(host, loopback_allowed=False)
