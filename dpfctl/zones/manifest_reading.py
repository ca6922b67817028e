"""One manifest becomes a member of a zone, together with everything that is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from dpfctl.model import kinds, labels
from dpfctl.model.documents import Path, shown
from dpfctl.model.kinds import Kind
from dpfctl.model.names import RFC_1123
from dpfctl.model.resources import Resource
from dpfctl.zones.anatomy import CONSUMED_BY
from dpfctl.zones.checking import Flaw, Problem, find_problems
from dpfctl.zones.findings import Code, Finding, Severity
from dpfctl.zones.indentation import Stray, find_strays
from dpfctl.zones.manifests import MANIFESTS, PARTS
from dpfctl.zones.names import name_flaw, namespace_flaw
from dpfctl.zones.zone import Member, Place

Json = Mapping[str, Any]

CODES = {
    Flaw.UNKNOWN: Code.UNKNOWN_FIELD,
    Flaw.MISSING: Code.MISSING_FIELD,
    Flaw.TYPE: Code.WRONG_TYPE,
    Flaw.VALUE: Code.WRONG_VALUE,
    Flaw.EMPTY: Code.EMPTY_FIELD,
}

_OF_SERVER = (
    *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers"),
    *("generateName", "generation", "managedFields", "ownerReferences", "resourceVersion"),
    *("selfLink", "uid"),
)
_NOT_OURS = ("kubectl.kubernetes.io/last-applied-configuration", CONSUMED_BY)
_BY_NAME = {kind.name: kind for kind in PARTS}
_HELM_RESOURCES = ("spec", "helmChart", "values", "resources")
_RESOURCES = ("spec", "serviceDaemonSet", "resources", "resources")


def read_manifest(
    raw: Json, place: Place, namespace: str
) -> tuple[Member | None, tuple[Finding, ...]]:
    """Read one manifest.

    Args:
        raw: A mapping that is no Zone document and no list.
        place: Where it stands.
        namespace: Namespace of an object that names none.

    Returns:
        The object as it is to be applied, None if it cannot be told what it is meant to be; what is
        wrong with it, in no order.
    """
    kind = _BY_NAME.get(str(raw.get("kind")))
    if kind is None:
        return None, (_foreign(raw, place),)
    reader = _Manifest(kind, raw, place)
    strays = tuple(find_strays(raw, MANIFESTS[kind]))
    if strays:
        return None, (lost_indentation(strays, place, reader.subject),)
    findings = tuple(reader.findings())
    if not reader.name:
        return None, findings
    return Member(Resource(kind, _cleaned(kind, raw, namespace)), place), findings


def problem_finding(problem: Problem, place: Place, subject: str) -> Finding:
    """Make the finding of a value that does not fit its schema."""
    where = place.where(problem.path)
    return Finding(
        CODES[problem.flaw], Severity.ERROR, where, subject, problem.message, problem.hint
    )


def lost_indentation(strays: Sequence[Stray], place: Place, subject: str) -> Finding:
    """Make the one finding of a text that lost its indentation.

    Args:
        strays: At least one field that stands in the wrong place.
        place: Where the text stands.
        subject: The object that was meant.
    """
    first = strays[0]
    more = f", and {len(strays) - 1} more lines like it" if len(strays) > 1 else ""
    fact = f"indentation was lost: {first.path[-1]} belongs below {first.parent}{more}"
    where = place.where(first.path)
    return Finding(Code.INDENTATION, Severity.ERROR, where, subject, fact, _INDENT)


class _Manifest:
    """One manifest of a known kind while it is looked at."""

    def __init__(self, kind: Kind, raw: Json, place: Place) -> None:
        self.kind = kind
        self.raw = raw
        self.place = place
        self.resource = Resource(kind, raw)
        self.name = self.resource.name or _text(raw.get("name"))
        self.subject = f"{kind}/{self.name}" if self.name else str(kind)

    def findings(self) -> Iterator[Finding]:
        yield from self._api_version()
        yield from self._names()
        yield from self._left_out()
        yield from map(self._problem, find_problems(self._given(), MANIFESTS[self.kind]))
        nested = (*_HELM_RESOURCES, "resources")
        if self.resource.mapping(*nested):
            fact = f"{shown(nested)}: resources stands in resources"
            yield self._finding(Code.NESTED_RESOURCES, fact, _FLAT, nested, Severity.WARNING)

    def _api_version(self) -> Iterator[Finding]:
        found, wanted = self.raw.get("apiVersion"), self.kind.api_version
        if found is None:
            hint = f"write apiVersion: {wanted}"
            yield self._finding(Code.API_VERSION, "apiVersion is missing", hint)
        elif found != wanted:
            fact = f"apiVersion {found} has no {self.kind.name}"
            yield self._finding(
                Code.API_VERSION, fact, f"write apiVersion: {wanted}", ("apiVersion",)
            )

    def _names(self) -> Iterator[Finding]:
        if not self.resource.name:
            yield self._finding(Code.NAME, "metadata.name is missing", "", ("metadata",))
        elif flaw := name_flaw(self.resource.name):
            yield self._finding(Code.NAME, f"metadata.name: {flaw}", RFC_1123, ("metadata", "name"))
        namespace = self.resource.namespace
        if namespace and (flaw := namespace_flaw(namespace)):
            path = ("metadata", "namespace")
            yield self._finding(Code.NAMESPACE, f"metadata.namespace: {flaw}", RFC_1123, path)

    def _left_out(self) -> Iterator[Finding]:
        """Say what an export holds besides the configuration."""
        found: list[Path] = [("metadata", n) for n in _OF_SERVER if n in self.resource.metadata]
        marks = self.resource.mapping("metadata", "annotations")
        found += [("metadata", "annotations", name) for name in _NOT_OURS if name in marks]
        found += [("status",)] if "status" in self.raw else []
        if found:
            names = ", ".join(shown(path) for path in found)
            fact = f"{names}: set by the cluster, left out"
            yield self._finding(Code.SERVER_FIELD, fact, "", found[0], Severity.WARNING)

    def _given(self) -> Json:
        """The manifest without what is judged elsewhere."""
        metadata = {k: v for k, v in self.resource.metadata.items() if k not in _OF_SERVER}
        given = {name: value for name, value in self.raw.items() if name != "status"}
        return {**given, "metadata": metadata} if metadata else given

    def _problem(self, problem: Problem) -> Finding:
        if problem.path == _RESOURCES and problem.flaw is Flaw.TYPE:
            fact = f"{shown(_RESOURCES)}: resources stands in resources"
            return self._finding(Code.NESTED_RESOURCES, fact, _FLAT, problem.path)
        return problem_finding(problem, self.place, self.subject)

    def _finding(
        self,
        code: Code,
        fact: str,
        hint: str = "",
        path: Path = (),
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        return Finding(code, severity, self.place.where(path), self.subject, fact, hint)


def _foreign(raw: Json, place: Place) -> Finding:
    name = raw.get("kind")
    if not isinstance(name, str) or not name:
        fact, hint = "an object without a kind", f"a zone consists of {_list_of_kinds()}"
        return Finding(Code.DOCUMENT, Severity.ERROR, place.where(), "", fact, hint)
    metadata = raw.get("metadata")
    called = metadata.get("name") if isinstance(metadata, dict) else None
    subject = f"{name.lower()}/{called}" if called else name.lower()
    near = get_close_matches(name, _BY_NAME, n=1, cutoff=0.8)
    hint = f"did you mean kind: {near[0]}?" if near and _is_unknown(raw) else _APART
    fact = f"a zone consists of {_list_of_kinds()}, not of this kind"
    return Finding(Code.FOREIGN_KIND, Severity.ERROR, place.where(), subject, fact, hint)


def _is_unknown(raw: Json) -> bool:
    return kinds.find(str(raw.get("apiVersion")), str(raw.get("kind"))) is None


def _list_of_kinds() -> str:
    titles = [kind.title for kind in PARTS]
    return f"{', '.join(titles[:-1])} and {titles[-1]}"


def _cleaned(kind: Kind, raw: Json, namespace: str) -> Json:
    """The configuration in a manifest: only what its author may decide."""
    resource = Resource(kind, raw)
    metadata: dict[str, Any] = {
        "name": resource.name,
        "namespace": resource.namespace or namespace,
    }
    for field, dropped in (("labels", (labels.ZONE,)), ("annotations", _NOT_OURS)):
        found = {k: v for k, v in resource.mapping("metadata", field).items() if k not in dropped}
        metadata |= {field: found} if found else {}
    typed = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}
    return {**typed, **({"spec": raw["spec"]} if "spec" in raw else {})}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_FLAT = "it is a flat map, such as resources: {memory: 6Gi, nvidia.com/bf_sf: 3}"
_INDENT = "indent each line below the field it belongs to; block texts may have lost theirs as well"
_APART = "put it into a file of its own and apply that first, with kubectl apply -f"
