"""Interfaces and chains become a set in each DPU cluster, and one object for each Node."""

import pytest

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from tests.builders import Built, build, dpu_service_chain, dpu_service_interface, inventory
from tests.unit.test_describe_dpu_clusters import BLUE, look, member
from tests.unit.trees import node as row
from tests.unit.trees import outline, rows


@pytest.mark.parametrize(
    ("owner", "group", "kind"),
    [
        pytest.param(
            dpu_service_interface("p0"),
            kinds.SERVICE_INTERFACE_SET,
            kinds.SERVICE_INTERFACE,
            id="interfaces",
        ),
        pytest.param(
            dpu_service_chain("p0"), kinds.SERVICE_CHAIN_SET, kinds.SERVICE_CHAIN, id="chains"
        ),
    ],
)
def test_healthy_members_are_merged(owner: Built, group: Kind, kind: Kind) -> None:
    members = [member(kind, f"p0-{n}", "p0").ready() for n in range(3)]
    side = (build(group, "p0").ready(), *members, member(kind, "p0-3", "p0").degraded())
    tree = look(BLUE, owner.ready(), sides={"blue": inventory(*side)}, view="dpusets")

    assert outline(tree) == rows(f"""
        {owner.kind.title}
          {owner.kind.name}/p0
            DPU cluster blue
              {group.name}/p0
                3 {kind.title}...
                {kind.name}/p0-3
        """)


def test_a_set_that_is_not_ready_keeps_its_owner_out_of_a_group() -> None:
    owners = [dpu_service_interface(name).ready() for name in ("a", "b", "c")]
    sets = [build(kinds.SERVICE_INTERFACE_SET, name).ready() for name in ("a", "b")]
    lame = build(kinds.SERVICE_INTERFACE_SET, "c").degraded()
    tree = look(BLUE, *owners, sides={"blue": inventory(*sets, lame)}, view="dpusets")

    assert [n.name for n in row(tree, "DPUServiceInterfaces").children] == [
        "2 DPUServiceInterfaces...",
        "DPUServiceInterface/c",
    ]


def test_members_that_have_lost_their_set_stand_with_its_owner() -> None:
    left = member(kinds.SERVICE_INTERFACE, "p0-1", "p0").ready()
    tree = look(
        BLUE,
        dpu_service_interface("p0").ready(),
        sides={"blue": inventory(left)},
    )

    assert [n.name for n in row(tree, "DPU cluster blue").children] == ["ServiceInterface/p0-1"]
