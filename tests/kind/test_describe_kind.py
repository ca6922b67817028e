"""``dpfctl describe`` on a cluster that somebody else made: kind's, with client certificates."""

import contextlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dpfctl.cluster.kube import connect
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.errors import ConflictError, KindNotServedError
from dpfctl.model import kinds
from dpfctl.model.cluster import Cluster
from dpfctl.model.kinds import Kind
from tests.bench.fleets import fleet_document
from tests.command_line import dpfctl
from tests.controlplane.crds import crd_documents

pytestmark = pytest.mark.kind

CRD = Kind(
    "CustomResourceDefinition",
    "customresourcedefinitions",
    "apiextensions.k8s.io",
    "v1",
    namespaced=False,
    has_status=False,
)
SERVE_SECONDS = 60.0


def test_a_fleet_is_described_as_from_a_file(kind_kubeconfig: Path, tmp_path: Path) -> None:
    fleet = fleet_document(2)
    file = tmp_path / "fleet.json"
    file.write_text(json.dumps(fleet))
    options = ConnectOptions(kubeconfig=str(kind_kubeconfig))
    with contextlib.closing(connect(load_config(options, {}))) as cluster:
        put_into(cluster, fleet["host"]["items"])
    view = ("describe", "all", "--show-storage", "-o", "name")

    found = dpfctl(*view, "--kubeconfig", str(kind_kubeconfig))

    assert (found.code, found.err) == (0, "")
    assert found.lines == dpfctl(*view, "--from", str(file)).lines


def put_into(cluster: Cluster, items: list[dict[str, Any]]) -> None:
    """Create our CRDs, then objects with their status; what a kept cluster has stays."""
    for crd in crd_documents():
        _create(cluster, CRD, crd)
    for name in sorted({item["metadata"]["namespace"] for item in items} - {"default"}):
        _create(cluster, kinds.NAMESPACE, {"metadata": {"name": name}})
    for item in items:
        kind = kinds.find(item["apiVersion"], item["kind"])
        assert kind is not None
        _create(cluster, kind, item)


def _create(cluster: Cluster, kind: Kind, body: Mapping[str, Any]) -> None:
    with contextlib.suppress(ConflictError):
        made = _created_once_served(cluster, kind, body)
        if kind.has_status and "status" in body:
            cluster.replace_status(kind, {**made, "status": body["status"]})


def _created_once_served(
    cluster: Cluster, kind: Kind, body: Mapping[str, Any]
) -> Mapping[str, Any]:
    deadline = time.monotonic() + SERVE_SECONDS
    while True:
        try:
            return cluster.create(kind, body).raw
        except KindNotServedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
