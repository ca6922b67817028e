"""Chart archives: read in memory with a limit, never unpacked to disk."""

import hashlib
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dpfctl.errors import DpfctlError, RejectedError
from dpfctl.model.yaml_text import parse_yaml

LARGEST = 256 << 20
"""Bytes of an unpacked chart, as far as it must be read."""

_LARGEST_METADATA = 1 << 20


@dataclass(frozen=True, slots=True)
class Archive:
    """A packaged chart that is here.

    Attributes:
        path: The file.
        sha256: Of the file, 64 hexadecimal digits.
        name: Of the chart.
        version: Of the chart, which a range was resolved to.
        app_version: Of what it installs, empty if it does not say.
    """

    path: Path
    sha256: str
    name: str
    version: str
    app_version: str = ""


def read_archive(path: Path, where: str) -> Archive:
    """Return what an archive is.

    Args:
        path: The file.
        where: What messages call the chart.

    Raises:
        RejectedError: It is no chart.
    """
    try:
        metadata = _metadata(path, where)
    except (tarfile.TarError, OSError, EOFError, ValueError, DpfctlError) as error:
        raise RejectedError(f"{where}: its archive is no chart that can be read") from error
    name, version, app_version = (_text(metadata, k) for k in ("name", "version", "appVersion"))
    return Archive(path, _sha256(path), name, version, app_version)


def _metadata(path: Path, where: str) -> Mapping[str, Any]:
    """Read ``Chart.yaml`` of the chart itself, not of one that it contains.

    Raises:
        ValueError: There is none within the limit.
    """
    total = 0
    # Not mode "r|gz": it stumbles over the extra field that Helm puts into the header.
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            total += member.size
            if total > LARGEST:
                raise ValueError("too large")
            if member.isfile() and _is_metadata(member.name):
                file = archive.extractfile(member)
                text = file.read(_LARGEST_METADATA).decode() if file else ""
                (found,) = parse_yaml(text, where)
                return found if isinstance(found, dict) else {}
    raise ValueError("no Chart.yaml")


def _is_metadata(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) == 2 and parts[1] == "Chart.yaml"


def _text(metadata: Mapping[str, Any], key: str) -> str:
    value = metadata.get(key)
    return "" if value is None else str(value)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
