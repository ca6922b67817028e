"""Objects of one cluster, found by what others know them by."""

from collections.abc import Callable, Iterable, Sequence

from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource

Key = Callable[[Resource], str]


class Joins:
    """Indexes over the lists of a cluster, each made once and only when it is asked for.

    Args:
        objects: Returns the objects of a kind.
    """

    def __init__(self, objects: Callable[[Kind], Iterable[Resource]]) -> None:
        self._objects = objects
        self._indexes: dict[tuple[Kind, str], dict[str, list[Resource]]] = {}

    def find(self, kind: Kind, by: str, value: str, key: Key) -> Sequence[Resource]:
        """Objects of a kind whose ``key`` is ``value``, in list order; ``by`` names the key."""
        index = self._indexes.get((kind, by))
        if index is None:
            index = self._indexes[kind, by] = {}
            for resource in self._objects(kind):
                index.setdefault(key(resource), []).append(resource)
        return index.get(value, ())
