"""Lists of one cluster: side by side, in pages, and what could not be read as a value."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from dpfctl.cluster.answers import decode, refusal
from dpfctl.cluster.caller import Caller
from dpfctl.cluster.crew import side_by_side
from dpfctl.cluster.faults import FaultError
from dpfctl.cluster.paging import ExpiredError, Query, is_continued, read_pages
from dpfctl.cluster.paths import collection_path
from dpfctl.cluster.patience import Outage
from dpfctl.cluster.transport import IN_FLIGHT, Request
from dpfctl.errors import (
    ConflictError,
    DpfctlError,
    ForbiddenError,
    KindNotServedError,
    RejectedError,
    UnreachableError,
)
from dpfctl.model.inventory import Inventory, Listing, Trouble, listing_of
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource

_LOST = (UnreachableError, RejectedError, ConflictError)


Slim = Callable[[Kind, Mapping[str, Any]], Mapping[str, Any]]
"""Takes from an object of a kind what the reader will never look at."""


def whole(_kind: Kind, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave an object as it is."""
    return raw


def read_lists(
    caller: Caller,
    kinds: Iterable[Kind],
    namespace: str | None,
    outage: Outage,
    slim: Slim = whole,
) -> Inventory:
    """LIST each kind once, eight at a time.

    Args:
        caller: Sends the requests.
        kinds: n kinds; repeats count once.
        namespace: None for all namespaces.
        outage: Shared by all lists, so that a dead server is found out once.
        slim: What is kept of each object, page by page, so that a long list needs little memory.

    Raises:
        AccessError: The cluster as a whole cannot be read, or not one of the lists.
    """
    wanted = tuple(dict.fromkeys(kinds))
    jobs = [partial(_listing, caller, kind, namespace, outage, slim) for kind in wanted]
    try:
        found = side_by_side(jobs, IN_FLIGHT)
    except DpfctlError:
        caller.cut()
        raise
    lost = [entry for entry in found if isinstance(entry, DpfctlError)]
    if lost and len(lost) == len(found):
        raise lost[0]
    return Inventory(dict(zip(wanted, map(_as_listing, found), strict=True)))


def read_list(
    caller: Caller,
    kind: Kind,
    namespace: str | None,
    selector: str,
    outage: Outage,
    slim: Slim = whole,
) -> Listing:
    """LIST one kind in pages.

    Returns:
        The objects by namespace, then name. They say what they are, which in a list the server
        leaves out.

    Raises:
        DpfctlError: Any of those the ``Cluster`` protocol lists.
    """
    path = collection_path(kind, namespace)
    query: Query = (("labelSelector", selector),) if selector else ()
    identity = {"apiVersion": kind.api_version, "kind": kind.name}

    def kept(item: Mapping[str, Any]) -> Mapping[str, Any]:
        return slim(kind, {**identity, **item})

    try:
        items = read_pages(partial(_page, caller, kind, path, outage), query, kept)
    except FaultError as fault:
        raise caller.unreachable(fault) from fault
    return listing_of(Resource(kind, item) for item in items)


def _listing(
    caller: Caller, kind: Kind, namespace: str | None, outage: Outage, slim: Slim
) -> Listing | DpfctlError:
    try:
        return read_list(caller, kind, namespace, kind.selector, outage, slim)
    except KindNotServedError as error:
        return Listing(trouble=Trouble.NOT_SERVED, message=error.message)
    except ForbiddenError as error:
        return Listing(trouble=Trouble.FORBIDDEN, message=error.message)
    except _LOST as error:
        if outage.error is not None:
            raise outage.error from error
        return error


def _as_listing(entry: Listing | DpfctlError) -> Listing:
    if isinstance(entry, Listing):
        return entry
    return Listing(trouble=Trouble.UNREACHABLE, message=entry.message)


def _page(caller: Caller, kind: Kind, path: str, outage: Outage, query: Query) -> dict[str, Any]:
    answer = caller.ask(Request("GET", path, query), outage)
    if answer.status == 410 and is_continued(query):
        raise ExpiredError
    if answer.status != 200:
        raise refusal(kind, caller.endpoint, answer)
    return decode(answer)
