"""Files that one helm process reads and nobody else: kubeconfigs, logins, authorities.

On Linux they are in memory and have no name, so not even ``kill -9`` leaves one behind; elsewhere
they are 0600 in the private folder of the run, gone as soon as the process has ended.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_OPEN_FILES = Path("/proc/self/fd")


@dataclass(frozen=True, slots=True)
class PrivateFile:
    """A file for a child process.

    Attributes:
        path: Where the child finds it.
        descriptors: What the child must inherit for that.
    """

    path: str
    descriptors: tuple[int, ...] = ()


@contextlib.contextmanager
def private_file(folder: Path, data: bytes) -> Iterator[PrivateFile]:
    """Hold a file while a child runs.

    Args:
        folder: 0700, used where memory has no files.
        data: What it holds.
    """
    in_memory = hasattr(os, "memfd_create") and _OPEN_FILES.is_dir()
    held = _memory_file(data) if in_memory else _named_file(folder, data)
    with held as found:
        yield found


@contextlib.contextmanager
def _memory_file(data: bytes) -> Iterator[PrivateFile]:
    descriptor = os.memfd_create("dpfctl")
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(data)
        file.flush()
        yield PrivateFile(str(_OPEN_FILES / str(descriptor)), (descriptor,))


@contextlib.contextmanager
def _named_file(folder: Path, data: bytes) -> Iterator[PrivateFile]:
    descriptor, name = tempfile.mkstemp(dir=folder)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        yield PrivateFile(name)
    finally:
        Path(name).unlink(missing_ok=True)
