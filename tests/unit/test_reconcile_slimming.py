"""What a pass keeps of large lists: enough to plan the same, and no more."""

from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.dpu_services import ALLOW_LIST
from dpfctl.model.kinds import Kind
from dpfctl.model.pods import is_ready, why_not_ready
from dpfctl.model.resources import Resource
from dpfctl.reconcile.slimming import slim
from tests.builders import Built, build, condition, dpu, dpu_service, node, pod

MANAGED = [{"manager": "kubelet", "operation": "Update"}]
WAITING = {"name": "main", "state": {"waiting": {"reason": "ImagePullBackOff"}}}


def kept(built: Built) -> Resource:
    return Resource(built.kind, slim(built.kind, built.raw))


def large_pod(status: str = "True", phase: str = "Running", **more: Any) -> Built:
    built = pod("hbn-1", node="dpu-1", service="hbn").having(
        metadata={"labels": {"app": "hbn"}, "managedFields": MANAGED, "resourceVersion": "7"}
    )
    built = built.spec(containers=[{"name": "main", "image": "hbn:1"}], volumes=[{"name": "v"}])
    conditions = [condition("PodScheduled"), condition("Ready", status)]
    return built.status(phase=phase, conditions=conditions, podIP="10.0.0.1", **more)


def test_of_a_pod_its_place_and_its_health_are_kept() -> None:
    built = large_pod()
    assert kept(built).raw == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "hbn-1",
            "namespace": built.namespace,
            "uid": built.resource.uid,
            "resourceVersion": "7",
            "labels": {"svc.dpu.nvidia.com/service": "hbn"},
        },
        "spec": {"nodeName": "dpu-1"},
        "status": {"phase": "Running", "conditions": [condition("Ready")]},
    }


@pytest.mark.parametrize(
    "built",
    [
        pytest.param(large_pod(), id="ready"),
        pytest.param(large_pod("False"), id="not ready"),
        pytest.param(large_pod(phase="Pending", containerStatuses=[WAITING]), id="waiting"),
        pytest.param(large_pod(phase="Pending", initContainerStatuses=[WAITING]), id="starting"),
        pytest.param(large_pod(phase="Failed", reason="Evicted"), id="evicted"),
        pytest.param(large_pod().deleting(), id="being deleted"),
        pytest.param(build(kinds.POD, "bare"), id="nothing is known"),
    ],
)
def test_a_pod_is_judged_as_before(built: Built) -> None:
    slimmed, whole = kept(built), built.resource
    assert is_ready(slimmed) == is_ready(whole)
    assert why_not_ready(slimmed) == why_not_ready(whole)


def test_of_a_node_taints_labels_addresses_and_problems_are_kept() -> None:
    built = node("worker1").having(metadata={"labels": {"rack": "1"}, "managedFields": MANAGED})
    built = built.spec(taints=[{"key": "dpu"}])
    addresses, problem = [{"address": "10.0.0.1"}], condition("KernelDeadlock", "False")
    wanted = built.status(addresses=addresses, conditions=[problem])
    del wanted.raw["metadata"]["managedFields"]
    conditions = [condition("Ready"), problem]
    images = [{"names": ["hbn"]}]
    full = built.status(addresses=addresses, conditions=conditions, images=images)
    assert kept(full).raw == wanted.raw


def test_of_config_maps_only_the_one_that_counts_is_kept() -> None:
    allowed = build(kinds.CONFIG_MAP, ALLOW_LIST.name, ALLOW_LIST.namespace).having(data={"a": "b"})
    other = build(kinds.CONFIG_MAP, "flannel", ALLOW_LIST.namespace).having(data={"a": "b"})
    assert kept(allowed).raw is allowed.raw
    assert "data" not in kept(other).raw
    assert kept(other).ref == other.resource.ref


@pytest.mark.parametrize("kind", [kinds.DPU, kinds.DPU_NODE], ids=str)
def test_of_hardware_only_managed_fields_are_left_out(kind: Kind) -> None:
    built = build(kind, "one").spec(serial="7").having(metadata={"managedFields": MANAGED})
    wanted = build(kind, "one").spec(serial="7")
    assert kept(built).raw == wanted.raw


def test_what_is_written_as_a_whole_stays_whole() -> None:
    built = dpu_service("hbn").having(metadata={"managedFields": MANAGED})
    assert kept(built).raw is built.raw


def test_nothing_is_changed_in_place() -> None:
    built = dpu("dpu-1").having(metadata={"managedFields": MANAGED})
    kept(built)
    assert built.raw["metadata"]["managedFields"] == MANAGED
