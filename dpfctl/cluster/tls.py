"""TLS: what we trust, how we show who we are, and what a failed handshake means."""

import re
import ssl
import tempfile
from pathlib import Path

from dpfctl.cluster.config import ClusterConfig
from dpfctl.cluster.credentials import Credentials
from dpfctl.cluster.sockets import TlsSocket
from dpfctl.errors import AccessError

_PROTOCOLS = ["http/1.1"]
_CERTIFICATE = re.compile(
    rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----.+?-----END (?:TRUSTED )?CERTIFICATE-----", re.S
)


def make_context(config: ClusterConfig, credentials: Credentials) -> ssl.SSLContext:
    """Return the TLS settings for one cluster and one set of credentials.

    Raises:
        AccessError: The certificate authority or the client certificate cannot be used.
    """
    context = _trusting(config)
    context.sslsocket_class = TlsSocket
    if credentials.certificate:
        _load_certificate(context, config, credentials)
    _offer_once(context)
    return context


def explain(error: ssl.SSLError) -> tuple[str, str]:
    """Return what a TLS failure means, and what to do about it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(error)
    reason = (error.reason or "").upper()
    for words, fact, hint in _HANDSHAKE:
        if any(word in reason for word in words):
            return fact, hint
    return f"TLS failed: {reason.replace('_', ' ').lower() or 'connection ended'}", ""


def _trusting(config: ClusterConfig) -> ssl.SSLContext:
    if config.skip_verify:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if not config.ca:
        return ssl.create_default_context()
    # Comments between certificates may hold any bytes, the blocks themselves are ASCII.
    blocks = b"\n".join(_CERTIFICATE.findall(config.ca)).decode("ascii", "replace")
    try:
        context = ssl.create_default_context(cadata=f"{blocks}\n")
    except (ssl.SSLError, ValueError):
        fact = "certificate-authority: holds no certificate that can be read"
        raise AccessError(f"{config.label}: {fact}") from None
    # As Go: whatever the kubeconfig lists is trusted, an intermediate authority too.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _offer_once(context: ssl.SSLContext) -> None:
    """Say what protocol follows, once for all connections.

    urllib3 says it again for each of them. OpenSSL then frees the old text while another thread may
    just copy it into the greeting of its own connection, which is garbage and refused (6 of 160,000
    greetings of 8 threads; none when it is said once).
    """
    context.set_alpn_protocols(_PROTOCOLS)
    vars(context)["set_alpn_protocols"] = lambda _protocols: None


def _load_certificate(
    context: ssl.SSLContext, config: ClusterConfig, credentials: Credentials
) -> None:
    """Hand over certificate and key by a file that exists for no longer than this call."""
    with tempfile.TemporaryDirectory(prefix="dpfctl-") as folder:
        path = Path(folder, "client.pem")
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(credentials.key + b"\n" + credentials.certificate)
        try:
            # A password that is wrong: without one OpenSSL would ask on the terminal.
            context.load_cert_chain(path, password="")
        except (ssl.SSLError, ValueError, OSError):
            fact = "the client certificate and its key cannot be used"
            raise AccessError(f"{config.label}: user {config.user}: {fact}") from None


def _explain_certificate(error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    said = error.verify_message
    for codes, fact, hint in _VERIFY:
        if error.verify_code in codes:
            return fact.format(said=said.rstrip(".").rpartition(", ")[2]), hint
    if "key identifier" in said.lower() or "basic constraints" in said.lower():
        return f"certificate refused: {said.lower()}", _STRICT
    return f"certificate not trusted: {said.lower()}", _AUTHORITY


_AUTHORITY = "certificate-authority in the kubeconfig does not belong to this server"
_STRICT = "Python 3.13 refuses certificates without key identifiers; the cluster must renew them"
_CLOCK = "renew the server's certificate, or check the clock of this machine"
_VERIFY = (
    ((10,), "certificate has expired", _CLOCK),
    ((9,), "certificate is not valid yet", _CLOCK),
    ((18, 19, 20, 21), "certificate signed by an unknown authority", _AUTHORITY),
    (
        (62, 64),
        "{said}",
        "use a name the certificate bears, or set tls-server-name in the kubeconfig",
    ),
)
_HANDSHAKE = (
    (
        ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"),
        "does not speak TLS",
        "the port may serve plain HTTP, or belong to something else",
    ),
    (
        ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"),
        "speaks only an outdated version of TLS",
        "TLS 1.2 is the oldest accepted",
    ),
    (
        ("ALERT_CERTIFICATE", "BAD_CERTIFICATE", "CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA"),
        "refuses our client certificate",
        "log in again, or renew the client certificate in the kubeconfig",
    ),
    (
        ("CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "CERTIFICATE_UNKNOWN"),
        "refuses our client certificate",
        "log in again, or renew the client certificate in the kubeconfig",
    ),
)
