"""One run of ``reconcile``: read, plan, guard, write, read again, plan and write what follows."""

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dpfctl.commands.finishing import Mode
from dpfctl.commands.pass_ending import Done, finish_pass, without_mended
from dpfctl.commands.pass_guarding import guarded, refuse_harm, without_too_many_taints
from dpfctl.commands.pass_helm import HelmRun
from dpfctl.commands.pass_options import PassOptions
from dpfctl.commands.pass_plan_file import Bounds, with_left_out, write_plan
from dpfctl.commands.pass_progress import Progress
from dpfctl.commands.pass_reading import Site, open_site
from dpfctl.commands.selecting import Words, namespace_of
from dpfctl.errors import (
    DpfctlError,
    ExitCode,
    InputError,
    TerminatedError,
    WaitTimeoutError,
)
from dpfctl.model.dry_run import DryRun
from dpfctl.session import Session, Target

if TYPE_CHECKING:
    from dpfctl.model.targets import Selection
    from dpfctl.plan import Plan
    from dpfctl.reconcile.outlook import Outlook
    from dpfctl.reconcile.passing import Pass
    from dpfctl.reconcile.world import World
    from dpfctl.report import Report

PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class PassRun:
    """One run.

    Attributes:
        session: The outside world.
        target: Which fleet.
        mode: How it prints, and whether it writes.
        words: Which DPUServices are meant.
        options: What else was said.
        helm: Helm, where it deploys.
        bounds: What a kept plan lets it do.
        progress: Who is told how far it is.
    """

    session: Session
    target: Target
    mode: Mode
    words: Words
    options: PassOptions
    helm: HelmRun
    bounds: Bounds
    progress: Progress

    def run(self) -> ExitCode:
        """Do the pass, print what came of it, and return the exit code."""
        began = self.session.elapsed()
        with closing(open_site(self.session, self.target)) as site:
            selection = self._selection(site)
            self.progress.say("reading the fleet")
            ahead = self._planned(selection, site)
            guard = guarded(self.session, self.mode, self.options, site, ahead)
            with guard as is_stale, closing(self.helm):
                if is_stale:
                    self.progress.say("reading the fleet again: somebody else may have written")
                    ahead = self._planned(selection, site)
                    refuse_harm(self.session, self.mode, self.options, ahead)
                done = self._write(ahead, site)
                if self.options.limit and done.is_whole:
                    done = self._wait(ahead.first, done, site)
                site.is_hurried = done.is_stopped
            seconds = self.session.elapsed() - began
            return finish_pass(self.session, self.mode, self.options, site, done, seconds)

    def _read(self, site: Site) -> "World":
        rules = self.options.helm.rules()
        is_upstream = self.options.is_upstream
        return site.read(self.options.engine, rules, is_upstream=is_upstream)

    def _begin(self, selection: "Selection", world: "World") -> "Pass":
        """Plan the first half for the services that are meant.

        Raises:
            NotFoundError: A name is not there.
            DpfctlError: The services could not be listed.
        """
        from dpfctl.model import kinds
        from dpfctl.model.targets import pick
        from dpfctl.reconcile.passing import begin

        if failure := world.host.failure(kinds.DPU_SERVICE):
            raise failure
        services = pick(selection, world.host.list(kinds.DPU_SERVICE))
        if not services:
            self.session.note("no DPUService matches")
        is_whole = not self.words.is_given and not self.words.namespace
        return begin(services, world, self.options.parts, is_whole=is_whole)

    def _planned(self, selection: "Selection", site: Site) -> "Outlook":
        """Read the fleet and plan; keep the plan in a file, or see whether it is that of a file.

        Raises:
            InputError: A file cannot be read or written.
            ConflictError: What is to be done is not what the file says.
        """
        from dpfctl.reconcile.kept_plan import check_plan
        from dpfctl.reconcile.outlook import look_ahead

        world = self._read(site)
        ahead = look_ahead(self._begin(selection, world))
        if self.options.plan_out:
            write_plan(self.options.plan_out, ahead)
        if self.bounds.kept is not None:
            then = replace(world, now=self.bounds.kept.at)
            check_plan(self.bounds.kept, look_ahead(self._begin(selection, then)))
        return ahead

    def _selection(self, site: Site) -> "Selection":
        """Read which services are meant; without a word about them, all there are.

        Raises:
            InputError: The words contradict one another, or one of them is no name.
        """
        from dpfctl.model import kinds
        from dpfctl.model.targets import parse_selection

        words = self.words
        if words.is_everywhere and words.namespace:
            raise InputError("--all-namespaces: cannot be used together with --namespace")
        is_everywhere = words.is_everywhere or not (words.is_given or words.namespace)
        return parse_selection(
            self.mode.command,
            kinds.DPU_SERVICE,
            words.names,
            selector=words.selector,
            is_all=not words.is_given,
            namespace=None if is_everywhere else namespace_of(words.namespace, site.host),
            hint="leave it out if you mean all",
        )

    def _write(self, ahead: "Outlook", site: Site) -> Done:
        """Write the first half, then what follows from it."""
        from dpfctl.apply.stages import code_of

        first, known = ahead.first, ahead if ahead.is_exact else None
        report = self._apply(first, first.first_plan(), site, "deploying")
        deployed = first.after(report.outcomes)
        meant = tuple(one.service.ref for one in first.services)
        done = Done(deployed, (report,), meant)
        if report.stopped:
            return done
        try:
            seen = self._seen(first, report, site)
            return self._follow(first, deployed, seen, done, site, known)
        except DpfctlError as failure:
            if not report.plan.pending:
                raise
            return replace(done, lost=(failure,))  # what was written is told all the same
        except (KeyboardInterrupt, TerminatedError) as end:
            return replace(done, stopped=code_of(end))

    def _seen(self, first: "Pass", report: "Report", site: Site) -> "World":
        """The fleet after the first half: read again, foreseen by a dry run, or as it was."""
        from dpfctl.reconcile.foreseen import foreseen

        if not report.plan.pending:
            return first.world
        if self.mode.dry_run is not DryRun.NONE:
            return foreseen(first.world, report.plan.changes)
        self.progress.say("reading the fleet again")
        return self._read(site)

    def _follow(
        self,
        first: "Pass",
        deployed: "Pass",
        world: "World",
        done: Done,
        site: Site,
        known: "Outlook | None" = None,
    ) -> Done:
        """Write what follows: ports, taints, ends; and then what objects say about all that."""
        from dpfctl.reconcile.passing import follow, status_plan

        is_trial = self.mode.dry_run is not DryRun.NONE
        is_foreseen = is_trial and bool(first.first_plan().pending)
        second = known.second if known else follow(deployed, world, is_foreseen=is_foreseen)
        second, refusal = without_too_many_taints(self.mode, self.options, first, second)
        report = self._apply(second, second.second_plan(), site, "exposing ports, tainting hosts")
        told = second.after(report.outcomes)
        lost = (refusal,) if refusal else ()
        done = replace(done, passed=told, parts=(*done.parts, report), lost=lost)
        if report.stopped:
            return done
        if known and not second.second_plan().pending:
            plan = known.status
        else:
            plan = status_plan(told, report.outcomes)
        status = self._apply(told, plan, site, "writing status", report)
        return replace(done, parts=(*done.parts, status))

    def _apply(
        self, one: "Pass", plan: "Plan", site: Site, what: str, before: "Report | None" = None
    ) -> "Report":
        """Carry one plan out as far as the mode goes."""
        from dpfctl.apply import apply_plan
        from dpfctl.reconcile.passing import published
        from dpfctl.reconcile.replanning import Replanner
        from dpfctl.reconcile.service_pass import by_place

        plan, left_out = self.bounds.narrow(plan)
        for change in left_out:
            self.session.warn(f"{change.ref}: not {change.done}: the plan does not hold it")
        if plan.pending and self.mode.dry_run is DryRun.NONE:
            self.progress.say(f"{what}: {len(plan.pending)} to write")
        after = published(one.world, by_place(before.outcomes if before else ()))
        report = apply_plan(
            self.helm.places(site, one.world, plan, self.mode.dry_run),
            plan,
            self.bounds.replan(Replanner(one.world, one.services, after)),
            sleep=self.session.sleep,
            dry_run=self.mode.dry_run,
            watch=self.progress.begin,
        )
        if report.stopped:
            self.helm.stop()
        return with_left_out(report, left_out)

    def _wait(self, first: "Pass", done: Done, site: Site) -> Done:
        """Do the second half again and again until every service is ready, or gone."""
        from dpfctl.apply.stages import code_of

        until = self.session.elapsed() + self.options.limit
        deployed = first.after(done.parts[0].outcomes)
        if any(one.faults for one in deployed.services):
            return done  # waiting does not mend what could not be deployed
        failed: set[str] = set()
        while (line := done.lagging()) and not done.is_stopped:
            self.progress.say(f"waiting: {line}")
            if self.session.elapsed() >= until:
                late = WaitTimeoutError(f"not done after {self.options.limit:g} s: {line}", _HINT)
                return replace(done, late=late)
            try:
                self.session.sleep(PAUSE_SECONDS)
                done = self._again(first, deployed, done, site)
            except (KeyboardInterrupt, TerminatedError) as end:
                return replace(done, stopped=code_of(end))
            again = {error.message for part in done.parts for error in part.failures}
            if failed and again == failed:
                return done  # it would fail for ever
            failed = again
        return done

    def _again(self, first: "Pass", deployed: "Pass", done: Done, site: Site) -> Done:
        """Do the second half once more; what failed before and is made now has not failed."""
        try:
            bare = replace(done, parts=done.parts[:1])
            new = self._follow(first, deployed, self._read(site), bare, site)
        except DpfctlError as failure:
            self.progress.say(f"waiting: {failure.message}")
            return done
        later = tuple(part for part in new.parts[1:] if part.plan.pending or part.stopped)
        return replace(new, parts=(*without_mended(done.parts, later), *later))


_HINT = "what was written stays; --timeout sets the limit"
