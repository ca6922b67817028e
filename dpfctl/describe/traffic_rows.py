"""Rows of what DPUServiceInterfaces and DPUServiceChains become in DPU clusters.

Each becomes a set of its own name in every DPU cluster, and the set one object for each Node, which
names the set in its labels.

Source:
    DPF 26.x ``api/dpuservice/v1alpha1`` for the labels.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dpfctl.describe.dpu_side import DpuSide
from dpfctl.describe.survey import Survey
from dpfctl.describe.tree import Node
from dpfctl.model import kinds, labels
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of the host cluster, what it becomes, and the labels of the members of a set."""

    owner: Kind
    set: Kind
    member: Kind
    name_label: str
    namespace_label: str

    def set_of(self, member: Resource) -> str:
        """``namespace/name`` of the set that a member names."""
        namespace = member.label(self.namespace_label) or ""
        return f"{namespace}/{member.label(self.name_label) or ''}"


INTERFACES = Family(
    kinds.DPU_SERVICE_INTERFACE,
    kinds.SERVICE_INTERFACE_SET,
    kinds.SERVICE_INTERFACE,
    labels.SERVICE_INTERFACE_SET_NAME,
    labels.SERVICE_INTERFACE_SET_NAMESPACE,
)
CHAINS = Family(
    kinds.DPU_SERVICE_CHAIN,
    kinds.SERVICE_CHAIN_SET,
    kinds.SERVICE_CHAIN,
    labels.SERVICE_CHAIN_SET_NAME,
    labels.SERVICE_CHAIN_SET_NAMESPACE,
)


def family_rows(survey: Survey, side: DpuSide, owner: Resource, family: Family) -> Iterable[Node]:
    """Make the rows of what an object of the host cluster has become in one DPU cluster."""
    found = side.find(Ref(family.set, owner.namespace, owner.name))
    if found is not None:
        return [_set_row(survey, side, found, family)]
    left = side.joined(family.member, "set", f"{owner.namespace}/{owner.name}", family.set_of)
    return survey.grouped([_member_row(survey, side, one) for one in left])


def loose_family(survey: Survey, side: DpuSide, family: Family) -> list[Node | None]:
    """Make the headings of sets and members that stand below no object of the host cluster."""
    sets = [
        _set_row(survey, side, one, family)
        for one in side.objects(family.set)
        if not _stands_elsewhere(survey, family, f"{one.namespace}/{one.name}")
    ]
    members = [
        _member_row(survey, side, one)
        for one in side.objects(family.member)
        if not _has_set(side, one, family)
        and not _stands_elsewhere(survey, family, family.set_of(one))
    ]
    return [
        survey.header(family.set.title, sets, grouping=True),
        survey.header(family.member.title, members, grouping=True),
    ]


def _set_row(survey: Survey, side: DpuSide, found: Resource, family: Family) -> Node:
    members = side.joined(family.member, "set", f"{found.namespace}/{found.name}", family.set_of)
    below = survey.grouped([_member_row(survey, side, one) for one in members])
    return survey.node(found, below, dpu_cluster=side.name)


def _member_row(survey: Survey, side: DpuSide, member: Resource) -> Node:
    return survey.node(member, dpu_cluster=side.name)


def _has_set(side: DpuSide, member: Resource, family: Family) -> bool:
    namespace, _, name = family.set_of(member).partition("/")
    return side.find(Ref(family.set, namespace, name)) is not None


def _stands_elsewhere(survey: Survey, family: Family, name: str) -> bool:
    if not survey.is_whole_fleet or not survey.admits(family.owner):
        return False
    namespace, _, own = name.partition("/")
    return survey.exists(Ref(family.owner, namespace, own))
