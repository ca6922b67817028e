"""Conditions of kinds whose own ones do not tell enough: one function per kind.

Source of every rule: DPF ``internal/dpfctl/discovery.go`` (26.x); the types, reasons and messages
are the strings that tool prints.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from dpfctl.model import kinds
from dpfctl.model.conditions import FALSE, READY, TRUE, UNKNOWN, Condition, read_conditions
from dpfctl.model.resources import Resource
from dpfctl.model.timestamps import parse_time

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet"})
NOT_READY = "The following conditions are not ready:"


def conditions_of(resource: Resource, now: datetime) -> tuple[Condition, ...]:
    """Return the conditions ``describe`` shows for an object, in the order it shows them.

    DPUNodeMaintenances are not covered: theirs depend on the DPUSet they are shown below, see
    ``maintenance_conditions``.
    """
    derive = _DERIVED.get(resource.kind)
    return derive(resource, now) if derive else resource.conditions


def maintenance_conditions(
    maintenance: Resource, owner_label: str, dpus: Iterable[str], now: datetime
) -> tuple[Condition, ...]:
    """Return one False condition per requestor that concerns a DPUSet.

    Args:
        maintenance: The DPUNodeMaintenance.
        owner_label: ``namespace_name`` of the DPUDeployment that owns the set, or empty.
        dpus: Names of the set's DPUs.
        now: Time of the Ready that stands in when no requestor is left.
    """
    names = set(dpus)
    shown = tuple(
        Condition(kind, FALSE, "MaintenanceInProgress", message, maintenance.created)
        for requestor in maintenance.texts("spec", "requestor")
        for kind, message in _requestor(requestor, owner_label, names)
    )
    return shown or (Condition(READY, TRUE, "Success", since=now),)


def _requestor(word: str, owner_label: str, dpus: set[str]) -> Iterable[tuple[str, str]]:
    parts = word.split("_", 2)
    if len(parts) == 3:
        namespace, deployment, rest = parts
        if not owner_label or owner_label == f"{namespace}_{deployment}":
            yield (
                f"Requestor/{namespace}/{deployment}/{rest}",
                f"Maintenance requested by {namespace}/{rest}",
            )
    elif not dpus or word in dpus:
        yield f"Requestor/DPU/{word}", f"Maintenance requested by DPU {word}"


def _bfb(bfb: Resource, _now: datetime) -> tuple[Condition, ...]:
    phase = bfb.text("status", "phase")
    if phase != READY:
        return (Condition(READY, FALSE, phase, since=bfb.created),)
    message = f"File: {bfb.text('spec', 'url').rpartition('/')[2]}"
    if doca := bfb.text("status", "versions", "doca"):
        message += f", DOCA: {doca}"
    return (Condition(READY, TRUE, phase, message, bfb.created),)


def _dpu(dpu: Resource, _now: datetime) -> tuple[Condition, ...]:
    own = dpu.conditions
    shown = (
        *own,
        *_prefixed("Operational", read_conditions(dpu.at("status", "operationalConditions"))),
        *_prefixed("Agent", read_conditions(dpu.at("status", "agentStatus", "conditions"))),
    )
    if any(condition.type == READY for condition in own):
        return shown
    times = [c.since for c in shown if c.since] + ([dpu.deleted] if dpu.deleted else [])
    phase = dpu.text("status", "phase")
    status = TRUE if phase == READY else FALSE
    return (*shown, Condition(READY, status, phase, since=max(times, default=None)))


def _prefixed(prefix: str, conditions: Iterable[Condition]) -> Iterable[Condition]:
    return (replace(c, type=f"{prefix}/{c.type}") for c in conditions)


def _tenant_control_plane(plane: Resource, _now: datetime) -> tuple[Condition, ...]:
    shown = tuple(
        condition
        for part in ("Service", "Deployment")
        for condition in _prefixed(
            part,
            read_conditions(plane.at("status", "kubernetesResources", part.lower(), "conditions")),
        )
    )
    if all(condition.is_true for condition in shown):
        ready = Condition(READY, TRUE, READY, since=plane.created)
    else:
        message = "The TenantControlPlane is not ready"
        ready = Condition(READY, FALSE, UNKNOWN, message, plane.created)
    return (*shown, ready)


def _application(application: Resource, now: datetime) -> tuple[Condition, ...]:
    since = parse_time(application.at("status", "reconciledAt")) or now
    complaints = tuple(
        Condition(c.type, FALSE, c.type, c.message, since) for c in application.conditions
    )
    workloads = tuple(
        Condition(
            f"{entry.get('kind')}/{entry.get('name', '')}",
            str(entry.get("status") or ""),
            *_health(entry.get("health")),
            since,
        )
        for entry in application.items("status", "resources")
        if str(entry.get("kind")) in WORKLOADS
    )
    health = application.text("status", "health", "status")
    return (*complaints, *workloads, _application_ready(health, complaints, since))


def _health(raw: object) -> tuple[str, str]:
    health = raw if isinstance(raw, dict) else {}
    return str(health.get("status") or ""), str(health.get("message") or "")


def _application_ready(health: str, complaints: Sequence[Condition], since: datetime) -> Condition:
    if health == "Healthy" and not complaints:
        return Condition(READY, TRUE, "Success", since=since)
    lines = (NOT_READY, *(f"* {c.type}" for c in complaints)) if complaints else ()
    return Condition(READY, FALSE, health, "\n".join(lines), since)


def _isolation_class(isolation_class: Resource, _now: datetime) -> tuple[Condition, ...]:
    message = f"Provisioner: {isolation_class.text('spec', 'provisioner')}"
    return (Condition(READY, TRUE, "Available", message, isolation_class.created),)


_DERIVED: dict[kinds.Kind, Callable[[Resource, datetime], tuple[Condition, ...]]] = {
    kinds.BFB: _bfb,
    kinds.DPU: _dpu,
    kinds.TENANT_CONTROL_PLANE: _tenant_control_plane,
    kinds.APPLICATION: _application,
    kinds.ISOLATION_CLASS: _isolation_class,
}
