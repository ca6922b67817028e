"""A host cluster and a DPU cluster to play with, until Ctrl-C.

``python -m tests.controlplane.sandbox [--fleet FILE]`` starts both, loads a fleet file, then starts
controllers and simulated kubelets, and prints how to reach them. Nothing is left behind.
"""

import argparse
import base64
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from dpfctl.errors import DpfctlError
from dpfctl.model.cluster import ClusterName
from dpfctl.model.documents import parse_documents
from dpfctl.model.fleet import Fleet, FleetPart
from dpfctl.model.fleet_reader import read_fleet
from tests.controlplane import controllers, processes
from tests.controlplane.api import ApiError, Json, at_once
from tests.controlplane.binaries import BinaryError, ensure
from tests.controlplane.cluster import PROGRAMS, ControlPlane, add_controllers, start_cluster
from tests.controlplane.crds import crd_documents
from tests.controlplane.load import apply_objects
from tests.controlplane.nodes import ROOM, is_ready

_UNUSABLE = (DpfctlError, BinaryError, processes.StartError, ApiError, LookupError, OSError)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Two running clusters; the second has no name when the fleet knows no DPU cluster."""

    host: ControlPlane
    dpu: ControlPlane
    dpu_name: ClusterName | None


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
            sys.stdout.write(_how_to_use(sandbox, fleet))
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
    """Run both clusters with the fleet in them.

    The fleet comes first and the controllers after, so that these find pods and nodes as they are
    instead of making their own.
    """
    programs = ensure(PROGRAMS + controllers.PROGRAMS)
    name = next(iter(fleet.dpu_clusters), None)
    with ExitStack() as ends:

        def start(cluster_name: str) -> ControlPlane:
            cluster = start_cluster(folder, cluster_name, programs=programs)
            return ends.enter_context(cluster)

        _say("starting two clusters")
        host, dpu = at_once(start, ("host", name[1] if name else "dpu"))
        _say("loading the fleet")
        apply_objects(host, [*crd_documents(), *_objects(fleet.host)])
        apply_objects(dpu, [*crd_documents(), *(_objects(fleet.parts[name]) if name else ())])
        if name:
            apply_objects(host, [_secret(dpu, name)])
        _say("starting controllers and simulated kubelets")
        host, dpu = (ends.enter_context(add_controllers(one, programs)) for one in (host, dpu))
        yield Sandbox(host, dpu, name)


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


def _secret(cluster: ControlPlane, name: ClusterName) -> Json:
    """The Secret by which the host cluster reaches a DPU cluster."""
    config = cluster.kubeconfig_text(cluster.admin_token)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": name[0], "name": f"{name[1]}-admin-kubeconfig"},
        "data": {"super-admin.conf": base64.b64encode(config.encode()).decode()},
    }


def _how_to_use(sandbox: Sandbox, fleet: Fleet) -> str:
    dpfctl = shutil.which("dpfctl") or str(Path(sys.executable).with_name("dpfctl"))
    lines = [
        f"  export KUBECONFIG={shlex.quote(str(sandbox.host.kubeconfig))}",
        f"  {dpfctl} describe all",
        f"  {dpfctl} describe dpuservices --show-conditions=all",
        f"  {dpfctl} snapshot save fleet.json",
    ]
    if sandbox.dpu_name:
        lines.append(f"\nDPU cluster {'/'.join(sandbox.dpu_name)}: {sandbox.dpu.kubeconfig}")
    if left_out := fleet.dpu_clusters[1:]:
        names = ", ".join("/".join(name) for name in left_out)
        lines.append(f"Left out, since one DPU cluster runs here: the objects of {names}")
    return "\n".join(("The fleet is up. In another terminal:\n", *lines, "\nCtrl-C ends it.\n"))


def _stay(sandbox: Sandbox) -> None:
    """Wait for Ctrl-C.

    Raises:
        StartError: A program ended on its own.
    """
    children = (*sandbox.host.children, *sandbox.dpu.children)
    processes.wait_until(lambda: False, children, float("inf"))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
