"""Plan and clusters to Report: the one loop that writes.

Every write is safe by itself. A patch carries the version that was read, so a lost race is answered
409; then the object is read and planned again, at most ``TRIES`` times. An answer that was lost is
settled by reading the object: a change that is no longer necessary has been made. What fails does
not hide the rest, except what needs it, and that a server which is lost on the way is not asked for
the rest. An interrupt lets the requests under way end, and the report says what was done and what
was not.

``places`` is where changes go, ``writing`` makes a single one, ``stages`` all of a plan.
"""

import threading
from collections.abc import Callable
from dataclasses import replace

from dpfctl.apply.places import Places, Releaser
from dpfctl.apply.stages import PARTING_SECONDS, Run, code_of
from dpfctl.apply.writing import LOSSES, TRIES, Writer
from dpfctl.errors import ExitCode, TerminatedError
from dpfctl.model.cluster import Batch
from dpfctl.model.dry_run import DryRun
from dpfctl.plan import Change, Plan, Replan
from dpfctl.report import Report, Result, planned

__all__ = ["LOSSES", "PARTING_SECONDS", "TRIES", "Places", "Releaser", "apply_plan"]


def apply_plan(
    places: Places,
    plan: Plan,
    replan: Replan,
    *,
    sleep: Callable[[float], None],
    dry_run: DryRun = DryRun.NONE,
    is_rehearsed: bool = False,
    watch: Callable[[Change], None] = lambda _change: None,
) -> Report:
    """Carry a plan out, or try it.

    Args:
        places: Where the plan's objects are.
        plan: What to do.
        replan: Plans one change again on the object as it is now, after a lost race.
        sleep: Waits for a number of seconds between two tries.
        dry_run: ``CLIENT`` sends nothing; ``SERVER`` has the cluster judge everything and store
            nothing.
        is_rehearsed: Whether the cluster judges the whole plan before the first write; if it
            refuses a part, nothing is written. For changes that are of no use one by one.
        watch: Told of each change as it is begun; called from several threads.

    Returns:
        One outcome per change, in the plan's order. An interrupt is told there, not raised.

    Raises:
        InputError: A fleet file that takes no writes, before any; or one that could not be
            written, in which case nothing was.
    """
    if dry_run is DryRun.CLIENT:
        return planned(plan)
    writer = Writer(places, replan, sleep, dry_run is DryRun.SERVER, threading.Event(), watch)
    if dry_run is DryRun.SERVER or not plan.pending:
        run = Run(writer, plan)
        stopped = run.all_stages()
        outcomes = run.outcomes()
        is_refused = is_rehearsed and any(outcome.error for outcome in outcomes)
        report = Report(plan, outcomes, dry_run, stopped, is_refused=is_refused)
    else:
        report = _written(writer, plan, is_rehearsed=is_rehearsed)
    return replace(report, warnings=places.host.warnings)


def _written(writer: Writer, plan: Plan, *, is_rehearsed: bool) -> Report:
    """Make the changes of a plan, all at once where the cluster can do that."""
    run = Run(writer, plan)
    batch: Batch | None = None
    try:
        with writer.places.host.batch() as batch:
            if is_rehearsed and (refused := _rehearsed(replace(writer, is_trial=True), plan)):
                batch.discard()
                return refused
            stopped = run.all_stages()
            is_undone = stopped is not ExitCode.OK and batch.discard()
    except (KeyboardInterrupt, TerminatedError) as end:
        # While a file was waited for or written, which is the old one or the new one.
        stopped = code_of(end)
        is_undone = batch is not None and batch.discard() and not run.has_lasted()
    return Report(plan, run.outcomes(is_undone=is_undone), stopped=stopped)


def _rehearsed(writer: Writer, plan: Plan) -> Report | None:
    """Have the cluster judge a plan; the report if it refuses a part, or if that was stopped."""
    run = Run(writer, plan)
    stopped = run.all_stages()
    outcomes = run.outcomes()
    if stopped is ExitCode.OK and not any(outcome.error for outcome in outcomes):
        return None
    left = (replace(o, result=_AFTER_REFUSAL.get(o.result, o.result)) for o in outcomes)
    return Report(plan, tuple(left), stopped=stopped, is_refused=True)


_AFTER_REFUSAL = {Result.PLANNED: Result.SKIPPED, Result.UNKNOWN: Result.SKIPPED}
