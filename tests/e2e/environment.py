"""A host cluster, two DPU clusters whose pods run, and where charts come from.

    host     worker1 ... worker6, one DPU each
    east     worker1-dpu (zone dk), worker2-dpu (zone ga), worker3-dpu (no zone)
    west     worker4-dpu (zone dk), worker5-dpu (zone ga), worker6-dpu (no zone)

The host cluster does not serve Argo CD's kinds, so Helm deploys. dpfctl and its Helm are a user of
their own in all clusters: what the audit logs tell of that user, and nothing else, is their doing.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dpfctl.helm.repositories import AUTHORITIES, SECRET_TYPE
from dpfctl.model import kinds, labels
from tests.builders import NS, Built, build, dpu_cluster, dpu_node, node, operator_config
from tests.controlplane.api import Json, at_once
from tests.controlplane.audit import Recording, recorded
from tests.controlplane.chart_repository import (
    ChartRepository,
    index_charts,
    package_chart,
    running_chart_repository,
)
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.crds import crd_documents
from tests.controlplane.fixtures import NewCluster
from tests.controlplane.load import apply_objects, install_crds
from tests.controlplane.nodes import ROOM
from tests.controlplane.registry import PASSWORD, USER, Registry, running_registry

EAST, WEST = "east", "west"
PLACE = "dpu-cplane"
"""Namespace of the DPUClusters."""

HOSTS: Mapping[str, tuple[str, str]] = {
    "worker1": (EAST, "dk"),
    "worker2": (EAST, "ga"),
    "worker3": (EAST, ""),
    "worker4": (WEST, "dk"),
    "worker5": (WEST, "ga"),
    "worker6": (WEST, ""),
}
"""Host -> the DPU cluster that its DPU belongs to, and the zone, if any."""

CHARTS = ("1.0.0", "1.1.0", "1.2.0", "2.0.0-rc.1")
TEAM = "team"
"""A folder of the repository of which no Secret knows the login."""

ENABLED = "feature.node.kubernetes.io/dpu-enabled"
APPLICATIONS = "applications.argoproj.io"
_RULE = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/e2e"
_WRITES = ("create", "update", "patch", "delete", "deletecollection")


@dataclass(frozen=True, slots=True)
class Environment:
    """All that runs, shared by all tests of a run.

    Attributes:
        host: The host cluster.
        sides: DPU clusters by name.
        registry: Open to all.
        locked: Asks for a login, which is in a Secret.
        repository: The HTTPS repository; the login of ``locked`` is in a Secret.
        helm: The program.
    """

    host: ControlPlane
    sides: Mapping[str, ControlPlane]
    registry: Registry
    locked: Registry
    repository: ChartRepository
    helm: Path

    @property
    def clusters(self) -> Mapping[str, ControlPlane]:
        """All clusters by name."""
        return {"host": self.host, **self.sides}

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig by which dpfctl gets into the host cluster."""
        return self.host.kubeconfig_for(self.host.reader_token)

    @contextmanager
    def watched(self) -> Iterator[dict[str, Recording]]:
        """Record what dpfctl and its Helm ask of each cluster meanwhile."""
        with ExitStack() as held:
            yield {
                name: held.enter_context(recorded(cluster, "reader"))
                for name, cluster in self.clusters.items()
            }


def writes(recordings: Mapping[str, Recording]) -> list[str]:
    """``cluster: verb URI`` of each write but dry runs, and the Lease of a pass."""
    return [
        f"{name}: {line}"
        for name, recording in recordings.items()
        for line in recording.requests(*_WRITES)
        if "dryRun=All" not in line and "/leases" not in line
    ]


@contextmanager
def running_environment(folder: Path, new_cluster: NewCluster, helm: Path) -> Iterator[Environment]:
    """Start everything (about 20 s), and end what is not a cluster.

    Args:
        folder: Existing folder for charts and registries.
        new_cluster: Starts clusters, and ends them.
        helm: The program.
    """
    start = partial(new_cluster, crds=False, with_nodes=True)
    host, east, west = at_once(start, ("host", EAST, WEST))
    with ExitStack() as ends:
        registry = ends.enter_context(running_registry(folder))
        locked = ends.enter_context(running_registry(folder, has_login=True))
        repository = ends.enter_context(running_chart_repository(_charts(folder)))
        at_once(partial(_push, sorted(repository.folder.glob("*.tgz"))), (registry, locked))
        made = Environment(host, {EAST: east, WEST: west}, registry, locked, repository, helm)
        _fill(made)
        yield made


def crds(*, of_applications: bool = False) -> list[Json]:
    """The CRD of Argo CD's Applications, or all others."""
    named = (one["metadata"]["name"] == APPLICATIONS for one in crd_documents())
    pairs = zip(crd_documents(), named, strict=True)
    return [one for one, is_it in pairs if is_it is of_applications]


def way_in(name: str, kubeconfig: str, key: str = "super-admin.conf") -> Built:
    """The Secret that leads into a DPU cluster."""
    return build(kinds.SECRET, f"{name}-kubeconfig", PLACE).having(stringData={key: kubeconfig})


def side_of(name: str) -> Built:
    """A DPUCluster that is ready."""
    built = dpu_cluster(name, PLACE, "static").spec(kubeconfig=f"{name}-kubeconfig")
    return built.having(metadata={"labels": {"side": name}}).status(phase="Ready")


def _charts(folder: Path) -> Path:
    charts = folder / "charts"
    charts.mkdir()
    at_once(partial(package_chart, charts), CHARTS)
    index_charts(charts)
    team = charts / TEAM
    team.mkdir()
    package_chart(team, CHARTS[0])
    index_charts(team)
    return charts


def _push(archives: list[Path], registry: Registry) -> None:
    registry.push(*archives)


def _fill(made: Environment) -> None:
    at_once(_open_to_dpfctl, made.clusters.values())
    at_once(lambda one: install_crds(one, crds()), made.clusters.values())
    for name, cluster in made.sides.items():
        text = cluster.kubeconfig_text(cluster.reader_token)
        apply_objects(made.host, [way_in(name, text).raw, side_of(name).raw])
    apply_objects(made.host, [built.raw for built in (*_repositories(made), *_fleet())])
    for name, cluster in made.sides.items():
        units = (_unit(host) for host, (side, _) in HOSTS.items() if side == name)
        apply_objects(cluster, [built.raw for built in units])


def _open_to_dpfctl(cluster: ControlPlane) -> None:
    """Let the user of dpfctl do everything."""
    group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "readers"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    body = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding"}
    cluster.api.apply(
        _RULE, {**body, "metadata": {"name": "e2e"}, "roleRef": role, "subjects": [group]}
    )


def _repositories(made: Environment) -> Iterator[Built]:
    """Logins and authorities, where Argo CD keeps them."""
    trusted = b"".join(one.ca for one in (made.registry, made.locked, made.repository))
    yield build(kinds.CONFIG_MAP, AUTHORITIES).having(data={"127.0.0.1": trusted.decode()})
    yield login("oci", made.locked.url.removeprefix("oci://"))
    yield login("https", made.repository.url("locked"))


def login(name: str, url: str, password: str = PASSWORD) -> Built:
    """A Secret of Argo CD with the login of a repository."""
    data = {"url": url, "username": USER, "password": password, "type": "helm"}
    built = build(kinds.SECRET, f"repository-{name}").having(stringData=data)
    return built.having(metadata={"labels": {SECRET_TYPE: "repository"}})


def _fleet() -> Iterator[Built]:
    yield operator_config().spec(deploymentMode="host-trusted", provisioningController={})
    for host, (side, zone) in HOSTS.items():
        marks = {f"e2e.servers/{zone}": "true"} if zone else {}
        yield dpu_node(host).having(metadata={"labels": marks}).status(kubeNodeRef=host)
        yield _roomy(node(host, **{ENABLED: "true"}))
        yield (
            build(kinds.DPU, f"{host}-dpu")
            .spec(
                dpuNodeName=host,
                dpuDeviceName=host,
                bfb="bundle",
                dpuFlavor="hbn",
                serialNumber=host,
                nodeEffect={"noEffect": True},
                cluster={"namespace": PLACE, "name": side},
            )
            .status(phase="Ready")
        )


def _unit(host: str) -> Built:
    """A DPU as a Node of its cluster."""
    zone = HOSTS[host][1]
    marks = {labels.DPU_NODE_NAME: host, labels.DPU_NODE_NAMESPACE: NS}
    built = _roomy(node(f"{host}-dpu", **marks, **({"bfb": zone} if zone else {})))
    return built.status(addresses=[{"type": "InternalIP", "address": address_of(host)}])


def address_of(host: str) -> str:
    """The address of a host's DPU."""
    return f"10.9.0.{host.removeprefix('worker')}"


def _roomy(built: Built) -> Built:
    name = {"kubernetes.io/hostname": built.name}
    return built.having(metadata={"labels": name}).status(capacity=ROOM, allocatable=ROOM)
