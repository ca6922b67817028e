"""Trees as the lines a user sees."""

import re
import unicodedata

from dpfctl.describe import Tree
from dpfctl.render.columns import lay_out
from dpfctl.render.tree_view import tree_rows
from tests.builders import NOW

SGR = re.compile("\x1b\\[[0-9;]*m")
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def table(tree: Tree, *, colour: bool = False, columns: int | None = None) -> str:
    """The whole table, header line included."""
    lines = lay_out(tree_rows(tree, NOW), colour=colour, columns=columns)
    return "".join(f"{line}\n" for line in lines)


def names(tree: Tree) -> list[str]:
    """The NAME column with its tree lines; blank rows are the further lines of a message."""
    return [f"{row.prefix}{row.name}" for row in tree_rows(tree, NOW)]


def banned(text: str) -> set[str]:
    """Characters a terminal would act on: controls but newlines, separators, halves, bidi."""
    return {
        c
        for c in set(text)
        if c != "\n" and (c in BIDI or unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"})
    }
