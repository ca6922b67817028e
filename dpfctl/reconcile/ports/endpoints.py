"""Where a published port leads: the DPUs that a service is meant for, by address.

DPF picks DPU nodes here by rules of its own: they are not those of the scheduler, and pods are not
asked. A node counts although no pod of the service is ready on it.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dpfctl.model import kinds, labels
from dpfctl.model.inventory import Inventory
from dpfctl.model.node_selectors import node_selector
from dpfctl.model.resources import Ref, Resource
from dpfctl.reconcile.hosts.wiring import linked_node
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World

_ADDRESS = "InternalIP"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One DPU that takes the traffic of a published port.

    Attributes:
        address: IP address of the DPU.
        node: The host Node that local traffic comes from.
    """

    address: str
    node: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """All DPUs that take the traffic of a service.

    Attributes:
        found: In the order of the terms of the nodeSelector, then by name of the DPU node.
        notes: What is left out and what differs, one sentence each.
    """

    found: tuple[Endpoint, ...] = ()
    notes: tuple[str, ...] = ()


def endpoints_of(service: Resource, side: Inventory, world: World) -> Endpoints | Fault:
    """Find the DPUs that a service's ports lead to.

    Args:
        service: The DPUService.
        side: Lists of the DPU cluster that it is deployed to.
        world: What the pass knows.

    Returns:
        One endpoint per DPU node that the service is meant for, that belongs to a DPUNode, and that
        has an address. A fault if a DPUNode or a host Node that is named cannot be found.

    Raises:
        RejectedError: There is not exactly one DPFOperatorConfig.
    """
    if lack := side.lack(kinds.NODE):
        return Fault(Step.SLICE, f"list nodes by node affinity: {lack}")
    found, notes = [], []
    for node in _meant_for(service, side.list(kinds.NODE)):
        owner = _owner(node, world)
        if owner is None:
            notes.append(f"node/{node.name} is left out: it belongs to no DPUNode")
            continue
        host = _host_of(owner, world)
        if isinstance(host, Fault):
            return host
        if not (address := _address(node)):
            notes.append(f"node/{node.name} is left out: it has no {_ADDRESS}")
            continue
        found.append(Endpoint(address, host))
        if host != owner.name:
            notes.append(f"node/{node.name} serves node/{host}, the host of {owner}")
    return Endpoints(tuple(found), tuple(notes))


def _meant_for(service: Resource, nodes: Sequence[Resource]) -> list[Resource]:
    """The nodes that one of the terms matches, each once; without terms all."""
    terms = service.items("spec", "serviceDaemonSet", "nodeSelector", "nodeSelectorTerms")
    if not terms:
        return list(nodes)
    picked = {node.name: node for term in terms for node in nodes if _is_met(term, node)}
    return list(picked.values())


def _is_met(term: Mapping[str, Any], node: Resource) -> bool:
    """Whether a node meets the matchExpressions of a term; other parts of it do not count."""
    expressions = term.get("matchExpressions")
    asked = expressions if isinstance(expressions, list) else []
    return all(_is_fulfilled(expression, node) for expression in asked)


def _is_fulfilled(expression: Any, node: Resource) -> bool:
    """Whether a node meets one expression; one that Kubernetes would not take is passed over."""
    alone = node_selector({"nodeSelectorTerms": [{"matchExpressions": [expression]}]})
    return alone.is_unreadable or alone.matches(node.mapping("metadata", "labels"), node.name)


def _owner(node: Resource, world: World) -> Ref | None:
    """The DPUNode that a node of a DPU cluster says it belongs to, None if it says nothing."""
    if name := node.label(labels.DPU_NODE_NAME):
        return Ref(kinds.DPU_NODE, node.label(labels.DPU_NODE_NAMESPACE) or "", name)
    if name := node.label(labels.OLD_HOST):
        return Ref(kinds.DPU_NODE, world.namespace, name)
    return None


def _host_of(owner: Ref, world: World) -> str | Fault:
    """Name of the host Node from which a DPU is reached: that which its DPUNode links.

    DPF names the DPUNode; local traffic then finds its way only if both have the same name.
    """
    dpu_node = world.host.find(owner)
    if dpu_node is None:
        why = _absence(owner, world)
        return Fault(Step.SLICE, f"failed to get DPUNode {owner.namespace}/{owner.name}. {why}")
    linked = linked_node(dpu_node)
    ref = Ref(kinds.NODE, "", linked)
    if linked and world.host.find(ref) is None:
        return Fault(Step.SLICE, f"failed to get k8s Node {linked}. {_absence(ref, world)}")
    return owner.name if world.is_upstream else linked or owner.name


def _absence(ref: Ref, world: World) -> str:
    """Why an object of the host cluster is not there, in the words of an API server."""
    return world.host.lack(ref.kind) or f'{ref.kind.resource} "{ref.name}" not found'


def _address(node: Resource) -> str:
    """The last internal address of a node, empty if it has none."""
    return next(_addresses(node), "")


def _addresses(node: Resource) -> Iterator[str]:
    for entry in reversed(node.items("status", "addresses")):
        address = entry.get("address")
        if entry.get("type") == _ADDRESS and isinstance(address, str):
            yield address
