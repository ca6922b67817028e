"""Where a DPUService is deployed to: the host cluster, or DPU clusters chosen by their labels.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from dpfctl.model import kinds
from dpfctl.model.applications import IN_CLUSTER, application_name
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.dpu_services import runs_on_host
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.selectors import EVERYTHING, Selector, label_selector
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World, name_of


@dataclass(frozen=True, slots=True)
class Destination:
    """One cluster that a service is deployed to.

    Attributes:
        name: Name of the DPUCluster, ``in-cluster`` for the host cluster.
        cluster: The same with its namespace; HOST for the host cluster.
    """

    name: str
    cluster: ClusterName

    @property
    def is_host(self) -> bool:
        """Whether it is the host cluster."""
        return self.cluster == HOST

    def application(self, service: Resource) -> str:
        """Return the name of the Application that deploys a service here."""
        return application_name(self.name, service.name)


ON_HOST = Destination(IN_CLUSTER, HOST)
"""The host cluster."""


def destinations(service: Resource, world: World) -> tuple[Destination, ...] | Fault:
    """Return the clusters that a DPUService is deployed to.

    Args:
        service: The DPUService.
        world: What is known; of DPUClusters the labels count, not what state they are in.

    Returns:
        The host cluster alone, or n DPU clusters by namespace and name, without those that are
        being deleted. A fault if the selector cannot be understood, if DPUClusters could not be
        listed, or if two of them have the same name: their Applications would, too.
    """
    if runs_on_host(service):
        return (ON_HOST,)
    if lack := world.host.lack(kinds.DPU_CLUSTER):
        return Fault(Step.DEPLOY, lack)
    selector = selector_of(service)
    if selector.is_impossible:
        fact = "spec.dpuClusterSelector is not a label selector"
        return Fault(Step.DEPLOY, f"failed to parse label selector: {fact}")
    names = [
        name_of(cluster)
        for cluster in world.clusters
        if not cluster.is_deleting and selector.matches(cluster.mapping("metadata", "labels"))
    ]
    return _clash(names) or tuple(Destination(name[1], name) for name in names)


def selector_of(service: Resource) -> Selector:
    """Return what a DPUService asks of DPU clusters: everything if it does not say."""
    asked = service.at("spec", "dpuClusterSelector")
    return EVERYTHING if asked is None else label_selector(asked)


def _clash(names: Sequence[ClusterName]) -> Fault | None:
    for one, other in combinations(names, 2):
        if one[1] == other[1]:
            first, second = Ref(kinds.DPU_CLUSTER, *one), Ref(kinds.DPU_CLUSTER, *other)
            fact = "have the same name, and so would their Applications"
            return Fault(Step.DEPLOY, f"{first} and {second} {fact}")
    return None
