"""An inventory becomes a condition tree.

The rules are those of NVIDIA's own ``dpfctl describe`` (``internal/dpfctl``, newest generation),
restated in ``docs/explanation/tree.md``; where we differ, ``docs/reference/differences.md`` says
so. The tree is a value: it knows what is shown and why, not how it looks.

The room is pure: it asks no cluster and reads no clock. ``services``, ``deployments``, ``sets``,
``clusters``, ``vpcs`` and ``storage`` build one branch below the root each; ``build`` puts them
together, and what they share is in ``survey``. Into the DPU clusters every branch goes on by
``continuation``: ``dpu_side`` says what is there, ``joins`` what belongs to what, ``*_rows`` and
``dpu_conditions`` how it is told.
"""

from dpfctl.describe.build import build_tree, kinds_beyond, kinds_to_read
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
    "kinds_beyond",
    "kinds_to_read",
    "prune",
]
