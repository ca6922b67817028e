"""Objects of a fleet, built the way one would say them.

    inventory(
        operator_config().ready(),
        dpu_deployment("edge").owning(dpu_service("hbn").degraded("ImagePull")),
    )

Nothing is invented: an object has a name, a namespace, a uid, and what was asked for. Times are
ages such as ``3d17h``, counted back from ``NOW``. A step returns a new value, so a half-built
object can be kept and varied.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from dpfctl.model import kinds, labels
from dpfctl.model.durations import parse_duration
from dpfctl.model.inventory import Inventory, Listing, Trouble, listing_of
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from dpfctl.model.timestamps import format_time

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
NS = "dpf-operator-system"


def ago(age: str) -> str:
    """The timestamp of an age."""
    seconds = parse_duration(age)
    assert seconds is not None, f"{age} is no duration"
    return format_time(NOW - timedelta(seconds=seconds))


def condition(
    kind: str, status: str = "True", reason: str = "Success", message: str = "", age: str = "1d"
) -> dict[str, Any]:
    """One condition as the API holds it."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(age),
    }


@dataclass(frozen=True, slots=True)
class Built:
    """One object of the API, and the steps that say more about it."""

    kind: Kind
    raw: dict[str, Any]

    @property
    def resource(self) -> Resource:
        """The object as an inventory holds it."""
        return Resource(self.kind, self.raw)

    @property
    def name(self) -> str:
        return str(self.raw["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.raw["metadata"].get("namespace", ""))

    def having(self, **fields: Any) -> Self:
        """Merge fields into the object, mapping by mapping."""
        return type(self)(self.kind, _merged(self.raw, fields))

    def spec(self, **fields: Any) -> Self:
        return self.having(spec=fields)

    def status(self, **fields: Any) -> Self:
        return self.having(status=fields)

    def conditions(self, *conditions: Mapping[str, Any]) -> Self:
        return self.status(conditions=list(conditions))

    def ready(self, age: str = "1d", reason: str = "Success", message: str = "") -> Self:
        return self.conditions(condition("Ready", reason=reason, message=message, age=age))

    def degraded(self, reason: str = "Error", message: str = "", age: str = "1d") -> Self:
        return self.conditions(condition("Ready", "False", reason, message, age))

    def pending(self, age: str = "1d") -> Self:
        """As a controller leaves an object that it has only just seen."""
        return self.conditions(condition("Ready", "Unknown", "Pending", age=age))

    def labelled(self, **values: str) -> Self:
        """Add labels under the names ``model.labels`` gives them: ``COMPONENT="flannel"``."""
        return self.having(
            metadata={"labels": {getattr(labels, name): value for name, value in values.items()}}
        )

    def owned_by(self, namespace: str, deployment: str) -> Self:
        return self.labelled(OWNED_BY_DPU_DEPLOYMENT=f"{namespace}_{deployment}")

    def created(self, age: str) -> Self:
        return self.having(metadata={"creationTimestamp": ago(age)})

    def deleting(self, age: str = "1m") -> Self:
        return self.having(
            metadata={"deletionTimestamp": ago(age), "finalizers": ["dpu.nvidia.com/hold"]}
        )

    def suspended(self) -> Self:
        return self.spec(paused=True)

    def owning(self, *children: "Built") -> "Fleet":
        """This object, and the given ones labelled as its own."""
        return (self, *(self._mark(child) for child in children))

    def _mark(self, child: "Built") -> "Built":
        if self.kind is kinds.DPU_SET:
            return child.labelled(DPU_SET_NAME=self.name, DPU_SET_NAMESPACE=self.namespace)
        if self.kind is kinds.DPU_SERVICE:
            return child.labelled(DPU_SERVICE_NAME=self.name, DPU_SERVICE_NAMESPACE=self.namespace)
        if self.kind is kinds.DPU_CLUSTER:
            return child.labelled(CLUSTER_NAME=self.name)
        return child.owned_by(self.namespace, self.name)


Fleet = tuple[Built, ...]


def build(kind: Kind, name: str, namespace: str = NS) -> Built:
    """An object with nothing but its names."""
    where = {"namespace": namespace} if kind.namespaced else {}
    return Built(
        kind,
        {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "metadata": {"name": name, **where, "uid": f"{kind}-{namespace}-{name}"},
        },
    )


def operator_config(name: str = "dpfoperatorconfig", namespace: str = NS) -> Built:
    return build(kinds.DPF_OPERATOR_CONFIG, name, namespace)


def dpu_cluster(name: str, namespace: str = NS, kind: str = "kamaji") -> Built:
    return build(kinds.DPU_CLUSTER, name, namespace).spec(type=kind)


def tenant_control_plane(name: str, namespace: str = NS) -> Built:
    return build(kinds.TENANT_CONTROL_PLANE, name, namespace)


def dpu_deployment(name: str, namespace: str = NS, templates: Iterable[str] = ()) -> Built:
    services = {f"service-{t}": {"serviceTemplate": t} for t in templates}
    return build(kinds.DPU_DEPLOYMENT, name, namespace).spec(services=services)


def dpu_service(name: str, namespace: str = NS) -> Built:
    return build(kinds.DPU_SERVICE, name, namespace)


def system_service(name: str, namespace: str = NS) -> Built:
    return dpu_service(name, namespace).labelled(COMPONENT=name)


def dpu_service_template(name: str, namespace: str = NS) -> Built:
    return build(kinds.DPU_SERVICE_TEMPLATE, name, namespace)


def dpu_service_chain(name: str, namespace: str = NS) -> Built:
    return build(kinds.DPU_SERVICE_CHAIN, name, namespace)


def dpu_service_interface(
    name: str, namespace: str = NS, network: str = "", kind: str = "vf"
) -> Built:
    inner: dict[str, Any] = {"interfaceType": kind}
    if network:
        inner[kind] = {"virtualNetwork": network}
    return build(kinds.DPU_SERVICE_INTERFACE, name, namespace).spec(
        template={"spec": {"template": {"spec": inner}}}
    )


def dpu_set(name: str, namespace: str = NS, bfb: str = "") -> Built:
    template = {"spec": {"bfb": {"name": bfb}}} if bfb else {"spec": {}}
    return build(kinds.DPU_SET, name, namespace).spec(dpuTemplate=template)


def dpu(name: str, namespace: str = NS, node: str = "", device: str = "") -> Built:
    names = {"dpuNodeName": node, "dpuDeviceName": device}
    return build(kinds.DPU, name, namespace).spec(**{k: v for k, v in names.items() if v})


def bfb(name: str, namespace: str = NS, phase: str = "Ready") -> Built:
    return build(kinds.BFB, name, namespace).status(phase=phase)


def dpu_node(name: str, namespace: str = NS) -> Built:
    return build(kinds.DPU_NODE, name, namespace)


def dpu_device(name: str, namespace: str = NS) -> Built:
    return build(kinds.DPU_DEVICE, name, namespace)


def node(name: str, **labels: str) -> Built:
    """A Node, of the host cluster or of a DPU cluster."""
    return build(kinds.NODE, name).having(metadata={"labels": labels})


def pod(name: str, namespace: str = NS, *, node: str, service: str = "") -> Built:
    """A pod on a node that runs; it is ``ready()`` only if that is said."""
    marks = {labels.SERVICE_ID: service} if service else {}
    built = build(kinds.POD, name, namespace).having(metadata={"labels": marks})
    return built.spec(nodeName=node).status(phase="Running")


def maintenance(name: str, *requestors: str, node: str, namespace: str = NS) -> Built:
    return build(kinds.DPU_NODE_MAINTENANCE, name, namespace).spec(
        dpuNodeName=node, requestor=list(requestors)
    )


def application(name: str, namespace: str = NS) -> Built:
    return build(kinds.APPLICATION, name, namespace)


def dpu_vpc(name: str, namespace: str = NS, isolation: str = "") -> Built:
    return build(kinds.DPU_VPC, name, namespace).spec(isolationClassName=isolation)


def isolation_class(name: str, provisioner: str = "") -> Built:
    return build(kinds.ISOLATION_CLASS, name).spec(provisioner=provisioner or name)


def dpu_virtual_network(name: str, namespace: str = NS, vpc: str = "") -> Built:
    return build(kinds.DPU_VIRTUAL_NETWORK, name, namespace).spec(vpcName=vpc)


def inventory(
    *objects: Built | Fleet, troubles: Mapping[Kind, tuple[Trouble, str]] | None = None
) -> Inventory:
    """What a cluster that holds these objects answers; lists in ``troubles`` fail instead."""
    by_kind: dict[Kind, list[Resource]] = {}
    for built in flat(objects):
        by_kind.setdefault(built.kind, []).append(built.resource)
    listings = {kind: listing_of(found) for kind, found in by_kind.items()}
    for kind, (trouble, message) in (troubles or {}).items():
        listings[kind] = Listing(trouble=trouble, message=message)
    return Inventory(listings)


def flat(objects: Iterable[Built | Fleet]) -> Iterator[Built]:
    """Yield objects one by one, families opened."""
    for entry in objects:
        yield from (entry,) if isinstance(entry, Built) else entry


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    result = copy.deepcopy(dict(old))
    for key, value in new.items():
        known = result.get(key)
        if isinstance(known, dict) and isinstance(value, Mapping):
            result[key] = _merged(known, value)
        else:
            result[key] = copy.deepcopy(value)
    return result
