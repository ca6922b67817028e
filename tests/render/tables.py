"""Trees as the lines a user sees."""

import re

from dpfctl.describe import Tree
from dpfctl.render.columns import lay_out
from dpfctl.render.tree_view import tree_rows
from tests.builders import NOW

SGR = re.compile("\x1b\\[[0-9;]*m")


def table(tree: Tree, *, colour: bool = False, columns: int | None = None) -> str:
    """The whole table, header line included."""
    lines = lay_out(tree_rows(tree, NOW), colour=colour, columns=columns)
    return "".join(f"{line}\n" for line in lines)


def names(tree: Tree) -> list[str]:
    """The NAME column with its tree lines; blank rows are the further lines of a message."""
    return [f"{row.prefix}{row.name}" for row in tree_rows(tree, NOW)]
