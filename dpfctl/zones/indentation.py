"""Lost indentation: fields that stand beside the field they belong below.

Zone manifests as they are published have gone through a formatter that took blanks away, so that
``nodeSelector:`` is empty and ``matchLabels:`` is its neighbour. To YAML that is fine; to an API
server it is a selector that is missing and a field to be dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dpfctl.model.documents import Path
from dpfctl.zones.checking import Schema, property_of, rest_of


@dataclass(frozen=True, slots=True)
class Stray:
    """A field that lost its indentation.

    Attributes:
        path: Where it stands.
        parent: Name of the empty field before it, which it belongs below.
    """

    path: Path
    parent: str


def find_strays(value: Any, schema: Schema, path: Path = ()) -> Iterator[Stray]:
    """Yield fields that only make sense below an empty field that stands before them.

    Args:
        value: Plain values; mappings keep the order of the text.
        schema: What is allowed, as for ``find_problems``.
        path: Where the value stands.

    Returns:
        Fields in the order of the text; what is below one is judged as if it stood in its place.
    """
    if isinstance(value, dict):
        yield from _Mapping(schema).strays(value, path)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from find_strays(item, schema.get("items") or {}, (*path, number))


class _Mapping:
    """One mapping while its fields are walked, with the empty ones that may have lost children."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._empty: list[tuple[str, Schema]] = []

    def strays(self, value: dict[str, Any], path: Path) -> Iterator[Stray]:
        for name, child in value.items():
            below = property_of(self._schema, name)
            if below is not None:
                self._empty.clear()
            elif (found := self._adopter(name)) is not None:
                parent, below = found
                yield Stray((*path, name), parent)
            else:
                below = rest_of(self._schema) or {}
            if child is None:
                self._empty.append((name, below))
            else:
                yield from find_strays(child, below, (*path, name))

    def _adopter(self, name: str) -> tuple[str, Schema] | None:
        """The innermost empty field that declares the name, or at least takes any."""
        for depth in range(len(self._empty) - 1, -1, -1):
            parent, schema = self._empty[depth]
            below = property_of(schema, name)
            if below is not None:
                del self._empty[depth + 1 :]
                return parent, below
        if not self._empty or rest_of(self._schema) is not None:
            return None
        parent, schema = self._empty[-1]
        rest = rest_of(schema)
        return (parent, rest) if rest else None
