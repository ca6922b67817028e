"""A tree to rows: prefixes, cells, condition rows.

Source of the prefixes and cells: DPF ``internal/dpfctl/printer`` (26.x), restated in
``docs/explanation/tree.md``.
"""

from collections.abc import Iterator
from datetime import datetime

from dpfctl.describe.tree import IN_DELETION, Node, Role, Tree
from dpfctl.model.conditions import Condition
from dpfctl.render.age import age
from dpfctl.render.columns import Row
from dpfctl.render.style import SUSPENDED, Ink, NameLook, ink_of
from dpfctl.render.text import clean, clean_lines

BRANCH = "├─"
LAST = "└─"
PIPE = "│ "
BLANK = "  "
CONDITION_GAP = " " * 10

_LOOKS = {
    Role.OBJECT: NameLook.OBJECT,
    Role.GROUP: NameLook.GROUP,
    Role.HEADER: NameLook.PLAIN,
    Role.PROBLEM: NameLook.PROBLEM,
}


def tree_rows(tree: Tree, now: datetime) -> list[Row]:
    """Return the rows of a tree in printing order; ages are counted to ``now``."""
    return list(_rows(tree.root, "", "", now))


def _rows(node: Node, prefix: str, below: str, now: datetime) -> Iterator[Row]:
    """Yield the rows of a node.

    Args:
        node: The node.
        prefix: Tree lines before its name.
        below: The same lines as the rows under this one carry them.
        now: Time ages are counted to.
    """
    inside = below + (PIPE if node.children else BLANK)
    yield _node_row(node, prefix, inside, now)
    yield from _condition_rows(node, inside + CONDITION_GAP, now)
    for child in node.children:
        is_last = child is node.children[-1]
        yield from _rows(
            child, below + (LAST if is_last else BRANCH), below + (BLANK if is_last else PIPE), now
        )


def _node_row(node: Node, prefix: str, continuation: str, now: datetime) -> Row:
    ready = node.ready
    row = Row(
        prefix,
        _name(node),
        clean(node.namespace),
        look=_LOOKS[node.role],
        continuation=continuation,
    )
    if node.problem is not None:
        return row._replace(
            reason=clean(node.problem.reason),
            message=clean_lines(node.problem.message),
            ink=Ink.RED,
        )
    if node.is_listed or ready is None:
        return row
    return _with_condition(row, ready, f"Ready: {ready.status}", now)


def _name(node: Node) -> str:
    mark = IN_DELETION if node.is_deleting else ""
    suffix = SUSPENDED if node.is_suspended else ""
    return f"{mark}{clean(node.name)}{suffix}"


def _condition_rows(node: Node, lead: str, now: datetime) -> Iterator[Row]:
    for condition in node.listed:
        is_last = condition is node.listed[-1]
        row = Row(
            lead + (LAST if is_last else BRANCH),
            clean(condition.type),
            continuation=lead if is_last else lead + PIPE,
            look=NameLook.CONDITION,
        )
        yield _with_condition(row, condition, condition.status, now)


def _with_condition(row: Row, condition: Condition, status: str, now: datetime) -> Row:
    return row._replace(
        status=clean(status),
        reason=clean(condition.reason),
        since=age(condition.since, now),
        message=clean_lines(condition.message),
        ink=ink_of(condition.type, condition.status),
    )
