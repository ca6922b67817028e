"""Kubeconfigs out of Secrets: hostile input, of which six fields are taken and no more.

Whoever can write such a Secret must not be able to start programs here, to read our files, to send
our requests through a proxy, to turn verification off, or to aim us at services of this machine or
of the cloud it runs in. So nothing is handed to a kubeconfig loader: a configuration is built from
a list of allowed fields, and any other field is refused by name.
"""

import base64
import binascii
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from dpfctl.cluster.config import ClusterConfig
from dpfctl.cluster.credentials import Credentials, FixedCredentials
from dpfctl.cluster.servers import parse_server
from dpfctl.cluster.wording import one_line
from dpfctl.errors import AccessError, InputError
from dpfctl.model.yaml_text import parse_yaml

SIZE_LIMIT = 1 << 20

_TOP = frozenset(
    {"apiVersion", "kind", "clusters", "users", "contexts", "current-context", "preferences"}
)
_ENTRY = {
    "clusters": frozenset({"server", "certificate-authority-data", "tls-server-name"}),
    "users": frozenset({"token", "client-certificate-data", "client-key-data"}),
    "contexts": frozenset({"cluster", "user", "namespace"}),
}
_INNER = {"clusters": "cluster", "users": "user", "contexts": "context"}
_HINT = (
    "accepted are server, certificate-authority-data, tls-server-name, token, "
    "client-certificate-data and client-key-data"
)


def read_dpu_kubeconfig(where: str, data: bytes, label: str) -> ClusterConfig:
    """Build the configuration of a DPU cluster.

    Args:
        where: What messages call the kubeconfig; its content is never quoted.
        data: The kubeconfig.
        label: What messages call the cluster.

    Raises:
        AccessError: It is no kubeconfig, has not exactly one cluster and one user, or holds a
            field that is not accepted; the message names it.

    Source:
        ``internal/dpucluster/dpucluster.go``, DPF v25.1: one cluster, one user.
    """
    top = _parse(where, data)
    _check_fields(where, "", top, _TOP)
    cluster = _only(where, top, "clusters", "cluster list should have one member")
    user = _only(where, top, "users", "auth info list should have one member")
    for context in _entries(where, top, "contexts"):
        _check_fields(where, "contexts", context, _ENTRY["contexts"])
    server = parse_server(where, _text(where, cluster, "server"))
    if server.scheme != "https":
        raise AccessError(f"{where}: server: must be https")
    ca = _pem(where, cluster, "certificate-authority-data")
    if not ca:
        raise AccessError(f"{where}: certificate-authority-data: missing", _HINT)
    return ClusterConfig(
        server=server,
        label=label,
        user="of its kubeconfig",
        ca=ca,
        tls_server_name=_text(where, cluster, "tls-server-name"),
        credentials=FixedCredentials(_credentials(where, user), _REFUSED_HINT),
    )


def check_address(address: IPv4Address | IPv6Address, *, loopback_allowed: bool) -> None:
    """Refuse an address that no DPU cluster can have.

    Link-local addresses hold the metadata services of clouds, loopback ones the services of this
    machine.

    Raises:
        AccessError: It is link-local, multicast or unspecified, or loopback where that is not
            allowed. An IPv4 address inside an IPv6 one counts as itself.
    """
    inner = (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
    if inner.is_link_local or inner.is_multicast or inner.is_unspecified:
        raise AccessError(f"address {inner}: not accepted for a DPU cluster")
    if inner.is_loopback and not loopback_allowed:
        raise AccessError(f"address {inner}: this machine cannot be a DPU cluster")


def check_host(host: str, *, loopback_allowed: bool) -> None:
    """Refuse a server whose URL spells such an address out."""
    try:
        address = ip_address(host)
    except ValueError:
        return
    check_address(address, loopback_allowed=loopback_allowed)


def _parse(where: str, data: bytes) -> Mapping[str, Any]:
    if len(data) > SIZE_LIMIT:
        raise AccessError(f"{where}: larger than {SIZE_LIMIT >> 20} MiB")
    try:
        documents = parse_yaml(data.decode(), "kubeconfig")
    except (InputError, UnicodeDecodeError, RecursionError):
        # Not the parser's words: they may quote what stands there.
        raise AccessError(f"{where}: not valid YAML") from None
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise AccessError(f"{where}: not a kubeconfig")
    return documents[0]


def _only(where: str, top: Mapping[str, Any], section: str, fact: str) -> Mapping[str, Any]:
    entries = _entries(where, top, section)
    if len(entries) != 1:
        raise AccessError(f"{where}: {fact}")
    _check_fields(where, section, entries[0], _ENTRY[section])
    return entries[0]


def _entries(where: str, top: Mapping[str, Any], section: str) -> list[Mapping[str, Any]]:
    entries = top.get(section)
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise AccessError(f"{where}: {section}: must be a list")
    return [_inner(where, section, entry) for entry in entries]


def _inner(where: str, section: str, entry: Any) -> Mapping[str, Any]:
    name = _INNER[section]
    if not isinstance(entry, dict) or not isinstance(entry.get(name), dict):
        raise AccessError(f"{where}: {section}: must hold objects with {name}")
    _check_fields(where, section, entry, frozenset({"name", name}))
    fields: Mapping[str, Any] = entry[name]
    return fields


def _check_fields(
    where: str, section: str, fields: Mapping[str, Any], accepted: frozenset[str]
) -> None:
    for name, value in fields.items():
        is_set = value is not None and value is not False and value not in ("", [], {})
        if is_set and name not in accepted:
            path = f"{section}.{name}" if section else name
            raise AccessError(f"{where}: {one_line(path, 80)}: not accepted", _HINT)


def _text(where: str, fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise AccessError(f"{where}: {name}: must be text")
    return value or ""


def _pem(where: str, fields: Mapping[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode("".join(_text(where, fields, name).split()), validate=True)
    except (binascii.Error, ValueError):
        raise AccessError(f"{where}: {name}: not base64") from None


def _credentials(where: str, user: Mapping[str, Any]) -> Credentials:
    certificate = _pem(where, user, "client-certificate-data")
    key = _pem(where, user, "client-key-data")
    token = _text(where, user, "token").strip()
    if bool(certificate) != bool(key):
        missing = "client-key-data" if certificate else "client-certificate-data"
        raise AccessError(f"{where}: {missing}: missing")
    if not token.isascii() or not token.isprintable():
        raise AccessError(f"{where}: token: holds characters that no token has")
    if not token and not certificate:
        raise AccessError(f"{where}: holds neither a token nor a client certificate", _HINT)
    return Credentials(token, certificate, key)


_REFUSED_HINT = "the kubeconfig in the Secret may be out of date"
