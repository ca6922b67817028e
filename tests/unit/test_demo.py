"""The demo fleet is a site that could exist: every name leads somewhere, but for one on purpose."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from dpfctl import demo
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.documents import parse_documents
from dpfctl.model.fleet import Fleet
from dpfctl.model.fleet_reader import read_fleet
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref, Resource

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
NS = "dpf-operator-system"
COMPUTE = ("dpu-cplane", "compute")
STORAGE = ("dpu-cplane", "storage")
SERVICE_ID = "svc.dpu.nvidia.com/service"
TAINT = {"key": "dpu.nvidia.com/dpu-ready", "effect": "NoSchedule"}


@cache
def fleet() -> Fleet:
    return read_fleet(parse_documents(demo.FLEET.read_bytes(), "demo"), NOW)


def listed(kind: Kind, cluster: ClusterName = HOST) -> tuple[Resource, ...]:
    return fleet().parts[cluster].listing(kind).items


def exists(kind: Kind, name: str, namespace: str = NS, cluster: ClusterName = HOST) -> bool:
    ref = Ref(kind, namespace if kind.namespaced else "", name)
    return fleet().parts[cluster].inventory([kind]).find(ref) is not None


def everything() -> Iterator[tuple[ClusterName, Resource]]:
    for cluster, part in fleet().parts.items():
        for entry in part.entries.values():
            kind = kinds.find(entry.raw["apiVersion"], entry.raw["kind"])
            assert kind, entry.raw["kind"]
            yield cluster, Resource(kind, entry.raw)


def named(path: tuple[str, ...], value: Any) -> Iterator[str]:
    """Texts at a path that goes through lists and mappings; ``*`` stands for any key."""
    if isinstance(value, list):
        for child in value:
            yield from named(path, child)
    elif not path:
        if isinstance(value, str):
            yield value
    elif isinstance(value, dict):
        children = value.values() if path[0] == "*" else [value.get(path[0])]
        for child in children:
            yield from named(path[1:], child)


def test_every_kind_is_there() -> None:
    there = {resource.kind for _, resource in everything()}
    assert set(kinds.DESCRIBED) - there == set()


def test_every_uid_is_written_down_and_is_the_only_one() -> None:
    written = demo.FLEET.read_text()
    uids = Counter(resource.uid for _, resource in everything())
    assert [uid for uid, count in uids.items() if count > 1 or f"uid: {uid}" not in written] == []


def test_every_namespace_is_there() -> None:
    absent = {
        (cluster, resource.namespace)
        for cluster, resource in everything()
        if resource.kind.namespaced
        and not exists(kinds.NAMESPACE, resource.namespace, cluster=cluster)
    }
    assert absent == set()


@pytest.mark.parametrize(
    ("owner", "path", "kind"),
    [
        (kinds.DPU_DEPLOYMENT, "spec.dpus.bfb", kinds.BFB),
        (kinds.DPU_DEPLOYMENT, "spec.dpus.flavor", kinds.DPU_FLAVOR),
        (kinds.DPU_DEPLOYMENT, "spec.services.*.serviceTemplate", kinds.DPU_SERVICE_TEMPLATE),
        (
            kinds.DPU_DEPLOYMENT,
            "spec.services.*.serviceConfiguration",
            kinds.DPU_SERVICE_CONFIGURATION,
        ),
        (kinds.DPU_SET, "spec.dpuTemplate.spec.bfb.name", kinds.BFB),
        (kinds.DPU_SET, "spec.dpuTemplate.spec.dpuFlavor", kinds.DPU_FLAVOR),
        (kinds.DPU, "spec.bfb", kinds.BFB),
        (kinds.DPU, "spec.dpuFlavor", kinds.DPU_FLAVOR),
        (kinds.DPU, "spec.dpuNodeName", kinds.DPU_NODE),
        (kinds.DPU, "spec.dpuDeviceName", kinds.DPU_DEVICE),
        (kinds.DPU_NODE, "spec.dpus.name", kinds.DPU_DEVICE),
        (kinds.DPU_NODE, "status.kubeNodeRef", kinds.NODE),
        (kinds.DPU_NODE_MAINTENANCE, "spec.dpuNodeName", kinds.DPU_NODE),
        (kinds.DPU_VPC, "spec.isolationClassName", kinds.ISOLATION_CLASS),
        (kinds.DPU_VIRTUAL_NETWORK, "spec.vpcName", kinds.DPU_VPC),
        (
            kinds.DPU_SERVICE_INTERFACE,
            "spec.template.spec.template.spec.vf.virtualNetwork",
            kinds.DPU_VIRTUAL_NETWORK,
        ),
        (kinds.DPU_STORAGE_POLICY, "spec.dpuStorageVendors", kinds.DPU_STORAGE_VENDOR),
        (kinds.DPU_VOLUME, "spec.dpuStoragePolicyName", kinds.DPU_STORAGE_POLICY),
        (kinds.DPU_VOLUME_ATTACHMENT, "spec.dpuVolumeName", kinds.DPU_VOLUME),
        (kinds.DPU_VOLUME_ATTACHMENT, "spec.dpuNodeName", kinds.DPU_NODE),
    ],
    ids=str,
)
def test_a_name_leads_somewhere(owner: Kind, path: str, kind: Kind) -> None:
    names = [name for one in listed(owner) for name in named(tuple(path.split(".")), dict(one.raw))]
    assert names
    assert [name for name in names if not exists(kind, name)] == []


def test_only_the_mirror_interface_is_missing() -> None:
    wanted = {
        (service.name, name)
        for service in listed(kinds.DPU_SERVICE)
        for name in service.texts("spec", "interfaces")
    }
    assert {(s, i) for s, i in wanted if not exists(kinds.DPU_SERVICE_INTERFACE, i)} == {
        ("flow-inspector", "mirror-sf")
    }


def test_interfaces_are_consumed_by_the_services_that_name_them() -> None:
    claims = {
        (interface.annotation("dpu.nvidia.com/consumed-by"), interface.name)
        for interface in listed(kinds.DPU_SERVICE_INTERFACE)
        if interface.text("spec", "template", "spec", "template", "spec", "interfaceType")
        == "service"
    }
    assert claims == {("hbn-7kq2x", "hbn-p0-if-9d4wz")}


def test_what_a_deployment_owns_says_so() -> None:
    owners = {
        label
        for _, resource in everything()
        if resource.kind.group.startswith(("svc.", "provisioning."))
        if (label := resource.label(labels.OWNED_BY_DPU_DEPLOYMENT))
    }
    assert owners == {f"{d.namespace}_{d.name}" for d in listed(kinds.DPU_DEPLOYMENT)}


def test_dpus_are_of_their_set_and_their_cluster() -> None:
    for dpu in listed(kinds.DPU):
        assert exists(kinds.DPU_SET, dpu.label(labels.DPU_SET_NAME) or ""), dpu.name
        cluster = dpu.mapping("spec", "cluster")
        assert exists(kinds.DPU_CLUSTER, cluster["name"], cluster["namespace"]), dpu.name
        assert dpu.name == f"{dpu.text('spec', 'dpuNodeName')}-{dpu.text('spec', 'dpuDeviceName')}"


def test_dpus_that_are_up_are_the_nodes_of_their_cluster() -> None:
    nodes = {(c, node.name) for c in fleet().dpu_clusters for node in listed(kinds.NODE, c)}
    assert nodes == {
        ((dpu.text("spec", "cluster", "namespace"), dpu.text("spec", "cluster", "name")), dpu.name)
        for dpu in listed(kinds.DPU)
        if dpu.text("status", "phase") in ("Ready", "Deleting")
    }


def test_statistics_of_a_set_count_its_dpus() -> None:
    for dpu_set in listed(kinds.DPU_SET):
        phases = Counter(
            dpu.text("status", "phase")
            for dpu in listed(kinds.DPU)
            if dpu.label(labels.DPU_SET_NAME) == dpu_set.name
        )
        assert dpu_set.mapping("status", "dpuStatistics") == phases


def applications() -> dict[str, set[str]]:
    """Names of the Applications of each service."""
    found: dict[str, set[str]] = {service.name: set() for service in listed(kinds.DPU_SERVICE)}
    for application in listed(kinds.APPLICATION):
        found[application.label(labels.DPU_SERVICE_NAME) or ""].add(application.name)
    return found


def test_every_service_has_an_application_for_each_cluster_it_is_meant_for() -> None:
    expected: dict[str, set[str]] = {}
    for service in listed(kinds.DPU_SERVICE):
        clusters = ["in-cluster"] if service.at("spec", "deployInCluster") else selected(service)
        expected[service.name] = {f"{cluster}-{service.name}" for cluster in clusters}
    assert applications() == expected


def selected(service: Resource) -> list[str]:
    wanted = service.mapping("spec", "dpuClusterSelector", "matchLabels").items()
    return [
        cluster.name
        for cluster in listed(kinds.DPU_CLUSTER)
        if all(cluster.label(key) == value for key, value in wanted)
    ]


def test_applications_carry_the_id_of_their_service() -> None:
    ids = {
        service.name: service.text("status", "serviceID") for service in listed(kinds.DPU_SERVICE)
    }
    for application in listed(kinds.APPLICATION):
        values = application.mapping("spec", "source", "helm", "valuesObject")
        daemon_set = values.get("global", values)["serviceDaemonSet"]
        service = application.label(labels.DPU_SERVICE_NAME) or ""
        assert daemon_set["labels"] == {SERVICE_ID: ids[service]}, application.name


@pytest.mark.parametrize("cluster", [COMPUTE, STORAGE], ids=lambda name: name[1])
def test_workloads_are_what_the_applications_deployed(cluster: ClusterName) -> None:
    deployed = {
        resource["name"]
        for application in listed(kinds.APPLICATION)
        if application.label("dpu.nvidia.com/cluster") == cluster[1]
        for resource in application.items("status", "resources")
    }
    assert {one.name for one in listed(kinds.DAEMON_SET, cluster)} == deployed
    ids = {one.label(SERVICE_ID) for one in listed(kinds.DAEMON_SET, cluster)}
    for pod in listed(kinds.POD, cluster):
        assert exists(kinds.NODE, pod.text("spec", "nodeName"), cluster=cluster), pod.name
        assert pod.label(SERVICE_ID) in ids


def is_ready(pod: Resource) -> bool:
    return not pod.is_deleting and any(
        c.type == "Ready" and c.status == "True" for c in pod.conditions
    )


def test_hosts_are_tainted_where_the_critical_service_is_not_ready() -> None:
    (critical,) = (
        service
        for service in listed(kinds.DPU_SERVICE)
        if service.label("svc.dpu.nvidia.com/critical") is not None
    )
    pods = [
        pod
        for cluster in fleet().dpu_clusters
        for pod in listed(kinds.POD, cluster)
        if pod.label(SERVICE_ID) == critical.text("status", "serviceID")
    ]
    hosts = {dpu.name: dpu.text("spec", "dpuNodeName") for dpu in listed(kinds.DPU)}
    tainted = {one.name for one in listed(kinds.NODE) if TAINT in one.items("spec", "taints")}
    assert tainted == {hosts[pod.text("spec", "nodeName")] for pod in pods if not is_ready(pod)}
    assert tainted == {"cn3", "st3"}


def test_ready_says_which_conditions_are_not() -> None:
    for _, resource in everything():
        types = [c.type for c in resource.conditions]
        own = resource.kind.group.endswith(".dpu.nvidia.com")
        if not own or "Ready" not in types:
            continue
        assert types == ["Ready", *sorted(types[1:])], resource.ref
        ready, *others = resource.conditions
        failing = [c.type for c in others if c.status != "True"]
        if ready.reason == "Pending":
            lines = ready.message.split("\n")
            assert lines == [
                "The following conditions are not ready:",
                *(f"* {name}" for name in failing),
            ], resource.ref
        else:
            assert failing == [], resource.ref


def test_one_service_is_suspended_and_says_why() -> None:
    (service,) = (one for one in listed(kinds.DPU_SERVICE) if one.at("spec", "paused"))
    assert service.name == "ptp-sync"
    since, until = (
        service.annotation(f"dpfctl/{name}") for name in ("suspended-at", "suspend-until")
    )
    assert (since, until) == ("2026-03-14T06:26:53Z", "2026-03-14T14:26:53Z")
    assert service.annotation("dpfctl/suspend-reason")
    assert service.annotation("dpfctl/suspended-by")
    held = {
        one.name
        for one in listed(kinds.APPLICATION)
        if one.annotation("argocd.argoproj.io/skip-reconcile") == "true"
    }
    assert held == applications()["ptp-sync"]


def test_the_clusters_are_three_different_ones() -> None:
    uids = [
        space.uid
        for cluster in (HOST, COMPUTE, STORAGE)
        for space in listed(kinds.NAMESPACE, cluster)
        if space.name == "kube-system"
    ]
    assert len(set(uids)) == 3
