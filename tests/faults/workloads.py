"""Commands that write much, and a cluster to run them on again and again."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from tests.command_line import Result, dpfctl
from tests.controlplane.api import Json, at_once
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.faults.proxy import FaultProxy, Upstream
from tests.faults.services import numbered, service_body, settled

NAMESPACE = "dpf-operator-system"
SERVICES = 50
WRITE = "^(PATCH|POST|PUT|DELETE) (?!.*dryRun=All)"
"""Requests that store something, as the proxy sees them."""

_DPF = ".dpu.nvidia.com"
_EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@dataclass(frozen=True, slots=True)
class Workload:
    """A command that writes, and what it finds.

    Attributes:
        words: The command line without the connection.
        objects: What the cluster holds before.
        again: The command line of the run that follows; empty for the same one.
    """

    words: tuple[str, ...]
    objects: tuple[Json, ...] = field(repr=False)
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A run that nobody disturbed: how many writes it took, and what they led to."""

    writes: int
    state: tuple[Json, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ground:
    """A cluster that is put back to the workload's beginning before each run.

    Attributes:
        cluster: Holds no object of DPF at first; afterwards it does.
        workload: What is run.
        folder: Scratch space.
    """

    cluster: ControlPlane
    workload: Workload
    folder: Path

    def reset(self) -> None:
        """Delete all objects of DPF's groups and create those of the workload."""
        for kind, found in self._lists():
            for namespace in {one["metadata"]["namespace"] for one in found}:
                path = f"/apis/{kind.api_version}/namespaces/{namespace}/{kind.plural}"
                self.cluster.api.call("DELETE", path)
        apply_objects(self.cluster, self.workload.objects)

    def state(self) -> tuple[Json, ...]:
        """All objects of DPF's groups, without versions and times, in order."""
        return tuple(settled(one) for _, found in self._lists() for one in found)

    def open_proxy(self) -> FaultProxy:
        """A proxy before the cluster."""
        return FaultProxy(Upstream(self.cluster.url, self.cluster.ca_file))

    def words_through(self, proxy: FaultProxy) -> tuple[str, ...]:
        """The workload's command line, by way of a proxy."""
        user = {"token": self.cluster.admin_token}
        path = proxy.kubeconfig(self.folder / "kubeconfig", user)
        return (*self.workload.words, "--kubeconfig", str(path))

    def undisturbed(self) -> Undisturbed:
        """Run from the beginning to the end, as every other run is meant to."""
        self.reset()
        with self.open_proxy() as proxy:
            done = dpfctl(*self.words_through(proxy))
            assert done.code == 0, done.err
            return Undisturbed(writes_among(proxy.lines()), self.state())

    def run_again(self) -> Result:
        """The run that follows one that did not end well."""
        words = self.workload.again or self.workload.words
        return dpfctl(*words, "--kubeconfig", str(self.cluster.kubeconfig))

    def _lists(self) -> list[tuple[Kind, list[Json]]]:
        wanted = [kind for kind in kinds.HOST if kind.group.endswith(_DPF)]
        paths = [f"/apis/{kind.api_version}/{kind.plural}" for kind in wanted]
        return list(zip(wanted, at_once(self.cluster.api.items, paths), strict=True))


def writes_among(lines: list[str]) -> int:
    """How many of these requests store something."""
    return sum(re.search(WRITE, line) is not None for line in lines)


def bulk_suspend(count: int = SERVICES) -> Workload:
    """Suspend all of many services."""
    bodies = (service_body(NAMESPACE, name, has_status=False) for name in numbered(count))
    return Workload(("suspend", "--all", "--reason", "switch upgrade"), tuple(bodies))


def apply_zone(*flags: str, leftovers: tuple[Json, ...] = ()) -> Workload:
    """Apply the example zone to a cluster that has what it refers to, and perhaps more."""
    text = (_EXAMPLES / "zone-prerequisites.yaml").read_text()
    found = tuple(one for one in yaml.safe_load_all(text) if one)
    words = ("apply-zone", "-f", str(_EXAMPLES / "zone-dk.yaml"), *flags)
    return Workload(words, (*found, *leftovers))
