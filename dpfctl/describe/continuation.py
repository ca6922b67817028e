"""Where the tree goes on into the DPU clusters: what stands below which object of the host."""

from collections.abc import Callable, Iterable

from dpfctl.describe.dpu_side import DpuSide
from dpfctl.describe.release_rows import loose_releases, service_release
from dpfctl.describe.survey import Survey, in_order
from dpfctl.describe.traffic_rows import CHAINS, INTERFACES, Family, family_rows, loose_family
from dpfctl.describe.tree import Node, Role, title_of_side
from dpfctl.describe.workload_rows import cluster_nodes, loose_workloads, service_workloads
from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource

_InOneCluster = Callable[[Survey, DpuSide, Resource], Iterable[Node | None]]


def go_on(survey: Survey, resource: Resource) -> Iterable[Node]:
    """Make the rows that an object of the host cluster has in DPU clusters.

    Below a DPUCluster stands what is in its cluster and belongs to nothing that is shown elsewhere;
    below the others one heading for each DPU cluster that holds something of theirs.
    """
    if resource.kind is kinds.DPU_CLUSTER:
        return _cluster(survey, resource)
    rows = _BELOW.get(resource.kind)
    return _by_cluster(survey, resource, rows) if rows else ()


def _by_cluster(survey: Survey, resource: Resource, rows: _InOneCluster) -> Iterable[Node]:
    for side in survey.sides:
        if below := in_order(rows(survey, side, resource)):
            cluster = side.cluster
            yield Node(Role.HEADER, title_of_side(cluster.name), cluster.namespace, children=below)


def _service(survey: Survey, side: DpuSide, service: Resource) -> Iterable[Node | None]:
    yield from service_workloads(survey, side, service)
    yield service_release(survey, side, service)


def _members(family: Family) -> _InOneCluster:
    return lambda survey, side, owner: family_rows(survey, side, owner, family)


def _cluster(survey: Survey, cluster: Resource) -> Iterable[Node]:
    side = survey.side(cluster)
    rows = () if side is None else _contents(survey, side)
    return in_order((*rows, *survey.problem_rows(cluster)))


def _contents(survey: Survey, side: DpuSide) -> Iterable[Node | None]:
    yield cluster_nodes(survey, side)
    yield from loose_workloads(survey, side)
    yield from loose_family(survey, side, INTERFACES)
    yield from loose_family(survey, side, CHAINS)
    yield loose_releases(survey, side)


_BELOW: dict[Kind, _InOneCluster] = {
    kinds.DPU_SERVICE: _service,
    kinds.DPU_SERVICE_INTERFACE: _members(INTERFACES),
    kinds.DPU_SERVICE_CHAIN: _members(CHAINS),
}
