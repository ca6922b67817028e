"""Label selectors: the text of ``kubectl -l`` and the LabelSelector objects of the API.

One value for both, so that a file answers a selector as an API server would.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dpfctl.errors import InputError


class Operator(StrEnum):
    """What a requirement asks of a label; the words of ``matchExpressions``."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GREATER = "Gt"
    LESS = "Lt"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label.

    Attributes:
        key: Label key.
        operator: What is asked.
        values: Sorted values; exactly one number for Gt and Lt, none for Exists and DoesNotExist.
    """

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, Any]) -> bool:
        """Whether an object with these labels meets it; an absent label meets NotIn."""
        value = labels.get(self.key)
        match self.operator:
            case Operator.EXISTS:
                return self.key in labels
            case Operator.DOES_NOT_EXIST:
                return self.key not in labels
            case Operator.IN:
                return value in self.values
            case Operator.NOT_IN:
                return value not in self.values
        return _compares(value, self.operator, self.values)


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that an object must meet all; without any, every object is meant.

    Attributes:
        requirements: In the order they were given.
        is_impossible: A part could not be understood, so that nothing is meant.
    """

    requirements: tuple[Requirement, ...] = ()
    is_impossible: bool = False

    def matches(self, labels: Mapping[str, Any]) -> bool:
        """Whether an object with these labels is meant."""
        return not self.is_impossible and all(r.matches(labels) for r in self.requirements)


EVERYTHING = Selector()
NOTHING = Selector(is_impossible=True)

_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_PREFIX = r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?"
_KEY = re.compile(rf"(?:{_PREFIX}/)?{_NAME}")
_VALUE = re.compile(rf"(?:{_NAME})?")
_NUMBER = re.compile(r"[-+]?[0-9]+")
_WORD = r"[^\s,!=<>()]+"
_TERM = re.compile(
    rf"\s*(?:(?P<absent>!)\s*(?P<gone>{_WORD})"
    rf"|(?P<key>{_WORD})(?:\s+(?P<set>in|notin)\s*\((?P<members>[^()]*)\)"
    rf"|\s*(?P<sign>==|=|!=|>|<)\s*(?P<value>{_WORD})?)?)\s*(?:,|$)"
)
_SIGNS = {
    "=": Operator.IN,
    "==": Operator.IN,
    "!=": Operator.NOT_IN,
    ">": Operator.GREATER,
    "<": Operator.LESS,
    "in": Operator.IN,
    "notin": Operator.NOT_IN,
}


def parse_selector(text: str) -> Selector:
    """Read a selector as ``kubectl -l`` takes it.

    Args:
        text: ``a=b``, ``a==b``, ``a!=b``, ``a in (b,c)``, ``a notin (b)``, ``a``, ``!a``, ``a>1``,
            ``a<1``, joined by commas; blank for every object.

    Raises:
        InputError: The text is no selector, or a key or value is no label key or value.
    """
    requirements = []
    position = 0
    while position < len(text.rstrip()):
        found = _TERM.match(text, position)
        if found is None:
            raise _refusal(text, f'cannot be read from "{text[position:].strip()}" on')
        requirements.append(_requirement(text, found))
        position = found.end()
    if text.rstrip().endswith(","):
        raise _refusal(text, "ends with a comma")
    return Selector(tuple(requirements))


def label_selector(raw: Any) -> Selector:
    """Read a LabelSelector object: ``matchLabels`` and ``matchExpressions``, all of which count.

    An empty object means everything. What is not understood, or no mapping at all, means nothing:
    a selector that was damaged must not widen.
    """
    if not isinstance(raw, Mapping):
        return NOTHING
    labels = raw.get("matchLabels") or {}
    expressions = raw.get("matchExpressions") or []
    if not isinstance(labels, Mapping) or not isinstance(expressions, list):
        return NOTHING
    equal = (Requirement(key, Operator.IN, (value,)) for key, value in labels.items())
    asked = tuple(_expression(entry) for entry in expressions)
    known = tuple(requirement for requirement in asked if requirement is not None)
    return Selector((*equal, *known)) if len(known) == len(asked) else NOTHING


def _expression(raw: Any) -> Requirement | None:
    try:
        values = tuple(sorted(str(value) for value in raw.get("values") or ()))
        return Requirement(str(raw["key"]), Operator(raw["operator"]), values)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _requirement(text: str, found: re.Match[str]) -> Requirement:
    key = found["gone"] or found["key"]
    if not _KEY.fullmatch(key):
        raise _refusal(text, f'"{key}" is no label key')
    if found["absent"]:
        return Requirement(key, Operator.DOES_NOT_EXIST)
    sign = found["set"] or found["sign"]
    if sign is None:
        return Requirement(key, Operator.EXISTS)
    members = found["members"]
    values = [found["value"] or ""] if members is None else members.split(",")
    return Requirement(key, _SIGNS[sign], _values(text, sign, values))


def _values(text: str, sign: str, values: list[str]) -> tuple[str, ...]:
    stripped = sorted({value.strip() for value in values})
    for value in stripped:
        if sign in ("<", ">") and not _NUMBER.fullmatch(value):
            raise _refusal(text, f'"{value}" is no whole number')
        if not _VALUE.fullmatch(value):
            raise _refusal(text, f'"{value}" is no label value')
    return tuple(stripped)


def _compares(value: Any, operator: Operator, values: tuple[str, ...]) -> bool:
    if len(values) != 1 or not isinstance(value, str):
        return False
    if not _NUMBER.fullmatch(value) or not _NUMBER.fullmatch(values[0]):
        return False
    left, right = int(value), int(values[0])
    return left > right if operator is Operator.GREATER else left < right


def _refusal(text: str, fact: str) -> InputError:
    hint = "write key=value, key!=value, key in (a,b), key notin (a,b), key or !key"
    return InputError(f'selector "{text}": {fact}', hint)
