"""Fleets for passes: n hosts with one DPU each, 12 services on every DPU, two DPU clusters.

Objects are as large as real ones: nodes with images and conditions, pods with volumes, probes and
statuses. What a pass would deploy is there and healthy, so that a pass has nothing to do.
"""

from collections.abc import Iterator
from typing import Any

from dpfctl.model import labels
from dpfctl.reconcile.dpus.parts import PROBLEMS

NAMESPACE = "dpf-operator-system"
CLUSTERS = ("compute-a", "compute-b")
SERVICES = tuple(f"service-{number:02}" for number in range(12))
CRITICAL, EXPOSED = SERVICES[:3], SERVICES[2:5]
SINCE = "2026-11-01T08:00:00Z"

_IMAGES = 30
_FIRST_PORT = 30_100

Object = dict[str, Any]


def host_objects(dpus: int) -> Iterator[Object]:
    """Yield the host cluster of so many DPUs, but for the Secrets that lead into DPU clusters."""
    yield from _frame()
    yield from (one for number in range(dpus) for one in _unit(number))


def side_objects(name: str, dpus: int) -> Iterator[Object]:
    """Yield a DPU cluster of such a fleet, which has every second DPU."""
    yield from _charts()
    numbers = range(CLUSTERS.index(name), dpus, len(CLUSTERS))
    yield from (one for number in numbers for one in _dpu_side(number))


def busy_host(services: int) -> Iterator[Object]:
    """Yield a host cluster of ten DPUs and many services.

    Every service has an interface, publishes a port from one of the DPU clusters, and has an
    Application there.
    """
    yield from (one for one in host_objects(10) if one["kind"] != "DPUService")
    for number in range(services):
        name, cluster = f"busy-{number:05}", CLUSTERS[number % 2]
        service = _exposing(_service(name, number), number, cluster)
        yield {**service, "spec": {**service["spec"], "interfaces": [name]}}
        yield _interface(name)
        marks = {labels.CLUSTER_NAME: cluster, labels.CLUSTER_NAMESPACE: NAMESPACE, **_marks(name)}
        yield _made("argoproj.io/v1alpha1", "Application", f"{cluster}-{name}", marks)


def busy_side(name: str, services: int) -> Iterator[Object]:
    """Yield a DPU cluster of such a fleet."""
    yield from (one for one in side_objects(name, 10) if one["kind"] != "Service")
    for number in range(CLUSTERS.index(name), services, len(CLUSTERS)):
        yield _chart(f"busy-{number:05}", number, _FIRST_PORT + number)


def guardian() -> Object:
    """One more critical service, which runs nowhere: every host has to wait for it."""
    body = _service("guardian", len(SERVICES))
    body["metadata"]["labels"] = {labels.CRITICAL: ""}
    return body


def host_name(number: int) -> str:
    """The name of a host, which its Node and its DPUNode have."""
    return f"host-{number:05}"


def _frame() -> Iterator[Object]:
    spec = {"deploymentMode": "host-trusted", "provisioningController": {}}
    yield _made("operator.dpu.nvidia.com/v1alpha1", "DPFOperatorConfig", "config", spec=spec)
    for name in CLUSTERS:
        spec = {"type": "static", "kubeconfig": f"{name}-kubeconfig"}
        marks = {"site": name}
        body = _made("provisioning.dpu.nvidia.com/v1alpha1", "DPUCluster", name, marks, spec=spec)
        yield body | {"status": {"phase": "Ready"}}
    for number, name in enumerate(SERVICES):
        yield _service(name, number)


def _service(name: str, number: int) -> Object:
    source = {"repoURL": "oci://charts.example.com/dpf", "chart": name, "version": "1.0.0"}
    spec: Object = {
        "helmChart": {"source": source, "values": {"mtu": 9000}},
        "security": {"privileged": False},
        "serviceID": name,
    }
    marks = {labels.CRITICAL: ""} if name in CRITICAL else {}
    body = _made("svc.dpu.nvidia.com/v1alpha1", "DPUService", name, marks, spec=spec)
    body["status"] = {"serviceID": name, "conditions": []}
    return _exposing(body, number, CLUSTERS[number % 2]) if name in EXPOSED else body


def _exposing(service: Object, number: int, cluster: str) -> Object:
    """A service that publishes a port from one of the clusters."""
    ports = {"serviceType": "NodePort", "ports": [_port(number)]}
    selector = {"matchLabels": {"site": cluster}}
    spec = {**service["spec"], "configPorts": ports, "dpuClusterSelector": selector}
    return {**service, "spec": spec}


def _port(number: int) -> Object:
    return {"name": "main", "port": 8000 + number, "protocol": "TCP"}


def _interface(service: str) -> Object:
    """An interface of a service that nobody has claimed."""
    block = {"serviceID": service, "network": "mybrsfc", "interfaceName": "data"}
    spec = {"interfaceType": "service", "service": block}
    outer = {"template": {"spec": {"template": {"spec": spec}}}}
    return _made("svc.dpu.nvidia.com/v1alpha1", "DPUServiceInterface", service, spec=outer)


def _chart(service: str, number: int, node_port: int) -> Object:
    """The Service that the chart of an exposing service makes in a DPU cluster."""
    spec = {"type": "NodePort", "ports": [_port(number) | {"nodePort": node_port}]}
    return _made("v1", "Service", f"chart-{service}", _marks(service), spec=spec)


def _marks(service: str) -> dict[str, str]:
    return {labels.DPU_SERVICE_NAME: service, labels.DPU_SERVICE_NAMESPACE: NAMESPACE}


def _unit(number: int) -> Iterator[Object]:
    """A host: its Node, its DPUNode, and the DPU in it."""
    name, device = host_name(number), f"mt{number:05}"
    taint = {"key": "example.com/rack", "value": f"r{number % 40}", "effect": "PreferNoSchedule"}
    yield _node(name, {"kubernetes.io/hostname": name}, f"10.1.{number >> 8}.{number & 255}") | {
        "spec": {"taints": [taint]}
    }
    group = "provisioning.dpu.nvidia.com/v1alpha1"
    node = _made(group, "DPUNode", name, spec={"dpus": [{"name": device}]})
    yield node | {"status": {"kubeNodeRef": name, "conditions": [_condition("Ready")]}}
    spec = {
        "dpuNodeName": name,
        "dpuDeviceName": device,
        "serialNumber": device,
        "bfb": "bundle",
        "dpuFlavor": "flavor",
        "nodeEffect": {"noEffect": True},
        "cluster": {"name": CLUSTERS[number % 2], "namespace": NAMESPACE},
    }
    kinds = ("Ready", "OSInstalled", "HostNetworkReady", "DPUClusterReady", "BFBReady")
    status = {"phase": "Ready", "conditions": [_condition(kind) for kind in kinds]}
    yield _made(group, "DPU", f"{name}-{device}", spec=spec) | {"status": status}


def _charts() -> Iterator[Object]:
    for number, name in enumerate(EXPOSED):
        yield _chart(name, SERVICES.index(name), _FIRST_PORT + number)


def _dpu_side(number: int) -> Iterator[Object]:
    """A DPU as a Node of its cluster, and a pod of each service on it."""
    host = host_name(number)
    name, marks = f"{host}-mt{number:05}", {labels.DPU_NODE_NAME: host}
    marks |= {labels.DPU_NODE_NAMESPACE: NAMESPACE, "kubernetes.io/hostname": name}
    node = _node(name, marks, f"10.2.{number >> 8}.{number & 255}")
    good = [_condition(kind, "False", "Good") for kind in PROBLEMS]
    node["status"]["conditions"] += good
    yield node
    for service in SERVICES:
        yield _pod(service, name, number)


def _node(name: str, marks: dict[str, str], address: str) -> Object:
    resources = {"cpu": "16", "memory": "32Gi", "pods": "110", "ephemeral-storage": "60Gi"}
    kinds = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    body = _made("v1", "Node", name, {"kubernetes.io/arch": "arm64", **marks})
    del body["metadata"]["namespace"]
    return body | {
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": address},
                {"type": "Hostname", "address": name},
            ],
            "capacity": resources,
            "allocatable": resources,
            "conditions": [_condition(k, "True" if k == "Ready" else "False") for k in kinds],
            "images": _NODE_IMAGES,
            "nodeInfo": _NODE_INFO,
        }
    }


def _pod(service: str, node: str, number: int) -> Object:
    name = f"{service}-{number:05}"
    body = _made("v1", "Pod", name, {labels.SERVICE_ID: service, "app": service})
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return body | {
        "spec": {**_POD_SPEC, "nodeName": node},
        "status": {
            "phase": "Running",
            "podIP": f"10.3.{number >> 8}.{number & 255}",
            "qosClass": "Burstable",
            "startTime": SINCE,
            "conditions": [_condition(kind) for kind in kinds],
            "containerStatuses": [_running(name)],
        },
    }


def _running(pod: str) -> Object:
    return {
        "name": "main",
        "image": "registry.example.com/dpf/service:1.0.0",
        "imageID": f"registry.example.com/dpf/service@sha256:{'ab' * 32}",
        "containerID": f"containerd://{pod}{'cd' * 24}",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": SINCE}},
        "lastState": {},
    }


def _condition(kind: str, status: str = "True", reason: str = "Success") -> Object:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": "",
        "lastTransitionTime": SINCE,
    }


def _made(
    api: str, kind: str, name: str, marks: dict[str, str] | None = None, **more: Any
) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": marks or {}}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **more}


_NODE_IMAGES = [
    {
        "names": [
            f"registry.example.com/dpf/image-{n}@sha256:{n:064x}",
            f"registry.example.com/dpf/image-{n}:1.0.0",
        ],
        "sizeBytes": 100_000_000 + n,
    }
    for n in range(_IMAGES)
]
_NODE_INFO = {
    "architecture": "arm64",
    "bootID": "3f1c2a1e-0000-4000-8000-000000000000",
    "containerRuntimeVersion": "containerd://2.0.0",
    "kernelVersion": "6.8.0-bluefield",
    "kubeProxyVersion": "",
    "kubeletVersion": "v1.36.3",
    "machineID": "5f1c2a1e000040008000000000000000",
    "operatingSystem": "linux",
    "osImage": "Ubuntu 24.04 LTS",
    "systemUUID": "7f1c2a1e-0000-4000-8000-000000000000",
}
_PROBE = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10, "failureThreshold": 3}
_POD_SPEC: Object = {
    "hostNetwork": False,
    "terminationGracePeriodSeconds": 30,
    "containers": [
        {
            "name": "main",
            "image": "registry.example.com/dpf/service:1.0.0",
            "args": ["--config=/etc/service/config.yaml", "--log-level=info"],
            "env": [{"name": f"SETTING_{n}", "value": f"value-{n}"} for n in range(12)],
            "livenessProbe": _PROBE,
            "readinessProbe": _PROBE,
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
            "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}},
            "volumeMounts": [
                {"name": f"volume-{n}", "mountPath": f"/var/lib/service/{n}"} for n in range(4)
            ],
        }
    ],
    "tolerations": [
        {"key": f"node.kubernetes.io/{word}", "operator": "Exists", "effect": "NoExecute"}
        for word in ("not-ready", "unreachable", "disk-pressure", "pid-pressure")
    ],
    "volumes": [{"name": f"volume-{n}", "emptyDir": {}} for n in range(4)],
}
