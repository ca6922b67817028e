"""Everything one needs to know to open a cluster, as a value."""

from dataclasses import dataclass, field

from dpfctl.cluster.credentials import CredentialSource, FixedCredentials
from dpfctl.cluster.proxies import Proxy
from dpfctl.cluster.servers import Server


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Who to act as, sent as ``Impersonate-*`` headers; empty means: as ourselves."""

    user: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """One cluster and one user.

    Attributes:
        server: Where the API is.
        label: What messages call the cluster.
        user: Name of the user entry, for messages.
        namespace: ``--namespace``, else the context's; may be empty.
        ca: Certificates that may sign the server's, as PEM; empty: those of the system.
        tls_server_name: Name the server's certificate must bear, empty: the host of the URL.
        skip_verify: Whether any certificate will do.
        proxy: What stands in between, None for nothing.
        credentials: Who we are.
        impersonation: Who to act as.
        request_timeout: Seconds a request may take in all; 0: no limit; None: the default.
    """

    server: Server
    label: str
    user: str = ""
    namespace: str = ""
    ca: bytes = field(default=b"", repr=False)
    tls_server_name: str = ""
    skip_verify: bool = False
    proxy: Proxy | None = None
    credentials: CredentialSource = field(default=FixedCredentials(), repr=False)
    impersonation: Impersonation = Impersonation()
    request_timeout: float | None = None
