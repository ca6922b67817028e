"""Reading the DPU clusters of a fleet beside one another."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from dpfctl.errors import DpfctlError
from dpfctl.session import Session

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster
    from dpfctl.model.inventory import Inventory
    from dpfctl.model.kinds import Kind

DpuSides = dict[tuple[str, str], "Inventory | DpfctlError"]
"""Namespace and name of a DPUCluster -> what its cluster holds, or why that is not known."""


def read_dpu_sides(
    session: Session, host: "Cluster", inventory: "Inventory", wanted: "Iterable[Kind]"
) -> DpuSides:
    """LIST kinds in every DPU cluster; one that cannot be reached does not hold up the others.

    Args:
        session: The way into the DPU clusters.
        host: The host cluster.
        inventory: Lists of the host cluster, DPUClusters among them.
        wanted: n kinds, listed once per DPU cluster.
    """
    from dpfctl.cluster.crew import side_by_side
    from dpfctl.model import kinds

    asked = tuple(wanted)
    ways = session.dpu_clusters(host, inventory.list(kinds.DPU_CLUSTER))
    jobs = [partial(_read, way, asked) for way in ways.values()]
    found = side_by_side(jobs, len(ways))
    return dict(zip(ways, found, strict=True))


def read_nodes(
    session: Session, host: "Cluster", inventory: "Inventory"
) -> "dict[tuple[str, str], Inventory]":
    """LIST the Nodes of every DPU cluster; one that cannot be reached is a list that failed."""
    from dpfctl.cluster.tolerance import lost
    from dpfctl.model import kinds

    wanted = (kinds.NODE,)
    sides = read_dpu_sides(session, host, inventory, wanted)
    return {
        name: lost(wanted, side) if isinstance(side, DpfctlError) else side
        for name, side in sides.items()
    }


def _read(way: "Cluster | DpfctlError", wanted: "tuple[Kind, ...]") -> "Inventory | DpfctlError":
    from dpfctl.cluster.tolerance import read_side

    try:
        return read_side(way, wanted)
    finally:
        if not isinstance(way, DpfctlError):
            way.close()
