"""Where the text of a fleet comes from: a file, a folder, standard input, or the packaged demo."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import IO, Protocol

from dpfctl.cluster.atomic_file import unusable
from dpfctl.errors import InputError
from dpfctl.model.documents import Document, check_size, format_of, parse_documents

DEMO = "demo"
STDIN = "-"
SUFFIXES = (".json", ".yaml", ".yml")

Stamp = tuple[tuple[int, ...], ...]
"""Device, inode, size and times of change (ns) of each file: equal until one is written to."""

_CHUNK = 1 << 20
_SAVE = "save a copy to work on: `dpfctl snapshot save FILE`"
_FILES = "--filename takes a file, a folder or -"
_CHOICES = "--from takes a file, a folder, - or demo"


class FleetSource(Protocol):
    """Something that holds the documents of a fleet."""

    @property
    def label(self) -> str:
        """What messages call it."""
        ...

    def stamp(self) -> Stamp:
        """Say which state it is in; what can be read only once is always in the same."""
        ...

    def read(self) -> tuple[Document, ...]:
        """Read the documents; InputError if that fails or if there are none."""
        ...

    def writable(self) -> Path:
        """Return the file that takes writes, symbolic links followed, else raise InputError."""
        ...


def stamp_of(*files: os.stat_result) -> Stamp:
    """Say which state files are in."""
    return tuple(
        (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        for found in files
    )


def find_source(source: str, stdin: IO[bytes] | IO[str]) -> FleetSource:
    """Decide what is meant by ``--from``.

    Args:
        source: A path, ``-``, or ``demo``; a file of that name is ``./demo``.
        stdin: What ``-`` reads.

    Raises:
        InputError: There is no such file or folder.
    """
    if not source:  # the path of nothing would be the current folder
        raise InputError("--from: names no fleet", _CHOICES)
    if source == STDIN:
        return _StreamSource("standard input", partial(_read_stdin, stdin))
    if source == DEMO:
        packaged = resources.files("dpfctl").joinpath("demo", "fleet.yaml")
        return _StreamSource("demo fleet", packaged.read_bytes)
    path = Path(source)
    mode = _stat(path).st_mode
    if stat.S_ISDIR(mode):
        return _FolderSource(path)
    return _FileSource(path) if stat.S_ISREG(mode) else _StreamSource(source, partial(_read, path))


def read_manifests(name: str, stdin: IO[bytes] | IO[str]) -> tuple[Document, ...]:
    """Read the documents that ``-f`` names: those of a file, of a folder, or of ``-``.

    Raises:
        InputError: There is no such file or folder, it cannot be read, or it holds no documents.
    """
    if not name:
        raise InputError("--filename: names no file", _FILES)
    if name == STDIN:
        return _StreamSource("standard input", partial(_read_stdin, stdin)).read()
    path = Path(name)
    try:
        is_folder = stat.S_ISDIR(_stat(path).st_mode)
        source: FleetSource = _FolderSource(path) if is_folder else _FileSource(path)
        return source.read()
    except _NoFileError as error:
        raise InputError(error.message, _FILES) from None


class _NoFileError(InputError):
    """There is nothing of that name."""


@dataclass(frozen=True, slots=True)
class _FileSource:
    """One regular file, the only source that takes writes."""

    path: Path

    @property
    def label(self) -> str:
        return str(self.path)

    def stamp(self) -> Stamp:
        return stamp_of(_stat(self.path))

    def read(self) -> tuple[Document, ...]:
        return _filled(self.label, parse_documents(_read(self.path), self.label))

    def writable(self) -> Path:
        return self.path.resolve()


@dataclass(frozen=True, slots=True)
class _FolderSource:
    """The YAML and JSON files of a folder, by name, without its subfolders."""

    path: Path

    @property
    def label(self) -> str:
        return str(self.path)

    def stamp(self) -> Stamp:
        return stamp_of(*map(_stat, self._files()))

    def read(self) -> tuple[Document, ...]:
        found = (parse_documents(_read(path), str(path)) for path in self._files())
        return _filled(self.label, tuple(document for part in found for document in part))

    def writable(self) -> Path:
        raise InputError(f"{self.label}: a folder takes no writes", _SAVE)

    def _files(self) -> list[Path]:
        try:
            found = sorted(self.path.iterdir())
        except OSError as error:
            raise _unreadable(self.path, error) from error
        return [path for path in found if path.suffix in SUFFIXES and path.is_file()]


@dataclass(frozen=True, slots=True)
class _StreamSource:
    """Standard input, a pipe, or the demo fleet from wherever dpfctl is installed."""

    label: str
    content: Callable[[], bytes]

    def stamp(self) -> Stamp:
        return ()

    def read(self) -> tuple[Document, ...]:
        return _filled(self.label, parse_documents(self.content(), self.label))

    def writable(self) -> Path:
        raise InputError(f"{self.label}: takes no writes", _SAVE)


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _drain(str(path), file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise _unreadable(path, error) from error


def _read_stdin(stdin: IO[bytes] | IO[str]) -> bytes:
    try:
        return _drain("standard input", stdin)
    except OSError as error:
        raise unusable(Path("standard input"), "read", error) from error


def _drain(label: str, stream: IO[bytes] | IO[str], known: int = 0) -> bytes:
    """Read a stream to its end, but not more than a fleet may have.

    Args:
        label: What messages call the stream.
        stream: Where to read.
        known: Bytes that are to come, as far as that is known.
    """
    source = getattr(stream, "buffer", stream)
    chunks: list[bytes] = []
    size = 0
    while chunk := source.read(_CHUNK):
        chunks.append(chunk.encode() if isinstance(chunk, str) else chunk)
        size += len(chunks[-1])
        check_size(max(size, known), label, format_of(chunks[0]))
    return b"".join(chunks)


def _unreadable(path: Path, error: OSError) -> InputError:
    if isinstance(error, FileNotFoundError):
        return _NoFileError(f"{path}: not found", _CHOICES)
    return unusable(path, "read", error)


def _filled(label: str, documents: tuple[Document, ...]) -> tuple[Document, ...]:
    if all(document.value is None for document in documents):
        raise InputError(f"{label}: holds no objects")
    return documents
