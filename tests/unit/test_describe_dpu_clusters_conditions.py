"""What is said of Nodes, workloads, pods and releases of DPU clusters."""

import base64
import gzip
import json
from typing import Any

import pytest

from dpfctl.describe.dpu_conditions import (
    node_conditions,
    pod_conditions,
    release_conditions,
    workload_conditions,
)
from dpfctl.model import kinds
from dpfctl.model.applications import application_name
from dpfctl.model.conditions import Condition
from dpfctl.model.release_secrets import read_releases
from dpfctl.model.timestamps import format_time
from tests.builders import NS, Built, ago, build, condition, dpu_service, inventory, node, pod
from tests.unit.test_describe_dpu_clusters import BLUE, daemon_set, look, service
from tests.unit.trees import node as row
from tests.unit.trees import outline, rows


def said(conditions: tuple[Condition, ...]) -> tuple[str, str, str]:
    """Status, reason and message of the one Ready."""
    (ready,) = conditions
    assert ready.type == "Ready"
    return ready.status, ready.reason, ready.message


def since(conditions: tuple[Condition, ...]) -> str:
    (ready,) = conditions
    assert ready.since is not None
    return format_time(ready.since)


def release_secret(
    name: str, status: str = "deployed", revision: int = 3, namespace: str = NS
) -> Built:
    """A revision as Helm stores it."""
    chart = {"metadata": {"name": "ovn", "version": "1.2.3"}}
    info = {"status": status, "last_deployed": ago("2h")}
    record = {"name": name, "info": info, "chart": chart, "version": revision}
    packed = base64.b64encode(gzip.compress(json.dumps(record).encode()))
    data = {"release": base64.b64encode(packed).decode()}
    marks = {"owner": "helm", "name": name, "status": status, "version": str(revision)}
    built = build(kinds.RELEASE_SECRET, f"sh.helm.release.v1.{name}.v{revision}", namespace)
    return built.having(metadata={"labels": marks}, data=data)


class TestNodes:
    @pytest.mark.parametrize(
        ("built", "expected"),
        [
            pytest.param(
                node("d").ready(reason="KubeletReady", message="posting ready"),
                ("True", "KubeletReady", "posting ready"),
                id="ready",
            ),
            pytest.param(
                node("d").conditions(
                    condition("OVSHealthy", "False", "OVSIsHealthy"),
                    condition("Ready", reason="KubeletReady"),
                ),
                ("True", "KubeletReady", ""),
                id="conditions that are False are good ones",
            ),
            pytest.param(
                node("d").conditions(
                    condition("DiskPressure", "True", "KubeletHasDiskPressure", "disk is full"),
                    condition("Ready", reason="KubeletReady"),
                ),
                ("True", "DiskPressure", "DiskPressure: disk is full"),
                id="ready under pressure",
            ),
            pytest.param(
                node("d").ready().spec(unschedulable=True),
                ("True", "SchedulingDisabled", ""),
                id="cordoned",
            ),
            pytest.param(
                node("d").degraded("KubeletNotReady", "no CNI").spec(unschedulable=True),
                ("False", "KubeletNotReady", "no CNI"),
                id="not ready, which is what matters",
            ),
            pytest.param(node("d"), ("Unknown", "Pending", ""), id="its kubelet said nothing yet"),
        ],
    )
    def test_ready(self, built: Built, expected: tuple[str, str, str]) -> None:
        assert said(node_conditions(built.resource)) == expected


class TestWorkloads:
    def test_counts_are_the_message(self) -> None:
        ready = workload_conditions(daemon_set("x", "id").resource, ())
        unready = workload_conditions(daemon_set("x", "id", ready=2).resource, ())

        assert said(ready) == ("True", "Available", "3/3 ready")
        assert said(unready) == ("False", "Unavailable", "2/3 ready")

    def test_a_daemon_set_that_no_node_matches(self) -> None:
        built = build(kinds.DAEMON_SET, "x").status(desiredNumberScheduled=0)

        assert said(workload_conditions(built.resource, ())) == (
            "True",
            "NoneDesired",
            "0/0 ready, 0 nodes match",
        )

    def test_a_deployment(self) -> None:
        built = build(kinds.DEPLOYMENT, "x").spec(replicas=2).status(readyReplicas=1)

        assert said(workload_conditions(built.resource, ()))[2] == "1/2 ready, 0/2 updated"

    def test_it_is_ready_since_its_last_pod_is(self) -> None:
        pods = [pod(f"x-{age}", node="d").ready(age).resource for age in ("5d", "2d", "3d")]

        assert since(workload_conditions(daemon_set("x", "id").resource, pods)) == ago("2d")

    def test_it_is_not_ready_since_the_first_pod_is_not(self) -> None:
        pods = [
            pod("x-1", node="d").degraded(age="3h").resource,
            pod("x-2", node="d").created("2h").resource,
            pod("x-3", node="d").ready("1h").resource,
        ]
        found = workload_conditions(daemon_set("x", "id", ready=1).resource, pods)

        assert since(found) == ago("3h")

    def test_without_pods_it_is_so_since_it_was_made(self) -> None:
        assert since(workload_conditions(daemon_set("x", "id").resource, ())) == ago("9d")

    @pytest.mark.parametrize(
        ("name", "owner"),
        [
            pytest.param("x-7kq2x", None, id="by its name, in files without owners"),
            pytest.param("other", {"kind": "DaemonSet", "name": "x"}, id="by its owner"),
        ],
    )
    def test_pods_of_a_daemon_set(self, name: str, owner: dict[str, str] | None) -> None:
        built = pod(name, node="d").ready("4h")
        owned = built.having(metadata={"ownerReferences": [owner]}) if owner else built
        side = inventory(daemon_set("x", "ovn"), owned)
        tree = look(BLUE, service("ovn"), sides={"blue": side}, view="dpuservices")

        assert since(row(tree, "DaemonSet/x").conditions) == ago("4h")

    def test_pods_of_a_deployment_are_owned_by_its_replica_set(self) -> None:
        owner = {"kind": "ReplicaSet", "name": "api-5d8f"}
        owned = (
            pod("api-5d8f-x", node="d").ready("4h").having(metadata={"ownerReferences": [owner]})
        )
        counts = {"replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}
        built = build(kinds.DEPLOYMENT, "api").created("9d").status(**counts)
        tree = look(BLUE, sides={"blue": inventory(built, owned)}, view="dpuclusters")

        assert since(row(tree, "Deployment/api").conditions) == ago("4h")


def container(state: str, reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {state: {"reason": reason, "message": message}}}


class TestPods:
    @pytest.mark.parametrize(
        ("built", "expected"),
        [
            pytest.param(
                pod("p", node="d1").status(
                    phase="Pending",
                    containerStatuses=[container("waiting", "ImagePullBackOff", "401 nobody")],
                ),
                ("False", "ImagePullBackOff", "pod Pending on d1\n401 nobody"),
                id="the container that is at fault",
            ),
            pytest.param(
                pod("p", node="d1").status(
                    initContainerStatuses=[container("terminated", "Completed", "well done")],
                    containerStatuses=[
                        container("waiting", "PodInitializing"),
                        container("terminated", "OOMKilled"),
                    ],
                ),
                ("False", "OOMKilled", "pod not Ready on d1"),
                id="a container that says nothing more",
            ),
            pytest.param(
                pod("p", node="d1").degraded("ContainersNotReady", "unready: [main]"),
                ("False", "ContainersNotReady", "pod not Ready on d1\nunready: [main]"),
                id="no container says why",
            ),
            pytest.param(
                pod("p", node="").status(phase="Pending"),
                ("False", "Pending", "pod Pending"),
                id="not scheduled",
            ),
            pytest.param(
                pod("p", node="d1").status(phase="Failed", reason="Evicted", message="disk full"),
                ("False", "Evicted", "pod Failed on d1\ndisk full"),
                id="evicted",
            ),
            pytest.param(
                pod("p", node="d1").ready().deleting(),
                ("False", "Terminating", "pod is being deleted on d1"),
                id="in deletion",
            ),
        ],
    )
    def test_why_it_is_not_ready(self, built: Built, expected: tuple[str, str, str]) -> None:
        assert said(pod_conditions(built.resource)) == expected


class TestReleases:
    @pytest.mark.parametrize(
        ("status", "ready"),
        [
            pytest.param("deployed", "True", id="deployed"),
            pytest.param("failed", "False", id="failed"),
            pytest.param("pending-upgrade", "False", id="under way"),
        ],
    )
    def test_revision_and_chart_are_the_message(self, status: str, ready: str) -> None:
        (found,) = read_releases([release_secret("r", status).resource]).values()

        assert said(release_conditions(found)) == (ready, status, "revision 3, ovn-1.2.3")
        assert since(release_conditions(found)) == ago("2h")

    def test_a_record_that_cannot_be_read(self) -> None:
        broken = release_secret("r").having(data={"release": "?"})
        (found,) = read_releases([broken.resource]).values()

        assert said(release_conditions(found)) == ("False", found.status, "revision 3")

    def test_the_release_of_a_service_stands_with_it_and_others_with_the_cluster(self) -> None:
        side = inventory(
            release_secret(application_name("blue", "ovn")),
            release_secret(application_name("blue", "ovn"), "superseded", revision=2),
            release_secret("prometheus", namespace="monitoring"),
            release_secret("loki", namespace="monitoring"),
        )
        tree = look(BLUE, service("ovn"), sides={"blue": side})

        assert outline(tree) == rows("""
            DPUClusters
              DPUCluster/blue
                Releases
                  2 Releases...
            DPUServices
              DPUService/ovn
                DPU cluster blue
                  Release/blue-ovn
            """)

    def test_a_service_may_name_its_release(self) -> None:
        named = dpu_service("ovn").ready().spec(helmChart={"source": {"releaseName": "mine"}})
        tree = look(
            BLUE, named, sides={"blue": inventory(release_secret("mine"))}, view="dpuservices"
        )

        assert "Release/mine" in outline(tree)
