"""What stands between a plan and its writes: a live controller, another pass, most of a fleet."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
    from dpfctl.reconcile.outlook import Outlook
    from dpfctl.reconcile.passing import Pass


@contextmanager
def guarded(
    session: Session, mode: Mode, options: PassOptions, site: Site, ahead: "Outlook", began: float
) -> Iterator[bool]:
    """Let a pass write, with nobody beside it.

    Args:
        session: The outside world.
        mode: Whether it writes.
        options: What else was said.
        site: The clusters.
        ahead: What was planned.
        began: When the fleet was about to be read, as ``Session.elapsed`` tells it.

    Yields:
        Whether another pass may have written since, so that the fleet is to be read again.

    Raises:
        ConflictError: A controller of DPF runs, or another pass is under way.
        AccessError: Whether a controller runs cannot be found out.
        RejectedError: The pass would take away or taint more than anybody is likely to mean.
    """
    first = ahead.first
    guards = _guards(site, first, ahead.second)
    if mode.dry_run is not DryRun.NONE:
        _warn(session, guards, _REFUSED if not options.is_forced else _FORCED)
        yield False
        return
    if options.is_forced:
        _warn(session, guards, _FORCED)
    else:
        for guard in guards:
            guard()
    if site.is_file or not (options.limit or ahead.is_pending):
        yield False
        return
    with _lease(session, options, site, first, began) as is_stale:
        yield is_stale


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


def _guards(site: Site, first: "Pass", second: "Pass") -> tuple[Callable[[], None], ...]:
    """What speaks against a pass; each raises why, and lets pass otherwise."""
    every = (partial(_refuse_deletions, first, second), partial(_refuse_taints, second))
    return every if site.is_file else (*every, partial(_refuse_controller, site, first))


def _warn(session: Session, guards: Iterable[Callable[[], None]], words: str) -> None:
    for guard in guards:
        try:
            guard()
        except DpfctlError as refusal:
            session.warn(f"{words}: {refusal.message}")


@contextmanager
def _lease(
    session: Session, options: PassOptions, site: Site, first: "Pass", began: float
) -> Iterator[bool]:
    """Hold the Lease of the fleet; who may not write one needs force to go on without.

    Yields:
        Whether somebody else held it since the fleet was about to be read.
    """
    from dpfctl.cluster.pass_lease import pass_lease
    from dpfctl.reconcile.guards import is_unused_since

    with ExitStack() as stack:
        is_stale = False
        try:
            lease = pass_lease(site.host, first.world.namespace, session.identity())
            before = stack.enter_context(lease)
            is_stale = not is_unused_since(before, _then(session, site, began))
        except ForbiddenError as refusal:
            if not options.is_forced:
                raise ForbiddenError(refusal.message, _ALONE) from refusal
            session.warn(f"{refusal.message}: going on without a Lease")
        yield is_stale


def _then(session: Session, site: Site, began: float) -> datetime:
    """When the fleet was about to be read, by the clock of the API server."""
    return _now(site) - timedelta(seconds=session.elapsed() - began)


def _now(site: Site) -> datetime:
    return site.host.clock or datetime.now(UTC)


def _refuse_controller(site: Site, first: "Pass") -> None:
    from dpfctl.model import kinds
    from dpfctl.reconcile.guards import live_controller

    wanted = (kinds.LEASE, kinds.DEPLOYMENT)
    found = site.host.read(wanted, first.world.namespace)
    controller = live_controller(found, _now(site))
    if controller:
        hint = "it does all of this by itself; stop it, or use --force"
        raise ConflictError(f"reconcile: a controller of DPF runs: {controller}", hint)
    if lack := found.lack(*wanted):
        fact = f"reconcile: cannot tell whether a controller of DPF runs: {lack}"
        raise AccessError(fact, "if you know that none does, use --force")


_REFUSED = "a real pass would be refused"
_FORCED = "going on by --force"
_ALONE = "if you know that no other pass is under way, use --force"
