"""Hosts with DPUs in them, and the pods that critical services run there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dpfctl.errors import DpfctlError
from dpfctl.model.cluster import ClusterName
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Ref, Resource
from dpfctl.reconcile.hosts import HostVerdict, judge_hosts
from tests import builders as make
from tests.builders import Built, flat, inventory

DPU_READY = {"key": "dpu.nvidia.com/dpu-ready", "effect": "NoSchedule"}
DPU_TAINT = {"key": "dpu", "effect": "NoSchedule"}
WHERE = "ns1"
"""Namespace of the DPUClusters."""


def critical(name: str = "sriov", namespace: str = make.NS, value: str = "") -> Built:
    return service(name, namespace).labelled(CRITICAL=value)


def service(name: str = "sriov", namespace: str = make.NS) -> Built:
    return make.dpu_service(name, namespace).status(serviceID=name)


def meant_for(built: Built, *terms: dict[str, Any]) -> Built:
    """A service whose DaemonSet has a nodeSelector of these terms."""
    return built.spec(serviceDaemonSet={"nodeSelector": {"nodeSelectorTerms": list(terms)}})


def with_label(key: str, *values: str) -> dict[str, Any]:
    """A term of a nodeSelector."""
    return {"matchExpressions": [{"key": key, "operator": "In", "values": list(values)}]}


def worker(name: str = "worker1", *taints: dict[str, str], **spec: Any) -> Built:
    return make.node(name).spec(taints=[DPU_TAINT, *taints], **spec)


def tainted(name: str = "worker1") -> Built:
    return worker(name, DPU_READY)


def linked(name: str = "worker1", node: str = "", namespace: str = make.NS) -> Built:
    """A DPUNode and the host Node it names, by default of the same name."""
    return make.dpu_node(name, namespace).status(kubeNodeRef=node or name)


def placed(name: str = "dpu-1", node: str = "worker1", cluster: str = "cluster-one") -> Built:
    """A DPU of a DPUNode, in a DPU cluster."""
    return make.dpu(name, node=node).spec(cluster={"namespace": WHERE, "name": cluster})


def cluster(name: str = "cluster-one", **labels: str) -> Built:
    return make.dpu_cluster(name, WHERE).having(metadata={"labels": labels})


def running(
    name: str = "sriov-1", dpu: str = "dpu-1", service: str = "sriov", namespace: str = make.NS
) -> Built:
    """A pod that runs without being ready."""
    return make.pod(name, namespace, node=dpu, service=service)


@dataclass(frozen=True)
class Site:
    """A host cluster and its DPU clusters."""

    host: Inventory
    sides: dict[ClusterName, Inventory | DpfctlError]

    def judge(self) -> tuple[HostVerdict, ...]:
        return judge_hosts(self.host, self.sides)

    @property
    def verdict(self) -> HostVerdict:
        """The verdict about the only host."""
        (verdict,) = self.judge()
        return verdict

    def service(self, name: str = "sriov", namespace: str = make.NS) -> Resource:
        found = self.host.find(make.dpu_service(name, namespace).resource.ref)
        assert found is not None
        return found

    def reading(self, name: str, side: Inventory | DpfctlError) -> "Site":
        """The same site with another answer from one DPU cluster."""
        return replace(self, sides={**self.sides, (WHERE, name): side})


def site(*host: Built, sides: Mapping[str, Iterable[Built] | DpfctlError]) -> Site:
    """A host cluster with these objects, and DPU clusters by name with theirs."""
    read = {
        (WHERE, name): found if isinstance(found, DpfctlError) else inventory(*found)
        for name, found in sides.items()
    }
    return Site(inventory(*host), read)


def one_host(*services: Built, pods: Iterable[Built] = (), node: Built | None = None) -> Site:
    """Host worker1 with DPU dpu-1 in cluster-one."""
    return site(
        cluster(),
        linked(),
        node or worker(),
        placed(),
        *services,
        sides={"cluster-one": (make.node("dpu-1", bfb="dk"), *flat(pods))},
    )


def facts(verdict: HostVerdict) -> list[tuple[str, str, str, str]]:
    """What a host waits for, as text: service, DPU, pod, why."""
    return [(w.service.name, w.dpu.name, _name(w.pod), w.why) for w in verdict.waits]


def _name(ref: Ref | None) -> str:
    return f"{ref.namespace}/{ref.name}" if ref else ""
