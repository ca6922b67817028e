"""Kubeconfig files: found, parsed and merged as kubectl does, nothing decided yet.

Only text is read here. No command is started, no certificate is opened and no name is resolved
before one context has been chosen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from dpfctl.cluster.wording import one_line
from dpfctl.errors import InputError

_C_OR_PYTHON: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SECTIONS = {"contexts": "context", "clusters": "cluster", "users": "user"}


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one entry, read strictly: a wrong type is refused by name.

    Attributes:
        where: What messages call the entry: file, section, name.
        folder: Where relative paths of the entry start.
        raw: The fields. May hold secrets, so it is never shown.
    """

    where: str
    folder: Path
    raw: Mapping[str, Any] = field(repr=False)

    def text(self, name: str) -> str:
        """Return a string, empty if the field is absent or null."""
        value = self.raw.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.refusal(name, "must be text", "put the value in quotes")
        return self._without_nul(name, value)

    def flag(self, name: str) -> bool:
        """Return a boolean. ``"false"`` in quotes is text, and text is refused, not guessed."""
        value = self.raw.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self.refusal(name, "must be true or false", "write it without quotes")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings."""
        value = self.raw.get(name)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(self._without_nul(name, entry) for entry in value)
        raise self.refusal(name, "must be a list of texts", "")

    def section(self, name: str) -> "Fields | None":
        """Return the fields of a nested object, None if there is none."""
        value = self.raw.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.refusal(name, "must be an object", "")
        return Fields(f"{self.where}: {name}", self.folder, value)

    def path(self, name: str) -> Path | None:
        """Return a path, relative ones from the folder of the file, None if the field is empty."""
        value = self.text(name)
        return self.folder / value if value else None

    def refusal(self, name: str, fact: str, hint: str) -> InputError:
        """Return the error for a field that cannot be used."""
        return InputError(f"{self.where}: {name}: {fact}", hint)

    def _without_nul(self, name: str, value: str) -> str:
        if "\0" in value:  # no path, no argument and no header may hold one
            raise self.refusal(name, "holds a NUL character", "")
        return value


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """One kubeconfig, or several merged into one.

    Attributes:
        source: What messages call it: the path, or the paths joined by colons.
        current: Name of the current context, may be empty.
        contexts: Context name -> fields, in the order of the files.
        clusters: Cluster name -> fields.
        users: User name -> fields.
    """

    source: str
    current: str
    contexts: Mapping[str, Fields]
    clusters: Mapping[str, Fields]
    users: Mapping[str, Fields]


class _Loader(_C_OR_PYTHON):  # type: ignore[misc]  # its base is found at run time
    """YAML as kubectl takes it, unlike fleet files: 1.1, the last of equal keys, dates are text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _C_OR_PYTHON.yaml_implicit_resolvers.items()
    }


def read_kubeconfig(path: Path) -> Kubeconfig:
    """Read one file.

    Raises:
        InputError: It cannot be read or is no kubeconfig; the message names file and line.
        FileNotFoundError: There is no such file.
    """
    raw = _parse(path, _read(path))
    top = Fields(str(path), path.parent, raw)
    sections = {name: _entries(top, name, inner) for name, inner in SECTIONS.items()}
    return Kubeconfig(str(path), top.text("current-context"), **sections)


def merge_kubeconfigs(parts: Sequence[Kubeconfig]) -> Kubeconfig:
    """Merge files so that the first one to name an entry, or the current context, wins it whole."""
    merged: dict[str, dict[str, Fields]] = {name: {} for name in SECTIONS}
    for part in reversed(parts):
        for name, entries in merged.items():
            entries.update(getattr(part, name))
    current = next((part.current for part in parts if part.current), "")
    return Kubeconfig(":".join(part.source for part in parts), current, **merged)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        reason = str(error.strerror).lower() if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{path}: cannot be read: {one_line(reason)}") from error


def _parse(path: Path, text: str) -> Mapping[str, Any]:
    try:
        raw = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"{path}{_place(error)}: not valid YAML{_problem(error)}") from None
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise InputError(f"{path}: not a kubeconfig: the document is not an object")
    return raw


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f": line {mark.line + 1}" if mark is not None else ""


def _problem(error: Exception) -> str:
    # Only the parser's own words: its context and snippet may quote a token.
    problem = getattr(error, "problem", None)
    return f": {one_line(problem)}" if isinstance(problem, str) and "'" not in problem else ""


def _entries(top: Fields, section: str, inner: str) -> dict[str, Fields]:
    raw = top.raw.get(section)
    if raw is None:
        return {}
    if not isinstance(raw, list):
        raise top.refusal(section, "must be a list", "")
    found: dict[str, Fields] = {}
    for number, entry in enumerate(raw, 1):
        name, fields = _entry(top, f"{section}[{number}]", inner, entry)
        if name in found:
            raise top.refusal(section, f'two entries are called "{one_line(name)}"', "")
        found[name] = fields
    return found


def _entry(top: Fields, place: str, inner: str, entry: Any) -> tuple[str, Fields]:
    if not isinstance(entry, dict):
        raise top.refusal(place, "must be an object", "")
    outer = Fields(f"{top.where}: {place}", top.folder, entry)
    name = outer.text("name")
    fields = outer.section(inner)
    where = f'{top.where}: {inner} "{one_line(name, 80)}"'
    return name, Fields(where, top.folder, fields.raw if fields else {})
