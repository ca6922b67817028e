"""``--issues``: leave only what is not healthy, and the way to it."""

from collections.abc import Iterable
from dataclasses import replace

from dpfctl.describe.grouping import is_failed
from dpfctl.describe.tree import Node, Role, Tree


def prune(tree: Tree, *, show_pending: bool) -> Tree:
    """Drop every node that is healthy and has nothing unhealthy below; the root stays."""
    children = _unhealthy_branches(tree.root.children, show_pending)
    return replace(tree, root=replace(tree.root, children=children))


def is_healthy(node: Node, *, show_pending: bool) -> bool:
    """Whether the node itself is well, whatever stands below it.

    Well means Ready is True, or no Ready at all and no failed condition. A Ready that is pending
    is not well, even where pending conditions are not shown.
    """
    if node.role is Role.PROBLEM:
        return False
    ready = node.ready
    if ready is not None:
        return ready.is_true
    return not any(is_failed(c, show_pending=show_pending) for c in node.conditions)


def _unhealthy_branches(nodes: Iterable[Node], show_pending: bool) -> tuple[Node, ...]:
    kept = []
    for node in nodes:
        children = _unhealthy_branches(node.children, show_pending)
        if children or not is_healthy(node, show_pending=show_pending):
            kept.append(replace(node, children=children))
    return tuple(kept)
