"""Where an object belongs in ``describe all``, said once more and in another way.

The tree grows from the root down. This asks each object for its own places, from the bottom up,
so that a mistake would have to be made twice.
"""

from collections.abc import Callable, Iterable, Iterator

from dpfctl.describe.synthetic import conditions_of
from dpfctl.model import kinds, labels
from dpfctl.model.conditions import find_ready
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from tests.builders import NOW

Path = tuple[str, ...]


def called(resource: Resource) -> str:
    return f"{resource.kind.name}/{resource.namespace}/{resource.name}"


class World:
    """All objects, and the question where each of them stands."""

    def __init__(self, objects: Iterable[Resource]) -> None:
        self.objects = tuple(objects)

    def all(self, kind: Kind) -> Iterator[Resource]:
        return (r for r in self.objects if r.kind is kind)

    def places(self, resource: Resource) -> list[Path]:
        """Full paths from below the root, headings included."""
        return [(*above, called(resource)) for above in _ABOVE[resource.kind](self, resource)]

    def below(self, owner: Resource, *headings: str) -> Iterator[Path]:
        return ((*path, *headings) for path in self.places(owner))


def _at_root(world: World, r: Resource) -> Iterator[Path]:
    yield (r.kind.title,)


def _with_owner(*headings: str) -> Callable[[World, Resource], Iterator[Path]]:
    def above(world: World, r: Resource) -> Iterator[Path]:
        owner = r.label(labels.OWNED_BY_DPU_DEPLOYMENT)
        if not owner:
            yield (r.kind.title,)
        for deployment in world.all(kinds.DPU_DEPLOYMENT):
            if owner == f"{deployment.namespace}_{deployment.name}":
                yield from world.below(deployment, *headings, r.kind.title)

    return above


def _service(world: World, r: Resource) -> Iterator[Path]:
    if r.label(labels.COMPONENT) is not None:
        yield ("System Components", "DPUServices")
    else:
        yield from _with_owner("Services")(world, r)


def _application(world: World, r: Resource) -> Iterator[Path]:
    for service in world.all(kinds.DPU_SERVICE):
        ready = find_ready(conditions_of(service, NOW))
        names = (r.label(labels.DPU_SERVICE_NAMESPACE), r.label(labels.DPU_SERVICE_NAME))
        if names == (service.namespace, service.name) and not (ready and ready.is_true):
            yield from world.below(service)


def _dpus_of(world: World, dpu_set: Resource) -> list[Resource]:
    names = (dpu_set.namespace, dpu_set.name)
    return [
        d
        for d in world.all(kinds.DPU)
        if (d.label(labels.DPU_SET_NAMESPACE), d.label(labels.DPU_SET_NAME)) == names
    ]


def _dpu(world: World, r: Resource) -> Iterator[Path]:
    owners = [s for s in world.all(kinds.DPU_SET) if r in _dpus_of(world, s)]
    if not owners:
        yield ("DPUs",)
    for owner in owners:
        yield from world.below(owner, "DPUs")


def _node(world: World, r: Resource) -> Iterator[Path]:
    for dpu_set in world.all(kinds.DPU_SET):
        named = {d.text("spec", "dpuNodeName") for d in _dpus_of(world, dpu_set)}
        if r.namespace == dpu_set.namespace and r.name in named:
            yield from world.below(dpu_set, "DPUNodes")


def _device(world: World, r: Resource) -> Iterator[Path]:
    for dpu_set in world.all(kinds.DPU_SET):
        for node in world.all(kinds.DPU_NODE):
            if not node.namespace == dpu_set.namespace == r.namespace:
                continue
            pairs = {
                (d.text("spec", "dpuNodeName"), d.text("spec", "dpuDeviceName"))
                for d in _dpus_of(world, dpu_set)
            }
            if (node.name, r.name) in pairs:
                yield from world.below(dpu_set, "DPUNodes", called(node), "DPUDevices")


def _maintenance(world: World, r: Resource) -> Iterator[Path]:
    for node in world.all(kinds.DPU_NODE):
        if (node.namespace, node.name) == (r.namespace, r.text("spec", "dpuNodeName")):
            yield from world.below(node)


def _bfb(world: World, r: Resource) -> Iterator[Path]:
    users = [
        s
        for s in world.all(kinds.DPU_SET)
        if (s.namespace, s.text("spec", "dpuTemplate", "spec", "bfb", "name"))
        == (r.namespace, r.name)
    ]
    if not users:
        yield ("BFBs",)
    for user in users:
        yield from world.below(user)


def _template(world: World, r: Resource) -> Iterator[Path]:
    for deployment in world.all(kinds.DPU_DEPLOYMENT):
        services = deployment.mapping("spec", "services").values()
        if deployment.namespace == r.namespace and {"serviceTemplate": r.name} in services:
            yield from world.below(deployment, "Services", "DPUServiceTemplates")


def _interface(world: World, r: Resource) -> Iterator[Path]:
    yield from _with_owner()(world, r)
    spec = r.mapping("spec", "template", "spec", "template", "spec")
    part = spec.get(str(spec.get("interfaceType")), {})
    for network in world.all(kinds.DPU_VIRTUAL_NETWORK):
        if (network.namespace, network.name) == (r.namespace, part.get("virtualNetwork")):
            yield from world.below(network)


def _network(world: World, r: Resource) -> Iterator[Path]:
    for vpc in world.all(kinds.DPU_VPC):
        if (vpc.namespace, vpc.name) == (r.namespace, r.text("spec", "vpcName")):
            yield from world.below(vpc)


def _isolation_class(world: World, r: Resource) -> Iterator[Path]:
    for vpc in world.all(kinds.DPU_VPC):
        if vpc.text("spec", "isolationClassName") == r.name:
            yield from world.below(vpc)


def _control_plane(world: World, r: Resource) -> Iterator[Path]:
    for cluster in world.all(kinds.DPU_CLUSTER):
        namespace = r.label(labels.CLUSTER_NAMESPACE) or cluster.namespace
        wanted = (namespace, r.label(labels.CLUSTER_NAME))
        is_static = cluster.text("spec", "type") == "static"
        if wanted == (cluster.namespace, cluster.name) and not is_static:
            yield from world.below(cluster)


_ABOVE: dict[Kind, Callable[[World, Resource], Iterator[Path]]] = {
    kinds.DPU_SERVICE: _service,
    kinds.DPU_SERVICE_CHAIN: _with_owner(),
    kinds.DPU_SERVICE_INTERFACE: _interface,
    kinds.DPU_SERVICE_TEMPLATE: _template,
    kinds.DPU_SERVICE_IPAM: _at_root,
    kinds.DPU_SERVICE_NAD: _at_root,
    kinds.DPU_SERVICE_CREDENTIAL_REQUEST: _at_root,
    kinds.APPLICATION: _application,
    kinds.DPU_DEPLOYMENT: _at_root,
    kinds.DPU_SET: _with_owner(),
    kinds.DPU: _dpu,
    kinds.DPU_NODE: _node,
    kinds.DPU_DEVICE: _device,
    kinds.DPU_NODE_MAINTENANCE: _maintenance,
    kinds.BFB: _bfb,
    kinds.DPU_CLUSTER: _at_root,
    kinds.TENANT_CONTROL_PLANE: _control_plane,
    kinds.DPU_VPC: _at_root,
    kinds.DPU_VIRTUAL_NETWORK: _network,
    kinds.ISOLATION_CLASS: _isolation_class,
}
