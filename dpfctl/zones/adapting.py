"""Zones in the words of one cluster.

What its CRDs require is added, what they spell otherwise is written so, and what they do not know
is refused. An API server drops fields that it does not know without a word, and a selector that
vanished like this selects everything.

Source:
    DPF v25.1, v25.10 and 26.x, ``api/provisioning/v1alpha1`` and ``api/dpuservice/v1alpha1``.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.documents import shown
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource
from dpfctl.zones.checking import Flaw, Schema, find_problems, property_of
from dpfctl.zones.findings import Code, Finding, in_order
from dpfctl.zones.manifest_reading import problem_finding
from dpfctl.zones.zone import Member, Zone

Json = dict[str, Any]
Path = tuple[str, ...]
Step = Callable[[Json, Schema], str]
"""Changes a manifest in place to suit a schema, and says how; says nothing if it suits."""

TEMPLATE: Path = ("spec", "dpuTemplate", "spec")
_EFFECT: Path = (*TEMPLATE, "nodeEffect")
_JUDGED = frozenset({Flaw.UNKNOWN, Flaw.MISSING, Flaw.TYPE, Flaw.VALUE})


@dataclass(frozen=True, slots=True)
class Adaptation:
    """Zones as one cluster takes them.

    Attributes:
        zones: The zones, in the order given.
        notes: What was added, rewritten or left out, one sentence each, by zone and object; each
            starts with ``kind/name``.
        findings: What the cluster does not take, by place.
    """

    zones: tuple[Zone, ...]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]


def adapt(zones: Sequence[Zone], schemas: Mapping[Kind, Schema]) -> Adaptation:
    """Adapt zones to the CRDs of a cluster.

    Args:
        zones: Zones as they were read.
        schemas: ``openAPIV3Schema`` of each of the four kinds that the cluster has.

    Returns:
        The zones, what was done to them, and an error for everything that cannot be sent.
    """
    notes: list[str] = []
    findings: list[Finding] = []
    adapted = []
    for zone in zones:
        members = []
        for member in zone.members:
            suited, told, wrong = _adapt(member, schemas.get(member.resource.kind))
            members.append(suited)
            notes += [f"{member.subject}: {note}" for note in told]
            findings += wrong
        adapted.append(replace(zone, members=tuple(members)))
    return Adaptation(tuple(adapted), tuple(notes), in_order(findings))


def _adapt(
    member: Member, schema: Schema | None
) -> tuple[Member, Sequence[str], Sequence[Finding]]:
    kind = member.resource.kind
    if schema is None:
        fact = f"{kind.resource}: not served by this cluster"
        return member, (), [member.error(Code.NOT_SERVED, fact, "install DPF first")]
    raw = copy.deepcopy(dict(member.resource.raw))
    notes = [note for step in _STEPS[kind] if (note := step(raw, schema))]
    suited = replace(member, resource=Resource(kind, raw))
    return suited, notes, list(_refused(suited, schema))


def _refused(member: Member, schema: Schema) -> Iterator[Finding]:
    spec = property_of(schema, "spec") or {}
    if _says_no_effect(member):
        fact = f"{shown(_EFFECT)}: is missing: what becomes of hosts must be said"
        yield member.error(Code.NODE_EFFECT, fact, _EFFECTS, TEMPLATE)
    for problem in find_problems(member.resource.at("spec"), spec, ("spec",)):
        if problem.flaw is Flaw.MISSING and problem.path == _EFFECT:
            continue
        if problem.flaw in _JUDGED:
            found = problem_finding(problem, member.place, member.subject)
            yield replace(found, fact=f"{found.fact}{_BY_TARGET[problem.flaw]}")


def _says_no_effect(member: Member) -> bool:
    """Whether a set leaves to the cluster what it does to hosts: the default drains them."""
    is_set = member.resource.kind is kinds.DPU_SET
    return is_set and not member.resource.mapping(*_EFFECT)


def _renamed(path: Path, old: str, new: str, remark: str = "") -> Step:
    """Write a field under another name where only that is known."""

    def step(raw: Json, schema: Schema) -> str:
        parent = _mapping(raw, path)
        if parent is None or old not in parent or _knows(schema, path, old):
            return ""
        if new in parent or not _knows(schema, path, new):
            return ""
        parent[new] = parent.pop(old)
        return f"wrote {shown((*path, old))} as {new}, its name in this cluster{remark}"

    return step


def _device_selector(raw: Json, schema: Schema) -> str:
    """Turn the map of old releases into a LabelSelector, or back where that is all there is."""
    spec = _mapping(raw, ("spec",)) or {}
    old, new = "dpuSelector", "dpuDeviceSelector"
    if old in spec and new not in spec and _lacks(schema, old, new):
        spec[new] = {"matchLabels": spec.pop(old)}
        return f"wrote spec.{old} as {new}.matchLabels, its name in this cluster"
    if new in spec and old not in spec and _lacks(schema, new, old):
        labels = spec[new].get("matchLabels") if isinstance(spec[new], dict) else None
        if labels is not None and len(spec[new]) == 1:
            del spec[new]
            spec[old] = labels
            return f"wrote spec.{new}.matchLabels as {old}, its name in this cluster"
    return ""


def _strategy(raw: Json, schema: Schema) -> str:
    """Say the strategy where it must be said."""
    spec = _mapping(raw, ("spec",)) or {}
    strategy = spec.get("strategy", {})
    if not isinstance(strategy, dict) or "type" in strategy:
        return ""
    is_wanted = "strategy" in spec or _requires(schema, ("spec",), "strategy")
    if not is_wanted or not _requires(schema, ("spec", "strategy"), "type"):
        return ""
    found = "RollingUpdate" if "rollingUpdate" in strategy else "OnDelete"
    spec["strategy"] = {"type": found, **strategy}
    return f"added spec.strategy.type: {found}, which this cluster requires"


def _drain(raw: Json, schema: Schema) -> str:
    """Write drain as the truth value or as the mapping that the cluster has for it."""
    effect = _mapping(raw, _EFFECT) or {}
    drain, wanted = effect.get("drain"), property_of(schema, *_EFFECT, "drain") or {}
    if drain is True and wanted.get("type") == "object":
        effect["drain"] = {}
        return f"wrote {shown((*_EFFECT, 'drain'))}: true as a mapping, as this cluster has it"
    if isinstance(drain, dict) and wanted.get("type") == "boolean":
        effect["drain"] = True
        return f"wrote {shown((*_EFFECT, 'drain'))} as true, as this cluster has it"
    return ""


def _reboot(raw: Json, schema: Schema) -> str:
    """Leave out a switch of old releases."""
    template, name = _mapping(raw, TEMPLATE), "automaticNodeReboot"
    if template is None or name not in template or _knows(schema, TEMPLATE, name):
        return ""
    del template[name]
    return f"left out {shown((*TEMPLATE, name))}, which this cluster does not know"


def _privileged(raw: Json, schema: Schema) -> str:
    """Say whether pods may be privileged where that must be said."""
    spec = _mapping(raw, ("spec",)) or {}
    security = spec.get("security", {})
    if spec.get("deployInCluster") is True or not isinstance(security, dict):
        return ""
    if "privileged" in security or not _knows(schema, ("spec", "security"), "privileged"):
        return ""
    spec["security"] = {**security, "privileged": False}
    return "added security.privileged: false, which this cluster asks for unless it is said"


_CLUSTERS = (
    _renamed(("spec",), "clusterSelector", "dpuClusterSelector"),
    _renamed(("spec",), "dpuClusterSelector", "clusterSelector"),
)
_OF_HOSTS = "; it asks for labels of"
_STEPS: Mapping[Kind, tuple[Step, ...]] = {
    kinds.DPU_SET: (
        _renamed(("spec",), "nodeSelector", "dpuNodeSelector", f"{_OF_HOSTS} DPUNodes, not Nodes"),
        _renamed(("spec",), "dpuNodeSelector", "nodeSelector", f"{_OF_HOSTS} Nodes, not DPUNodes"),
        _device_selector,
        _strategy,
        _drain,
        _reboot,
    ),
    kinds.DPU_SERVICE_INTERFACE: _CLUSTERS,
    kinds.DPU_SERVICE_CHAIN: _CLUSTERS,
    kinds.DPU_SERVICE: (_privileged,),
}


def _mapping(raw: Json, path: Path) -> Json | None:
    """The mapping at a path of a manifest, to be changed in place."""
    found: Any = raw
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _knows(schema: Schema, path: Path, name: str) -> bool:
    return property_of(schema, *path, name) is not None


def _lacks(schema: Schema, old: str, new: str) -> bool:
    return not _knows(schema, ("spec",), old) and _knows(schema, ("spec",), new)


def _requires(schema: Schema, path: Path, name: str) -> bool:
    found = property_of(schema, *path)
    return found is not None and name in found.get("required", ())


_EFFECTS = "set nodeEffect: one of taint, noEffect, drain, customLabel, customAction, hold"
_BY_TARGET = {
    Flaw.UNKNOWN: " in this cluster",
    Flaw.MISSING: ", this cluster requires it",
    Flaw.TYPE: " in this cluster",
    Flaw.VALUE: " in this cluster",
}
