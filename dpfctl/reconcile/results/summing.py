"""What came of a pass, out of its way and the reports of its parts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dpfctl.errors import DpfctlError, ExitCode
from dpfctl.model import kinds
from dpfctl.model.conditions import FALSE, READY, TRUE
from dpfctl.model.inventory import Inventory, Trouble
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action
from dpfctl.reconcile.deploy import FINALIZER
from dpfctl.reconcile.dpus.planning import operational_warnings
from dpfctl.reconcile.follow import is_end
from dpfctl.reconcile.hosts.verdicts import HostVerdict
from dpfctl.reconcile.passing import Pass
from dpfctl.reconcile.ports.cautions import port_warnings
from dpfctl.reconcile.releases.health import release_facts
from dpfctl.reconcile.results.report import PassReport, ServiceResult, Standing
from dpfctl.reconcile.service_pass import ServicePass, Spot, spot_of
from dpfctl.reconcile.steps import CONDITIONS, Fault, Step
from dpfctl.reconcile.world import Engine, World
from dpfctl.report import Outcome, Report, Result

_MADE = (Result.DONE, Result.PLANNED)


def pass_report(
    one: Pass,
    parts: tuple[Report, ...],
    services: tuple[ServiceResult, ...],
    requests: int,
    seconds: float,
) -> PassReport:
    """Sum a pass up.

    Args:
        one: The pass with all that is known in the end.
        parts: Reports of what was written.
        services: What came of each service.
        requests: How many were sent.
        seconds: How long it took.
    """
    return PassReport(
        parts,
        tuple(_with_releases(service, one) for service in services),
        hosts_after(one.hosts.verdicts, parts),
        one.world.engine,
        unread_of(one.world),
        warnings_of(one, parts),
        requests,
        seconds,
        follows=_follows(parts),
    )


def service_results(
    meant: Iterable[Ref], passes: Iterable[ServicePass], parts: Iterable[Report]
) -> tuple[ServiceResult, ...]:
    """Say what came of each service that a pass is about; one that is not there any more is gone.

    Args:
        meant: The services, by namespace and name.
        passes: What is known of those that were there in the end.
        parts: Reports of what was written, in order.
    """
    known = {one.service.ref: one for one in passes}
    outcomes = [outcome for part in parts for outcome in part.outcomes]
    told = _latest(outcomes, Step.STATUS)
    ends = _latest(outcomes, Step.FINISH).items()
    ended = {ref for ref, found in ends if found.result in _MADE and is_end(found.change)}
    return tuple(
        _service_result(known[ref], _conditions(known[ref], told.get(ref)), ref in ended)
        if ref in known
        else ServiceResult(ref, Standing.GONE)
        for ref in meant
    )


def _with_releases(result: ServiceResult, one: Pass) -> ServiceResult:
    """Add what is known of the releases of a service, where Helm deploys."""
    found = next((each for each in one.services if each.service.ref == result.ref), None)
    if found is None or one.world.engine is not Engine.HELM:
        return result
    return replace(result, releases=release_facts(found.service, one.world))


def hosts_after(
    verdicts: Iterable[HostVerdict], parts: Iterable[Report]
) -> tuple[HostVerdict, ...]:
    """Return verdicts with their Nodes as they are once taints were written, or would be."""
    outcomes = (outcome for part in parts for outcome in part.outcomes)
    made = {
        ref.name: Resource(ref.kind, found.change.after)
        for ref, found in _latest(outcomes, Step.TAINT).items()
        if found.result in _MADE
    }
    return tuple(
        replace(one, node=made.get(one.node.name, one.node)) if one.node else one
        for one in verdicts
    )


def unread_of(world: World) -> tuple[DpfctlError, ...]:
    """Return every list and DPU cluster that could not be read; kinds that are not served aside."""
    found = list(_failures(world.host))
    for name, side in world.dpus.items():
        if isinstance(side, DpfctlError):
            found.append(side)
        else:
            ref = Ref(kinds.DPU_CLUSTER, *name)
            found += [type(e)(f"{ref}: {e.message}", e.hint) for e in _failures(side)]
    return tuple(found)


def warnings_of(one: Pass, parts: Iterable[Report]) -> tuple[str, ...]:
    """Return what the user should know, each once."""
    found = [*one.notes, *operational_warnings(one.world)]
    for each in one.services:
        if not each.is_held and not each.is_leaving:
            found += port_warnings(each.service, one.world)
    found += [warning for part in parts for warning in part.warnings]
    return tuple(dict.fromkeys(found))


def _failures(inventory: Inventory) -> Iterable[DpfctlError]:
    for kind, listing in inventory.listings.items():
        if listing.trouble not in (None, Trouble.NOT_SERVED):
            failure = inventory.failure(kind)
            if failure is not None:
                yield failure


def _latest(outcomes: Iterable[Outcome], step: Step) -> dict[Ref, Outcome]:
    return {outcome.change.ref: outcome for outcome in outcomes if outcome.change.stage == step}


def _conditions(one: ServicePass, told: Outcome | None) -> Sequence[Mapping[str, Any]]:
    is_told = told is not None and told.result in (*_MADE, Result.UNCHANGED)
    raw = told.change.after if told is not None and is_told else one.service.raw
    found = (raw.get("status") or {}).get("conditions")
    return [c for c in found if isinstance(c, dict)] if isinstance(found, list) else []


def _follows(parts: Sequence[Report]) -> frozenset[Spot]:
    """Changes that a dry run could only guess at, because something is to be written before."""
    if not parts or not any(o.result is Result.PLANNED for o in parts[0].outcomes):
        return frozenset()
    later = (outcome.change for part in parts[1:] for outcome in part.outcomes)
    return frozenset(spot_of(change) for change in later if change.action is not Action.NONE)


def _service_result(
    one: ServicePass, conditions: Sequence[Mapping[str, Any]], is_gone: bool
) -> ServiceResult:
    faults = tuple(fault for fault in one.faults if fault.code)
    ready = next((c for c in conditions if c.get("type") == READY), {})
    standing = Standing.GONE if is_gone else _standing(one, faults, ready.get("status") == TRUE)
    return ServiceResult(
        one.service.ref,
        standing,
        CONDITIONS.get(one.faults[0].step, "") if one.faults else "",
        "" if standing is Standing.GONE else _message(one, conditions),
        tuple(conditions),
        one.service_id,
        one.notes,
        faults[0].code if faults else ExitCode.OK,
    )


def _standing(one: ServicePass, faults: tuple[Fault, ...], is_ready: bool) -> Standing:
    if faults:
        return Standing.FAILED
    if one.untried:
        return Standing.SKIPPED
    if one.is_leaving:
        return Standing.LEAVING
    if one.is_held:
        return Standing.SUSPENDED
    return Standing.READY if is_ready and not one.faults else Standing.WAITING


def _message(one: ServicePass, conditions: Sequence[Mapping[str, Any]]) -> str:
    """The first thing that is wrong: what failed, else the first condition that is False."""
    if one.faults:
        return next((fault for fault in one.faults if fault.code), one.faults[0]).message
    if one.untried:
        return "not everything was tried"
    others = [name for name in one.service.finalizers if name != FINALIZER]
    if one.is_leaving and others:
        return f"waits for finalizers of others: {', '.join(others)}"
    bad = (c for c in conditions if c.get("type") != READY and c.get("status") == FALSE)
    first = next(bad, None)
    return f"{first['type']}: {first.get('message') or first.get('reason')}" if first else ""
