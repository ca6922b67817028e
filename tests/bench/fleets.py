"""Fleets of any size: n hosts with one DPU each, and 12 services."""

from collections.abc import Iterator
from typing import Any

NAMESPACE = "dpf-operator-system"
SINCE = "2026-11-01T08:00:00Z"
SERVICES = 12

Object = dict[str, Any]


def fleet_document(dpus: int) -> Object:
    """Return a Fleet of ``dpus`` DPUs with their hosts; one DPU in twenty is not ready."""
    return {
        "apiVersion": "dpfctl/v1",
        "kind": "Fleet",
        "host": {"items": [*_frame(), *_hardware(dpus)]},
        "dpuClusters": [],
    }


def _frame() -> Iterator[Object]:
    yield _object(
        "operator",
        "DPFOperatorConfig",
        "dpfoperatorconfig",
        {"deploymentMode": "host-trusted", "provisioningController": {}},
    )
    yield _object("provisioning", "DPUCluster", "compute", {"type": "static", "kubeconfig": "c"})
    yield _object(
        "provisioning", "BFB", "bundle", {"url": "https://images.example.com/bundle.bfb"}
    ) | {"status": {"phase": "Ready", "fileName": "bundle.bfb"}}
    yield _object("provisioning", "DPUSet", "compute", _set_spec())
    for number in range(SERVICES):
        yield _object("svc", "DPUService", f"service-{number:02}", _service_spec())


def _hardware(dpus: int) -> Iterator[Object]:
    for number in range(dpus):
        host, device = f"host-{number:05}", f"mt{number:05}"
        labels = {
            "provisioning.dpu.nvidia.com/dpuset-name": "compute",
            "provisioning.dpu.nvidia.com/dpuset-namespace": NAMESPACE,
        }
        dpu = _object("provisioning", "DPU", f"{host}-{device}", _dpu_spec(host, device), labels)
        if number % 20 == 0:
            dpu["status"] = {
                "phase": "OS Installing",
                "conditions": [_condition("OSInstalled", "False", "Pending")],
            }
        yield dpu
        yield _object("provisioning", "DPUNode", host, {"dpus": [{"name": device}]})
        yield _object("provisioning", "DPUDevice", device, {"serialNumber": device})


def _object(
    group: str, kind: str, name: str, spec: Object, labels: dict[str, str] | None = None
) -> Object:
    conditions = [_condition(t, "True", "Success") for t in ("Ready", "Reconciled", "Observed")]
    return {
        "apiVersion": f"{group}.dpu.nvidia.com/v1alpha1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": labels or {"app.kubernetes.io/part-of": "fleet"},
            "creationTimestamp": SINCE,
        },
        "spec": spec,
        "status": {"conditions": conditions},
    }


def _condition(kind: str, status: str, reason: str) -> Object:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": "",
        "lastTransitionTime": SINCE,
        "observedGeneration": 1,
    }


def _set_spec() -> Object:
    return {
        "strategy": {"type": "RollingUpdate"},
        "dpuTemplate": {
            "spec": {
                "bfb": {"name": "bundle"},
                "dpuFlavor": "flavor",
                "nodeEffect": {"noEffect": True},
            }
        },
    }


def _dpu_spec(host: str, device: str) -> Object:
    return {
        "dpuNodeName": host,
        "dpuDeviceName": device,
        "serialNumber": device,
        "bfb": "bundle",
        "dpuFlavor": "flavor",
        "nodeEffect": {"noEffect": True},
        "cluster": {"name": "compute", "namespace": NAMESPACE},
    }


def _service_spec() -> Object:
    source = {"repoURL": "oci://charts.example.com/dpf", "chart": "service", "version": "1.0.0"}
    return {"helmChart": {"source": source}, "security": {"privileged": False}}
