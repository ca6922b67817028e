"""The steps that the commands about zones share: read, adapt, check, plan."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dpfctl.commands.dpu_sides import read_nodes
from dpfctl.commands.finishing import Mode
from dpfctl.commands.selecting import OPERATOR_NAMESPACE, namespace_of
from dpfctl.errors import InputError, RejectedError
from dpfctl.model.dry_run import DryRun
from dpfctl.session import Session, Target

if TYPE_CHECKING:
    from dpfctl.model.cluster import Cluster
    from dpfctl.model.documents import Document
    from dpfctl.model.inventory import Inventory
    from dpfctl.plan import Plan
    from dpfctl.zones.findings import Finding
    from dpfctl.zones.zone import Zone, ZoneInput


@dataclass(frozen=True, slots=True)
class ZoneJob:
    """One run of a command about zone documents.

    Attributes:
        session: The outside world.
        target: Which fleet.
        mode: How it prints.
        files: What ``-f`` names.
        namespace: Text of ``-n``, None if it was not given.
        strict: Whether warnings count as errors.
    """

    session: Session
    target: Target
    mode: Mode
    files: Sequence[str]
    namespace: str | None
    strict: bool

    def require_files(self) -> None:
        """Say at once, before a cluster is asked, that there is nothing to read.

        Raises:
            InputError: No file is named.
        """
        if not self.files:
            raise InputError(f"{self.mode.command}: names no file", "give -f FILE, a folder or -")

    def read(self, namespace: str) -> "ZoneInput":
        """Read the documents.

        Raises:
            InputError: No file is named, one cannot be read as YAML or JSON, or none holds a zone.
        """
        from dpfctl.zones.reading import read_zones

        self.require_files()
        if "-" in self.files and self.target.fleet == "-":
            fact = "--filename -: standard input is the fleet already"
            raise InputError(fact, "put one of the two into a file")
        documents = [d for name in self.files for d in self._documents(name)]
        found = read_zones(documents, namespace=namespace)
        strays = {zone.namespace for zone in found.zones} - {self.namespace}
        if self.namespace and strays:
            fact = f"--namespace {self.namespace}: the files are about {', '.join(sorted(strays))}"
            raise InputError(fact, "leave --namespace out, or correct the files")
        if not found.zones and found.is_usable:
            raise InputError(f"{', '.join(self.files)}: holds no zone", "see dpfctl zone new")
        return found

    def _documents(self, name: str) -> "tuple[Document, ...]":
        try:
            return self.session.manifests(name)
        except InputError as failure:
            # In a flat copy of a published zone "spec" stands three times on one level.
            if not _TWICE.search(failure.message):
                raise
            raise InputError(failure.message, _FLAT) from failure

    def check(self, cluster: "Cluster", *, prune: bool = False) -> "Checked":
        """Read the documents, adapt them to the cluster, and try every rule on them.

        Args:
            cluster: Where the zones are to go.
            prune: Whether what has left them goes, so that the rules judge what remains.
        """
        from dpfctl.model.inventory import Inventory
        from dpfctl.zones.adapting import adapt
        from dpfctl.zones.lint import kinds_to_read, lint
        from dpfctl.zones.manifests import PARTS

        found = self.read(namespace_of(self.namespace, cluster))
        if not found.is_usable:
            return Checked((), Inventory({}), found.findings, ())
        adapted = adapt(found.zones, cluster.schemas(PARTS))
        fleet = cluster.read(kinds_to_read(adapted.zones))
        nodes = read_nodes(self.session, cluster, fleet)
        findings = lint(adapted.zones, fleet, nodes or None, prune=prune)
        return Checked(
            adapted.zones, fleet, (*found.findings, *adapted.findings, *findings), adapted.notes
        )

    def check_alone(self) -> "Checked":
        """Read the documents and try the rules that need no cluster."""
        from dpfctl.model.inventory import Inventory, Listing, Trouble
        from dpfctl.zones.findings import Severity
        from dpfctl.zones.lint import kinds_to_read, lint

        found = self.read(self.namespace or OPERATOR_NAMESPACE)
        if not found.is_usable:
            return Checked((), Inventory({}), found.findings, ())
        unasked = Listing(trouble=Trouble.UNREACHABLE, message="no cluster was asked")
        fleet = Inventory(dict.fromkeys(kinds_to_read(found.zones), unasked))
        findings = lint(found.zones, fleet, None)
        wrong = [f for f in findings if f.severity is not Severity.NOTE]
        return Checked(found.zones, fleet, (*found.findings, *wrong), (_ALONE,))

    def plan(
        self, cluster: "Cluster", *, prune: bool, force: bool, is_mass_allowed: bool = False
    ) -> "Plan":
        """Plan what makes the cluster agree with the documents.

        Args:
            cluster: Where the zones are to go.
            prune: Whether to delete what has left them.
            force: Whether to take over what belongs to others.
            is_mass_allowed: Whether that may be most of a zone, or a DPUSet with DPUs.

        Raises:
            InputError: The documents cannot be used.
            RejectedError: A rule forbids to apply them, or too much would be deleted.
        """
        from dpfctl.zones.planning import plan_zones
        from dpfctl.zones.pruning import check_prune

        checked = self.check(cluster, prune=prune)
        findings = self.judged(checked.findings)
        self.tell(findings)
        self.mode.data["notes"] = list(checked.notes)
        for note in checked.notes:
            self.session.note(note)
        self.refuse(findings)
        plan = plan_zones(checked.zones, checked.fleet, prune=prune, force=force)
        is_look = self.mode.dry_run is DryRun.CLIENT
        check_prune(plan, checked.fleet, allowed=is_mass_allowed or is_look)
        return plan

    def judged(self, findings: "Iterable[Finding]") -> "tuple[Finding, ...]":
        """Sort findings by place; ``--strict`` makes errors of warnings."""
        from dpfctl.zones.findings import Severity, in_order

        found = in_order(findings)
        if not self.strict:
            return found
        return tuple(
            replace(f, severity=Severity.ERROR) if f.severity is Severity.WARNING else f
            for f in found
        )

    def tell(self, findings: "Sequence[Finding]") -> None:
        """Write findings to stderr, and keep them for the envelope."""
        from dpfctl.render.findings_view import finding_data, finding_lines

        self.mode.data["findings"] = finding_data(findings)
        for line in finding_lines(findings):
            self.session.err.write(f"{line}\n")

    def refuse(self, findings: "Sequence[Finding]") -> None:
        """Go no further if there is an error among findings.

        Raises:
            InputError: The documents themselves are wrong.
            RejectedError: They are right, but a rule of zones forbids them here.
        """
        from dpfctl.zones.findings import Severity

        errors = [f for f in findings if f.severity is Severity.ERROR]
        if not errors:
            return
        is_shape = any(not error.code.is_rule for error in errors)
        count = f"{len(errors)} error{'s' if len(errors) > 1 else ''}"
        failure = InputError if is_shape else RejectedError
        fact = "" if self.mode.command == "zone lint" else ", so nothing was done"
        raise failure(f"{self.mode.command}: {count}{fact}", _LINT)


@dataclass(frozen=True, slots=True)
class Checked:
    """Zone documents after all checks.

    Attributes:
        zones: As they are to be applied; empty if they could not be understood.
        fleet: What the cluster holds; empty if it was not read.
        findings: Everything that is wrong.
        notes: What was done to suit the cluster.
    """

    zones: "tuple[Zone, ...]"
    fleet: "Inventory"
    findings: "tuple[Finding, ...]"
    notes: tuple[str, ...]


_TWICE = re.compile(r'duplicate key "(?:metadata|spec|template)"$')
_FLAT = "was the indentation lost? `dpfctl zone new NAME` prints a document with the right one"
_ALONE = "no cluster was asked, so rules about what is there were left out"
_LINT = "docs/reference/zone.md explains each rule"
