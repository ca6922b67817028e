"""What was read of a cluster at one moment: every list, or the reason why there is none."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from dpfctl.errors import DpfctlError, ForbiddenError, KindNotServedError, UnreachableError
from dpfctl.model.kinds import Kind
from dpfctl.model.memo import Memo
from dpfctl.model.resources import Ref, Resource

T = TypeVar("T")


class Trouble(StrEnum):
    """Why a list is missing; the words stand in the REASON column of a problem row."""

    NOT_SERVED = "NotServed"
    FORBIDDEN = "Forbidden"
    UNREACHABLE = "Unreachable"


_FAILURES: Mapping[Trouble, type[DpfctlError]] = {
    Trouble.NOT_SERVED: KindNotServedError,
    Trouble.FORBIDDEN: ForbiddenError,
    Trouble.UNREACHABLE: UnreachableError,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One LIST of one kind.

    Attributes:
        items: Objects by namespace, then name; empty if the list failed.
        trouble: Why it failed, None if it did not.
        message: What the server said, uncleaned; empty if the list did not fail.
    """

    items: tuple[Resource, ...] = ()
    trouble: Trouble | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """The lists of one cluster, by kind. A kind that was not asked for counts as empty."""

    listings: Mapping[Kind, Listing]
    _memo: Memo = field(default_factory=Memo, init=False, repr=False, compare=False)

    def list(self, kind: Kind) -> tuple[Resource, ...]:
        """Objects of a kind in all namespaces, by namespace, then name."""
        return self.listing(kind).items

    def listing(self, kind: Kind) -> Listing:
        """The objects of a kind together with what went wrong reading them."""
        return self.listings.get(kind, _NOTHING)

    def lack(self, *wanted: Kind) -> str:
        """Say why one of these kinds could not be listed, empty if all of them were."""
        for kind in wanted:
            listing = self.listing(kind)
            if listing.trouble is not None:
                return listing.message or f"{kind.resource}: {listing.trouble.lower()}"
        return ""

    def failure(self, kind: Kind) -> DpfctlError | None:
        """Why a kind could not be listed, as an error; None if it could."""
        listing = self.listing(kind)
        if listing.trouble is None:
            return None
        fact = f"cannot be listed: {listing.message or listing.trouble.lower()}"
        return _FAILURES[listing.trouble](f"{kind.resource}: {fact}")

    def find(self, ref: Ref) -> Resource | None:
        """The object of that name, None if the list does not hold it."""
        return self.once(_by_name, ref.kind).get((ref.namespace, ref.name))

    def labelled(self, kind: Kind, wanted: Mapping[str, str]) -> tuple[Resource, ...]:
        """Objects of a kind that carry all these labels, by namespace, then name."""
        index = self.once(_by_labels, tuple(wanted), kind)
        return tuple(index.get(tuple(wanted.values()), ()))

    def once(self, find: Callable[..., T], *about: Hashable) -> T:
        """What ``find(*about, inventory)`` returns; found only once, however many ask."""
        return self._memo.get(find, *about, of=self)


_NOTHING = Listing()


def listing_of(resources: Iterable[Resource]) -> Listing:
    """Make a listing in the order an API server keeps: namespace, then name."""
    return Listing(tuple(sorted(resources, key=lambda r: (r.namespace, r.name))))


def _by_name(kind: Kind, inventory: Inventory) -> dict[tuple[str, str], Resource]:
    return {(one.namespace, one.name): one for one in inventory.list(kind)}


def _by_labels(
    keys: tuple[str, ...], kind: Kind, inventory: Inventory
) -> dict[tuple[str | None, ...], list[Resource]]:
    index: dict[tuple[str | None, ...], list[Resource]] = {}
    for one in inventory.list(kind):
        index.setdefault(tuple(map(one.label, keys)), []).append(one)
    return index
