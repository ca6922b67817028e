"""Trees of fleets that are built on the spot, and their shape as text."""

from textwrap import dedent
from typing import Any

from dpfctl.describe import Node, Options, Tree, View, build_tree
from dpfctl.describe.filters import parse_filter
from tests.builders import NOW, Built, Fleet, inventory, operator_config

_FILTERS = ("show_conditions", "show_resources", "expand_resources")


def options(view: str = "all", **flags: Any) -> Options:
    """Options as a command line gives them: filters are comma lists."""
    filters = {name: parse_filter(flags.pop(name, "")) for name in _FILTERS}
    return Options(view=View(view), **(flags | filters))


def describe(*objects: Built | Fleet, troubles: Any = None, **flags: Any) -> Tree:
    """Describe these objects below a healthy root."""
    fleet = inventory(operator_config().ready(), *objects, troubles=troubles)
    return build_tree(fleet, options(**flags), NOW)


def outline(tree: Tree) -> str:
    """Names below the root, two blanks a level."""
    return "".join(f"{'  ' * depth}{node.name}\n" for depth, node in _levels(tree.root, -1))[
        len(tree.root.name) + 1 :
    ]


def rows(text: str) -> str:
    """An expected outline, indented as the test is."""
    return dedent(text).lstrip("\n")


def node(tree: Tree, name: str, namespace: str | None = None) -> Node:
    """The one row of that name; a second one is a mistake of the test."""
    found = [
        n for _, n in _levels(tree.root, 0) if n.name == name and namespace in (None, n.namespace)
    ]
    assert len(found) == 1, f"{len(found)} rows named {name} in\n{outline(tree)}"
    return found[0]


def _levels(node: Node, depth: int) -> list[tuple[int, Node]]:
    below = [level for child in node.children for level in _levels(child, depth + 1)]
    return [(depth, node), *below]
