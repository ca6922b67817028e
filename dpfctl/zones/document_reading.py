"""One Zone document becomes a zone, or a list of what is wrong with it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from dpfctl.model.documents import Path, shown
from dpfctl.model.names import RFC_1123
from dpfctl.zones.anatomy import NETWORKS
from dpfctl.zones.checking import find_problems
from dpfctl.zones.document import DOCUMENT
from dpfctl.zones.findings import Code, Finding, Severity
from dpfctl.zones.indentation import find_strays
from dpfctl.zones.manifest_reading import lost_indentation, problem_finding
from dpfctl.zones.names import name_flaw, namespace_flaw
from dpfctl.zones.rendering import interfaces_of, zone_of
from dpfctl.zones.zone import Place, Zone

Json = Mapping[str, Any]


def read_zone_document(
    raw: Json, place: Place, namespace: str
) -> tuple[Zone | None, tuple[Finding, ...]]:
    """Read one Zone document.

    Args:
        raw: A mapping of ``kind: Zone``.
        place: Where it stands.
        namespace: Namespace of the zone if the document names none.

    Returns:
        The zone, None if the document is not one; what is wrong with it, in no order.
    """
    metadata = raw.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else raw.get("name")
    subject = f"zone/{name}" if isinstance(name, str) and name else "zone"
    if strays := tuple(find_strays(raw, DOCUMENT)):
        return None, (lost_indentation(strays, place, subject),)
    problems = tuple(find_problems(raw, DOCUMENT))
    if problems:
        return None, tuple(problem_finding(problem, place, subject) for problem in problems)
    findings = tuple(
        Finding(code, Severity.ERROR, place.where(path), subject, f"{shown(path)}: {fact}", hint)
        for code, path, fact, hint in _doubts(raw)
    )
    return (None if findings else zone_of(raw, namespace, place)), findings


def _doubts(raw: Json) -> Iterator[tuple[Code, Path, str, str]]:
    """Yield what no schema says."""
    for field, flaw in (("name", name_flaw), ("namespace", namespace_flaw)):
        found = raw["metadata"].get(field)
        if found is not None and (fact := flaw(found)):
            yield Code(field), ("metadata", field), fact, RFC_1123
    spec = raw["spec"]
    for number, service in enumerate(spec.get("services", ())):
        if "networks" in service and NETWORKS in service.get("annotations", {}):
            path: Path = ("spec", "services", number, "networks")
            yield Code.WRONG_VALUE, path, f"annotations has {NETWORKS} too", "write one of them"
    yield from _port_doubts(spec)


def _port_doubts(spec: Json) -> Iterator[tuple[Code, Path, str, str]]:
    counted = Counter(interface["name"] for _, interface in interfaces_of(spec))
    known = f"this zone has {', '.join(sorted(counted))}" if counted else "this zone has none"
    for path, port in _ports(spec):
        name = port.get("interface")
        if ("labels" in port) == ("interface" in port):
            yield Code.WRONG_VALUE, path, "must have either interface or labels", _PORT
        elif name is not None and name not in counted:
            yield Code.WRONG_VALUE, (*path, "interface"), f'no interface "{name}"', known
        elif counted[name] > 1:
            fact = f'"{name}" is the name of {counted[name]} interfaces'
            yield Code.WRONG_VALUE, (*path, "interface"), fact, "name them differently"


def _ports(spec: Json) -> Iterator[tuple[Path, Json]]:
    for number, chain in enumerate(spec.get("chains", ())):
        for place, switch in enumerate(chain["switches"]):
            path: Path = ("spec", "chains", number, "switches", place, "ports")
            for count, port in enumerate(switch["ports"]):
                yield (*path, count), port


_PORT = "interface for one of this zone, labels for one from elsewhere"
