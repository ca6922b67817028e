"""How many hosts one command may taint: the guard against emptying a fleet by mistake."""

import re
from dataclasses import dataclass

from dpfctl.errors import InputError, RejectedError
from dpfctl.reconcile.hosts.previews import Preview

_TEXT = re.compile(r"(?P<number>[0-9]{1,9})(?P<share>%?)")
_WHOLE = 100
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class NodeLimit:
    """A number of hosts, or a share of those that take pods.

    Attributes:
        number: Hosts, or percent.
        is_share: Whether it is percent.
    """

    number: int
    is_share: bool = False

    def hosts(self, schedulable: int) -> int:
        """Number of hosts it allows; a share is rounded down, so it may allow none."""
        return schedulable * self.number // _WHOLE if self.is_share else self.number

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.is_share else ''}"


def parse_node_limit(text: str) -> NodeLimit:
    """Read the value of ``--max-nodes``: ``3``, or ``10%``.

    Raises:
        InputError: It is neither, or more than ``100%``.
    """
    found = _TEXT.fullmatch(text.strip())
    limit = NodeLimit(int(found["number"]), bool(found["share"])) if found else None
    if limit is None or (limit.is_share and limit.number > _WHOLE):
        raise InputError(
            f'--max-nodes "{text}": neither a number of hosts nor a share of them',
            "write a number such as 3, or a share such as 10%",
        )
    return limit


def check_limit(preview: Preview, limit: NodeLimit | None = None) -> None:
    """Refuse a mark that would taint too many hosts.

    Only schedulable hosts count that are not tainted yet, so a mark that changes nothing is never
    refused.

    Args:
        preview: What the mark would do.
        limit: How many are allowed. None refuses only if none of two or more schedulable hosts
            would be left untainted.

    Raises:
        RejectedError: It would taint more.
    """
    added = preview.added
    fact = f"mark-critical: would taint {added} of {preview.schedulable} schedulable hosts"
    hint = f"see them with --preview; allow it with --max-nodes {added}"
    if limit is None:
        if added and not preview.spared and preview.schedulable >= _SEVERAL:
            others = "" if added == preview.schedulable else ", and no other is left untainted"
            raise RejectedError(f"{fact}{others}", hint)
    elif added > (allowed := limit.hosts(preview.schedulable)):
        share = f" ({allowed})" if limit.is_share else ""
        raise RejectedError(f"{fact}, more than --max-nodes {limit}{share}", hint)
