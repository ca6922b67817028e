"""URLs of API servers: which ones we talk to, and what messages call them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from dpfctl.cluster.proxies import is_loopback
from dpfctl.cluster.wording import one_line
from dpfctl.errors import AccessError

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Server:
    """One API server.

    Attributes:
        scheme: ``https``, or ``http`` for ``kubectl proxy`` on this machine.
        host: Name or address, IPv6 without brackets.
        port: TCP port.
        prefix: Path below which the API begins, empty or with a leading slash.
    """

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def endpoint(self) -> str:
        """``host:port``, as messages name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{one_line(host, 253)}:{self.port}"

    @property
    def url(self) -> str:
        """The whole URL, without a slash at the end."""
        return f"{self.scheme}://{self.endpoint}{self.prefix}"


def parse_server(where: str, text: str) -> Server:
    """Read the ``server`` field of a kubeconfig.

    Args:
        where: What a message calls the cluster entry.
        text: The field.

    Raises:
        AccessError: It is no https URL, holds a login, query or fragment, or is a plain http URL
            that leaves this machine.
    """
    if not text:
        raise AccessError(f"{where}: server: missing")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise AccessError(f"{where}: server: not a URL") from None
    if parts.scheme not in _PORTS or not host or not port or not _is_clean(text):
        raise AccessError(f"{where}: server: not an https URL: {_shown(text)}")
    if "@" in parts.netloc:
        raise AccessError(f"{where}: server: a login in the URL is not accepted")
    if parts.query or parts.fragment:
        raise AccessError(f"{where}: server: a query or fragment in the URL is not accepted")
    if parts.scheme == "http" and not is_loopback(host):
        raise AccessError(f"{where}: server: plain http is accepted for this machine only", _HTTPS)
    return Server(parts.scheme, host, port, parts.path.rstrip("/"))


def _is_clean(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text and "\\" not in text


def _shown(text: str) -> str:
    # Whatever stands before an @ may be a password.
    return one_line(text.rpartition("@")[2], 120)


_HTTPS = "use the https URL of the API server"
