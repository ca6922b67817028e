"""The rules of a schema asked about an object: which apply where, and what a broken one says.

Source:
    Kubernetes 1.36 ``apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dpfctl.apiserver.cel_rules import MESSAGES, RULES
from dpfctl.apiserver.correlation import Correlated, old_entry
from dpfctl.apiserver.plain_values import ABSENT
from dpfctl.apiserver.schema_words import Fault, invalid, joined
from dpfctl.apiserver.structural import Schema, field_schema

_RULES = "x-kubernetes-validations"


def rule_faults(place: Correlated) -> list[Fault]:
    """Ask every rule that applies to an object and is known.

    Args:
        place: The object, and what it was before, ``ABSENT`` if it is new. A rule without
            ``oldSelf`` that is broken where nothing changed is forgiven.
    """
    start = _Spot(place.schema, place.new, place.old, place, place, "")
    return list(_broken(start))


def unknown_rules(schema: Any) -> Iterator[str]:
    """Yield the rules of a schema, and the message expressions, that are in no table of ours."""
    children = schema.items() if isinstance(schema, dict) else enumerate(schema)
    for name, child in children:
        if name == _RULES and isinstance(child, list):
            for raw in child:
                yield from _unknown(raw)
        elif isinstance(child, dict | list):
            yield from unknown_rules(child)


def folded(text: Any) -> str:
    """Return the text of a rule with its blanks folded, as the tables know it."""
    return " ".join(str(text).split())


def _unknown(raw: Mapping[str, Any]) -> Iterator[str]:
    if folded(raw.get("rule")) not in RULES:
        yield folded(raw.get("rule"))
    expression = raw.get("messageExpression")
    if expression is not None and folded(expression) not in MESSAGES:
        yield folded(expression)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A value, and what rules may ask about it.

    Attributes:
        schema: Schema of the value.
        value: The value.
        old: What rules call ``oldSelf``.
        place: The value and its predecessor, None where they cannot be correlated.
        nearest: The same of the innermost value around it where they can, itself included.
        path: Of the value.
    """

    schema: Schema
    value: Any
    old: Any
    place: Correlated | None
    nearest: Correlated
    path: str

    def field(self, name: str, child: Any) -> "_Spot | None":
        schema = field_schema(self.schema, name)
        if schema is None:
            return None
        is_atomic = self.schema.get("x-kubernetes-map-type") == "atomic"
        before = self.old if isinstance(self.old, dict) and not is_atomic else {}
        is_declared = name in (self.schema.get("properties") or {})
        path = joined(self.path, name) if is_declared else f"{self.path}[{name}]"
        inner = self.place.field(name) if self.place else None
        return self._below(schema, child, before.get(name, ABSENT), inner, path)

    def entry(self, index: int, child: Any) -> "_Spot | None":
        schema = self.schema.get("items")
        if not isinstance(schema, dict):
            return None
        before = old_entry(self.schema, self.old, child)
        inner = self.place.entry(index) if self.place else None
        return self._below(schema, child, before, inner, joined(self.path, index))

    def _below(
        self, schema: Schema, value: Any, old: Any, inner: Correlated | None, path: str
    ) -> "_Spot":
        known = ABSENT if old is None else old
        return replace(
            self,
            schema=schema,
            value=value,
            old=known,
            place=inner,
            nearest=inner or self.nearest,
            path=path,
        )


def _broken(spot: _Spot) -> Iterator[Fault]:
    if spot.value is None:
        return
    for raw in spot.schema.get(_RULES) or ():
        yield from _ask(raw, spot)
    for child in _children(spot):
        if child is not None:
            yield from _broken(child)


def _children(spot: _Spot) -> Iterator[_Spot | None]:
    if isinstance(spot.value, dict):
        yield from (spot.field(name, child) for name, child in spot.value.items())
    elif isinstance(spot.value, Sequence) and not isinstance(spot.value, str):
        yield from (spot.entry(index, child) for index, child in enumerate(spot.value))


def _ask(raw: Mapping[str, Any], spot: _Spot) -> Iterator[Fault]:
    text = folded(raw.get("rule"))
    is_transition = "oldSelf" in text
    rule = RULES.get(text)
    if rule is None:
        return
    if is_transition and spot.old is ABSENT and raw.get("optionalOldSelf") is not True:
        return
    try:
        is_kept = rule(spot.value, spot.old)
    except KeyError as missing:
        said = raw.get("message") or text
        fact = f"no such key: {missing.args[0]} evaluating rule: {said}"
        yield Fault(invalid(spot.path or "<nil>", spot.schema.get("type"), fact))
        return
    except (AttributeError, TypeError):
        is_kept = False  # a value of another type stood there before and is forgiven
    if not is_kept and (is_transition or not spot.nearest.is_same):
        yield Fault(_said(raw, text, spot))


def _said(raw: Mapping[str, Any], text: str, spot: _Spot) -> str:
    message = MESSAGES.get(folded(raw.get("messageExpression")))
    detail = message(spot.value) if message else raw.get("message") or f"failed rule: {text}"
    if isinstance(spot.value, dict | list):
        return f"{spot.path or '<nil>'}: Invalid value: {detail}"
    return invalid(spot.path, spot.value, str(detail))
