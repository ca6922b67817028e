"""Node selectors: the NodeSelector objects of the API, matched as the scheduler matches them.

They look like label selectors and are read differently: terms are alternatives, a term that asks
for nothing means no node, and a node may be asked for by its name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dpfctl.model.selectors import Operator, Requirement

NAME_FIELD = "metadata.name"
"""The only field of a node that ``matchFields`` can ask for."""

_WHOLE_NUMBER = re.compile(r"[-+]?[0-9]+")


@dataclass(frozen=True, slots=True)
class NodeSelectorTerm:
    """One alternative of a node selector; all its requirements must be met.

    Attributes:
        expressions: On labels.
        fields: On the fields of the node, of which only ``metadata.name`` is known.
        is_unreadable: A part could not be understood, so that the term means no node.
    """

    expressions: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()
    is_unreadable: bool = False

    def matches(self, labels: Mapping[str, Any], name: str) -> bool:
        """Whether a node of these labels and this name is meant; without requirements none is."""
        if self.is_unreadable or not (self.expressions or self.fields):
            return False
        named = {NAME_FIELD: name}
        return all(r.matches(labels) for r in self.expressions) and all(
            r.matches(named) for r in self.fields
        )


@dataclass(frozen=True, slots=True)
class NodeSelector:
    """Alternatives, of which a node must meet one.

    Attributes:
        terms: In the order they were given; None means every node, no term at all means none.
    """

    terms: tuple[NodeSelectorTerm, ...] | None

    def matches(self, labels: Mapping[str, Any], name: str) -> bool:
        """Whether the node with these labels and this name is meant."""
        return self.terms is None or any(term.matches(labels, name) for term in self.terms)

    @property
    def is_unreadable(self) -> bool:
        """Whether a term could not be understood, which makes a negative answer uncertain."""
        return any(term.is_unreadable for term in self.terms or ())


EVERY_NODE = NodeSelector(None)
UNREADABLE = NodeSelector((NodeSelectorTerm(is_unreadable=True),))


def node_selector(raw: Any) -> NodeSelector:
    """Read a NodeSelector object.

    Args:
        raw: A mapping with ``nodeSelectorTerms``; None where the field is absent.

    Returns:
        The selector. Absent means every node, no terms or only empty ones mean none. A term with
        an operator or with values that Kubernetes does not take means no node, whatever else it
        says: a selector that was damaged must not widen.

    Source:
        Kubernetes ``k8s.io/component-helpers/scheduling/corev1/nodeaffinity``.
    """
    if raw is None:
        return EVERY_NODE
    terms = raw.get("nodeSelectorTerms") or [] if isinstance(raw, Mapping) else None
    if not isinstance(terms, list):
        return UNREADABLE
    return NodeSelector(tuple(_term(entry) for entry in terms))


def _term(raw: Any) -> NodeSelectorTerm:
    if not isinstance(raw, Mapping):
        return NodeSelectorTerm(is_unreadable=raw is not None)
    expressions = _requirements(raw.get("matchExpressions") or [])
    fields = _requirements(raw.get("matchFields") or [])
    if expressions is None or fields is None or not all(map(_is_field, fields)):
        return NodeSelectorTerm(is_unreadable=True)
    return NodeSelectorTerm(expressions, fields)


def _requirements(raw: Any) -> tuple[Requirement, ...] | None:
    """Read a list of requirements, None if one of them cannot be understood."""
    if not isinstance(raw, list):
        return None
    found = tuple(_requirement(entry) for entry in raw)
    known = tuple(requirement for requirement in found if requirement is not None)
    return known if len(known) == len(found) else None


def _requirement(raw: Any) -> Requirement | None:
    try:
        key, operator, values = str(raw["key"]), Operator(raw["operator"]), raw.get("values") or []
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    if not isinstance(values, list):
        return None
    texts = tuple(sorted(str(value) for value in values))
    return Requirement(key, operator, texts) if _takes(operator, texts) else None


def _takes(operator: Operator, values: tuple[str, ...]) -> bool:
    match operator:
        case Operator.EXISTS | Operator.DOES_NOT_EXIST:
            return not values
        case Operator.IN | Operator.NOT_IN:
            return bool(values)
    return len(values) == 1 and _WHOLE_NUMBER.fullmatch(values[0]) is not None


def _is_field(requirement: Requirement) -> bool:
    """Whether Kubernetes takes it in ``matchFields``: a name, equal or not equal to one value."""
    is_comparison = requirement.operator in (Operator.IN, Operator.NOT_IN)
    return requirement.key == NAME_FIELD and is_comparison and len(requirement.values) == 1
