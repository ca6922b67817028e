"""Fleet files that zones are applied to, and the zones of the manual to apply."""

from pathlib import Path
from typing import Any

import yaml

from dpfctl.model import kinds
from tests.builders import NS, Built
from tests.cli.fleet_on_disk import FleetOnDisk, Objects, write_fleet
from tests.cluster.fleets import open_file
from tests.unit.zone_files import EXAMPLES, Manifests, prerequisites

Json = dict[str, Any]

DK = str(EXAMPLES / "zone-dk.yaml")
DK_MANIFESTS = str(EXAMPLES / "zone-dk-manifests.yaml")
GA = str(EXAMPLES / "zone-ga.yaml")

ADAPTED = (
    "note: dpuservice/doca-hbn-dk: added security.privileged: false, which this cluster asks for "
    "unless it is said\n"
)
"""What is told of ``unsaid()`` whenever it is held against the newest CRDs."""


def zone_fleet(folder: Path, *objects: Objects | Manifests) -> FleetOnDisk:
    """A fleet file with what zones dk and ga need beside them, and further objects."""
    built: list[Objects] = [*_built(prerequisites())]
    for entry in objects:
        built += _built(entry) if isinstance(entry, Manifests) else [entry]
    return write_fleet(folder / "fleet.yaml", *built)


def with_zones(fleet: FleetOnDisk, *files: str) -> FleetOnDisk:
    """The same fleet with the zones of some files applied."""
    assert fleet.run("apply-zone", *(f"--filename={file}" for file in files)).code == 0
    return FleetOnDisk(fleet.path, fleet.path.read_bytes())


def changed(folder: Path, old: str, new: str = "") -> str:
    """A file with zone dk, one text replaced."""
    text = Path(DK).read_text(encoding="utf-8")
    assert old in text
    return write(folder / "changed.yaml", text.replace(old, new))


def line(kind: str, name: str, done: str) -> str:
    """A result line of an object of a zone."""
    group = "provisioning" if kind == "dpuset" else "svc"
    return f"{kind}.{group}.dpu.nvidia.com/{name} {done}"


def of_zone(zone: str, done: str = "created") -> list[str]:
    """The result lines of a whole example zone, in the order in which it is applied."""
    return [
        line("dpuset", f"dpuset-{zone}", done),
        *(line("dpuserviceinterface", f"{n}-sf-{zone}", done) for n in ("app", "p0", "p1")),
        line("dpuservicechain", f"hbn-to-fabric-{zone}", done),
        line("dpuservicechain", f"ovn-to-hbn-{zone}", done),
        line("dpuservice", f"doca-hbn-{zone}", done),
    ]


def items(fleet: FleetOnDisk) -> list[Json]:
    """The objects of the host cluster as the file now holds them."""
    (document,) = yaml.safe_load_all(fleet.path.read_text())
    found: list[Json] = document["host"]["items"]
    return found


def held(fleet: FleetOnDisk, name: str) -> Json:
    """The only object of that name."""
    (found,) = [one for one in items(fleet) if one["metadata"]["name"] == name]
    return found


def names(fleet: FleetOnDisk) -> list[str]:
    """Names of all objects."""
    return sorted(one["metadata"]["name"] for one in items(fleet))


def applied_by(manager: str, fleet: FleetOnDisk, *objects: Json) -> None:
    """Have another field manager apply configurations of objects of zones."""
    other = open_file(fleet.path).host.writing_as(manager)
    for raw in objects:
        kind = kinds.find(raw["apiVersion"], raw["kind"])
        assert kind is not None
        other.apply(kind, raw, force=True)


def annotated(fleet: FleetOnDisk, name: str, **annotations: str) -> None:
    """Have another field manager annotate an interface, as DPF does."""
    raw = {
        "apiVersion": kinds.DPU_SERVICE_INTERFACE.api_version,
        "kind": kinds.DPU_SERVICE_INTERFACE.name,
        "metadata": {"name": name, "namespace": NS, "annotations": annotations},
    }
    applied_by("dpuservice-manager", fleet, raw)


def write(path: Path, text: str | Manifests) -> str:
    """Write a zone file, and return its name."""
    path.write_text(text if isinstance(text, str) else text.text)
    return str(path)


def _built(manifests: Manifests) -> list[Built]:
    found = []
    for raw in manifests.objects.values():
        kind = kinds.find(raw["apiVersion"], raw["kind"])
        assert kind is not None
        found.append(Built(kind, raw))
    return found
