"""What one pass knows: the host cluster, its DPU clusters, and what kind of system this is."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from dpfctl.errors import DpfctlError, NotFoundError, RejectedError
from dpfctl.model import kinds
from dpfctl.model.cluster import HOST, ClusterName
from dpfctl.model.inventory import Inventory
from dpfctl.model.kinds import Kind
from dpfctl.model.memo import Memo
from dpfctl.model.resources import Resource

T = TypeVar("T")

ON_HOST: tuple[Kind, ...] = (
    kinds.DPF_OPERATOR_CONFIG,
    kinds.DPU_CLUSTER,
    kinds.DPU_SERVICE,
    kinds.DPU_SERVICE_INTERFACE,
    kinds.DPU_SERVICE_CHAIN,
    kinds.DPU_SERVICE_NAD,
    kinds.DPU,
    kinds.DPU_NODE,
    kinds.DPU_NODE_MAINTENANCE,
    kinds.APPLICATION,
    kinds.PULL_SECRET,
    kinds.NAMESPACE,
    kinds.NODE,
    kinds.SERVICE,
    kinds.ENDPOINT_SLICE,
    kinds.ENDPOINTS,
)
"""Kinds of the host cluster that a pass reads, in all namespaces."""

HELM_ON_HOST: tuple[Kind, ...] = (
    kinds.REPOSITORY_SECRET,
    kinds.RELEASE_SECRET,
    kinds.DAEMON_SET,
    kinds.DEPLOYMENT,
)
"""What it reads besides where Helm deploys the charts."""

ON_DPUS: tuple[Kind, ...] = (
    kinds.NODE,
    kinds.POD,
    kinds.NAMESPACE,
    kinds.SERVICE,
    kinds.PULL_SECRET,
    kinds.CONFIG_MAP,
    kinds.SERVICE_INTERFACE,
    kinds.SERVICE_CHAIN,
    kinds.NODE_SERVICE_INTERFACES,
)
"""Kinds of each DPU cluster that a pass reads, in all namespaces."""

HELM_ON_DPUS: tuple[Kind, ...] = (kinds.RELEASE_SECRET, kinds.DAEMON_SET, kinds.DEPLOYMENT)
"""What it reads besides where Helm deploys the charts."""


class Engine(StrEnum):
    """Who deploys the charts."""

    ARGOCD = "argocd"
    HELM = "helm"


@dataclass(frozen=True, slots=True)
class HelmRules:
    """How releases are judged.

    Attributes:
        recovers: Whether releases that a dead run of Helm holds are taken from it.
        refreshes: Whether the charts behind unchanged versions are fetched and compared.
        adopts: Whether releases and objects of others are taken over.
        patience: How long a run of Helm may take before it counts as dead.
    """

    recovers: bool = False
    refreshes: bool = False
    adopts: bool = False
    patience: timedelta = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class World:
    """What one pass knows.

    Attributes:
        host: Lists of ``ON_HOST``, under Helm of ``HELM_ON_HOST`` too.
        dpus: DPUCluster -> lists of ``ON_DPUS`` and ``HELM_ON_DPUS``, or why nothing is known of
            it.
        now: The moment of the pass, timezone-aware UTC.
        engine: Who deploys the charts.
        is_file: Whether the clusters are a fleet file, which holds no Secrets as a rule.
        features: Fields that the CRDs of this release have: ``DPU.status.operationalConditions``,
            ``DPUService.spec.security``.
        unknown: Fields that its CRDs lack, so that the server would drop them.
        is_upstream: Whether DPF's own rule counts where ours is better.
        helm: How releases are judged.
    """

    host: Inventory
    dpus: Mapping[ClusterName, Inventory | DpfctlError] = field(repr=False)
    now: datetime
    engine: Engine = Engine.ARGOCD
    is_file: bool = False
    features: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    is_upstream: bool = False
    helm: HelmRules = HelmRules()
    _memo: Memo = field(default_factory=Memo, init=False, repr=False, compare=False)

    @property
    def clusters(self) -> tuple[Resource, ...]:
        """Every DPUCluster, by namespace and name."""
        return self.host.list(kinds.DPU_CLUSTER)

    @property
    def config(self) -> Resource:
        """The DPFOperatorConfig; its namespace is the one of Applications.

        Raises:
            RejectedError: There is none, or more than one.
        """
        found = self.host.list(kinds.DPF_OPERATOR_CONFIG)
        if len(found) != 1:
            named = ", ".join(str(one.ref) for one in found) or "there is none"
            raise RejectedError(f"exactly one DPFOperatorConfig must exist: {named}")
        return found[0]

    @property
    def namespace(self) -> str:
        """Namespace of the DPF operator; the errors of ``config``."""
        return self.config.namespace

    def side(self, name: ClusterName) -> Inventory | DpfctlError:
        """What is known of a cluster, ``HOST`` or a DPU cluster, or why nothing is."""
        if name == HOST:
            return self.host
        return self.dpus.get(name, NotFoundError("nothing is known of this DPU cluster"))

    def once(self, find: Callable[..., T], *about: Hashable) -> T:
        """What ``find(*about, world)`` returns; found only once, however many services ask."""
        return self._memo.get(find, *about, of=self)


def name_of(cluster: Resource) -> ClusterName:
    """Return the name by which a DPUCluster's cluster is known."""
    return cluster.namespace, cluster.name
