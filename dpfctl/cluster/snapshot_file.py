"""A snapshot on disk: readable by its owner only, whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dpfctl.cluster.atomic_file import replace_file, unusable
from dpfctl.errors import InputError
from dpfctl.model.documents import Format
from dpfctl.model.json_writer import write_json
from dpfctl.model.yaml_writer import write_yaml

MODE = 0o600
_FORMATS = {".json": Format.JSON, ".yaml": Format.YAML, ".yml": Format.YAML}


@dataclass(frozen=True, slots=True)
class SnapshotTarget:
    """Where a snapshot goes.

    Attributes:
        path: The file, symbolic links followed; it need not exist.
        format: How it is written.
    """

    path: Path
    format: Format


def snapshot_target(name: str) -> SnapshotTarget:
    """Check where a snapshot is to go, before anything is read for it.

    Args:
        name: Path of a file that ends in ``.json``, ``.yaml`` or ``.yml``; it need not exist.

    Raises:
        InputError: Another suffix, a folder, a device, or a folder that does not exist.
    """
    path = Path(name)
    if path.suffix not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise InputError(f"{name}: a snapshot ends in one of {known}", "try fleet.json")
    try:
        target = path.resolve()
        if target.is_dir():
            raise InputError(f"{name}: is a folder")
        if target.exists() and not target.is_file():
            raise InputError(f"{name}: is no regular file")
    except OSError as error:
        raise unusable(path, "written", error) from error
    except RuntimeError as error:
        raise InputError(f"{name}: cannot be written: its links form a loop") from error
    if not target.parent.is_dir():
        raise InputError(f"{name}: there is no folder {target.parent}")
    return SnapshotTarget(target, _FORMATS[path.suffix])


def save_snapshot(document: Mapping[str, Any], target: SnapshotTarget) -> None:
    """Write a snapshot.

    Args:
        document: What ``take_snapshot`` made.
        target: What ``snapshot_target`` returned; an existing file is replaced, whatever its mode
            the new one is readable and writable by its owner only.

    Raises:
        InputError: It cannot be written; a file that was there is as it was.
    """
    replace_file(target.path, snapshot_text(document, target.format), MODE)


def snapshot_text(document: Mapping[str, Any], written: Format) -> bytes:
    """Return the text of a snapshot, UTF-8."""
    return write_json([document]) if written is Format.JSON else write_yaml([document])
