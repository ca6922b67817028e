"""An inventory becomes a condition tree.

The rules are those of NVIDIA's own ``dpfctl describe`` (``internal/dpfctl``, newest generation),
restated in ``docs/explanation/tree.md``; where we differ, ``docs/reference/differences.md`` says
so. The tree is a value: it knows what is shown and why, not how it looks.

The room is pure. It asks no cluster, reads no clock, and never calls one branch from another:
every module here but ``survey`` and ``tree`` builds one branch below the root.
"""

from dpfctl.describe.build import build_tree, kinds_to_read
from dpfctl.describe.options import Options, View
from dpfctl.describe.pruning import prune
from dpfctl.describe.tree import Node, Problem, Role, Tree

__all__ = [
    "Node",
    "Options",
    "Problem",
    "Role",
    "Tree",
    "View",
    "build_tree",
    "kinds_to_read",
    "prune",
]
