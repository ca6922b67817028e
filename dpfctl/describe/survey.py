"""One pass over an inventory: what the branches share.

A survey answers "which objects of this kind", "is this one shown" and "make a node of it", and
remembers on the way which lists and which named objects were missing. It is the only value of the
room that changes, and it lives as long as one ``build_tree`` call.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from dpfctl.describe.dpu_side import NOTHING, Beyond, DpuSide, name_of
from dpfctl.describe.filters import ALL, Filter
from dpfctl.describe.grouping import group_siblings, is_failed
from dpfctl.describe.joins import Joins
from dpfctl.describe.options import Options, View
from dpfctl.describe.synthetic import conditions_of
from dpfctl.describe.tree import (
    NOT_FOUND,
    Node,
    Problem,
    Role,
    problem_of_list,
    problem_row,
    walk,
)
from dpfctl.model import kinds, labels
from dpfctl.model.conditions import READY, Condition
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource

SHOW = "--show-resources"
LIST = "--show-conditions"
EXPAND = "--expand-resources"
PLACE = "--namespace"


class Survey:
    """Shared state of the branches of one tree.

    Args:
        inventory: Lists of the host cluster.
        options: What the user asked for.
        now: Timezone-aware time that stands in where an object carries none.
        beyond: What is known of the DPU clusters.
        go_on: Makes the rows that an object has in them.
    """

    def __init__(
        self,
        inventory: Inventory,
        options: Options,
        now: datetime,
        beyond: Beyond = NOTHING,
        go_on: "GoOn | None" = None,
    ) -> None:
        self.options = options
        self.now = now
        self.sides = beyond.sides
        self._inventory = inventory
        self._go_on = go_on
        self._joins = Joins(self.objects)
        self._problems = set(beyond.problems)
        self._placed: set[Problem] = set()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every list and object found missing so far, sorted."""
        return tuple(sorted(self._problems))

    @property
    def unplaced(self) -> list[Node]:
        """Rows for the lists that could not be read and have no row yet."""
        left = (p for p in self.problems if p not in self._placed)
        return [problem_row(p) for p in left if p.is_unreadable_list]

    @property
    def is_whole_fleet(self) -> bool:
        """Whether this is ``describe all``, where owned objects stand below their owner only."""
        return self.options.view is View.ALL

    def objects(self, kind: Kind) -> tuple[Resource, ...]:
        """Objects of a kind in list order; a list that failed is remembered and empty."""
        listing = self._inventory.listing(kind)
        if listing.trouble:
            self._problems.add(problem_of_list(kind, listing.trouble, listing.message))
        return listing.items

    def top(self, kind: Kind) -> Iterable[Resource]:
        """Objects of a kind that may stand directly below the root."""
        wanted = self.options.namespace
        return (r for r in self.objects(kind) if wanted is None or r.namespace == wanted)

    def joined(
        self, kind: Kind, by: str, value: str, key: Callable[[Resource], str]
    ) -> Sequence[Resource]:
        """Objects of a kind whose ``key`` is ``value``; each join is indexed once, as ``by``."""
        return self._joins.find(kind, by, value, key)

    def side(self, cluster: Resource) -> DpuSide | None:
        """What is in the cluster of a DPUCluster, None if it could not be read."""
        return next((side for side in self.sides if side.cluster is cluster), None)

    def problem_rows(self, cluster: Resource) -> list[Node]:
        """Rows for what could not be read of a DPU cluster, which then stand nowhere else."""
        found = [p for p in self.problems if p.dpu_cluster == name_of(cluster)]
        self._placed.update(found)
        return [problem_row(p) for p in found if p.is_unreadable_list]

    def exists(self, ref: Ref) -> bool:
        """Whether the inventory holds the object; nothing is remembered if it does not."""
        return self._inventory.find(ref) is not None

    def named(self, ref: Ref, owner: Ref) -> Resource | None:
        """The object that ``owner`` names, remembered as missing if the list lacks it."""
        found = self._inventory.find(ref)
        if found is None and self._inventory.listing(ref.kind).trouble is None:
            self._problems.add(_missing(ref, owner))
        elif found is None:
            self.objects(ref.kind)
        return found

    def placeholders(self, refs: Iterable[Ref], owner: Ref) -> list[Node]:
        """Rows for those named objects that are missing, if the user wants to see them."""
        if not self.options.show_missing:
            return []
        wanted = {_missing(ref, owner) for ref in refs}
        return [
            Node(Role.PROBLEM, f"{p.kind}/{p.name}", p.namespace, problem=p)
            for p in sorted(wanted & self._problems)
        ]

    def admits(self, kind: Kind) -> bool:
        """Whether ``--show-resources`` lets the kind be looked at."""
        return self.options.show_resources.admits(kind)

    def shows(self, resource: Resource) -> bool:
        """Whether ``--show-resources`` lets this object be seen."""
        words = self.options.show_resources
        return not words.words or words.matches(resource.kind, resource.name)

    def node(
        self,
        resource: Resource,
        children: Iterable[Node | None] = (),
        *,
        conditions: tuple[Condition, ...] | None = None,
        priority: int = 0,
        dpu_cluster: str = "",
    ) -> Node:
        """Make the node of an object, deciding which of its conditions are listed.

        An object of the host cluster gets what it has in DPU clusters as further children.
        """
        if self._go_on is not None and not dpu_cluster:
            children = (*children, *self._go_on(self, resource))
        if conditions is None:
            conditions = conditions_of(resource, self.now)
        listed, is_listed = self._listed(resource, conditions)
        return Node(
            Role.OBJECT,
            f"{resource.kind.name}/{resource.name}",
            resource.namespace,
            conditions,
            listed,
            is_listed,
            in_order(children),
            resource,
            priority=priority,
            dpu_cluster=dpu_cluster,
        )

    def header(
        self, title: str, children: Sequence[Node], *, grouping: bool = False
    ) -> Node | None:
        """Make a heading over siblings, None if there are none to stand below it."""
        if not children:
            return None
        if grouping:
            children = self.grouped(children)
        return Node(Role.HEADER, title, children=in_order(children))

    def grouped(self, siblings: Sequence[Node]) -> Sequence[Node]:
        """Merge ready siblings, if the user wants that."""
        if not self.options.grouping:
            return siblings
        return group_siblings(siblings, show_pending=self.options.show_pending)

    def listing(self, kind: Kind, resources: Iterable[Resource]) -> Node | None:
        """Make the grouping heading of a kind over objects that have nothing below them."""
        return self.header(kind.title, [self.node(r) for r in resources], grouping=True)

    def unmatched(self, root: Node) -> tuple[str, ...]:
        """Filter words that pick nothing in the tree, each as ``--flag=word``."""
        return (*self._unmatched_place(), *self._unmatched_words(root))

    def _unmatched_place(self) -> Iterable[str]:
        place = self.options.namespace
        lists = self._inventory.listings.values()
        if place and not any(r.namespace == place for one in lists for r in one.items):
            yield f"{PLACE}={place}"

    def _unmatched_words(self, root: Node) -> Iterable[str]:
        flags = {
            SHOW: self.options.show_resources,
            LIST: self.options.show_conditions,
            EXPAND: self.options.expand_resources,
        }
        return (
            f"{flag}={word}"
            for flag, words in flags.items()
            for word in words.words
            if not (_is_all(flag, words) if word.lower() == ALL else _picks(flag, word, root))
        )

    def _listed(
        self, resource: Resource, conditions: tuple[Condition, ...]
    ) -> tuple[tuple[Condition, ...], bool]:
        pending = self.options.show_pending
        wanted = self.options.show_conditions
        is_marked = bool(wanted.words) and wanted.matches(resource.kind, resource.name)
        if not is_marked and not any(is_failed(c, show_pending=pending) for c in conditions):
            return (), False
        if wanted.is_exactly_all:
            return conditions, True
        return tuple(
            c
            for c in conditions
            if (c.type == READY or not c.is_true) and (pending or not c.is_pending)
        ), True


GoOn = Callable[[Survey, Resource], Iterable[Node]]
"""Makes the rows that an object of the host cluster has in DPU clusters."""


def in_order(nodes: Iterable[Node | None]) -> tuple[Node, ...]:
    """Sort siblings and leave out the ones that came to nothing."""
    return tuple(sorted((n for n in nodes if n is not None), key=lambda n: n.sort_key))


def owner_of(resource: Resource) -> str:
    """``namespace_name`` of the DPUDeployment an object is labelled with, else empty."""
    return resource.label(labels.OWNED_BY_DPU_DEPLOYMENT) or ""


def is_system_component(service: Resource) -> bool:
    """Whether a DPUService is one of DPF's own, whatever the label's value."""
    return service.label(labels.COMPONENT) is not None


def _is_all(flag: str, words: Filter) -> bool:
    """Whether the word ``all`` does something: to show, it must stand alone and in lower case."""
    return flag != SHOW or words.is_exactly_all


def _picks(flag: str, word: str, root: Node) -> bool:
    alone = Filter((word,))
    return any(
        alone.matches(node.resource.kind, node.resource.name)
        for node in walk(root)
        if node.resource and (flag != EXPAND or node.resource.kind is kinds.DPU_SERVICE)
    )


def _missing(ref: Ref, owner: Ref) -> Problem:
    return Problem(ref.kind.name, ref.namespace, ref.name, NOT_FOUND, f"named by {owner}")
