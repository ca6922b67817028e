"""Which DPUs the ports of a service lead to."""

from typing import Any

import pytest

from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.labels import OLD_HOST
from dpfctl.reconcile.ports.endpoints import Endpoint, Endpoints, endpoints_of
from dpfctl.reconcile.steps import Fault, Step
from tests.builders import NS, Built, dpu_node, inventory, node
from tests.unit.published import DPU_NODES, DPUS, HAS_KEY, dpu
from tests.unit.reconcile_fleets import SVC_NS, service, world

FIRST = Endpoint("192.168.1.10", "node-1")
SECOND = Endpoint("192.168.1.11", "node-2")


def meant_for(*terms: Any) -> Built:
    return service(serviceDaemonSet={"nodeSelector": {"nodeSelectorTerms": list(terms)}})


def asking(operator: str, *values: str, key: str = "key") -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


def term(*expressions: dict[str, Any]) -> dict[str, Any]:
    return {"matchExpressions": list(expressions)}


def looked_up(
    built: Built, *nodes: Built, host: tuple[Built, ...] = DPU_NODES, **options: Any
) -> Endpoints | Fault:
    side = inventory(*(nodes or DPUS))
    return endpoints_of(built.resource, side, world(built, *host, **options))


def found(built: Built, *nodes: Built, **options: Any) -> tuple[Endpoint, ...]:
    answer = looked_up(built, *nodes, **options)
    assert isinstance(answer, Endpoints), answer
    return answer.found


def notes(built: Built, *nodes: Built, **options: Any) -> tuple[str, ...]:
    answer = looked_up(built, *nodes, **options)
    assert isinstance(answer, Endpoints), answer
    return answer.notes


@pytest.mark.parametrize(
    ("built", "endpoints"),
    [
        pytest.param(service(), (FIRST, SECOND), id="without a selector every node"),
        pytest.param(meant_for(), (FIRST, SECOND), id="without terms every node"),
        pytest.param(meant_for({}), (FIRST, SECOND), id="an empty term matches every node"),
        pytest.param(meant_for(HAS_KEY), (FIRST,), id="a label"),
        pytest.param(meant_for(term(asking("In", "x", "y"))), (FIRST,), id="in"),
        pytest.param(meant_for(term(asking("NotIn", "x"))), (SECOND,), id="not in"),
        pytest.param(meant_for(term(asking("DoesNotExist"))), (SECOND,), id="does not exist"),
        pytest.param(
            meant_for(term(asking("Exists"), asking("In", "z"))), (), id="all of one term"
        ),
        pytest.param(
            meant_for(term(asking("DoesNotExist")), HAS_KEY),
            (SECOND, FIRST),
            id="terms are alternatives, and give the order",
        ),
        pytest.param(meant_for(HAS_KEY, {}), (FIRST, SECOND), id="a node counts once"),
        pytest.param(
            meant_for({"matchFields": [asking("In", "dpu-node-2", key="metadata.name")]}),
            (FIRST, SECOND),
            id="l25 matchFields do not count",
        ),
        pytest.param(
            meant_for(term(asking("Like", "x"))), (FIRST, SECOND), id="an unknown operator"
        ),
        pytest.param(
            meant_for(term(asking("In"), asking("Exists"))),
            (FIRST,),
            id="what Kubernetes would not take is passed over",
        ),
    ],
)
def test_which_nodes_are_meant(built: Built, endpoints: tuple[Endpoint, ...]) -> None:
    assert found(built) == endpoints


@pytest.mark.parametrize(
    ("operator", "value", "endpoints"),
    [("Gt", "4", (FIRST,)), ("Lt", "6", (FIRST,)), ("Gt", "5", ()), ("Lt", "5", ())],
)
def test_numbers_are_compared(operator: str, value: str, endpoints: tuple[Endpoint, ...]) -> None:
    nodes = (dpu(1, "192.168.1.10", key="5"), dpu(2, "192.168.1.11"))
    assert found(meant_for(term(asking(operator, value))), *nodes) == endpoints


@pytest.mark.parametrize(
    ("other", "note"),
    [
        pytest.param(
            node("lonely"),
            "node/lonely is left out: it belongs to no DPUNode",
            id="r-port-06b no DPUNode",
        ),
        pytest.param(
            dpu(2), "node/dpu-node-2 is left out: it has no InternalIP", id="r-port-06b no address"
        ),
    ],
)
def test_r_port_06b_nodes_that_are_left_out(other: Built, note: str) -> None:
    assert found(service(), DPUS[0], other) == (FIRST,)
    assert notes(service(), DPUS[0], other) == (note,)


def test_r_port_06b_the_old_label_means_a_dpu_node_beside_the_operator() -> None:
    old = node("dpu-1", **{OLD_HOST: "old"}).status(
        addresses=[{"type": "InternalIP", "address": "10.0.0.1"}]
    )
    assert found(service(), old, host=(dpu_node("old", NS),)) == (Endpoint("10.0.0.1", "old"),)
    elsewhere = looked_up(service(), old, host=(dpu_node("old", SVC_NS),))
    assert isinstance(elsewhere, Fault)


def test_the_last_internal_address_counts() -> None:
    many = dpu(1).status(
        addresses=[
            {"type": "InternalIP", "address": "10.0.0.1"},
            {"type": "InternalIP", "address": "10.0.0.2"},
            {"type": "Hostname", "address": "dpu-node-1"},
        ]
    )
    assert found(service(), many) == (Endpoint("10.0.0.2", "node-1"),)


class TestHosts:
    """From which host Node a DPU is reached."""

    LINKED = dpu_node("node-1", SVC_NS).status(kubeNodeRef="worker-1")

    def test_l4_the_one_that_the_dpu_node_links(self) -> None:
        host = (self.LINKED, node("worker-1"))
        assert found(service(), DPUS[0], host=host) == (Endpoint("192.168.1.10", "worker-1"),)
        assert notes(service(), DPUS[0], host=host) == (
            "node/dpu-node-1 serves node/worker-1, the host of dpunode/svc-ns/node-1",
        )

    def test_upstream_names_the_dpu_node(self) -> None:
        host = (self.LINKED, node("worker-1"))
        assert found(service(), DPUS[0], host=host, is_upstream=True) == (FIRST,)

    def test_r_port_06b_a_dpu_node_that_is_gone(self) -> None:
        assert looked_up(service(), host=()) == Fault(
            Step.SLICE,
            "failed to get DPUNode svc-ns/node-1. "
            'dpunodes.provisioning.dpu.nvidia.com "node-1" not found',
        )

    def test_a_host_node_that_is_gone(self) -> None:
        assert looked_up(service(), DPUS[0], host=(self.LINKED,)) == Fault(
            Step.SLICE, 'failed to get k8s Node worker-1. nodes "worker-1" not found'
        )

    def test_a_list_that_is_missing_is_why(self) -> None:
        troubles = {kinds.DPU_NODE: (Trouble.FORBIDDEN, "not yours")}
        assert looked_up(service(), troubles=troubles) == Fault(
            Step.SLICE, "failed to get DPUNode svc-ns/node-1. not yours"
        )


def test_nodes_that_cannot_be_listed() -> None:
    side: Inventory = inventory(troubles={kinds.NODE: (Trouble.UNREACHABLE, "no answer")})
    assert endpoints_of(service().resource, side, world(service())) == Fault(
        Step.SLICE, "list nodes by node affinity: no answer"
    )
