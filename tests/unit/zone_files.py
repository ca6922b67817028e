"""Zones for tests: the examples of the manual, and variations of them."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dpfctl.model.crd_schemas import crd_schema
from dpfctl.model.documents import parse_documents
from dpfctl.model.fleet_reader import read_fleet
from dpfctl.model.inventory import Inventory, Listing, Trouble, listing_of
from dpfctl.model.kinds import CUSTOM_RESOURCE_DEFINITION, Kind
from dpfctl.model.resources import Resource
from dpfctl.model.yaml_writer import write_yaml
from dpfctl.zones.findings import Code, Finding, Severity
from dpfctl.zones.lint import kinds_to_read, lint
from dpfctl.zones.manifests import PARTS
from dpfctl.zones.nodes import DpuClusters
from dpfctl.zones.reading import read_zones
from dpfctl.zones.zone import Zone, ZoneInput
from tests.builders import NS, Built, Fleet, flat
from tests.controlplane.crds import crd_documents

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
BROKEN = ROOT / "tests" / "scenarios" / "zones"
NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)

Json = dict[str, Any]
Path_ = tuple[str | int, ...]

INNER = ("spec", "template", "spec", "template")
"""What a DPUServiceInterface or DPUServiceChain stamps out on each node."""

SELECTOR = ("spec", "template", "spec", "nodeSelector")
TERMS = ("spec", "serviceDaemonSet", "nodeSelector", "nodeSelectorTerms")
HOSTS = ("spec", "dpuNodeSelector")
TEMPLATE = ("spec", "dpuTemplate", "spec")


def read(text: str, source: str = "zone.yaml", namespace: str = NS) -> ZoneInput:
    """Read zones from a text."""
    return read_zones(parse_documents(text.encode(), source), namespace=namespace)


def read_file(path: Path) -> ZoneInput:
    """Read zones from a file; messages call it by its bare name."""
    return read(path.read_text(encoding="utf-8"), path.name)


def zones_in(*names: str) -> tuple[Zone, ...]:
    """The zones of some examples, read together; they must be faultless."""
    documents = [d for n in names for d in parse_documents((EXAMPLES / n).read_bytes(), n)]
    found = read_zones(documents, namespace=NS)
    assert found.findings == ()
    return found.zones


@dataclass(frozen=True)
class Manifests:
    """Manifests by name, each step a new value."""

    objects: Mapping[str, Json]

    def having(self, name: str, path: Path_, value: Any) -> "Manifests":
        """Set a field of one object; what is missing on the way is made."""
        changed = copy.deepcopy(self.objects[name])
        spot: Any = changed
        for step in path[:-1]:
            spot = spot.setdefault(step, {}) if isinstance(spot, dict) else spot[step]
        spot[path[-1]] = value
        return Manifests({**self.objects, name: changed})

    def lacking(self, name: str, path: Path_) -> "Manifests":
        """Take a field away from one object."""
        changed = copy.deepcopy(self.objects[name])
        spot: Any = changed
        for step in path[:-1]:
            spot = spot[step]
        del spot[path[-1]]
        return Manifests({**self.objects, name: changed})

    def without(self, *names: str) -> "Manifests":
        """Leave objects out."""
        return Manifests({n: raw for n, raw in self.objects.items() if n not in names})

    def plus(self, *objects: Built) -> "Manifests":
        """Add objects."""
        return Manifests({**self.objects, **{b.name: b.raw for b in objects}})

    def renamed(self, old: str, new: str) -> "Manifests":
        """Give one object another name."""
        changed = self.having(old, ("metadata", "name"), new)
        return Manifests({new if n == old else n: raw for n, raw in changed.objects.items()})

    @property
    def text(self) -> str:
        """The manifests as YAML."""
        return write_yaml(self.objects.values()).decode()

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones they make; no finding of reading is an error."""
        found = read(self.text)
        assert found.is_usable, found.findings
        return found.zones


@cache
def dk() -> Manifests:
    """The manifests of zone dk."""
    return manifests_of("zone-dk-manifests.yaml")


@cache
def unsaid() -> Manifests:
    """Zone dk in words of every release: nothing is said of privileges."""
    return dk().lacking("doca-hbn-dk", ("spec", "security"))


@cache
def prerequisites() -> Manifests:
    """What zones dk and ga need beside them."""
    return manifests_of("zone-prerequisites.yaml")


def manifests_of(example: str) -> Manifests:
    """The manifests of an example."""
    documents = yaml.safe_load_all((EXAMPLES / example).read_text(encoding="utf-8"))
    return Manifests({raw["metadata"]["name"]: raw for raw in documents})


def fleet(
    *objects: Built | Fleet | Manifests,
    beside: Manifests | None = None,
    troubles: Mapping[Kind, Trouble] | None = None,
) -> Inventory:
    """A host cluster that holds some objects.

    Args:
        objects: What it holds besides the prerequisites of the zones.
        beside: Other prerequisites.
        troubles: Lists that fail.
    """
    raws = list((beside or prerequisites()).objects.values())
    for entry in objects:
        raws += entry.objects.values() if isinstance(entry, Manifests) else _raws((entry,))
    text = write_yaml(raws).decode()
    found = read_fleet(parse_documents(text.encode(), "fleet.yaml"), NOW)
    listings = dict(found.host.inventory((*kinds_to_read(), *_extra())).listings)
    for kind, trouble in (troubles or {}).items():
        listings[kind] = Listing(trouble=trouble, message=f"{kind.resource}: no")
    return Inventory(listings)


def nodes(**labels: Mapping[str, str]) -> Inventory:
    """A DPU cluster with Nodes: name to labels."""
    from dpfctl.model.kinds import NODE

    found = [
        Resource(NODE, {"metadata": {"name": name.replace("_", "-"), "labels": dict(marks)}})
        for name, marks in labels.items()
    ]
    return Inventory({NODE: listing_of(found)})


def findings(
    zones: Iterable[Zone],
    host: Inventory,
    dpu_clusters: DpuClusters | None = None,
    *,
    prune: bool = False,
) -> list[Finding]:
    """What lint says, notes left out."""
    found = lint(tuple(zones), host, dpu_clusters, prune=prune)
    return [finding for finding in found if finding.severity is not Severity.NOTE]


def told(found: Iterable[Finding], code: Code | None = None) -> list[str]:
    """Findings as ``severity code subject: fact``, or those of one code without it."""
    return [
        f"{f.severity} {f.message}" if code else f"{f.severity} {f.code} {f.message}"
        for f in found
        if code in (None, f.code)
    ]


@cache
def packaged_schemas() -> Mapping[Kind, Json]:
    """Schemas of the four kinds as the newest release of DPF has them."""
    found = {}
    for document in crd_documents():
        for kind in PARTS:
            if document["metadata"]["name"] == kind.resource:
                schema = crd_schema(Resource(CUSTOM_RESOURCE_DEFINITION, document), kind)
                assert schema is not None
                found[kind] = dict(schema)
    return found


def _raws(objects: Iterable[Built | Fleet]) -> list[Json]:
    return [built.raw for built in flat(objects)]


def _extra() -> tuple[Kind, ...]:
    from dpfctl.model.kinds import NODE

    return (NODE,)
