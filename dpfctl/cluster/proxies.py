"""Which HTTP proxy stands between us and a server, by the rules that Go programs follow.

Computed here and handed to the client, because its versions differ: up to 33 it ignores the
variables, 34.1 and 35.0 forget NO_PROXY, and all of them send loopback hosts to the proxy.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from dpfctl.errors import AccessError

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{1,45}(?:%[A-Za-z0-9._-]+)?")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy and where it was named.

    Attributes:
        url: ``scheme://host:port`` without the login.
        source: ``proxy-url`` or the environment variable.
        login: ``user:password``, empty if it wants none.
    """

    url: str
    source: str
    login: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"proxy {self.url} (from {self.source})"


def parse_proxy(text: str, source: str) -> Proxy:
    """Read a proxy's URL.

    Raises:
        AccessError: The scheme is neither http nor https, or there is no host.
    """
    raw = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(raw)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        raise AccessError(f"{source}: not a URL") from None
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host or "") or port is None:
        raise AccessError(f"{source}: not the URL of an http or https proxy", _SOCKS)
    shown = f"[{host}]" if ":" in str(host) else host
    return Proxy(f"{parts.scheme}://{shown}:{port}", source, _login(parts))


def find_proxy(server: str, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy the environment names for a server, None to go there directly.

    Args:
        server: URL of the API server.
        environ: ``HTTPS_PROXY`` and ``NO_PROXY``, in capitals or not; capitals win.
    """
    parts = urlsplit(server)
    host = (parts.hostname or "").rstrip(".")
    name = next((n for n in ("HTTPS_PROXY", "https_proxy") if environ.get(n)), "")
    if parts.scheme != "https" or not name or is_loopback(host):
        return None
    rules = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    if _is_excepted(host, parts.port or 443, rules):
        return None
    return parse_proxy(environ[name], name)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name or address."""
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def _login(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"


def _is_excepted(host: str, port: int, rules: str) -> bool:
    return any(
        _matches(rule.strip().lower(), host.lower(), port) for rule in rules.split(",") if rule
    )


def _matches(rule: str, host: str, port: int) -> bool:
    """Whether one NO_PROXY entry covers a host: ``*``, CIDR, address, name or suffix, port."""
    if rule in ("", "*"):
        return rule == "*"
    address = _address(host)
    if "/" in rule:
        return address is not None and _in_network(address, rule)
    name, wanted = _split_port(rule)
    if wanted and wanted != str(port):
        return False
    if address is not None:
        return _address(name) == address
    suffix = name.removeprefix("*")
    if suffix.startswith("."):
        return host.endswith(suffix)
    return host == suffix or host.endswith(f".{suffix}")


def _split_port(rule: str) -> tuple[str, str]:
    if rule.startswith("["):
        name, _, rest = rule[1:].partition("]")
        return name, rest.removeprefix(":")
    if rule.count(":") != 1:
        return rule, ""
    name, _, port = rule.partition(":")
    return name, port


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _in_network(address: ipaddress.IPv4Address | ipaddress.IPv6Address, rule: str) -> bool:
    try:
        return address in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False


_SOCKS = "socks proxies are not supported"
