"""The fleet as a pass sees it: the host cluster and every DPU cluster, read side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from dpfctl.errors import DpfctlError, ForbiddenError
from dpfctl.session import Session, Target

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster, ClusterName
    from dpfctl.model.inventory import Inventory
    from dpfctl.model.kinds import Kind
    from dpfctl.model.resources import Resource
    from dpfctl.reconcile.world import Engine, HelmRules, World

Way = TypeVar("Way", bound="Cluster | DpfctlError")

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_FEATURES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "DPU.status.operationalConditions": ("DPU", ("status", "operationalConditions")),
    "DPUService.spec.security": ("DPUService", ("spec", "security")),
    "DPUService.spec.security.spiffe": ("DPUService", ("spec", "security", "spiffe")),
    "DPUService.status.serviceID": ("DPUService", ("status", "serviceID")),
    "DPUService.status.configPorts": ("DPUService", ("status", "configPorts")),
}
"""Fields that not every release of DPF has, by the kind and the path in its schema."""

_WITHOUT = "operational conditions of DPUs and lists of privileged services are left as they are"


@dataclass(slots=True)
class Site:
    """The clusters of one pass, open until it is closed.

    Attributes:
        session: The outside world.
        host: The host cluster.
        is_file: Whether all of them are a fleet file.
        ways: DPU clusters, or why there is no way in; known once the fleet was read.
        is_hurried: Whether the pass was interrupted, so that nobody waits for anything any more.
        since: When the fleet was about to be read the last time, by the clock of the API server.
        features: Fields that the CRDs have.
        unknown: Fields that they lack.
    """

    session: Session
    host: "Cluster"
    is_file: bool
    ways: "dict[ClusterName, Cluster | DpfctlError]" = field(default_factory=dict)
    is_hurried: bool = False
    since: datetime = _LONG_AGO
    features: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    _clusters: "dict[ClusterName, Resource]" = field(default_factory=dict)
    _is_open: bool = False
    _is_learned: bool = False

    @property
    def requests(self) -> int:
        """How many requests were sent to all clusters."""
        return sum(way.requests for way in (self.host, *self._open_ways()))

    def close(self) -> None:
        """Give all connections back."""
        for way in self._open_ways():
            way.close()
        self.host.close()

    @property
    def now(self) -> datetime:
        """The clock of the API server, by which Leases are measured."""
        return self.host.clock or datetime.now(UTC)

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

        began = self.session.elapsed()
        host = self.host.read(ON_HOST)
        self.since = self.now - timedelta(seconds=self.session.elapsed() - began)
        self._find_ways(host)
        chosen = engine or _engine_of(host)
        more, sides = self._read_rest(host, chosen)
        return World(
            replace(host, listings={**host.listings, **more.listings}),
            sides,
            self.session.now(),
            engine=chosen,
            is_file=self.is_file,
            features=self.features,
            unknown=self.unknown,
            is_upstream=is_upstream,
            helm=helm,
        )

    def _open_ways(self) -> "tuple[Cluster, ...]":
        """The DPU clusters that there is a way into; one may be opened at this very moment."""
        return tuple(way for way in tuple(self.ways.values()) if not isinstance(way, DpfctlError))

    def _find_ways(self, host: "Inventory") -> None:
        """Find out which DPU clusters there are, once."""
        from dpfctl.model import kinds

        if self._is_open:
            return
        if self.is_file:
            self.ways = self.session.dpu_clusters(self.host, ())
        self._clusters = {(one.namespace, one.name): one for one in host.list(kinds.DPU_CLUSTER)}
        self._is_open = True

    def _find_features(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return which fields the CRDs have, and which not; of CRDs that are not read, neither."""
        from dpfctl.model import kinds

        try:
            found = self.host.schemas((kinds.DPU, kinds.DPU_SERVICE))
        except ForbiddenError as error:
            self.session.warn(f"{error.message}; {_WITHOUT}")
            return frozenset(), frozenset()
        schemas = {kind.name: schema for kind, schema in found.items()}
        read = {name: row for name, row in _FEATURES.items() if row[0] in schemas}
        known = {name for name, (kind, path) in read.items() if _has_field(schemas[kind], path)}
        return frozenset(known), frozenset(read.keys() - known)

    def _read_more(self, wanted: "Sequence[Kind]") -> "Inventory | DpfctlError":
        """Read more lists of the host cluster, and once what this release of DPF knows."""
        from dpfctl.cluster.tolerance import read_side

        try:
            if not self._is_learned:
                self.features, self.unknown = self._find_features()
                self._is_learned = True
        except DpfctlError as failure:
            return failure
        return read_side(self.host, wanted)

    def _read_rest(
        self, host: "Inventory", engine: "Engine"
    ) -> "tuple[Inventory, dict[ClusterName, Inventory | DpfctlError]]":
        """Read the DPU clusters and what is left of the host, all of them side by side."""
        from dpfctl.cluster.crew import side_by_side
        from dpfctl.model.twins import without_twins
        from dpfctl.reconcile.world import HELM_ON_DPUS, HELM_ON_HOST, ON_DPUS, Engine

        is_helm = engine is Engine.HELM
        on_dpus = (*ON_DPUS, *HELM_ON_DPUS) if is_helm else ON_DPUS
        names = tuple(self.ways if self.is_file else self._clusters)
        jobs = [partial(self._read_side, name, on_dpus) for name in names]
        first = partial(self._read_more, HELM_ON_HOST if is_helm else ())
        more, *sides = side_by_side([first, *jobs], len(jobs) + 1)
        if isinstance(more, DpfctlError):
            raise more
        return more, without_twins(host, dict(zip(names, sides, strict=True)))

    def _read_side(
        self, name: "ClusterName", wanted: "Sequence[Kind]"
    ) -> "Inventory | DpfctlError":
        """Read one DPU cluster as soon as there is a way in, whatever becomes of the others."""
        from dpfctl.cluster.tolerance import read_side

        if name not in self.ways:
            found = self.session.dpu_clusters(self.host, (self._clusters[name],))
            self.ways[name] = _lean(found[name])
        return read_side(self.ways[name], wanted)


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


def _has_field(schema: Any, path: Iterable[str]) -> bool:
    for name in path:
        fields = schema.get("properties") if isinstance(schema, Mapping) else None
        if not isinstance(fields, Mapping) or name not in fields:
            return False
        schema = fields[name]
    return True
