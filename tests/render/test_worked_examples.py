"""Whole tables of whole fleets, byte for byte."""

from dpfctl.describe import prune
from tests.golden import Golden
from tests.render import fleets
from tests.render.tables import table


def test_a_healthy_fleet(golden: Golden) -> None:
    golden("describe_all.txt", table(fleets.tree_of(*fleets.healthy())))


def test_services_with_all_conditions(golden: Golden) -> None:
    tree = fleets.tree_of(*fleets.services(), view="dpuservices", show_conditions="all")
    golden("describe_dpuservices_all_conditions.txt", table(tree))


def test_a_troubled_fleet(golden: Golden) -> None:
    golden("describe_troubled.txt", table(fleets.tree_of(*fleets.troubled())))


def test_the_issues_of_a_troubled_fleet(golden: Golden) -> None:
    tree = fleets.tree_of(*fleets.troubled(), grouping=False)
    golden("describe_troubled_issues.txt", table(prune(tree, show_pending=False)))


def test_a_troubled_fleet_in_colour(golden: Golden) -> None:
    tree = fleets.tree_of(*fleets.troubled())
    golden("describe_troubled_colour.txt", table(tree, colour=True))


def test_a_troubled_fleet_on_a_narrow_terminal(golden: Golden) -> None:
    tree = fleets.tree_of(*fleets.troubled())
    golden("describe_troubled_narrow.txt", table(tree, columns=160))
