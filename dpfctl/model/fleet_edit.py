"""Objects of a fleet created, replaced or taken out: new documents, everything else as it was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.documents import Document, Path
from dpfctl.model.fleet import API_VERSION, KIND, Fleet, ObjectKey

_GONE = object()
_EMPTY_LIST: Mapping[str, Any] = {"apiVersion": "v1", "kind": "List", "items": []}
_LISTS = ((API_VERSION, KIND), ("v1", "List"))


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to stand in a fleet under one name.

    Attributes:
        cluster: The cluster of the object.
        key: The object.
        raw: The whole object as it is to be stored, None if it is to be gone.
    """

    cluster: ClusterName
    key: ObjectKey
    raw: Mapping[str, Any] | None


def edit_documents(
    documents: Sequence[Document], fleet: Fleet, edits: Sequence[Edit], latest: int = 0
) -> tuple[Document, ...]:
    """Make edits.

    Args:
        documents: The documents of the fleet.
        fleet: What was read from them.
        edits: At most one for each object. An object that stands in the documents is replaced, or
            taken out, where it stands; a new one joins the list of its cluster, or becomes a
            document of its own among plain manifests.
        latest: The highest resourceVersion given out so far. Once objects are gone it is noted in
            the metadata of a list, as API servers do it, so that it is not given out again.

    Returns:
        New documents; what did not change is shared with the old ones. The text is gone: lines
        of the old one would mislead.
    """
    changes: dict[int, _Change] = {}
    added: dict[ClusterName, list[Any]] = {}
    for edit in edits:
        entry = fleet.parts[edit.cluster].entries.get(edit.key)
        if entry is not None:
            wanted = _GONE if edit.raw is None else edit.raw
            changes.setdefault(entry.document, _Change()).put(entry.path, wanted)
        elif edit.raw is not None:
            added.setdefault(edit.cluster, []).append(edit.raw)
    values = [_changed(d.value, changes.get(number)) for number, d in enumerate(documents)]
    for cluster, objects in added.items():
        _add(values, cluster, objects)
    if any(edit.raw is None for edit in edits):
        values = [None if value is _GONE else value for value in values]
        _note(values, latest)
    return tuple(_documents(documents, values))


@dataclass(slots=True)
class _Change:
    """What is to become of a value: another one, or changes further down."""

    value: Any = None
    below: dict[str | int, "_Change"] = field(default_factory=dict)

    def put(self, path: Path, value: Any) -> None:
        here = self
        for step in path:
            here = here.below.setdefault(step, _Change())
        here.value = value


def _changed(value: Any, change: _Change | None) -> Any:
    """Copy the containers on the way to what changes, and leave out what is gone."""
    if change is None:
        return value
    if not change.below:
        return change.value
    copied = value.copy()
    for step, below in change.below.items():
        copied[step] = _changed(value[step], below)
    return [entry for entry in copied if entry is not _GONE] if isinstance(copied, list) else copied


def _documents(documents: Sequence[Document], values: Sequence[Any]) -> Iterable[Document]:
    for number, value in enumerate(values):
        model = documents[min(number, len(documents) - 1)]
        yield replace(model, number=max(number, model.number), value=value, text="")


def _add(values: list[Any], cluster: ClusterName, objects: list[Any]) -> None:
    for number, value in enumerate(values):
        path = _list_of(value, cluster)
        if path is not None:
            values[number] = _extended(value, path, objects)
            return
    values.extend(objects)


def _note(values: list[Any], latest: int) -> None:
    """Note a version in the first list, in an empty one if there is none."""
    number = next((n for n, value in enumerate(values) if _is_listing(value)), len(values))
    if number == len(values):
        values.append(_EMPTY_LIST)
    head = {name: values[number][name] for name in ("apiVersion", "kind")}
    metadata = {**(values[number].get("metadata") or {}), "resourceVersion": str(latest)}
    values[number] = {**head, "metadata": metadata, **_without_metadata(values[number])}


def _is_listing(value: Any) -> bool:
    return isinstance(value, dict) and (value.get("apiVersion"), value.get("kind")) in _LISTS


def _without_metadata(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: child for name, child in value.items() if name != "metadata"}


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


def _extended(value: Any, path: Path, objects: list[Any]) -> Any:
    """Copy the containers on the way to a list, which is made if there is none, and extend it."""
    if not path:
        return [*(value or ()), *objects]
    step, rest = path[0], path[1:]
    copied = {} if value is None else value.copy()
    inner = copied[step] if isinstance(step, int) else copied.get(step)
    copied[step] = _extended(inner, rest, objects)
    return copied
