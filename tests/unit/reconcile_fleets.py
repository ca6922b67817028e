"""What a pass knows of one host cluster and its DPU clusters, and the services they are all about.

The fleet is that of DPF's own tests: services ``dpu-one`` and ``dpu-two`` of ``svc-ns``, the DPU
cluster ``ns1/cluster-one``, and ``dpu-service-interface``.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from dpfctl.errors import DpfctlError
from dpfctl.model import kinds
from dpfctl.model.applications import IN_CLUSTER, SKIP_RECONCILE, application_name
from dpfctl.model.cluster import ClusterName
from dpfctl.model.inventory import Trouble
from dpfctl.model.kinds import Kind
from dpfctl.model.labels import CONSUMED_BY, PULL_SECRET
from dpfctl.model.resources import Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.destinations import Destination
from dpfctl.reconcile.steps import Fault
from dpfctl.reconcile.world import Engine, World
from tests.builders import (
    NOW,
    NS,
    Built,
    Fleet,
    application,
    build,
    dpu_cluster,
    dpu_service,
    inventory,
    operator_config,
)

SVC_NS = "svc-ns"
CLUSTER_NS = "ns1"
ONE: ClusterName = (CLUSTER_NS, "cluster-one")
TWO: ClusterName = (CLUSTER_NS, "cluster-two")
CHART = {"repoURL": "oci://repository.com", "version": "v1.1", "chart": "first-chart"}

Side = Iterable[Built | Fleet] | DpfctlError
Troubles = Mapping[Kind, tuple[Trouble, str]]


def world(
    *objects: Built | Fleet,
    dpus: Mapping[ClusterName, Side] | None = None,
    troubles: Troubles | None = None,
    now: datetime = NOW,
    engine: Engine = Engine.ARGOCD,
    is_file: bool = False,
    features: Iterable[str] = (),
    is_upstream: bool = False,
) -> World:
    """What a pass knows of these objects of the host cluster.

    Args:
        objects: Besides these there is a DPFOperatorConfig, unless one is given.
        dpus: DPUCluster -> objects of its cluster, or why there are none; a DPUCluster that the
            objects do not hold is added.
        troubles: Lists of the host cluster that fail.
        now: The moment of the pass.
        engine: Who deploys the charts.
        is_file: Whether it is a fleet file.
        features: Fields that the CRDs have.
        is_upstream: Whether DPF's own rules count.
    """
    built = [one for entry in objects for one in ((entry,) if isinstance(entry, Built) else entry)]
    if not any(one.kind is kinds.DPF_OPERATOR_CONFIG for one in built):
        built.append(operator_config())
    known = {(o.namespace, o.name) for o in built if o.kind is kinds.DPU_CLUSTER}
    sides = dpus or {}
    built += [dpu_cluster(name, ns) for ns, name in sides if (ns, name) not in known]
    return World(
        inventory(*built, troubles=troubles),
        {
            name: side if isinstance(side, DpfctlError) else inventory(*side)
            for name, side in sides.items()
        },
        now,
        engine,
        is_file=is_file,
        features=frozenset(features),
        is_upstream=is_upstream,
    )


def service(name: str = "dpu-one", namespace: str = SVC_NS, **spec: Any) -> Built:
    """A DPUService as it is read, with a chart; ``spec`` says more about it."""
    built = dpu_service(name, namespace).having(metadata={"resourceVersion": "7", "generation": 1})
    return built.spec(helmChart={"source": CHART}, **spec)


def cluster(name: ClusterName = ONE, **labels: str) -> Built:
    """A DPUCluster with labels."""
    return dpu_cluster(name[1], name[0], "static").having(metadata={"labels": labels})


def service_interface(
    name: str = "dpu-service-interface",
    namespace: str = SVC_NS,
    consumer: str = "",
    **service: Any,
) -> Built:
    """A DPUServiceInterface of type service; ``consumer`` is the service that has claimed it."""
    given = {"serviceID": "service-one", "network": "my-namespace/mybrsfc", "interfaceName": "net1"}
    built = build(kinds.DPU_SERVICE_INTERFACE, name, namespace).having(
        metadata={"resourceVersion": "3"}
    )
    if consumer:
        built = built.having(metadata={"annotations": {CONSUMED_BY: consumer}})
    inner = {"interfaceType": "service", "service": {**given, **service}}
    return built.spec(template={"spec": {"template": {"spec": inner}}})


def deployed(
    service: Built, cluster: ClusterName | None = ONE, *, held: str | None = None, **spec: Any
) -> Built:
    """The Application of a service in a cluster, None for the host; labelled as DPF does."""
    where = cluster[1] if cluster else IN_CLUSTER
    built = service.owning(application(application_name(where, service.name), NS))[1]
    marks = {
        "dpu.nvidia.com/cluster": where,
        "dpu.nvidia.com/component": "dpuservice-manager",
        **({"dpu.nvidia.com/cluster-namespace": cluster[0]} if cluster else {}),
    }
    notes = {} if held is None else {"annotations": {SKIP_RECONCILE: held}}
    meta = {"resourceVersion": "5", "labels": marks, **notes}
    return built.having(metadata=meta).spec(**spec)


def pull_secret(name: str, namespace: str = SVC_NS, **data: str) -> Built:
    """A Secret that DPF copies to the DPU clusters."""
    return secret(name, namespace, **data).having(metadata={"labels": {PULL_SECRET: ""}})


def secret(name: str, namespace: str = SVC_NS, **data: str) -> Built:
    built = build(kinds.PULL_SECRET, name, namespace).having(metadata={"resourceVersion": "2"})
    return built.having(type="kubernetes.io/dockerconfigjson", data=data)


def destination(name: ClusterName = ONE) -> Destination:
    """A DPU cluster as a place to deploy to."""
    return Destination(name[1], name)


def made(changes: Iterable[Change] | Fault) -> list[tuple[str, str]]:
    """What changes do to what, those left out that do nothing."""
    assert not isinstance(changes, Fault), changes.message
    return [
        (str(change.action), change.ref.name)
        for change in changes
        if change.action is not Action.NONE
    ]


def fault_of(found: object) -> Fault:
    """The fault that planning ended with."""
    assert isinstance(found, Fault), found
    return found


def after(change: Change) -> Resource:
    """The object as a change leaves it."""
    return Resource(change.ref.kind, change.after)
