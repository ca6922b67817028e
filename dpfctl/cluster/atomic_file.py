"""Files that are the old one or the new one at every moment, whatever is pulled or killed."""

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from dpfctl.errors import ConflictError, InputError

_WAIT = 10.0
_POLL = 0.02
_LONGEST_PREFIX = 100


def replace_file(
    path: Path,
    data: bytes,
    mode: int | None = None,
    check: Callable[[], None] = lambda: None,
) -> os.stat_result:
    """Write a file by way of a temporary one beside it.

    The content has reached the disk before the name points to it. A run that is killed leaves the
    old file and, at worst, a hidden temporary one.

    Args:
        path: The file; not a symbolic link. It need not exist.
        data: Its whole new content.
        mode: Permission bits; None keeps those of the file that is replaced.
        check: Called when the new content is on the disk, just before the name points to it; what
            it raises leaves the old file.

    Returns:
        What the new file is, even if somebody has replaced it again by now.

    Raises:
        InputError: Disk full, folder read-only or missing; the old file is as it was.
    """
    try:
        return _replace(path, data, mode, check)
    except OSError as error:
        raise unusable(path, "written", error) from error


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other writers of a file out.

    The lock is on the file itself, so nothing is left behind; whoever waited for it looks whether
    the name still points to the file that was locked.

    Raises:
        InputError: The file does not exist or may not be written.
        ConflictError: Another process held the lock for 10 s.
    """
    deadline = time.monotonic() + _WAIT
    while True:
        with _open(path) as file:
            if _lock(file, path) and _is_still(file, path):
                yield
                return
        if time.monotonic() >= deadline:
            raise ConflictError(f"{path}: another process is writing it", "try again")
        time.sleep(_POLL)


def unusable(path: Path, verb: str, error: OSError) -> InputError:
    """Translate what the operating system says about a file into words of ours."""
    reason = error.strerror or str(error)
    return InputError(f"{path}: cannot be {verb}: {reason[:1].lower()}{reason[1:]}")


def _replace(
    path: Path, data: bytes, mode: int | None, check: Callable[[], None]
) -> os.stat_result:
    prefix = f".{path.name[:_LONGEST_PREFIX]}."
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            _take_over(handle, path, mode)
            file.write(data)
            file.flush()
            os.fsync(handle)
            check()
            Path(name).replace(path)
            _sync_folder(path.parent)
            return os.fstat(handle)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _take_over(handle: int, path: Path, mode: int | None) -> None:
    """Give the new file the mode that was asked for, or mode and owner of the old one."""
    if mode is not None:
        os.fchmod(handle, mode)
        return
    old = path.stat()
    with contextlib.suppress(PermissionError):
        os.fchown(handle, old.st_uid, old.st_gid)
    os.fchmod(handle, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    # Makes the rename last through a power cut; some file systems cannot, and the file is there.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _open(path: Path) -> IO[bytes]:
    try:
        # For writing, though nothing is written through it: a file without write permission is
        # meant to stay as it is, and network file systems lock only files that are writable.
        return path.open("r+b")
    except OSError as error:
        raise unusable(path, "written", error) from error


def _lock(file: IO[bytes], path: Path) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise unusable(path, "locked", error) from error
    return True


def _is_still(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
