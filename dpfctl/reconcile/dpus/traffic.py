"""Interfaces and chains on DPUs: which ones a DPU is to have, and which of them are ready.

Only those that a DPUDeployment generated count. DPF makes one object per DPU of each, or, for
interfaces from 26.x on, one entry in an object that holds all interfaces of the DPU.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuready_controller.go``. DPF compares a digest of an
    entry with that in its status; here the object's observed generation must be the current one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dpfctl.model import kinds, labels
from dpfctl.model.conditions import find_ready, read_conditions
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.ownership import deployment_of
from dpfctl.model.resources import Resource
from dpfctl.model.selectors import EVERYTHING, label_selector
from dpfctl.reconcile.world import World

Place = tuple[str, str, str]
"""Name of a DPU's node, then namespace and name of what is on it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An interface or chain that a DPU is to have.

    Attributes:
        resource: The DPUServiceInterface or DPUServiceChain.
        is_ready: Whether it is ready on that DPU.
    """

    resource: Resource
    is_ready: bool


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one DPU cluster says about interfaces and chains.

    Attributes:
        interfaces: Place -> whether the interface is ready there.
        chains: Place -> whether the chain is.
        lack: Kind of the host's objects -> why nothing is known of them, empty if it is.
    """

    interfaces: Mapping[Place, bool] = field(default_factory=dict)
    chains: Mapping[Place, bool] = field(default_factory=dict)
    lack: Mapping[Kind, str] = field(default_factory=dict)


def traffic_of(side: Inventory) -> Traffic:
    """Index interfaces and chains of one DPU cluster."""
    shared = _flags(_entries(side))
    single = _flags(_objects(side, kinds.SERVICE_INTERFACE, _INTERFACE_SET))
    chains = _flags(_objects(side, kinds.SERVICE_CHAIN, _CHAIN_SET))
    lack = {
        kinds.DPU_SERVICE_INTERFACE: side.lack(kinds.SERVICE_INTERFACE),
        kinds.DPU_SERVICE_CHAIN: side.lack(kinds.SERVICE_CHAIN),
    }
    return Traffic({**shared, **single}, chains, lack)


def wanted_on(
    node: Resource, cluster: Resource, kind: Kind, traffic: Traffic, world: World
) -> tuple[Placed, ...]:
    """Return the interfaces or chains that one DPU is to have.

    Args:
        node: The DPU's node in its DPU cluster.
        cluster: The DPUCluster.
        kind: DPUServiceInterface or DPUServiceChain.
        traffic: What the DPU cluster says.
        world: What the pass knows.

    Returns:
        Those of a DPUDeployment whose selectors match, by namespace and name.
    """
    known = traffic.interfaces if kind is kinds.DPU_SERVICE_INTERFACE else traffic.chains
    return tuple(
        Placed(one, known.get((node.name, one.namespace, one.name), False))
        for one in world.host.list(kind)
        if deployment_of(one) is not None
        and _selects(one, node, "template", "spec", "nodeSelector")
        and (world.is_upstream or _selects_cluster(one, cluster))
    )


def _selects_cluster(one: Resource, cluster: Resource) -> bool:
    old_name = "clusterSelector"
    name = old_name if one.at("spec", old_name) is not None else "dpuClusterSelector"
    return _selects(one, cluster, name)


def _selects(one: Resource, target: Resource, *path: str) -> bool:
    raw = one.at("spec", *path)
    selector = EVERYTHING if raw is None else label_selector(raw)
    return selector.matches(target.mapping("metadata", "labels"))


_INTERFACE_SET = (labels.SERVICE_INTERFACE_SET_NAMESPACE, labels.SERVICE_INTERFACE_SET_NAME)
_CHAIN_SET = (labels.SERVICE_CHAIN_SET_NAMESPACE, labels.SERVICE_CHAIN_SET_NAME)


def _flags(found: Iterator[tuple[Place, bool]]) -> dict[Place, bool]:
    """Index readiness by place; of several objects one that is ready is enough."""
    flags: dict[Place, bool] = {}
    for place, is_ready in found:
        flags[place] = flags.get(place, False) or is_ready
    return flags


def _objects(side: Inventory, kind: Kind, marks: tuple[str, str]) -> Iterator[tuple[Place, bool]]:
    for one in side.list(kind):
        namespace, name = (one.label(mark) or "" for mark in marks)
        yield (one.text("spec", "node"), namespace, name), _is_ready(one)


def _is_ready(one: Resource) -> bool:
    """Whether an object says that it is ready, and speaks of its present generation."""
    ready = find_ready(one.conditions)
    generation = one.at("metadata", "generation") or 0
    return ready is not None and ready.is_true and ready.observed_generation == generation


def _entries(side: Inventory) -> Iterator[tuple[Place, bool]]:
    """Yield the entries of objects that hold all interfaces of a DPU."""
    for holder in side.list(kinds.NODE_SERVICE_INTERFACES):
        known = {entry.get("name"): entry for entry in holder.items("status", "interfaceStatuses")}
        is_current = holder.at("status", "observedGeneration") == holder.at(
            "metadata", "generation"
        )
        for entry in holder.items("spec", "interfaces"):
            namespace, _, name = str(entry.get("name")).partition("_")
            status = known.get(entry.get("name"), {})
            ready = find_ready(read_conditions(status.get("conditions")))
            is_ready = ready is not None and ready.is_true and entry.get("terminating") is not True
            yield (holder.text("spec", "node"), namespace, name), is_current and is_ready
