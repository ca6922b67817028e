"""Logins of chart repositories, as Argo CD keeps them in Secrets.

Source:
    Argo CD 3.x ``util/db/repository_secrets.go``: one Secret per repository, templates for all that
    begin with a URL, the longest one counts; ``util/cert/cert.go``: authorities by host name.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from dpfctl.errors import AccessError
from dpfctl.model.releases import OCI
from dpfctl.model.resources import Resource

SECRET_TYPE = "argocd.argoproj.io/secret-type"
AUTHORITIES = "argocd-tls-certs-cm"
"""ConfigMap of Argo CD: host name -> certificates as PEM."""


@dataclass(frozen=True, slots=True)
class RepositoryCredentials:
    """How to get into one repository.

    Attributes:
        url: Of the repository or of the template, as the Secret names it.
        username: Empty if it is open to all.
        password: Of that user.
        ca: Certificates that may sign the repository's, as PEM; empty: those of the system.
        source: Which Secret said so, for messages.
    """

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca: bytes = field(default=b"", repr=False)
    source: str = ""

    @property
    def has_login(self) -> bool:
        """Whether there is anything to log in with."""
        return bool(self.username or self.password)


def repository_credentials(
    secrets: Iterable[Resource],
    repo_url: str,
    authorities: Mapping[str, str] | None = None,
) -> RepositoryCredentials | None:
    """Return how to get into a repository.

    Args:
        secrets: Secrets of Argo CD's namespace; others than repositories and their templates are
            passed over.
        repo_url: As the DPUService names it.
        authorities: Data of the ConfigMap ``AUTHORITIES``.

    Returns:
        The login of the repository itself, else of the template with the longest URL that it begins
        with; None if there is neither a login nor an authority.

    Raises:
        AccessError: A Secret that is to be used holds something else than text.
    """
    wanted = _normal(repo_url)
    found = sorted(_matching(secrets, wanted), reverse=True, key=lambda one: one[0])
    login = next((one for _, secret in found if (one := _login(secret))), None)
    ca = (authorities or {}).get(_host(wanted), "").encode()
    if login is None:
        return RepositoryCredentials(repo_url, ca=ca) if ca else None
    return RepositoryCredentials(login.url, login.username, login.password, ca, login.source)


def _matching(secrets: Iterable[Resource], wanted: str) -> list[tuple[tuple[bool, int], Resource]]:
    """The Secrets about a repository, each with how well it fits."""
    found = []
    for secret in secrets:
        kind = secret.label(SECRET_TYPE)
        if kind not in ("repository", "repo-creds"):
            continue
        url = _normal(_text(secret, "url"))
        if kind == "repository" and url == wanted:
            found.append(((True, len(url)), secret))
        elif kind == "repo-creds" and _covers(url, wanted):
            found.append(((False, len(url)), secret))
    return found


def _covers(prefix: str, url: str) -> bool:
    # A template for one host must not give its password to a host whose name merely begins so.
    return bool(prefix) and url.startswith(prefix) and _host(prefix) == _host(url)


def _login(secret: Resource) -> RepositoryCredentials | None:
    url, username, password = (_text(secret, key) for key in ("url", "username", "password"))
    source = f"secret {secret.namespace}/{secret.name}"
    found = RepositoryCredentials(url, username, password, source=source)
    return found if found.has_login else None


def _normal(url: str) -> str:
    """A URL in the form that two spellings of it share; OCI repositories have no scheme here."""
    scheme, mark, rest = url.strip().removeprefix(OCI).rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path}".rstrip("/")


def _host(url: str) -> str:
    return urlsplit(url if "://" in url else f"//{url}").hostname or ""


def _text(secret: Resource, key: str) -> str:
    try:
        return base64.b64decode(secret.text("data", key), validate=True).decode()
    except (binascii.Error, ValueError):
        where = f"secret/{secret.namespace}/{secret.name}"
        raise AccessError(f"{where}: data.{key}: not text in base64") from None
