"""Long lists, read in pages that belong together."""

from collections.abc import Callable, Mapping
from typing import Any

from dpfctl.cluster.answers import list_items
from dpfctl.cluster.faults import Cause, FaultError

PAGE_SIZE = 500
RESTARTS = 2
MOST_PAGES = 4000

Query = tuple[tuple[str, str], ...]


class ExpiredError(Exception):
    """The server no longer holds the snapshot that a continue token belongs to (410)."""


def read_pages(
    fetch: Callable[[Query], Mapping[str, Any]],
    query: Query,
    kept: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> list[Mapping[str, Any]]:
    """Return the items of all pages of one list.

    A token that expires half way means starting over, never mixing two snapshots; the third time
    the list is asked for in one piece.

    Args:
        fetch: Gets one page; raises ``ExpiredError`` for a 410 to one that ``is_continued``.
        query: What selects the objects.
        kept: What is kept of an object, once its page is there.

    Raises:
        FaultError: A page is no list, or the pages do not end.
    """
    for _ in range(RESTARTS + 1):
        try:
            return _all_pages(fetch, query, kept)
        except ExpiredError:
            continue
    return list(map(kept, list_items(fetch(query))))


def is_continued(query: Query) -> bool:
    """Whether a page goes on from another; only then can a token have expired."""
    return any(name == "continue" for name, _ in query)


def _all_pages(
    fetch: Callable[[Query], Mapping[str, Any]],
    query: Query,
    kept: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> list[Mapping[str, Any]]:
    items: list[Mapping[str, Any]] = []
    token = ""
    for _ in range(MOST_PAGES):
        page = fetch(
            (*query, ("limit", str(PAGE_SIZE)), *((("continue", token),) if token else ()))
        )
        items += map(kept, list_items(page))
        before, token = token, _continue_of(page)
        if not token:
            return items
        if token == before:
            break
    raise FaultError(Cause.RUBBISH, "not a Kubernetes answer: a list without an end")


def _continue_of(page: Mapping[str, Any]) -> str:
    metadata = page.get("metadata")
    token = metadata.get("continue") if isinstance(metadata, dict) else None
    return token if isinstance(token, str) else ""
