"""Which nodes an object is meant for, in one form for both kinds of selectors.

A DPUService has a NodeSelector, its interfaces and chains have LabelSelectors. Brought into one
form the two can be compared: they have to mean the same nodes, or a service waits for interfaces
that never come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dpfctl.model.node_selectors import NAME_FIELD, NodeSelectorTerm, node_selector
from dpfctl.model.selectors import Operator, Requirement, label_selector

Term = frozenset[Requirement]
"""Requirements that a node must meet all; one on ``metadata.name`` is on its name."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Alternatives, of which a node must meet one.

    Attributes:
        terms: None means every node; no term at all means none.
    """

    terms: frozenset[Term] | None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is asked."""
        return self.terms is None

    def requires(self, key: str, value: str) -> bool:
        """Whether only nodes with that label can be meant."""
        wanted = Requirement(key, Operator.IN, (value,))
        return bool(self.terms) and all(wanted in term for term in self.terms or ())

    def implies(self, other: "Selection") -> bool:
        """Whether each node that is meant is surely meant by the other as well."""
        if other.terms is None:
            return True
        return self.terms is not None and all(
            any(asked <= term for asked in other.terms) for term in self.terms
        )

    def matches(self, labels: Mapping[str, str], name: str = "") -> bool:
        """Whether the node with these labels and this name is meant."""
        known = {**labels, NAME_FIELD: name}
        return self.terms is None or any(
            all(requirement.matches(known) for requirement in term) for term in self.terms
        )

    def judges(self, labels: Mapping[str, str], known: Iterable[str], name: str) -> bool | None:
        """Tell of a node of which only some labels are known whether it is meant.

        Args:
            labels: Labels that the node surely has.
            known: Keys of which it is known whether the node has them.
            name: Name of the node; empty if that is not known either.

        Returns:
            None if it depends on a label that is not known.
        """
        sure = {*labels, *known, *({NAME_FIELD} if name else ())}
        facts = {**labels, NAME_FIELD: name}
        verdicts = [_verdict(term, facts, sure) for term in self.terms or ()]
        if self.terms is None or any(verdicts):
            return True
        return None if None in verdicts else False

    def text(self, what: str) -> str:
        """Write it as ``kubectl -l`` takes it; ``every`` or ``no`` and what is selected."""
        if self.terms is None:
            return f"every {what}"
        return " or ".join(sorted(map(_term_text, self.terms))) or f"no {what}"

    def __str__(self) -> str:
        return self.text("node")


def labels_selection(raw: Any) -> Selection:
    """Read a LabelSelector; None, where the field is absent, means every node."""
    if raw is None:
        return Selection(None)
    found = label_selector(raw)
    if found.is_impossible:
        return Selection(frozenset())
    term = _canonical(found.requirements)
    return Selection(frozenset({term}) if term else None)


def node_selection(raw: Any) -> Selection:
    """Read a NodeSelector; None, where the field is absent, means every node."""
    terms = node_selector(raw).terms
    return Selection(None if terms is None else frozenset(map(_flat, filter(_is_readable, terms))))


def requirement_text(requirement: Requirement) -> str:
    """Write a requirement as ``kubectl -l`` takes it."""
    key, values = requirement.key, requirement.values
    match requirement.operator:
        case Operator.EXISTS:
            return key
        case Operator.DOES_NOT_EXIST:
            return f"!{key}"
        case Operator.GREATER:
            return f"{key}>{values[0]}"
        case Operator.LESS:
            return f"{key}<{values[0]}"
    is_in = requirement.operator is Operator.IN
    if len(values) == 1:
        return f"{key}{'=' if is_in else '!='}{values[0]}"
    return f"{key} {'in' if is_in else 'notin'} ({','.join(values)})"


def _term_text(term: Term) -> str:
    return ",".join(sorted(map(requirement_text, term)))


def _verdict(term: Term, facts: Mapping[str, str], sure: set[str]) -> bool | None:
    if any(r.key in sure and not r.matches(facts) for r in term):
        return False
    return True if all(r.key in sure for r in term) else None


def _is_readable(term: NodeSelectorTerm) -> bool:
    return not term.is_unreadable and bool(term.expressions or term.fields)


def _flat(term: NodeSelectorTerm) -> Term:
    return _canonical((*term.expressions, *term.fields))


def _canonical(requirements: Iterable[Requirement]) -> Term:
    return frozenset(
        Requirement(r.key, r.operator, tuple(sorted({str(value) for value in r.values})))
        for r in requirements
    )
