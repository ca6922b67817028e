"""Real API servers of a fleet for passes: a host cluster and its DPU clusters, converged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tests.bench.on_files import DPFCTL, PYTHON
from tests.bench.pass_fleet import CLUSTERS, NAMESPACE, Object, host_objects, side_objects
from tests.bench.processes import run
from tests.controlplane.api import MERGE_PATCH, at_once
from tests.controlplane.audit import Recording, recorded
from tests.controlplane.cluster import ControlPlane, start_cluster
from tests.controlplane.crds import crd_documents
from tests.controlplane.load import apply_objects

WRITES = ("create", "update", "patch", "delete", "deletecollection")

_AT_ONCE = 500
_APPLICATIONS = "/apis/argoproj.io/v1alpha1/applications"
_HEALTHY = {"status": {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}}


@dataclass(frozen=True, slots=True)
class PassSite:
    """A host cluster and its DPU clusters.

    Attributes:
        host: The host cluster.
        sides: The DPU clusters, in the order of ``CLUSTERS``.
        environ: Environment of processes.
    """

    host: ControlPlane
    sides: tuple[ControlPlane, ...]
    environ: Mapping[str, str]

    def fill(self, dpus: int) -> None:
        """Let there be so many DPUs, and run passes until there is nothing more to do."""
        for name, side in zip(CLUSTERS, self.sides, strict=True):
            self.lead(name, side.kubeconfig_text(side.admin_token))
            _load(side, side_objects(name, dpus))
        _load(self.host, host_objects(dpus))
        run(self.argv("--force"), self.environ)
        self._report_healthy()
        run(self.argv("--force"), self.environ)

    def lead(self, name: str, kubeconfig: str) -> None:
        """Have the Secret of a DPUCluster lead into a cluster."""
        apply_objects(self.host, [_way_in(name, kubeconfig)])

    def argv(self, *words: str) -> tuple[str, ...]:
        """The command line of a pass."""
        kubeconfig = str(self.host.kubeconfig)
        return (*DPFCTL, "reconcile", "--once", *words, "--kubeconfig", kubeconfig)

    def floor(self) -> tuple[str, ...]:
        """The command line of the floor."""
        known = ((c.url, str(c.ca_file), c.admin_token) for c in (self.host, *self.sides))
        words = (word for cluster in known for word in cluster)
        return (PYTHON, "-m", "tests.bench.floor_of_passes", *words)

    @contextmanager
    def recorded(self) -> Iterator[Callable[[], list[Recording]]]:
        """Record what all clusters are asked; the recordings are whole once the block ended."""
        with ExitStack() as ends:
            found = [ends.enter_context(recorded(one)) for one in (self.host, *self.sides)]
            yield lambda: found

    def _report_healthy(self) -> None:
        """Say of every Application what Argo CD would say in the end."""
        api = self.host.api
        names = [one["metadata"]["name"] for one in api.items(_APPLICATIONS)]
        root = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/applications"
        at_once(lambda name: api.call("PATCH", f"{root}/{name}", _HEALTHY, MERGE_PATCH), names)


@contextmanager
def pass_site(folder: Path, environ: Mapping[str, str]) -> Iterator[PassSite]:
    """Start the clusters; they are empty at first."""
    with ExitStack() as ends:
        names: Sequence[str] = ("bench-host", *CLUSTERS)
        found = [ends.enter_context(start_cluster(folder, name, audit=True)) for name in names]
        for cluster in found:
            apply_objects(cluster, crd_documents())
        host, *sides = found
        yield PassSite(host, tuple(sides), environ)


def _load(cluster: ControlPlane, objects: Iterator[Object]) -> None:
    """Create objects few at a time: what this process holds counts for those that it starts."""
    while some := list(islice(objects, _AT_ONCE)):
        apply_objects(cluster, some)


def _way_in(name: str, kubeconfig: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{name}-kubeconfig", "namespace": NAMESPACE},
        "stringData": {"super-admin.conf": kubeconfig},
    }
