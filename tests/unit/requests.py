"""Requests of tests: one write to one object, judged by the packaged CRDs."""

from datetime import UTC, datetime
from typing import Any

from dpfctl.apiserver.requests import Request
from dpfctl.cluster.fleet_schemas import packaged_schema
from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref

Json = dict[str, Any]

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
VERSION = kinds.DPU_SERVICE.api_version


def request(
    current: Json | None = None,
    kind: Kind = kinds.DPU_SERVICE,
    name: str = "hbn",
    version: str = "9",
    manager: str = "dpfctl",
) -> Request:
    """A request about the object ``ns/hbn`` as it stands."""
    ref = Ref(kind, "ns" if kind.namespaced else "", name)
    return Request(ref, packaged_schema(kind), current, version, "new-uid", NOW, manager)


def service(metadata: Json | None = None, **spec: Any) -> Json:
    """A DPUService as a file holds it that gives no more than it must."""
    chart = {"source": {"repoURL": "oci://charts.example.com/dpf", "version": "1.0.0"}}
    return {
        "apiVersion": VERSION,
        "kind": "DPUService",
        "metadata": {
            "name": "hbn",
            "namespace": "ns",
            "uid": "u",
            "resourceVersion": "8",
            **(metadata or {}),
        },
        "spec": {"helmChart": chart, "security": {"privileged": False}, **spec},
    }


def without_system(body: Json) -> Json:
    """The object without uid and version, as a client writes it."""
    kept = {k: v for k, v in body["metadata"].items() if k not in ("uid", "resourceVersion")}
    return {**body, "metadata": kept}
