"""DPUServices on a real API server, for tests that write them and count what was written.

Each carries what others own: a label, an annotation, values, a status. A write of ours that costs
one of them is a lost update.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dpfctl.marks.pause import ANNOTATIONS
from dpfctl.model import labels
from tests.controlplane.api import MERGE_PATCH, Answer, Json
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects

API_VERSION = "svc.dpu.nvidia.com/v1alpha1"
SOURCE = {"repoURL": "oci://charts.example.com/dpf", "chart": "service", "version": "1.0.0"}
_SERVERS_OWN = ("resourceVersion", "generation", "managedFields")


def service_body(namespace: str, name: str, *, has_status: bool = True) -> Json:
    """A DPUService as another tool would have made it."""
    body = {
        "apiVersion": API_VERSION,
        "kind": "DPUService",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "labels": {"team": "network"},
            "annotations": {"example.com/ticket": "NET-1"},
        },
        "spec": {
            "helmChart": {"source": SOURCE, "values": {"mtu": 9000}},
            "security": {"privileged": False},
        },
    }
    return body | ({"status": {"conditions": []}} if has_status else {})


@dataclass(frozen=True, slots=True)
class Services:
    """The DPUServices of one namespace, past our own client."""

    cluster: ControlPlane
    namespace: str

    def create(self, *names: str, is_bare: bool = False) -> None:
        """Create services, or bring those that exist to how they were created.

        Args:
            names: Of the services.
            is_bare: Whether they have neither labels nor annotations.
        """
        bodies = [service_body(self.namespace, name) for name in names]
        for metadata in (body["metadata"] for body in bodies if is_bare):
            del metadata["labels"], metadata["annotations"]
        apply_objects(self.cluster, bodies)

    def path(self, name: str = "") -> str:
        """The path of one service, or of all."""
        base = f"/apis/{API_VERSION}/namespaces/{self.namespace}/dpuservices"
        return f"{base}/{name}" if name else base

    def get(self, name: str) -> Json:
        """One service as it is stored."""
        return self.cluster.api.call("GET", self.path(name))

    def all(self) -> list[Json]:
        """All services, by name."""
        found = self.cluster.api.items(self.path())
        return sorted(found, key=lambda one: str(one["metadata"]["name"]))

    def paused(self) -> list[str]:
        """Names of those that are suspended, in order."""
        return [one["metadata"]["name"] for one in self.all() if one["spec"].get("paused")]

    def merge(self, name: str, body: Mapping[str, object]) -> Answer:
        """Change one service as somebody else."""
        query = {"fieldManager": "somebody"}
        return self.cluster.api.request("PATCH", self.path(name), body, MERGE_PATCH, query)

    def remove(self, name: str) -> None:
        """Delete one service."""
        self.cluster.api.call("DELETE", self.path(name))


def numbered(count: int) -> tuple[str, ...]:
    """Names for many services."""
    return tuple(f"service-{number:04}" for number in range(count))


def foreign_part(one: Json) -> Json:
    """What suspend and mark-critical must leave alone, managers of fields included."""
    metadata = {k: v for k, v in one["metadata"].items() if k not in _SERVERS_OWN}
    metadata["annotations"] = _without(metadata.get("annotations"), ANNOTATIONS)
    metadata["labels"] = _without(metadata.get("labels"), (labels.CRITICAL,))
    managers = [m for m in one["metadata"]["managedFields"] if m["manager"] != "dpfctl"]
    spec = _without(one["spec"], ("paused",))
    return {**one, "metadata": metadata, "spec": spec, "managers": managers}


def settled(one: Json) -> Json:
    """An object without what differs between two runs that did the same: uid, versions, times."""
    metadata = _without(one["metadata"], ("uid", "resourceVersion", "creationTimestamp"))
    metadata["annotations"] = _without(metadata.get("annotations"), ("dpfctl/suspended-at",))
    metadata["managedFields"] = [_without(m, ("time",)) for m in metadata["managedFields"]]
    return {**one, "metadata": _without(metadata, ("namespace",))}


def _without(found: Mapping[str, object] | None, keys: Sequence[str]) -> Json:
    return {key: value for key, value in (found or {}).items() if key not in keys}
