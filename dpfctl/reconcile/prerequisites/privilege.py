"""Which services may run privileged pods in a DPU cluster: DPF's list, a ConfigMap there.

The admission policy that reads the list, and its binding, are put there by DPF's operator; they are
left to it. Without them the list has no effect.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from dpfctl.model import kinds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.dpu_services import ALLOW_LIST, runs_on_host
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.destinations import selector_of
from dpfctl.reconcile.identity import CONTROLLER, service_id_of
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World

FEATURE = "DPUService.spec.security"
"""What a release of DPF must know for there to be such a list."""


def allow_list_changes(
    cluster: ClusterName, world: World, coming: str = ""
) -> tuple[Change, ...] | Fault:
    """Plan the list of services that may run privileged pods in one DPU cluster.

    Args:
        cluster: The DPU cluster.
        world: What is known.
        coming: A namespace that is going to be there.

    Returns:
        One change; ``NONE`` if the list is as wanted. None at all if DPF does not know of such
        lists, if there is none and none is needed, or if the cluster lacks the operator's
        namespace, where the list and the policy that reads it would be. A fault if it is not known
        what the list is to say, or what it says.
    """
    if FEATURE not in world.features:
        return ()
    if lack := world.host.lack(kinds.DPU_SERVICE, kinds.DPU_CLUSTER):
        return Fault(Step.PRIVILEGE, lack)
    side = world.side(cluster)
    if not isinstance(side, Inventory):
        return Fault(Step.PRIVILEGE, f"get cluster {cluster[1]}: {side.message}", cluster)
    if lack := side.lack(kinds.CONFIG_MAP):
        return Fault(Step.PRIVILEGE, f"get cluster {cluster[1]}: {lack}", cluster)
    home = ALLOW_LIST.namespace
    if home != coming and side.find(Ref(kinds.NAMESPACE, "", home)) is None:
        return ()
    data = dict(world.once(privileged_services, cluster))
    live = side.find(ALLOW_LIST)
    return (_change(data, live, cluster),) if data or live else ()


def privileged_services(cluster: ClusterName, world: World) -> dict[str, str]:
    """Return the services that may run privileged pods in a DPU cluster, by their service IDs.

    A service that does not say counts as one that may: it is from before it had to.
    """
    return {
        service_id_of(service): f"{service.namespace}/{service.name}"
        for service in world.host.list(kinds.DPU_SERVICE)
        if service.at("spec", "security", "privileged") is not False
        and not service.is_deleting
        and _selects(service, cluster, world)
    }


def _selects(service: Resource, cluster: ClusterName, world: World) -> bool:
    found = world.host.find(Ref(kinds.DPU_CLUSTER, *cluster))
    if found is None or runs_on_host(service):
        return False
    return selector_of(service).matches(found.mapping("metadata", "labels"))


def _change(data: dict[str, str], live: Resource | None, cluster: ClusterName) -> Change:
    metadata = {"name": ALLOW_LIST.name, "namespace": ALLOW_LIST.namespace}
    head = {"apiVersion": ALLOW_LIST.kind.api_version, "kind": ALLOW_LIST.kind.name}
    action, done, after = Action.APPLY, "created", {**head, "metadata": metadata, "data": data}
    if live is not None:
        is_same = live.mapping("data") == data
        action, done = Action.NONE if is_same else Action.PATCH, "configured"
        after = dict(live.raw) if is_same else {**live.raw, "data": data}
    return Change(
        ALLOW_LIST,
        action,
        done,
        live,
        after,
        stage=Step.PRIVILEGE,
        force=True,
        cluster=cluster,
        manager=CONTROLLER,
        needs=(),
    )
