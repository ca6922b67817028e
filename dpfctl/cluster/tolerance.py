"""Reading a cluster with and without patience for lists that cannot be had."""

from collections.abc import Sequence

from dpfctl.errors import DpfctlError, ForbiddenError, UnreachableError
from dpfctl.model.cluster import Cluster
from dpfctl.model.inventory import Inventory, Listing, Trouble
from dpfctl.model.kinds import Kind


def read_what_is_allowed(cluster: Cluster, wanted: Sequence[Kind]) -> Inventory:
    """LIST kinds in all namespaces; a cluster that cannot be read at all is lists that failed."""
    try:
        return cluster.read(wanted)
    except DpfctlError as failure:
        return lost(wanted, failure)


def read_side(way: Cluster | DpfctlError, wanted: Sequence[Kind]) -> Inventory | DpfctlError:
    """LIST kinds of one cluster in all namespaces; what stands in the way is an answer too."""
    if isinstance(way, DpfctlError):
        return way
    try:
        return way.read(wanted)
    except DpfctlError as failure:
        return failure


def lost(wanted: Sequence[Kind], failure: DpfctlError) -> Inventory:
    """Return the lists of a cluster that could not be read, each with the reason."""
    listing = Listing(trouble=Trouble.UNREACHABLE, message=failure.message)
    return Inventory(dict.fromkeys(wanted, listing))


def read_all(cluster: Cluster, wanted: Sequence[Kind], namespace: str | None = None) -> Inventory:
    """LIST kinds; one that is not served is empty.

    Raises:
        ForbiddenError: A list is forbidden.
        UnreachableError: A list got no usable answer.
    """
    host = cluster.read(wanted, namespace)
    for kind in wanted:
        listing = host.listing(kind)
        message = f"{kind}: cannot be listed: {listing.message}"
        if listing.trouble is Trouble.FORBIDDEN:
            raise ForbiddenError(message)
        if listing.trouble is Trouble.UNREACHABLE:
            raise UnreachableError(message)
    return host
