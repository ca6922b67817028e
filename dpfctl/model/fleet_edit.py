"""One object of a fleet created or replaced: new documents, everything else as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dpfctl.model.documents import Document, Path
from dpfctl.model.fleet import API_VERSION, HOST, KIND, ClusterName, Fleet, ObjectKey


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to stand in a fleet under one name.

    Attributes:
        cluster: The cluster of the object.
        key: The object.
        raw: The whole object as it is to be stored.
    """

    cluster: ClusterName
    key: ObjectKey
    raw: Mapping[str, Any]


def changes(fleet: Fleet, edit: Edit) -> bool:
    """Whether the fleet does not already hold exactly that."""
    return fleet.parts[edit.cluster].find(edit.key) != edit.raw


def edit_documents(documents: Sequence[Document], fleet: Fleet, edit: Edit) -> tuple[Document, ...]:
    """Make one edit.

    Args:
        documents: The documents of the fleet.
        fleet: What was read from them.
        edit: An object that stands in them is replaced where it stands; a new one joins the list of
            its cluster, or becomes a document of its own among plain manifests.

    Returns:
        New documents; what did not change is shared with the old ones. The text is gone: lines
        of the old one would mislead.
    """
    entry = fleet.parts[edit.cluster].entries.get(edit.key)
    if entry is not None:
        number, path, value = entry.document, entry.path, edit.raw
    else:
        number, path, value = _new_place(documents, edit)
    changed = [replace(document, text="") for document in documents]
    if number == len(documents):
        changed.append(replace(documents[-1], number=number, value=value, text=""))
    else:
        changed[number] = replace(changed[number], value=_put(changed[number].value, path, value))
    return tuple(changed)


def _new_place(documents: Sequence[Document], edit: Edit) -> tuple[int, Path, Any]:
    for number, document in enumerate(documents):
        path = _list_of(document.value, edit.cluster)
        if path is not None:
            return number, *_appended(document.value, path, edit.raw)
    return len(documents), (), edit.raw


def _list_of(document: Any, cluster: ClusterName) -> Path | None:
    """Path of the list that takes new objects of a cluster, None if the document has none."""
    if not isinstance(document, dict):
        return None
    is_fleet = (document.get("apiVersion"), document.get("kind")) == (API_VERSION, KIND)
    if cluster == HOST:
        if is_fleet:
            return ("host", "items")
        return ("items",) if document.get("kind") == "List" else None
    for number, part in enumerate((is_fleet and document.get("dpuClusters")) or ()):
        if (part["namespace"], part["name"]) == cluster:
            return ("dpuClusters", number, "items")
    return None


def _appended(document: Any, path: Path, raw: Any) -> tuple[Path, Any]:
    """Where to put which value so that the list at a path has one more entry."""
    value = document
    for depth, step in enumerate(path):
        following = value[step] if isinstance(step, int) else value.get(step)
        if following is None:
            missing: Any = [raw]
            for name in reversed(path[depth + 1 :]):
                missing = {name: missing}
            return path[: depth + 1], missing
        value = following
    return path, [*value, raw]


def _put(parent: Any, path: Path, value: Any) -> Any:
    """Copy the containers on the way to a path and put a value there."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    copied = parent.copy()
    copied[step] = _put(parent[step], rest, value) if rest else value
    return copied
