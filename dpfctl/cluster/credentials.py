"""Who we are to an API server: a token, a client certificate, or a program that knows.

Secrets live in fields that ``repr`` leaves out, and no message quotes them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from dpfctl.cluster.wording import one_line
from dpfctl.errors import AccessError


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one request proves itself with.

    Attributes:
        token: Bearer token, empty if there is none.
        certificate: Client certificate chain as PEM, empty if there is none.
        key: Private key of the certificate as PEM.
        expires: When they end, timezone-aware UTC; None if nobody says.
    """

    token: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    expires: datetime | None = None

    @property
    def identity(self) -> tuple[bytes, bytes]:
        """What a connection was opened with: certificate and key. Secret."""
        return self.certificate, self.key

    @property
    def is_empty(self) -> bool:
        """Whether requests go out as anonymous."""
        return not (self.token or self.certificate)


class CredentialSource(Protocol):
    """Where credentials come from."""

    @property
    def hint(self) -> str:
        """What to do when the server refuses them."""
        ...

    def current(self) -> Credentials:
        """Return credentials that are still good as far as we know."""
        ...

    def reload(self) -> Credentials:
        """Return credentials as they are now, whatever was kept; called once after a 401."""
        ...


@dataclass(frozen=True, slots=True)
class FixedCredentials:
    """Credentials that stand in the kubeconfig."""

    credentials: Credentials = Credentials()
    hint: str = "log in again, or choose another user with --context"

    def current(self) -> Credentials:
        """Return them."""
        return self.credentials

    def reload(self) -> Credentials:
        """Return the same: nothing can have changed."""
        return self.credentials


@dataclass(frozen=True, slots=True)
class TokenFile:
    """A token that something else, such as the kubelet, renews in a file.

    Attributes:
        path: The file.
        others: What the user has beside the token; its own token counts if the file has none.
    """

    path: Path
    others: Credentials = Credentials()
    hint: str = "the token file may be out of date; log in again"

    def current(self) -> Credentials:
        """Read the file.

        Raises:
            AccessError: It cannot be read or is empty.
        """
        token = self._read() or self.others.token
        if not token:
            raise AccessError(f"{self.path}: holds no token")
        return Credentials(token, self.others.certificate, self.others.key)

    def reload(self) -> Credentials:
        """Read the file again."""
        return self.current()

    def _read(self) -> str:
        try:
            return self.path.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            if self.others.token:
                return ""
            reason = getattr(error, "strerror", None) or "not a token"
            raise AccessError(f"{self.path}: {one_line(reason).lower()}") from None
