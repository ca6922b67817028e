"""The fleet as a pass sees it: the host cluster and every DPU cluster, read side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from dpfctl.errors import DpfctlError, ForbiddenError
from dpfctl.session import Session, Target

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster, ClusterName
    from dpfctl.model.inventory import Inventory
    from dpfctl.reconcile.world import Engine, HelmRules, World

Way = TypeVar("Way", bound="Cluster | DpfctlError")

_FEATURES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "DPU.status.operationalConditions": ("DPU", ("status", "operationalConditions")),
    "DPUService.spec.security": ("DPUService", ("spec", "security")),
    "DPUService.spec.security.spiffe": ("DPUService", ("spec", "security", "spiffe")),
}
"""Fields that not every release of DPF has, by the kind and the path in its schema."""


@dataclass(slots=True)
class Site:
    """The clusters of one pass, open until it is closed.

    Attributes:
        session: The outside world.
        host: The host cluster.
        is_file: Whether all of them are a fleet file.
        ways: DPU clusters, or why there is no way in; known once the fleet was read.
        features: What the CRDs know.
    """

    session: Session
    host: "Cluster"
    is_file: bool
    ways: "dict[ClusterName, Cluster | DpfctlError]" = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    _is_open: bool = False

    @property
    def requests(self) -> int:
        """How many requests were sent to all clusters."""
        ways = (way for way in self.ways.values() if not isinstance(way, DpfctlError))
        return sum(way.requests for way in (self.host, *ways))

    def close(self) -> None:
        """Give all connections back."""
        for way in self.ways.values():
            if not isinstance(way, DpfctlError):
                way.close()
        self.host.close()

    def read(
        self, engine: "Engine | None", helm: "HelmRules", *, is_upstream: bool = False
    ) -> "World":
        """LIST what a pass needs: a fixed number of lists for each cluster.

        Args:
            engine: Who deploys the charts; None: Argo CD where the host cluster has it.
            helm: How releases are judged.
            is_upstream: Whether DPF's own rules count where ours are better.

        Raises:
            AccessError: The host cluster cannot be read.
        """
        from dpfctl.reconcile.world import ON_HOST, World

        host = self.host.read(ON_HOST)
        self._open(host)
        chosen = engine or _engine_of(host)
        more, sides = self._read_rest(chosen)
        return World(
            replace(host, listings={**host.listings, **more.listings}),
            sides,
            self.session.now(),
            engine=chosen,
            is_file=self.is_file,
            features=self.features,
            is_upstream=is_upstream,
            helm=helm,
        )

    def _open(self, host: "Inventory") -> None:
        """Find the ways into the DPU clusters, and what this release of DPF knows, once."""
        from dpfctl.model import kinds

        if not self._is_open:
            found = self.session.dpu_clusters(self.host, host.list(kinds.DPU_CLUSTER))
            self.ways = {name: _lean(way) for name, way in found.items()}
            self.features = _features(self.host)
            self._is_open = True

    def _read_rest(
        self, engine: "Engine"
    ) -> "tuple[Inventory, dict[ClusterName, Inventory | DpfctlError]]":
        from dpfctl.cluster.crew import side_by_side
        from dpfctl.cluster.tolerance import read_side
        from dpfctl.model.inventory import Inventory
        from dpfctl.reconcile.world import HELM_ON_DPUS, HELM_ON_HOST, ON_DPUS, Engine

        is_helm = engine is Engine.HELM
        on_dpus = (*ON_DPUS, *HELM_ON_DPUS) if is_helm else ON_DPUS
        jobs = [partial(read_side, way, on_dpus) for way in self.ways.values()]
        if not is_helm:
            return Inventory({}), dict(zip(self.ways, side_by_side(jobs, len(jobs)), strict=True))
        more, *sides = side_by_side(
            [partial(read_side, self.host, HELM_ON_HOST), *jobs], len(jobs) + 1
        )
        if isinstance(more, DpfctlError):
            raise more
        return more, dict(zip(self.ways, sides, strict=True))


def open_site(session: Session, target: Target) -> Site:
    """Open the host cluster of a target."""
    return Site(session, _lean(session.connect(target)), target.fleet is not None)


def _lean(way: Way) -> Way:
    """Have a cluster keep of long lists what a pass looks at; a file is in memory anyway."""
    from dpfctl.cluster.kube import KubeCluster
    from dpfctl.reconcile.slimming import slim

    return way.keeping(slim) if isinstance(way, KubeCluster) else way


def _engine_of(host: "Inventory") -> "Engine":
    """Argo CD where the host cluster serves its Applications, Helm elsewhere."""
    from dpfctl.model import kinds
    from dpfctl.model.inventory import Trouble
    from dpfctl.reconcile.world import Engine

    trouble = host.listing(kinds.APPLICATION).trouble
    return Engine.HELM if trouble is Trouble.NOT_SERVED else Engine.ARGOCD


def _features(cluster: "Cluster") -> frozenset[str]:
    """Which fields the CRDs have; none where they may not be read: such fields are left alone."""
    from dpfctl.model import kinds

    try:
        found = cluster.schemas((kinds.DPU, kinds.DPU_SERVICE))
    except ForbiddenError:
        return frozenset()
    schemas = {kind.name: schema for kind, schema in found.items()}
    return frozenset(
        name for name, (kind, path) in _FEATURES.items() if _has_field(schemas.get(kind), path)
    )


def _has_field(schema: Any, path: Iterable[str]) -> bool:
    for name in path:
        fields = schema.get("properties") if isinstance(schema, Mapping) else None
        if not isinstance(fields, Mapping) or name not in fields:
            return False
        schema = fields[name]
    return True
