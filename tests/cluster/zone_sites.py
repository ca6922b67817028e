"""A whole cluster with what the zones of the manual need, for command lines about zones."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dpfctl.model import kinds
from dpfctl.zones.manifests import PARTS
from tests.builders import NS, Built
from tests.command_line import Result, dpfctl
from tests.controlplane.api import APPLY_PATCH, MERGE_PATCH, Answer, Json
from tests.controlplane.audit import Recording
from tests.controlplane.cluster import ControlPlane
from tests.controlplane.load import apply_objects
from tests.unit.zone_files import Manifests, prerequisites

_WRITES = ("create", "update", "patch", "delete", "deletecollection")


@dataclass(frozen=True, slots=True)
class ZoneSite:
    """A whole cluster that zones are applied to, in the operator's namespace."""

    cluster: ControlPlane

    def run(self, *args: str, token: str = "", **options: Any) -> Result:
        """Run one command line as admin, or as whoever has the token."""
        path = self.cluster.kubeconfig_for(token) if token else self.cluster.kubeconfig
        return dpfctl(*args, "--kubeconfig", str(path), **options)

    def objects(self) -> dict[str, Json]:
        """Objects of the four kinds that a dpfctl zone label marks, by name."""
        found = [item for kind in PARTS for item in self.cluster.api.items(_path(kind.name))]
        return {
            one["metadata"]["name"]: one
            for one in found
            if "dpfctl/zone" in one["metadata"].get("labels", {})
        }

    def specs(self) -> dict[str, Json]:
        """Their specs, by name."""
        return {name: one["spec"] for name, one in sorted(self.objects().items())}

    def owners(self) -> dict[str, list[Json]]:
        """Who owns which of their fields, by name."""
        return {
            name: [{**entry, "time": None} for entry in one["metadata"]["managedFields"]]
            for name, one in sorted(self.objects().items())
        }

    def apply_as(self, manager: str, raw: Json) -> None:
        """Have another field manager apply an object, taking what it wants."""
        query = {"fieldManager": manager, "force": "true"}
        self.cluster.api.call("PATCH", path_of(raw), raw, APPLY_PATCH, query)

    def merge(self, raw: Json, body: Mapping[str, Any], sub: str = "") -> Answer:
        """Have somebody merge something into an object."""
        path = f"{path_of(raw)}/{sub}" if sub else path_of(raw)
        return self.cluster.api.request("PATCH", path, dict(body), MERGE_PATCH)

    def remove(self, raw: Json) -> None:
        """Have somebody delete an object."""
        self.cluster.api.call("DELETE", path_of(raw))

    def report_ready(self, raw: Json) -> None:
        """Report an object ready in its present generation, as its controller does."""
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "Success",
            "message": "",
            "lastTransitionTime": "2026-11-20T09:00:00Z",
            "observedGeneration": raw["metadata"]["generation"],
        }
        answer = self.merge(raw, {"status": {"conditions": [ready]}}, "status")
        assert answer.status == 200, answer.message()


def make_zone_site(cluster: ControlPlane, *objects: Built | Manifests) -> ZoneSite:
    """Create the prerequisites of zones dk and ga, and further objects."""
    found = [*prerequisites().objects.values()]
    for entry in objects:
        found += entry.objects.values() if isinstance(entry, Manifests) else [entry.raw]
    apply_objects(cluster, found)
    return ZoneSite(cluster)


def written(recording: Recording) -> list[str]:
    """``verb name`` of each write; dry runs are none, but those of deletions do not show it."""
    return [
        f"{verb} {uri.partition('?')[0].rpartition('/')[2]}"
        for verb, _, uri in (line.partition(" ") for line in recording.requests(*_WRITES))
        if "dryRun=All" not in uri
    ]


def tried(recording: Recording) -> list[str]:
    """The same of each write that was asked for, dry runs included."""
    return [line.partition("?")[0] for line in recording.requests(*_WRITES)]


def path_of(raw: Json) -> str:
    """The path of an object of one of the four kinds."""
    return f"{_path(raw['kind'])}/{raw['metadata']['name']}"


def selectors(objects: Iterable[Json]) -> Iterator[Json]:
    """Each selector of nodes of DPU clusters in some objects, with the label a set gives."""
    for one in objects:
        spec = one["spec"]
        if one["kind"] == kinds.DPU_SET.name:
            yield spec["dpuTemplate"]["spec"]["cluster"]["nodeLabels"]
        elif one["kind"] == kinds.DPU_SERVICE.name:
            for term in spec["serviceDaemonSet"]["nodeSelector"]["nodeSelectorTerms"]:
                yield {e["key"]: e["values"][0] for e in term["matchExpressions"]}
        else:
            yield spec["template"]["spec"]["nodeSelector"]["matchLabels"]


def _path(kind_name: str) -> str:
    kind = next(kind for kind in PARTS if kind.name == kind_name)
    return f"/apis/{kind.api_version}/namespaces/{NS}/{kind.plural}"
