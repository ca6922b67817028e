"""The tree as a value: nodes, and the problems met while it grew."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dpfctl.model import kinds
from dpfctl.model.conditions import Condition, find_ready
from dpfctl.model.inventory import Trouble
from dpfctl.model.kinds import Kind, plural_of
from dpfctl.model.resources import Resource

IN_DELETION = "!! IN DELETION !! "
NOT_FOUND = "NotFound"


class Role(StrEnum):
    """What a node stands for."""

    OBJECT = "object"
    HEADER = "header"
    GROUP = "group"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One row of the tree and all below it.

    Attributes:
        role: Object, header, group of merged siblings, or something that could not be read.
        name: Row name without marks: ``DPUService/hbn``, ``DPUSets``, ``4 DPUs...``.
        namespace: Of the object; of headers only where the root's is shown on purpose.
        conditions: Every condition of the object, derived ones included.
        listed: The conditions to print as rows of their own below this one.
        is_listed: Whether the row leaves its own cells to those rows; true with an empty
            ``listed`` if the object was asked for and has none.
        children: In the order they are printed.
        resource: The object; None for headers, groups and problems.
        members: The merged siblings of a group, in list order; they keep their children.
        priority: Higher ones stand before their siblings.
        problem: What a problem row says.
        dpu_cluster: ``namespace/name`` of the DPU cluster that holds the object, empty for the
            host cluster.
    """

    role: Role
    name: str
    namespace: str = ""
    conditions: tuple[Condition, ...] = ()
    listed: tuple[Condition, ...] = ()
    is_listed: bool = False
    children: tuple["Node", ...] = ()
    resource: Resource | None = None
    members: tuple["Node", ...] = ()
    priority: int = 0
    problem: "Problem | None" = None
    dpu_cluster: str = ""

    @property
    def ready(self) -> Condition | None:
        """The condition whose type is exactly Ready."""
        return find_ready(self.conditions)

    @property
    def is_deleting(self) -> bool:
        """Whether the row carries the deletion mark."""
        return self.resource is not None and self.resource.is_deleting

    @property
    def is_suspended(self) -> bool:
        """Whether this is a DPUService that DPF leaves alone (``spec.paused``)."""
        return (
            self.resource is not None
            and self.resource.kind is kinds.DPU_SERVICE
            and self.resource.at("spec", "paused") is True
        )

    @property
    def sort_key(self) -> tuple[int, str, str]:
        """Orders siblings: priority, then the marked name, then the namespace."""
        mark = IN_DELETION if self.is_deleting else ""
        return (-self.priority, mark + self.name, self.namespace)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What could not be read, or an object that is named but is not there.

    Attributes:
        kind: API name of the kind; DPUCluster for a DPU cluster of which nothing could be read.
        namespace: Of the object, else empty.
        name: Of the object, empty for a whole list.
        reason: ``NotFound``, ``Forbidden``, ``Unreachable`` or ``NotServed``.
        message: What the server said, or which object names the missing one.
        dpu_cluster: ``namespace/name`` of the DPU cluster, empty for the host cluster.
    """

    kind: str
    namespace: str
    name: str
    reason: str
    message: str
    dpu_cluster: str = ""

    @property
    def is_missing_object(self) -> bool:
        """Whether one object is missing, rather than a whole list."""
        return self.reason == NOT_FOUND

    @property
    def is_unreadable_list(self) -> bool:
        """Whether a list exists but could not be read: the tree is only a part of the truth."""
        return self.reason in (Trouble.FORBIDDEN, Trouble.UNREACHABLE)

    @property
    def is_whole_cluster(self) -> bool:
        """Whether nothing could be read of a DPU cluster, rather than one list."""
        return bool(self.dpu_cluster and self.name)


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A described fleet.

    Attributes:
        root: The DPFOperatorConfig.
        problems: Sorted, each once.
        is_healthy: Whether all that was discovered is ready, what groups hide included.
        unmatched: Filter words and a namespace that match nothing, as ``flag=word``.
    """

    root: Node
    problems: tuple[Problem, ...] = ()
    is_healthy: bool = True
    unmatched: tuple[str, ...] = ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it in printing order, each group followed by its members."""
    yield node
    for member in node.members:
        yield from walk(member)
    for child in node.children:
        yield from walk(child)


def problem_of_list(kind: Kind, trouble: Trouble, message: str) -> Problem:
    """A kind whose list could not be read."""
    return Problem(kind.name, "", "", trouble.value, message)


def problem_row(problem: Problem) -> Node:
    """Make the row of a list, or of a DPU cluster, that could not be read."""
    title = plural_of(problem.kind)
    if not problem.dpu_cluster:
        return Node(Role.PROBLEM, title, problem=problem)
    namespace, _, name = problem.dpu_cluster.partition("/")
    side = title_of_side(name)
    row = side if problem.is_whole_cluster else f"{side}: {title}"
    return Node(Role.PROBLEM, row, namespace, problem=problem)


def title_of_side(cluster: str) -> str:
    """The heading over what is in a DPU cluster; the NAMESPACE beside it is the DPUCluster's."""
    return f"DPU cluster {cluster}"
