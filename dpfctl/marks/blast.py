"""What a suspension touches beyond the DPUService, and what about it should give pause.

The controller holds the Application of the service in every DPU cluster, selected or not; the
clusters that have none get none while the service is suspended.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``, the branch for paused
    services.
"""

from collections.abc import Iterator, Mapping, Sequence

from dpfctl.model import kinds, labels
from dpfctl.model.applications import IN_CLUSTER, application_name, is_held
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Impact

HOLDING_KINDS: tuple[Kind, ...] = (
    kinds.DPF_OPERATOR_CONFIG,
    kinds.DPU_CLUSTER,
    kinds.APPLICATION,
)
"""Kinds of the host cluster, in all namespaces, that tell which Applications a service has."""

SIDE_KINDS: tuple[Kind, ...] = (*HOLDING_KINDS, kinds.DPU)
"""Kinds of the host cluster, in all namespaces, that tell how far a suspension reaches."""

DpuClusters = Mapping[tuple[str, str], Inventory]

_SYNCED, _PROGRESSING = "Synced", "Progressing"


def suspend_impacts(
    service: Resource, host: Inventory, dpu_clusters: DpuClusters
) -> tuple[Impact, ...]:
    """Say which Applications, clusters, nodes and pods a suspension concerns.

    Args:
        service: The DPUService.
        host: Lists of ``SIDE_KINDS``; one that failed makes its part unknown.
        dpu_clusters: DPU clusters that were read as well; empty if none was.

    Returns:
        Applications that are held or to be held, clusters that have none, DPUs, and, where DPU
        clusters were read, pods.
    """
    held, lacking = _applications(service, host)
    ref = service.ref
    if unknown := host.lack(*HOLDING_KINDS):
        return (Impact(ref, "applications held", is_known=False, note=unknown),)
    clusters = {name for name, application in held if application is not None}
    impacts = [
        Impact(ref, "applications held", tuple(_where(a) for _, a in held if a is not None)),
        Impact(ref, "clusters without an application", lacking),
        _dpus(ref, host, clusters),
    ]
    if dpu_clusters:
        impacts.append(_pods(service, dpu_clusters, clusters))
    return tuple(impacts)


def suspend_warnings(service: Resource, host: Inventory) -> tuple[str, ...]:
    """Say what about a suspension may surprise: a deletion or an update that would hang."""
    return tuple(f"{service.ref}: {fact}" for fact in _facts(service, host))


def held_applications(service: Resource, host: Inventory) -> tuple[Resource, ...]:
    """Return the Applications that the controller holds while a service is suspended."""
    return tuple(a for _, a in _applications(service, host)[0] if a is not None)


def _facts(service: Resource, host: Inventory) -> Iterator[str]:
    if service.is_deleting:
        yield "is being deleted; the deletion waits until it is resumed"
    if len(host.list(kinds.DPF_OPERATOR_CONFIG)) != 1 and not host.lack(kinds.DPF_OPERATOR_CONFIG):
        yield "exactly one DPFOperatorConfig must exist, else the controller does not heed it"
    if host.lack(*HOLDING_KINDS):
        return
    applications = held_applications(service, host)
    if not applications:
        yield "has no application yet; none will be created while it is suspended"
    unfinished = [a for a in applications if not is_held(a) and _is_unfinished(service, a)]
    if unfinished:
        names = ", ".join(f"{a.name} ({_state(a)})" for a in unfinished)
        yield f"an update is half rolled out and stays so: {names}"


def _is_unfinished(service: Resource, application: Resource) -> bool:
    version = service.text("spec", "helmChart", "source", "version")
    target = application.text("spec", "source", "targetRevision")
    sync, health = _status(application)
    return (target and target != version) or sync not in ("", _SYNCED) or health == _PROGRESSING


def _state(application: Resource) -> str:
    return "/".join(word for word in _status(application) if word) or "not synced yet"


def _status(application: Resource) -> tuple[str, str]:
    sync = application.text("status", "sync", "status")
    return sync, application.text("status", "health", "status")


def _applications(
    service: Resource, host: Inventory
) -> tuple[list[tuple[str, Resource | None]], tuple[str, ...]]:
    """Look up the Application of each cluster, and list the clusters that have none."""
    found = {
        cluster: _find(host, application_name(cluster, service.name))
        for cluster in _clusters(service, host)
    }
    lacking = tuple(cluster for cluster, application in found.items() if application is None)
    return list(found.items()), lacking


def _clusters(service: Resource, host: Inventory) -> Sequence[str]:
    if runs_on_host(service):
        return (IN_CLUSTER,)
    return sorted({cluster.name for cluster in host.list(kinds.DPU_CLUSTER)})


def _find(host: Inventory, name: str) -> Resource | None:
    """The Application of that name in the operator's namespace."""
    for config in host.list(kinds.DPF_OPERATOR_CONFIG):
        found = host.find(Ref(kinds.APPLICATION, config.namespace, name))
        if found is not None:
            return found
    return None


def _dpus(ref: Ref, host: Inventory, clusters: set[str]) -> Impact:
    if unknown := host.lack(kinds.DPU):
        return Impact(ref, "dpus concerned", is_known=False, note=unknown)
    names = (d.name for d in host.list(kinds.DPU) if d.text("spec", "cluster", "name") in clusters)
    return Impact(ref, "dpus concerned", tuple(sorted(names)))


def _pods(service: Resource, dpu_clusters: DpuClusters, clusters: set[str]) -> Impact:
    what = "pods left running"
    read = [found for (_, name), found in dpu_clusters.items() if name in clusters]
    if unknown := next((lack for one in read if (lack := one.lack(kinds.POD))), ""):
        return Impact(service.ref, what, is_known=False, note=unknown)
    wanted = service.text("status", "serviceID") or service.text("spec", "serviceID")
    pods = (pod for one in read for pod in one.list(kinds.POD) if wanted)
    own = (pod for pod in pods if pod.label(labels.SERVICE_ID) == wanted)
    return Impact(service.ref, what, tuple(f"{pod.namespace}/{pod.name}" for pod in own))


def _where(application: Resource) -> str:
    return f"{application.namespace}/{application.name}"
