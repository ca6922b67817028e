"""What holds for every fleet."""

import random
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from dpfctl.describe import Node, Role, Tree, prune
from dpfctl.model import kinds
from dpfctl.render.machine import to_json, to_yaml, tree_data, tree_names
from tests.builders import Built
from tests.render.tables import SGR, banned, table
from tests.unit.fleets import fleets
from tests.unit.places import Path, World, called
from tests.unit.trees import describe

modest = settings(max_examples=100, deadline=None)


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node with its path; the members of a group stand where the group stands."""
    for child in node.children:
        own = called(child.resource) if child.resource else child.name
        here = path if child.role is Role.GROUP else (*path, own)
        yield here, child
        yield from walk(child, here)
    for member in node.members:
        assert member.resource is not None
        here = (*path, called(member.resource))
        yield here, member
        yield from walk(member, here)


def objects(tree: Tree) -> Iterator[tuple[Path, Node]]:
    return ((path, node) for path, node in walk(tree.root) if node.role is Role.OBJECT)


def is_well(node: Node) -> bool:
    """Ready is True; without Ready, nothing is wrong that a controller has come to."""
    ready = [c.status for c in node.conditions if c.type == "Ready"]
    if ready:
        return ready == ["True"]
    return all(
        c.status == "True" or (c.status, c.reason) == ("Unknown", "Pending")
        for c in node.conditions
    )


@given(fleets, st.booleans())
@modest
def test_every_object_stands_where_it_belongs_and_nowhere_else(
    fleet: list[Built], grouping: bool
) -> None:
    world = World(built.resource for built in fleet)
    expected = sorted(path for r in world.objects for path in world.places(r))
    assert sorted(path for path, _ in objects(describe(*fleet, grouping=grouping))) == expected


@given(fleets)
@modest
def test_a_group_names_its_members_and_each_is_ready(fleet: list[Built]) -> None:
    for _, group in walk(describe(*fleet).root):
        if group.role is not Role.GROUP:
            continue
        members = [m.resource for m in group.members if m.resource]
        assert len(members) >= 2
        assert group.name.startswith(f"{len(members)} ")
        (ready,) = group.conditions
        assert ready.message == "See " + ", ".join(sorted(m.name for m in members))
        assert all(m.ready and (m.ready.status, m.ready.reason) == ("True", ready.reason)
                   for m in group.members)  # fmt: skip
        assert not any(m.is_deleting or m.is_suspended for m in group.members)


@given(fleets)
@modest
def test_no_two_ready_siblings_that_could_be_merged_are_left(fleet: list[Built]) -> None:
    never = {kinds.DPU_SET, kinds.DPU_CLUSTER, kinds.DPU_VPC, kinds.DPU_SERVICE_TEMPLATE}
    for _, header in walk(describe(*fleet).root):
        if header.role is not Role.HEADER:
            continue
        alike = [
            (n.resource.kind.name, n.ready.reason)
            for n in header.children
            if n.resource and n.ready and n.ready.is_true and not n.children
            if n.resource.kind not in never and not n.is_deleting and not n.is_suspended
        ]
        assert len(alike) == len(set(alike))


@given(fleets, st.booleans())
@modest
def test_json_holds_every_object_and_condition_of_the_table(
    fleet: list[Built], grouping: bool
) -> None:
    tree = describe(*fleet, grouping=grouping)
    entries = {
        (e["typeMeta"]["kind"], e["metadata"].get("namespace", ""), e["metadata"]["name"]): {
            (c["type"], c["status"], c["reason"], c["message"]) for c in e["conditions"]
        }
        for key, found in tree_data(tree).items()
        if key != "problems"
        for e in found
    }
    shown = {r.ref for _, n in objects(tree) if (r := n.resource)}
    assert len(entries) == len(shown) + 1
    for _, node in objects(tree):
        resource = node.resource
        assert resource is not None
        held = entries[resource.kind.name, resource.namespace, resource.name]
        if resource.kind is kinds.DPU_NODE_MAINTENANCE and node.ready:
            continue  # says that nobody of this set asks; JSON has those who do
        assert held >= {(c.type, c.status, c.reason, c.message) for c in node.conditions}


@given(fleets, st.integers())
@modest
def test_the_order_of_the_input_does_not_matter(fleet: list[Built], seed: int) -> None:
    mixed = random.Random(seed).sample(fleet, len(fleet))
    one, other = describe(*fleet), describe(*mixed)
    assert table(one) == table(other)
    assert to_json(tree_data(one)) == to_json(tree_data(other))


@given(fleets)
@modest
def test_issues_keep_what_is_unhealthy_and_the_way_to_it_and_nothing_else(
    fleet: list[Built],
) -> None:
    tree = describe(*fleet, grouping=False)
    bad = [path for path, node in objects(tree) if not is_well(node)]
    left = [path for path, _ in walk(prune(tree, show_pending=False).root)]
    assert set(left) == {path[:n] for path in bad for n in range(1, len(path) + 1)}


@given(fleets)
@modest
def test_issues_with_groups_keep_every_unhealthy_row(fleet: list[Built]) -> None:
    tree = describe(*fleet)
    left = {id(node.resource) for _, node in walk(prune(tree, show_pending=False).root)}

    def rows(node: Node) -> Iterator[Node]:
        yield node
        for child in node.children:
            yield from rows(child)

    for row in rows(tree.root):
        if row.resource and row is not tree.root and not is_well(row):
            assert id(row.resource) in left


@given(fleets)
@modest
def test_the_verdict_is_that_of_every_object(fleet: list[Built]) -> None:
    assert describe(*fleet).is_healthy is all(
        is_well(node) for _, node in objects(describe(*fleet, grouping=False))
    )


@given(fleets, st.sampled_from([None, 80, 200]), st.booleans())
@modest
def test_no_output_drives_a_terminal(
    fleet: list[Built], columns: int | None, missing: bool
) -> None:
    tree = describe(*fleet, show_missing=missing, show_conditions="all")
    data = tree_data(tree)
    outputs = (
        table(tree, columns=columns),
        SGR.sub("", table(tree, colour=True, columns=columns)),
        to_json(data),
        to_yaml(data),
        "\n".join(tree_names(tree)),
    )
    for output in outputs:
        assert not banned(output)


@given(fleets)
@modest
def test_a_set_takes_one_line_whatever_it_is_called(fleet: list[Built]) -> None:
    tree = describe(*fleet, grouping=False)
    named = [line for line in table(tree).splitlines()[1:] if "DPUSet/" in line]
    sets = [n for _, n in objects(tree) if n.resource and n.resource.kind is kinds.DPU_SET]
    assert len(named) == len(sets)
