"""What stands between a plan and its writes: a live controller, another pass, most of a fleet."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from dpfctl.commands.finishing import Mode
from dpfctl.commands.pass_options import PassOptions
from dpfctl.commands.pass_reading import Site
from dpfctl.errors import (
    AccessError,
    ConflictError,
    DpfctlError,
    ForbiddenError,
    RejectedError,
)
from dpfctl.model.dry_run import DryRun
from dpfctl.session import Session

if TYPE_CHECKING:
    from dpfctl.model.inventory import Inventory
    from dpfctl.reconcile.outlook import Outlook
    from dpfctl.reconcile.passing import Pass


@contextmanager
def guarded(
    session: Session, mode: Mode, options: PassOptions, site: Site, ahead: "Outlook"
) -> Iterator[bool]:
    """Let a pass write, with nobody beside it.

    Yields:
        Whether somebody may have written since the fleet was read, so that it is to be read again.

    Raises:
        ConflictError: A controller of DPF runs, or another pass is under way.
        AccessError: Whether a controller runs cannot be found out.
        RejectedError: The pass would take away or taint more than anybody is likely to mean.
    """
    refuse_harm(session, mode, options, ahead)
    is_stale = not site.is_file and _beside_controller(session, mode, options, site, ahead)
    if mode.dry_run is not DryRun.NONE or site.is_file or not (options.limit or ahead.is_pending):
        yield False
    else:
        with _lease(session, options, site, ahead) as is_unknown:
            yield is_stale or is_unknown


def refuse_harm(session: Session, mode: Mode, options: PassOptions, ahead: "Outlook") -> None:
    """Refuse a pass that does more than anybody is likely to mean; a dry run is warned only.

    Raises:
        RejectedError: It would delete all that a service has, or taint most hosts.
    """
    first, second = ahead.first, ahead.second
    for guard in (partial(_refuse_deletions, first, second), partial(_refuse_taints, second)):
        _ask(session, mode, options, guard)


def without_too_many_taints(
    mode: Mode, options: PassOptions, first: "Pass", second: "Pass"
) -> "tuple[Pass, RejectedError | None]":
    """Leave hosts alone if most of them would be tainted at once, and say so.

    That was asked before the first write too; what is known now may be more, and earlier rounds of
    the same run count. A dry run shows them.
    """
    from dpfctl.reconcile.steps import Step

    try:
        if mode.dry_run is DryRun.NONE and not options.is_forced:
            _refuse_taints(second, first)
    except RejectedError as refusal:
        kept = tuple(c for c in second.hosts.changes if c.stage != Step.TAINT)
        return replace(second, hosts=replace(second.hosts, changes=kept)), refusal
    return second, None


def _refuse_deletions(first: "Pass", second: "Pass") -> None:
    from dpfctl.reconcile.guards import mass_deletions, withdrawn_ports

    found = (*mass_deletions(first.services), *withdrawn_ports(second.services))
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise RejectedError(f"{found[0]}{more}", "check its dpuClusterSelector, or use --force")


def _refuse_taints(second: "Pass", first: "Pass | None" = None) -> None:
    from dpfctl.reconcile.hosts.taints import mass_taints

    start = first.world.host if first else None
    reason = mass_taints(second.hosts.changes, second.world, start)
    if reason:
        raise RejectedError(f"reconcile: {reason}", "if that is what you want, use --force")


def _ask(session: Session, mode: Mode, options: PassOptions, guard: Callable[[], None]) -> None:
    """Let a guard speak: by force, and in a dry run, it only warns."""
    is_trial = mode.dry_run is not DryRun.NONE
    if not (is_trial or options.is_forced):
        guard()
        return
    try:
        guard()
    except DpfctlError as refusal:
        session.warn(f"{_FORCED if options.is_forced else _REFUSED}: {refusal.message}")


def _beside_controller(
    session: Session, mode: Mode, options: PassOptions, site: Site, ahead: "Outlook"
) -> bool:
    """Refuse to write beside a controller of DPF.

    Returns:
        Whether one that is at rest now may have written since the fleet was about to be read.
    """
    from dpfctl.cluster.tolerance import lost
    from dpfctl.model import kinds
    from dpfctl.reconcile.guards import controller_wrote_since

    wanted = (kinds.LEASE, kinds.DEPLOYMENT)
    try:
        found = site.host.read(wanted, ahead.first.world.namespace)
    except DpfctlError as failure:
        found = lost(wanted, failure)
    _ask(session, mode, options, partial(_refuse_controller, found, site.now))
    return bool(found.lack(*wanted)) or controller_wrote_since(found, site.since)


@contextmanager
def _lease(session: Session, options: PassOptions, site: Site, ahead: "Outlook") -> Iterator[bool]:
    """Hold the Lease of the fleet; who may not write one needs force to go on without.

    Yields:
        Whether somebody else held it since the fleet was about to be read, or may have.
    """
    from dpfctl.cluster.pass_lease import pass_lease
    from dpfctl.reconcile.guards import is_unused_since

    with ExitStack() as stack:
        is_stale = True
        try:
            namespace, holder = ahead.first.world.namespace, session.identity()
            lease = pass_lease(site.host, namespace, holder, lambda: site.is_hurried)
            before = stack.enter_context(lease)
            is_stale = not is_unused_since(before, site.since)
        except ForbiddenError as refusal:
            if not options.is_forced:
                raise ForbiddenError(refusal.message, _ALONE) from refusal
            session.warn(f"{refusal.message}: going on without a Lease")
        yield is_stale


def _refuse_controller(found: "Inventory", now: datetime) -> None:
    from dpfctl.reconcile.guards import live_controller

    if controller := live_controller(found, now):
        hint = "it does all of this by itself; stop it, or use --force"
        raise ConflictError(f"reconcile: a controller of DPF runs: {controller}", hint)
    if lack := found.lack(*found.listings):
        fact = f"reconcile: cannot tell whether a controller of DPF runs: {lack}"
        raise AccessError(fact, "if you know that none does, use --force")


_REFUSED = "a real pass would be refused"
_FORCED = "going on by --force"
_ALONE = "if you know that no other pass is under way, use --force"
