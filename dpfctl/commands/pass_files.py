"""Files that ``reconcile`` reads and writes: regular ones, of a size that somebody can mean."""

import contextlib
import os
import stat
from pathlib import Path

from dpfctl.errors import InputError

LARGEST = 64 << 20
"""Bytes that are read of a file."""


def read_input(flag: str, path: str) -> bytes:
    """Read a file that a flag names.

    Raises:
        InputError: It is no regular file, cannot be read, or is too large.
    """
    try:
        with Path(path).open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(f"{flag}: {path}: is no regular file")
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{flag}: {path}: {error.strerror}") from error
    if len(data) > LARGEST:
        raise InputError(f"{flag}: {path}: is larger than {LARGEST >> 20} MiB")
    return data


def refuse_fleet(flag: str, path: str | None, fleet: str | None) -> None:
    """Refuse to write to the fleet file that is read.

    Raises:
        InputError: They are one file.
    """
    if path is None or fleet is None:
        return
    with contextlib.suppress(OSError):  # one that is not there cannot be the other
        if Path(path).samefile(fleet):
            raise InputError(f"{flag}: {path}: is the fleet file", "name another file")


def replace_private(flag: str, path: str, text: str) -> None:
    """Put a file that only its owner can read in the place of another one, whole or not at all.

    A link is followed. What is no regular file, such as a device, is left alone.

    Raises:
        InputError: The file cannot be written.
    """
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            raise InputError(f"{flag}: {path}: is no regular file")
        target = target.resolve()
        new = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{flag}: {path}: {error.strerror}") from error
    try:
        new.replace(target)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise InputError(f"{flag}: {path}: {error.strerror}") from error
