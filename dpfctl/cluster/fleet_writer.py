"""Writes to a fleet file, one by one: loaded with the first of them, as most runs only read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dpfctl.apiserver import writes
from dpfctl.apiserver.requests import Outcome, Request
from dpfctl.model.cluster import ClusterName
from dpfctl.model.fleet import key_of
from dpfctl.model.fleet_draft import FleetDraft
from dpfctl.model.fleet_reader import stable_uid
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource

if TYPE_CHECKING:
    from dpfctl.cluster.fleet_file import FleetFile


class FleetWriter:
    """Writes to one cluster of a fleet file, as one field manager."""

    def __init__(self, file: "FleetFile", cluster: ClusterName, manager: str) -> None:
        self._file = file
        self._cluster = cluster
        self._manager = manager

    def create(self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool) -> Resource:
        """Add an object, see ``writes.create``."""
        ref = writes.named(kind, body)
        return self._write(ref, partial(writes.create, body=body), dry_run)

    def replace_status(self, kind: Kind, body: Mapping[str, Any], *, dry_run: bool) -> Resource:
        """Replace the status of an object, see ``writes.replace_status``."""
        ref = writes.named(kind, body)
        return self._write(ref, partial(writes.replace_status, body=body), dry_run)

    def apply(self, kind: Kind, body: Mapping[str, Any], *, force: bool, dry_run: bool) -> Resource:
        """Apply a configuration, see ``writes.apply``."""
        ref = writes.named(kind, body)
        return self._write(ref, partial(writes.apply, body=body, force=force), dry_run)

    def patch(
        self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, dry_run: bool
    ) -> Resource:
        """Change an object by a JSON Patch, see ``writes.patch``."""
        return self._write(ref, partial(writes.patch, operations=operations), dry_run)

    def merge(self, ref: Ref, body: Mapping[str, Any], *, dry_run: bool) -> Resource:
        """Change an object by a merge patch, see ``writes.merge``."""
        return self._write(ref, partial(writes.merge, body=body), dry_run)

    def delete(self, ref: Ref, *, uid: str, version: str, dry_run: bool) -> None:
        """Delete an object, see ``writes.delete``."""
        self._write(ref, partial(writes.delete, uid=uid, version=version), dry_run)

    def schemas(self, kinds: Iterable[Kind]) -> Mapping[Kind, Mapping[str, Any]]:
        """Return the schema of each kind that has a CRD here, or a packaged one."""
        with self._file.editing(dry_run=True) as draft:
            known = self._file.schemas
            found = {kind: known.of(draft.find, self._cluster, kind).openapi for kind in kinds}
        return {kind: schema for kind, schema in found.items() if schema is not None}

    def _write(self, ref: Ref, change: Callable[[Request], Outcome], dry_run: bool) -> Resource:
        with self._file.editing(dry_run=dry_run) as draft:
            request = self._request(draft, ref, dry_run)
            outcome = change(request)
            if not dry_run and outcome.stored is not request.current:
                draft.put(self._cluster, key_of(ref), outcome.stored)
        return Resource(ref.kind, outcome.answer)

    def _request(self, draft: FleetDraft, ref: Ref, dry_run: bool) -> Request:
        key, now = key_of(ref), self._file.now
        version = str(draft.latest + 1)
        return Request(
            ref=ref,
            schema=self._file.schemas.of(draft.find, self._cluster, ref.kind),
            current=draft.find(self._cluster, key),
            version="" if dry_run else version,
            uid=stable_uid(self._cluster, key, f"{version} {now.isoformat()}"),
            now=now,
            manager=self._manager,
        )
