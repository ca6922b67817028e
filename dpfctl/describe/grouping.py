"""Healthy siblings become one row.

A group hides every detail of its members, so it takes only those whose Ready is True and whose
direct children are ready too. Members that are suspended or in deletion stay out of groups: that
they stand still is what an operator must see (a difference from the Go tool).

Source: DPF ``internal/dpfctl/tree.go`` (26.x), which took it from Cluster API's clusterctl.
"""

from collections.abc import Iterable, Sequence

from dpfctl.describe.tree import Node, Role
from dpfctl.model.conditions import READY, TRUE, Condition
from dpfctl.model.kinds import Kind


def group_siblings(siblings: Sequence[Node], *, show_pending: bool) -> list[Node]:
    """Merge siblings that are ready for the same reason, keeping list order inside a group.

    Two members make a group; one header can hold several groups, one per kind and reason.
    """
    alike: dict[tuple[Kind, str], list[Node]] = {}
    plain: list[Node] = []
    for node in siblings:
        key = _group_key(node, show_pending)
        if key is None:
            plain.append(node)
        else:
            alike.setdefault(key, []).append(node)
    for (kind, reason), members in alike.items():
        plain.append(members[0] if len(members) == 1 else _group(kind, reason, members))
    return plain


def is_failed(condition: Condition, *, show_pending: bool) -> bool:
    """Whether a condition is not True, pending ones counting only if they are shown."""
    return not condition.is_true and (show_pending or not condition.is_pending)


def has_unready_child(children: Iterable[Node], *, show_pending: bool) -> bool:
    """Whether a direct child is not ready; children without conditions are looked through.

    A row for something missing counts: whoever asked for such rows must not lose them in a group.
    """
    for child in children:
        if child.role is Role.PROBLEM:
            return True
        ready = child.ready
        if ready is not None:
            if not ready.is_true:
                return True
        elif not child.conditions:
            if has_unready_child(child.children, show_pending=show_pending):
                return True
        elif any(is_failed(c, show_pending=show_pending) for c in child.conditions):
            return True
    return False


def _group_key(node: Node, show_pending: bool) -> tuple[Kind, str] | None:
    ready = node.ready
    if node.resource is None or ready is None or not ready.is_true:
        return None
    if node.is_deleting or node.is_suspended:
        return None
    if has_unready_child(node.children, show_pending=show_pending):
        return None
    return node.resource.kind, ready.reason


def _group(kind: Kind, reason: str, members: Sequence[Node]) -> Node:
    since = [ready.since for member in members if (ready := member.ready)]
    names = sorted(member.resource.name for member in members if member.resource)
    ready = Condition(
        READY,
        TRUE,
        reason,
        f"See {', '.join(names)}",
        None if None in since else min(moment for moment in since if moment),
    )
    return Node(
        role=Role.GROUP,
        name=f"{len(members)} {kind.title}...",
        # Upstream builds the group when the second member arrives and takes that one's namespace.
        namespace=members[1].namespace,
        conditions=(ready,),
        members=tuple(members),
    )
