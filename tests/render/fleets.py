"""The fleets of the worked examples: a healthy one, its services, and one in trouble."""

from typing import Any

from dpfctl.describe import Tree, build_tree
from dpfctl.model import kinds
from tests.builders import (
    NOW,
    NS,
    Built,
    Fleet,
    ago,
    application,
    bfb,
    build,
    condition,
    dpu,
    dpu_cluster,
    dpu_deployment,
    dpu_device,
    dpu_node,
    dpu_service,
    dpu_service_chain,
    dpu_service_interface,
    dpu_service_template,
    dpu_set,
    dpu_virtual_network,
    dpu_vpc,
    inventory,
    isolation_class,
    maintenance,
    operator_config,
    system_service,
)
from tests.unit.trees import options

TEMPLATES = ("ovn-central", "ovn-controller", "vpc-ovn-controller", "vpc-ovn-node")
OWNED = ("ovn-central-9558p", "ovn-controller-v5bkr", "vpc-ovn-controller-7sbp6")
SYSTEM = (
    "flannel",
    "multus",
    "nvidia-k8s-ipam",
    "ovs-cni",
    "servicechainset-controller",
    "servicechainset-rbac-and-crds",
    "sfc-controller",
)
IPAMS = ("vpc-ippool-gateway", "vpc-ippool-vtep")
INTERFACES = ("ovn-ext-patch", "ovn-vtep-patch", "p0")
DPUS = ("mt2310xz03lr", "mt2310xz03m2", "mt2425601x13")


def tree_of(*objects: Built | Fleet, **flags: Any) -> Tree:
    return build_tree(inventory(*objects), options(**flags), NOW)


def healthy() -> list[Built | Fleet]:
    """One deployment with a set of four DPUs and four services, a VPC, eight system services."""
    bundle = "https://files.example/bf-bundle-3.2.1-34_25.11_ubuntu-24.04_64k_prod.bfb"
    owned_set, *dpus = dpu_set("vpc-ovn-dpuset1", bfb="bf-bundle").owning(
        *(dpu(f"dpu-node-{d}-{d}").ready("3d16h", "DPUReady") for d in DPUS),
        dpu("dpu-node-mt2425601xqy-mt2425601xqy").ready("3d17h", "DPUReady"),
    )
    deployment = dpu_deployment("vpc-ovn", templates=TEMPLATES).ready("23h")
    return [
        operator_config().ready("23h"),
        dpu_cluster("dpu-cplane-tenant1", "dpu-cplane-tenant1", "static").ready(
            "4d20h", "HealthCheckPassed"
        ),
        deployment.owning(
            dpu_service_chain("vpc-ovn-trsq6").ready("23h"),
            owned_set,
            *(dpu_service(n).ready("2d") for n in OWNED),
            dpu_service("vpc-ovn-node-r84zn").ready("3d1h"),
        ),
        *(dpu_service_template(n).ready("3d17h") for n in TEMPLATES),
        bfb("bf-bundle").created("3d17h").spec(url=bundle).status(versions={"doca": "3.2.1"}),
        *dpus,
        build(kinds.DPU_SERVICE_CREDENTIAL_REQUEST, "servicesetcontroller").ready("4d20h"),
        *(
            build(kinds.DPU_SERVICE_IPAM, f"vpc-ippool-{n}").ready("3d17h")
            for n in ("gateway", "vtep")
        ),
        *(
            dpu_service_interface(n).ready("3d17h")
            for n in ("ovn-ext-patch", "ovn-vtep-patch", "p0")
        ),
        dpu_service_interface("vf2-test", network="testnet1").ready("2d"),
        dpu_vpc("myvpc", isolation="ovn.vpc.dpu.nvidia.com").ready("2d"),
        isolation_class("ovn.vpc.dpu.nvidia.com").created("3d"),
        dpu_virtual_network("testnet1", vpc="myvpc").ready("2d"),
        *(system_service(n).ready("4d") for n in SYSTEM),
        system_service("sriov-device-plugin").ready("4d20h"),
    ]


def services() -> list[Built | Fleet]:
    """Four owned services, eight system services, one credential request."""
    request = build(kinds.DPU_SERVICE_CREDENTIAL_REQUEST, "servicesetcontroller")
    owned = (dpu_service(n).ready("1d") for n in OWNED)
    return [
        operator_config().conditions(
            condition("Ready", age="28h"),
            condition("ImagePullSecretsReconciled", age="5d1h"),
            condition("PreUpgradeValidationReady", age="5d1h"),
            condition("SystemComponentsReady", age="28h"),
            condition("SystemComponentsReconciled", age="5d1h"),
        ),
        request.conditions(
            condition("Ready", age="5d1h"),
            condition("SecretReconciled", age="5d1h"),
            condition("ServiceAccountReconciled", age="5d1h"),
        ),
        *(s.owned_by(NS, "vpc-ovn") for s in owned),
        dpu_service("vpc-ovn-node-r84zn").ready("3d7h").owned_by(NS, "vpc-ovn"),
        *(system_service(n).ready("5d") for n in SYSTEM),
        system_service("sriov-device-plugin").ready("5d1h"),
    ]


def troubled() -> list[Built | Fleet]:
    """A set whose BFB downloads, a node in maintenance, a DPU going, a system service stuck."""
    waits = "The following conditions are not ready:\n* "
    rollout = "Waiting for rollout to finish: 1 out of 2 new pods have been updated..."
    return [
        operator_config().conditions(
            condition("Ready", "False", "Pending", f"{waits}SystemComponentsReady", "7m14s"),
            condition("ImagePullSecretsReconciled"),
            condition(
                "SystemComponentsReady",
                "False",
                "Error",
                "System components must be ready for DPF Operator to continue:\n"
                f"  * DPUService {NS}/sfc-controller is not ready",
                "7m14s",
            ),
            condition("SystemComponentsReconciled"),
        ),
        dpu_set("set1", bfb="bf")
        .conditions(
            condition("Ready", "False", "Pending", f"{waits}DPUSetPrereqsReconciled", "10m"),
            condition("DPUSetPrereqsReconciled", "False", "Pending", "", "10m"),
        )
        .owning(
            dpu("worker1-mt1", node="worker1", device="mt1")
            .degraded("Deleting", age="2m")
            .deleting("2m"),
            dpu("worker1-mt2", node="worker1", device="mt2")
            .ready("8d", "DPUReady")
            .status(operationalConditions=[condition("OperationalReady", "False", "Error")]),
            dpu("worker2-mt3", node="worker2").ready("7d", "DPUReady"),
            dpu("worker3-mt4", node="worker3").ready("7d", "DPUReady"),
        ),
        bfb("bf", phase="Downloading").created("10m"),
        *(dpu_node(f"worker{n}").ready("9d") for n in (1, 2, 3)),
        *(dpu_device(f"mt{n}").ready("9d") for n in (1, 2)),
        maintenance("worker1-maint", "worker1-mt1", node="worker1").created("5m"),
        *(system_service(n).ready("5d") for n in ("flannel", "multus")),
        system_service("sfc-controller")
        .conditions(
            condition("Ready", "False", "Pending", f"{waits}ApplicationsReady", "7m10s"),
            condition(
                "ApplicationsReady", "False", "Pending", "Applications are not ready: 1/1", "7m10s"
            ),
            condition("ConfigPortsReconciled", "Unknown", "Pending"),
        )
        .owning(
            application("dpu-cplane-tenant1-sfc-controller")
            .conditions(
                {
                    "type": "ComparisonError",
                    "message": "rpc error: failed to generate manifest",
                }
            )
            .status(
                resources=[
                    {
                        "kind": "DaemonSet",
                        "name": "dpu-cplane-tenant1-sfc-controller",
                        "status": "OutOfSync",
                        "health": {"status": "Progressing", "message": rollout},
                    }
                ],
                health={"status": "Progressing"},
                reconciledAt=ago("31s"),
            )
        ),
    ]
