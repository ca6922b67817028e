"""What follows from a value and is asked for again and again."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """Keeps what was found out about one value that never changes.

    Finders are pure, and what they return is not changed by anybody. Of two threads that ask at
    once each may look for itself; both find the same.
    """

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[Hashable, Any] = {}

    def get(self, find: Callable[..., T], *about: Hashable, of: object) -> T:
        """Return ``find(*about, of)``, found only once."""
        key = (find, *about)
        if key not in self._found:
            self._found[key] = find(*about, of)
        found: T = self._found[key]
        return found
