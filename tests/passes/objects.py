"""The objects that scenarios of a pass begin with, and the parts that tests compare with."""

from collections.abc import Mapping
from typing import Any

from dpfctl.model import kinds, labels
from tests.builders import Built, build, dpu_cluster, dpu_node, dpu_service, node, operator_config
from tests.controlplane.api import Json

WHERE = "ns1"
"""Namespace of the DPUClusters."""
HOME = "svc-ns"
"""Namespace of the DPUServices."""
CLUSTER = "cluster-one"
ONE, TWO = "dpu-one", "dpu-two"
APP_ONE, APP_TWO = f"{CLUSTER}-{ONE}", f"{CLUSTER}-{TWO}"
INTERFACE = "dpu-service-interface"
FINALIZER = "dpu.nvidia.com/dpuservice"
NETWORKS = "k8s.v1.cni.cncf.io/networks"
PORT = {"name": "port-one", "port": 8080, "protocol": "TCP"}
CHART_PORT = 30111
"""The node port that the chart's Service has in the DPU cluster."""


def config() -> Built:
    return operator_config().spec(deploymentMode="host-trusted", provisioningController={})


def way_in(name: str, kubeconfig: str, key: str = "super-admin.conf") -> Built:
    """The Secret that leads into a DPU cluster."""
    return build(kinds.SECRET, f"{name}-kubeconfig", WHERE).having(stringData={key: kubeconfig})


def side(name: str = CLUSTER, mark: str = "cluster1") -> Built:
    """A DPUCluster that is ready, with a label to select it by."""
    built = dpu_cluster(name, WHERE, "static").spec(kubeconfig=f"{name}-kubeconfig")
    return built.having(metadata={"labels": {"dpucluster": mark}}).status(phase="Ready")


def service(name: str, chart: str = "first-chart", namespace: str = HOME, **spec: Any) -> Built:
    """A DPUService that its CRD takes, for the DPU clusters."""
    source = {"repoURL": "oci://repository.com", "version": "v1.1", "chart": chart}
    built = dpu_service(name, namespace).spec(helmChart={"source": source})
    return built.spec(**{"security": {"privileged": False}, **spec})


def on_host(name: str) -> Built:
    """A DPUService that runs on the host cluster."""
    built = service(name, deployInCluster=True)
    del built.raw["spec"]["security"]
    return built


def dpu_one() -> Built:
    """The service with an interface, values and a nodeSelector."""
    return service(
        ONE,
        helmChart={
            "source": {
                "repoURL": "oci://repository.com",
                "version": "v1.1",
                "chart": "first-chart",
                "releaseName": "release-one",
            },
            "values": {"value": "one", "other": "two"},
        },
        serviceID="service-one",
        interfaces=[INTERFACE],
        serviceDaemonSet={
            "nodeSelector": {"nodeSelectorTerms": [{"matchExpressions": [exists("key")]}]},
            "updateStrategy": {"type": "RollingUpdate"},
            "labels": {"label-one": "label-value"},
            "annotations": {"annotation-one": "annotation"},
        },
    )


def dpu_two() -> Built:
    """The plain service."""
    source = {
        "repoURL": "oci://repository.com",
        "version": "v1.2",
        "chart": "second-chart",
        "releaseName": "release-two",
    }
    return service(TWO, helmChart={"source": source})


def chosen(mark: str = "cluster1") -> Json:
    """A selector of DPUClusters."""
    return {"matchLabels": {"dpucluster": mark}}


def exists(key: str) -> Json:
    return {"key": key, "operator": "Exists"}


def interface(
    name: str = INTERFACE,
    *,
    network: str = "my-namespace/mybrsfc",
    port: str = "net1",
    service_id: str = "service-one",
) -> Built:
    """A DPUServiceInterface for a service."""
    inner = {"serviceID": service_id, "network": network, "interfaceName": port}
    return interface_of({"interfaceType": "service", "service": inner}, name)


def interface_of(spec: Json, name: str = INTERFACE) -> Built:
    """A DPUServiceInterface of any type."""
    template = {"spec": {"template": {"spec": spec}}}
    return build(kinds.DPU_SERVICE_INTERFACE, name, HOME).spec(template=template)


def nad(name: str, resource: str, **annotations: str) -> Built:
    """A network that an interface may name."""
    built = build(kinds.DPU_SERVICE_NAD, name, HOME).spec(resourceType=resource)
    return built.having(metadata={"annotations": annotations}) if annotations else built


def match_labels(name: str = ONE) -> Mapping[str, str]:
    """The two labels by which everything of a DPUService is found."""
    return {labels.DPU_SERVICE_NAME: name, labels.DPU_SERVICE_NAMESPACE: HOME}


def chart_service(
    name: str = "from-chart", node_port: int = CHART_PORT, port: str = "port-one"
) -> Built:
    """The Service that the chart of dpu-one makes in the DPU cluster."""
    ports = [{"name": port, "port": 8080, "protocol": "TCP", "nodePort": node_port}]
    built = build(kinds.SERVICE, name, HOME).spec(type="NodePort", ports=ports)
    return built.having(metadata={"labels": dict(match_labels())})


def dpu_side_node(name: str, address: str, **marks: str) -> Built:
    """A DPU as a Node of its cluster."""
    built = node(name).having(metadata={"labels": marks})
    addresses = [{"type": "InternalIP", "address": address}] if address else []
    return built.status(addresses=addresses)


def belonging(dpu_node: str, namespace: str = HOME) -> dict[str, str]:
    """The labels that say to which DPUNode a Node of a DPU cluster belongs."""
    return {labels.DPU_NODE_NAME: dpu_node, labels.DPU_NODE_NAMESPACE: namespace}


def pull_secret(
    name: str, data: str = "e30=", *, namespace: str = HOME, is_marked: bool = True
) -> Built:
    """A Secret with credentials for a registry."""
    marks = {labels.PULL_SECRET: "", "team": "network"} if is_marked else {}
    built = build(kinds.SECRET, name, namespace).having(
        type="kubernetes.io/dockerconfigjson", data={".dockerconfigjson": data}
    )
    return built.having(metadata={"labels": marks})


def host_unit(name: str) -> Built:
    """A DPUNode in the services' namespace."""
    return dpu_node(name, HOME)
