"""Inventory to tree: the root, and the branches each subcommand looks at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from dpfctl.describe.clusters import cluster_branches
from dpfctl.describe.continuation import go_on
from dpfctl.describe.deployments import deployment_branches
from dpfctl.describe.dpu_side import CHAINS, INTERFACES, WORKLOADS, DpuSides, look_beyond
from dpfctl.describe.options import Options, View
from dpfctl.describe.pruning import is_healthy
from dpfctl.describe.services import service_branches
from dpfctl.describe.sets import set_branches
from dpfctl.describe.storage import KINDS as STORAGE_KINDS
from dpfctl.describe.storage import storage_branches
from dpfctl.describe.survey import Survey
from dpfctl.describe.tree import Node, Role, Tree, walk
from dpfctl.describe.vpcs import vpc_branches
from dpfctl.errors import DpfctlError, ForbiddenError, NotFoundError, UnreachableError
from dpfctl.model import kinds
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource


@dataclass(frozen=True, slots=True)
class _Branch:
    """A part of the tree and the lists it is made from, of the host and of each DPU cluster."""

    build: Callable[[Survey, Resource], Iterable[Node | None]]
    kinds: tuple[Kind, ...]
    beyond: tuple[Kind, ...] = ()


_OF_A_SET = (
    kinds.DPU_SET,
    kinds.DPU,
    kinds.BFB,
    kinds.DPU_NODE,
    kinds.DPU_DEVICE,
    kinds.DPU_NODE_MAINTENANCE,
)

_BRANCHES = {
    View.DPU_SERVICES: _Branch(
        service_branches,
        (kinds.DPU_SERVICE, kinds.DPU_SERVICE_CREDENTIAL_REQUEST, kinds.APPLICATION),
        WORKLOADS,
    ),
    View.DPU_DEPLOYMENTS: _Branch(
        deployment_branches,
        (
            kinds.DPU_DEPLOYMENT,
            *_OF_A_SET,
            kinds.DPU_SERVICE_CHAIN,
            kinds.DPU_SERVICE_INTERFACE,
            kinds.DPU_SERVICE_TEMPLATE,
            kinds.DPU_SERVICE,
            kinds.APPLICATION,
        ),
        (*WORKLOADS, *INTERFACES, *CHAINS),
    ),
    View.DPU_SETS: _Branch(
        set_branches,
        (
            *_OF_A_SET,
            kinds.DPU_SERVICE_CHAIN,
            kinds.DPU_SERVICE_INTERFACE,
            kinds.DPU_SERVICE_IPAM,
            kinds.DPU_SERVICE_NAD,
        ),
        (*INTERFACES, *CHAINS),
    ),
    View.DPU_CLUSTERS: _Branch(
        cluster_branches,
        (kinds.DPU_CLUSTER, kinds.TENANT_CONTROL_PLANE),
        (kinds.NODE, *WORKLOADS, *INTERFACES, *CHAINS),
    ),
    View.DPU_VPCS: _Branch(
        vpc_branches,
        (
            kinds.DPU_VPC,
            kinds.ISOLATION_CLASS,
            kinds.DPU_VIRTUAL_NETWORK,
            kinds.DPU_SERVICE_INTERFACE,
        ),
        INTERFACES,
    ),
    View.STORAGE: _Branch(storage_branches, STORAGE_KINDS),
}

_NONE: DpuSides = MappingProxyType({})

_FATAL = {
    Trouble.NOT_SERVED: NotFoundError,
    Trouble.FORBIDDEN: ForbiddenError,
    Trouble.UNREACHABLE: UnreachableError,
}


def kinds_to_read(options: Options) -> tuple[Kind, ...]:
    """Return the kinds whose lists ``build_tree`` needs, each once, the root's first."""
    wanted = [kind for branch in _branches(options) for kind in branch.kinds]
    behind = (kinds.DPU_CLUSTER,) if kinds_beyond(options) else ()
    return tuple(dict.fromkeys((kinds.DPF_OPERATOR_CONFIG, *wanted, *behind)))


def kinds_beyond(options: Options) -> tuple[Kind, ...]:
    """Return the kinds whose lists ``build_tree`` needs of each DPU cluster, each once."""
    if not options.dpu_clusters:
        return ()
    return tuple(dict.fromkeys(kind for b in _branches(options) for kind in b.beyond))


def build_tree(
    inventory: Inventory, options: Options, now: datetime, dpu_sides: DpuSides = _NONE
) -> Tree:
    """Describe a fleet.

    Args:
        inventory: At least the lists of ``kinds_to_read(options)``.
        options: What the user asked for.
        now: Timezone-aware time that stands in where an object carries none.
        dpu_sides: Of each DPU cluster the lists of ``kinds_beyond(options)``, or why there are
            none.

    Returns:
        The whole tree, not yet pruned. Lists that failed and shown rows needed stand as problem
        rows below the root, those of a DPU cluster below its DPUCluster if that is shown.

    Raises:
        NotFoundError: There is no DPFOperatorConfig, or its kind is not installed.
        AccessError: The DPFOperatorConfigs cannot be listed.
        DpfctlError: There is more than one.
    """
    config = _config(inventory)
    survey = _survey(inventory, options, now, dpu_sides)
    branches = [node for b in _branches(options) for node in b.build(survey, config)]
    root = survey.node(config, [*branches, *survey.unplaced])
    healthy = _is_fleet_healthy(root, options)
    return Tree(root, survey.problems, healthy, survey.unmatched(root))


def _survey(inventory: Inventory, options: Options, now: datetime, dpu_sides: DpuSides) -> Survey:
    if not kinds_beyond(options):
        return Survey(inventory, options, now)
    beyond = look_beyond(inventory.list(kinds.DPU_CLUSTER), dpu_sides)
    survey = Survey(inventory, options, now, beyond, go_on)
    survey.objects(kinds.DPU_CLUSTER)  # without this list nothing is known of what is behind it
    return survey


def _branches(options: Options) -> list[_Branch]:
    if options.view is not View.ALL:
        return [_BRANCHES[options.view]]
    return [
        branch
        for view, branch in _BRANCHES.items()
        if view is not View.STORAGE or options.show_storage
    ]


def _config(inventory: Inventory) -> Resource:
    kind = kinds.DPF_OPERATOR_CONFIG
    listing = inventory.listing(kind)
    if listing.trouble:
        failure = _FATAL[listing.trouble]
        raise failure(
            f"{kind}: cannot be listed: {listing.message}",
            "describe starts at the DPFOperatorConfig: is DPF installed, and may you list it?",
        )
    if not listing.items:
        raise NotFoundError(
            f'{kind}: {kind.name}.{kind.group} "{kind}" not found',
            "describe starts at the one DPFOperatorConfig of a cluster, and this one has none",
        )
    if len(listing.items) > 1:
        names = ", ".join(f"{c.namespace}/{c.name}" for c in listing.items)
        raise DpfctlError(
            f"{kind}: {len(listing.items)} found, expected one: {names}",
            "DPF supports one DPFOperatorConfig per cluster; delete the one that is not in use",
        )
    return listing.items[0]


def _is_fleet_healthy(root: Node, options: Options) -> bool:
    return all(
        is_healthy(node, show_pending=options.show_pending)
        for node in walk(root)
        if node.role is Role.OBJECT
    )
