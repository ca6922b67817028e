"""A fleet with edits on top: what a file is going to hold once they are written."""

from collections.abc import Mapping
from typing import Any

from dpfctl.model.cluster import ClusterName
from dpfctl.model.fleet import Entry, Fleet, FleetPart, ObjectKey
from dpfctl.model.fleet_edit import Edit

_NOWHERE = -1


class FleetDraft:
    """Edits that were made and are not written yet.

    An edit costs the same whatever the size of the fleet; a list is put together when it is asked
    for. Not safe for threads.

    Attributes:
        base: The fleet without the edits.
    """

    def __init__(self, base: Fleet, given_out: int = 0) -> None:
        self.base = base
        self._edits: dict[tuple[ClusterName, ObjectKey], Mapping[str, Any] | None] = {}
        self._latest = max(base.latest, given_out)
        self._shown: Fleet | None = base

    @property
    def latest(self) -> int:
        """The highest resourceVersion that was ever given out, also to what is gone."""
        return self._latest

    @property
    def edits(self) -> tuple[Edit, ...]:
        """One edit for each object that is not what it was in the base."""
        return tuple(
            Edit(cluster, key, raw)
            for (cluster, key), raw in self._edits.items()
            if raw is not self.base.parts[cluster].find(key)
        )

    def find(self, cluster: ClusterName, key: ObjectKey) -> Mapping[str, Any] | None:
        """The object as it is with the edits, None if there is none."""
        if (cluster, key) in self._edits:
            return self._edits[cluster, key]
        return self.base.parts[cluster].find(key)

    def put(self, cluster: ClusterName, key: ObjectKey, raw: Mapping[str, Any] | None) -> None:
        """Let an object stand under a name, or nothing; this uses up a resourceVersion."""
        self._edits[cluster, key] = raw
        self._latest += 1
        self._shown = None

    def fleet(self) -> Fleet:
        """The fleet with the edits."""
        if self._shown is None:
            parts = dict(self.base.parts)
            for cluster in {name for name, _ in self._edits}:
                parts[cluster] = self._part(cluster)
            self._shown = Fleet(parts, self._latest, self.base.snapshot)
        return self._shown

    def copy(self) -> "FleetDraft":
        """Return a draft that goes its own way from here."""
        copied = FleetDraft(self.base)
        copied._edits = dict(self._edits)
        copied._latest = self._latest
        copied._shown = self._shown
        return copied

    def _part(self, cluster: ClusterName) -> FleetPart:
        part = self.base.parts[cluster]
        entries = dict(part.entries)
        for (name, key), raw in self._edits.items():
            if name != cluster:
                continue
            if raw is None:
                entries.pop(key, None)
            else:
                old = entries.get(key)
                place = (old.document, old.path) if old else (_NOWHERE, ())
                entries[key] = Entry(raw, *place)
        return FleetPart(entries, part.unreadable)
