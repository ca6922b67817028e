"""The two backends behind one interface of a test, and what they did, made comparable.

What each write answered, or was refused with, is noted. Two transcripts are equal if both sides did
the same: uids, times and versions are replaced by names in the order in which they turn up, so that
it shows whether one changed, but not to what.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dpfctl.cluster.fleet_file import FleetCluster
from dpfctl.cluster.kube import KubeCluster
from dpfctl.errors import DpfctlError, FieldConflictError
from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from tests.cluster.crd_objects import Json, changed, minimal

_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_STORAGE = re.compile(r"StorageError: .*AdditionalErrorMsg: ")


@dataclass
class Side:
    """One of the two: where a script runs, and what has come of it so far."""

    cluster: FleetCluster | KubeCluster
    namespace: str
    steps: list[Any] = field(default_factory=list)
    uids: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def service(self, name: str = "hbn", **changes: Any) -> Json:
        """A DPUService; changes by path, with ``__`` for a slash."""
        return self.new(kinds.DPU_SERVICE, name, **changes)

    def new(self, kind: Kind, name: str, **changes: Any) -> Json:
        """The smallest object of a kind, changed."""
        by_path = {path.replace("__", "/"): value for path, value in changes.items()}
        return changed(minimal(kind, self.namespace, name), by_path)

    def config(self, name: str = "hbn", **fields: Any) -> Json:
        """A configuration of a DPUService to apply."""
        metadata = {"name": name, "namespace": self.namespace, **fields.pop("metadata", {})}
        return {"metadata": metadata, **fields}

    def ref(self, name: str = "hbn", kind: Kind = kinds.DPU_SERVICE) -> Ref:
        return Ref(kind, self.namespace if kind.namespaced else "", name)

    def by(self, manager: str) -> "Side":
        """The same side for another field manager; steps are noted together."""
        other = self.cluster.writing_as(manager)
        return Side(other, self.namespace, self.steps, self.uids, self.versions)

    def create(self, body: Json, kind: Kind = kinds.DPU_SERVICE, **options: bool) -> Any:
        return self.note(lambda: self.cluster.create(kind, body, **options))

    def apply(self, body: Json, kind: Kind = kinds.DPU_SERVICE, **options: bool) -> Any:
        return self.note(lambda: self.cluster.apply(kind, body, **options))

    def patch(self, *operations: Json, ref: Ref | None = None, **options: bool) -> Any:
        return self.note(lambda: self.cluster.patch(ref or self.ref(), operations, **options))

    def merge(self, body: Json, ref: Ref | None = None, **options: bool) -> Any:
        return self.note(lambda: self.cluster.merge(ref or self.ref(), body, **options))

    def report(self, body: Json, kind: Kind = kinds.DPU_SERVICE, **options: bool) -> Any:
        return self.note(lambda: self.cluster.replace_status(kind, body, **options))

    def report_on(self, ref: Ref, status: Json | None, **options: bool) -> Any:
        """Replace the status of an object as it is now, or take it away."""

        def act() -> Resource:
            found = {**self.cluster.get(ref).raw, "status": status}
            kept = {name: value for name, value in found.items() if value is not None}
            return self.cluster.replace_status(ref.kind, kept, **options)

        return self.note(act)

    def delete(self, ref: Ref | None = None, uid: str = "", **options: bool) -> Any:
        found = ref or self.ref()

        def act() -> None:
            wanted = uid or self.cluster.get(found).uid
            self.cluster.delete(found, uid=wanted, dry_run=options.get("dry_run", False))

        return self.note(act)

    def get(self, ref: Ref | None = None) -> Resource:
        """Note how an object is stored, and return it."""
        found: Resource = self.note(lambda: self.cluster.get(ref or self.ref()))
        return found

    def note(self, act: Callable[[], Resource | None]) -> Any:
        """Do something and note the answer; an error is noted, not raised."""
        try:
            answer = act()
        except DpfctlError as error:
            self.steps.append(self._error(error))
            return error
        self.steps.append(self._plain(answer.raw) if answer is not None else None)
        return answer

    def _error(self, error: DpfctlError) -> Any:
        text = error.message.replace(self.namespace, "NAMESPACE")
        conflicts = sorted(error.conflicts) if isinstance(error, FieldConflictError) else None
        text = _STORAGE.sub("", text).partition(": operation ")[0]
        head, sign, listed = text.partition(" is invalid: [")
        if sign:
            # The server lists errors in any order.
            text = f"{head}{sign}{sorted(listed.removesuffix(']').split(', '))}"
        if conflicts is not None:
            text = text.partition(": others own ")[0]  # in any order
        return type(error).__name__, self._named(text), conflicts

    def _plain(self, raw: Any) -> Any:
        metadata = dict(raw["metadata"])
        if "resourceVersion" in metadata:
            version = metadata["resourceVersion"]
            known = self.versions.setdefault(version, f"version {len(self.versions)}")
            metadata["resourceVersion"] = known
        else:
            del metadata["uid"]  # of a dry run, made up anew each time
        if "managedFields" in metadata:
            metadata["managedFields"] = sorted(metadata["managedFields"], key=_entry_name)
        text = json.dumps({**raw, "metadata": metadata}).replace(self.namespace, "NAMESPACE")
        return json.loads(self._named(text))

    def _named(self, text: str) -> str:
        text = _UID.sub(lambda found: self.uids.setdefault(found[0], f"uid {len(self.uids)}"), text)
        return _TIME.sub("TIME", text)


def _entry_name(entry: Json) -> list[str]:
    """Entries stand in the order of their times, which are not the same on both sides."""
    return [entry.get(name, "") for name in ("operation", "manager", "apiVersion", "subresource")]


def op(word: str, path: str, value: Any = None) -> Json:
    """One operation of a JSON Patch."""
    return {"op": word, "path": path, **({} if word == "remove" else {"value": value})}


def holding(version: Any) -> Json:
    """The operation that makes a patch a compare-and-swap."""
    return op("replace", "/metadata/resourceVersion", version)
