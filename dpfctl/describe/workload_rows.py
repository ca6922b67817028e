"""Rows of what runs in a DPU cluster: Nodes, workloads, and pods that are not ready.

A DPUService and what runs of it know each other by the service ID. Pods are shown only while they
are not ready: otherwise their workload counts them.
"""

from collections.abc import Iterable, Iterator, Sequence

from dpfctl.describe.dpu_conditions import node_conditions, pod_conditions, workload_conditions
from dpfctl.describe.dpu_side import DpuSide
from dpfctl.describe.survey import Survey
from dpfctl.describe.tree import Node
from dpfctl.model import kinds, labels
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.kinds import Kind
from dpfctl.model.pods import is_ready
from dpfctl.model.resources import Resource

_WORKLOADS = (kinds.DAEMON_SET, kinds.DEPLOYMENT)
_DONE = "Succeeded"
_REPLICA_SET = "ReplicaSet"


def service_workloads(survey: Survey, side: DpuSide, service: Resource) -> list[Node]:
    """Make the rows of what runs of one DPUService in one DPU cluster."""
    own = service.text("status", "serviceID")
    if not own or runs_on_host(service):
        return []
    found = [
        one
        for kind in (*_WORKLOADS, kinds.POD)
        for one in side.joined(kind, "service", own, _carried_id)
        if _is_claimed(survey, service, one)
    ]
    return list(_rows(survey, side, found))


def cluster_nodes(survey: Survey, side: DpuSide) -> Node | None:
    """Make the heading Nodes."""
    rows = [
        survey.node(one, conditions=node_conditions(one), dpu_cluster=side.name)
        for one in side.objects(kinds.NODE)
    ]
    return survey.header(kinds.NODE.title, rows, grouping=True)


def loose_workloads(survey: Survey, side: DpuSide) -> list[Node | None]:
    """Make the headings of what runs in a DPU cluster and stands below no DPUService."""

    def heading(kind: Kind) -> Node | None:
        found = [one for one in side.objects(kind) if not _stands_elsewhere(survey, one)]
        return survey.header(kind.title, list(_rows(survey, side, found)), grouping=True)

    return [heading(kind) for kind in (*_WORKLOADS, kinds.POD)]


def _rows(survey: Survey, side: DpuSide, found: Iterable[Resource]) -> Iterator[Node]:
    for one in found:
        if one.kind is not kinds.POD:
            conditions = workload_conditions(one, _pods_of(side, one))
            yield survey.node(one, conditions=conditions, dpu_cluster=side.name)
        elif not is_ready(one) and one.text("status", "phase") != _DONE:
            yield survey.node(one, conditions=pod_conditions(one), dpu_cluster=side.name)


def _pods_of(side: DpuSide, workload: Resource) -> Sequence[Resource]:
    return side.joined(kinds.POD, "workload", str(workload.ref), _workload_of)


def _workload_of(pod: Resource) -> str:
    """The workload that made a pod, written as a reference, as far as the pod tells.

    A ReplicaSet is named after its Deployment. A pod that names no owner, as in a file that was
    written by hand, is named after its DaemonSet.
    """
    owner = next(iter(pod.items("metadata", "ownerReferences")), {})
    kind, name = owner.get("kind"), str(owner.get("name", ""))
    if kind == _REPLICA_SET:
        kind, name = kinds.DEPLOYMENT.name, _without_suffix(name)
    elif not owner:
        kind, name = kinds.DAEMON_SET.name, _without_suffix(pod.name)
    return f"{str(kind).lower()}/{pod.namespace}/{name}"


def _without_suffix(name: str) -> str:
    return name.rpartition("-")[0]


def _stands_elsewhere(survey: Survey, resource: Resource) -> bool:
    if not survey.is_whole_fleet or not survey.admits(kinds.DPU_SERVICE):
        return False
    carried = _carried_id(resource)
    services = _services(survey, carried) if carried else ()
    return any(_is_claimed(survey, service, resource) for service in services)


def _is_claimed(survey: Survey, service: Resource, resource: Resource) -> bool:
    """Whether a resource with the ID of a service is its own, and no namesake's."""
    others = _services(survey, _carried_id(resource))
    namespaces = {other.namespace for other in others if other is not service}
    return resource.namespace == service.namespace or resource.namespace not in namespaces


def _services(survey: Survey, service_id: str) -> list[Resource]:
    """The DPUServices with this ID that run on DPUs."""
    found = survey.joined(
        kinds.DPU_SERVICE, "service", service_id, lambda s: s.text("status", "serviceID")
    )
    return [service for service in found if not runs_on_host(service)]


def _carried_id(resource: Resource) -> str:
    return resource.label(labels.SERVICE_ID) or ""
