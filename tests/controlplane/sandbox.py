"""A host cluster and its DPU clusters to play with, until Ctrl-C.

``python -m tests.controlplane.sandbox [--fleet FILE]`` starts all that a fleet file names, loads
it, then starts controllers and simulated kubelets, and prints how to reach them. A registry holds
a chart, and a DPUService waits for somebody to deploy it. Nothing is left behind.
"""

import argparse
import base64
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from dpfctl.errors import DpfctlError
from dpfctl.model import kinds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.documents import parse_documents
from dpfctl.model.fleet import Fleet, FleetPart, key_of
from dpfctl.model.fleet_reader import read_fleet
from dpfctl.model.resources import Ref
from tests.controlplane import controllers, processes
from tests.controlplane.api import ApiError, Json, at_once
from tests.controlplane.binaries import BinaryError, ensure
from tests.controlplane.chart_repository import package_chart
from tests.controlplane.cluster import PROGRAMS, ControlPlane, add_controllers, start_cluster
from tests.controlplane.crds import crd_documents
from tests.controlplane.load import apply_objects
from tests.controlplane.nodes import ROOM, is_ready
from tests.controlplane.registry import Registry, running_registry

_CHART, _VERSION = "dpf-service", "1.0.0"
_UNUSABLE = (DpfctlError, BinaryError, processes.StartError, ApiError, LookupError, OSError)


HELLO = "hello"
"""Namespace and name of the DPUService that is there to be deployed."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Running clusters, DPU clusters by name, and where the chart of the example comes from."""

    host: ControlPlane
    sides: Mapping[ClusterName, ControlPlane]
    registry: Registry


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sandbox until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.controlplane.sandbox",
        description="Start API servers with a fleet and stay until Ctrl-C.",
    )
    parser.add_argument("--fleet", type=Path, metavar="FILE", help="default: the demo fleet")
    path = parser.parse_args(arguments).fleet
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # ignored in the background of a script
    try:
        fleet = _read(path)
        with processes.scratch() as folder, started(folder, fleet) as sandbox:
            sys.stdout.write(_how_to_use(sandbox))
            sys.stdout.flush()
            _stay(sandbox)
    except KeyboardInterrupt:
        _say("ended; nothing is left behind")
        return 0
    except _UNUSABLE as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 1


@contextmanager
def started(folder: Path, fleet: Fleet) -> Iterator[Sandbox]:
    """Run all clusters with the fleet in them.

    The fleet comes first and the controllers after, so that these find pods and nodes as they are
    instead of making their own.
    """
    programs = ensure((*PROGRAMS, *controllers.PROGRAMS, "helm", "registry"))
    with ExitStack() as ends:

        def start(name: str) -> ControlPlane:
            return ends.enter_context(start_cluster(folder, name, programs=programs))

        def control(cluster: ControlPlane) -> ControlPlane:
            return ends.enter_context(add_controllers(cluster, programs))

        _say(f"starting {1 + len(fleet.dpu_clusters)} clusters and a registry")
        host, *sides = at_once(start, ("host", *(name for _, name in fleet.dpu_clusters)))
        registry = ends.enter_context(running_registry(folder))
        registry.push(package_chart(folder, _VERSION))
        _say("loading the fleet")
        known = dict(zip(fleet.dpu_clusters, sides, strict=True))
        _load(Sandbox(host, known, registry), fleet)
        _say("starting controllers and simulated kubelets")
        host, *sides = at_once(control, (host, *sides))
        yield Sandbox(host, dict(zip(known, sides, strict=True)), registry)


def _load(sandbox: Sandbox, fleet: Fleet) -> None:
    """Put the fleet, the ways into its DPU clusters and the example into the clusters."""
    apply_objects(sandbox.host, [*crd_documents(), *_objects(fleet.host)])
    for name, cluster in sandbox.sides.items():
        apply_objects(cluster, [*crd_documents(), *_objects(fleet.parts[name])])
    secrets = [_secret(side, *name, fleet) for name, side in sandbox.sides.items()]
    examples = [_example(sandbox.registry)] if sandbox.sides else []
    apply_objects(sandbox.host, [*secrets, *examples])


def _read(path: Path | None) -> Fleet:
    source = path or files("dpfctl.demo") / "fleet.yaml"
    return read_fleet(parse_documents(source.read_bytes(), str(path or "demo")), datetime.now(UTC))


def _objects(part: FleetPart) -> list[Json]:
    return [_prepared(dict(entry.raw)) for entry in part.entries.values()]


def _prepared(one: Json) -> Json:
    """Let controllers and simulated kubelets leave what is broken, and find room for new pods."""
    if one["kind"] in ("Node", "Pod") and not is_ready(one):
        metadata = one["metadata"]
        annotations = {**(metadata.get("annotations") or {}), controllers.HOLD: ""}
        return {**one, "metadata": {**metadata, "annotations": annotations}}
    if one["kind"] == "Node":
        room = {"capacity": ROOM, "allocatable": ROOM}
        return {**one, "status": {**room, **(one.get("status") or {})}}
    if one["kind"] == "DaemonSet":
        return {**one, "spec": {**one["spec"], "updateStrategy": {"type": "OnDelete"}}}
    return one


def _secret(cluster: ControlPlane, namespace: str, name: str, fleet: Fleet) -> Json:
    """The Secret by which the host cluster reaches a DPU cluster."""
    config = cluster.kubeconfig_text(cluster.admin_token)
    found = fleet.host.find(key_of(Ref(kinds.DPU_CLUSTER, namespace, name)))
    asked = found["spec"].get("kubeconfig") if found else ""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": namespace, "name": asked or f"{name}-admin-kubeconfig"},
        "data": {"super-admin.conf": base64.b64encode(config.encode()).decode()},
    }


def _example(registry: Registry) -> Json:
    """A DPUService of the chart that the registry holds."""
    source = {"repoURL": registry.url, "chart": _CHART, "version": _VERSION}
    return {
        "apiVersion": kinds.DPU_SERVICE.api_version,
        "kind": kinds.DPU_SERVICE.name,
        "metadata": {"namespace": HELLO, "name": HELLO},
        "spec": {"helmChart": {"source": source}, "security": {"privileged": False}},
    }


def _how_to_use(sandbox: Sandbox) -> str:
    dpfctl = shutil.which("dpfctl") or str(Path(sys.executable).with_name("dpfctl"))
    lines = [
        f"  export KUBECONFIG={shlex.quote(str(sandbox.host.kubeconfig))}",
        f"  {dpfctl} describe all",
        f"  {dpfctl} describe dpuservices --show-conditions=all",
        f"  {dpfctl} snapshot save fleet.json",
    ]
    if sandbox.sides:
        lines += _how_to_deploy(sandbox, dpfctl)
    for name, cluster in sandbox.sides.items():
        lines.append(f"\nDPU cluster {'/'.join(name)}: {cluster.kubeconfig}")
    return "\n".join(("The fleet is up. In another terminal:\n", *lines, "\nCtrl-C ends it.\n"))


def _how_to_deploy(sandbox: Sandbox, dpfctl: str) -> Iterator[str]:
    """Yield what deploys the example; its chart is signed for by nobody whom a machine knows."""
    helm = ensure(("helm",))["helm"].parent
    authority = sandbox.registry.folder / "ca.pem"
    words = f"-n {HELLO} --engine helm --repo-ca-file {shlex.quote(str(authority))}"
    yield f"\nA service that nobody has deployed yet, with a chart from {sandbox.registry.url}:\n"
    yield f'  export PATH="$PATH":{shlex.quote(str(helm))}'
    yield f"  {dpfctl} reconcile --once {HELLO} {words} --dry-run client"
    yield f"  {dpfctl} reconcile --once {HELLO} {words} --wait"
    yield f"  {dpfctl} describe dpuservices -n {HELLO} --dpu-clusters"


def _stay(sandbox: Sandbox) -> None:
    """Wait for Ctrl-C.

    Raises:
        StartError: A program ended on its own.
    """
    clusters = (sandbox.host, *sandbox.sides.values())
    children = [child for cluster in clusters for child in cluster.children]
    processes.wait_until(lambda: False, children, float("inf"))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
