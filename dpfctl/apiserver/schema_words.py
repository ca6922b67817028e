"""What an API server says about an object that does not keep to its schema.

Source:
    Kubernetes 1.36 ``apiextensions-apiserver/pkg/apiserver/validation/validation.go`` and
    ``kube-openapi/pkg/validation``; texts as measured.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong with an object.

    Attributes:
        text: As the API server words it: path, kind of error, detail.
        is_blocking: Whether rules that look at several fields are not worth asking.
    """

    text: str
    is_blocking: bool = False

    @property
    def is_missing_field(self) -> bool:
        """Whether a required field is not there."""
        return self.text.endswith(": Required value")


def invalid(path: str, value: Any, detail: str) -> str:
    """Word an error as ``Invalid value``."""
    return f"{path}: Invalid value: {quoted(value)}: {detail}"


def quoted(value: Any) -> str:
    """Write a value as JSON, as messages show it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def joined(path: str, step: str | int) -> str:
    """Go on in a path: ``spec.ports`` and 0 to ``spec.ports[0]``."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step


def type_word(value: Any) -> str:
    """Return what a value is, in the words of a schema."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    words = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return words[type(value)]


def _range(path: str, named: str, value: Any, fact: str) -> Fault:
    return Fault(invalid(path, value, f"{named} in body should be {fact}"))


def _short(noun: str) -> Callable[[str, str, Any, Any], Fault]:
    def word(path: str, named: str, value: Any, least: Any) -> Fault:
        shown = value if isinstance(value, str) else len(value)
        return Fault(invalid(path, shown, f"{named} in body should {noun.format(least)}"))

    return word


def _mistyped(path: str, named: str, value: Any, wanted: Any) -> Fault:
    word = quoted(type_word(value))
    types = ",".join(wanted) if isinstance(wanted, list) else wanted
    return Fault(
        f"{path}: Invalid value: {word}: {named} in body must be of type {types}: {word}", True
    )


def _misformatted(path: str, named: str, value: Any, wanted: Any) -> Fault:
    if isinstance(value, str):
        detail = f"{named} in body must be of type {wanted}: {quoted(value)}"
        return Fault(invalid(path, value, detail), True)
    detail = f"Checked value must be of type integer with format {wanted} in {named}"
    return Fault(f'<nil>: Invalid value: "": {detail}')


def _unsupported(path: str, _: str, value: Any, known: Sequence[Any]) -> Fault:
    words = ", ".join(quoted(word if isinstance(word, str) else quoted(word)) for word in known)
    return Fault(f"{path}: Unsupported value: {quoted(value)}: supported values: {words}", True)


def unmet(named: str, what: str) -> Fault:
    """Word that a value is not of the form that several schemas together ask for."""
    return Fault(f'<nil>: Invalid value: "": {quoted(named)} must validate {what}')


def _too_many(path: str, _: str, value: Any, most: Any) -> Fault:
    return Fault(f"{path}: Too many: {len(value)}: must have at most {most} items", True)


WORDS: Mapping[str, Callable[[str, str, Any, Any], Fault]] = {
    "type": _mistyped,
    "x-kubernetes-int-or-string": lambda p, n, v, _: _mistyped(p, n, v, ["integer", "string"]),
    "format": _misformatted,
    "enum": _unsupported,
    "required": lambda path, *_: Fault(f"{path}: Required value", True),
    "maxLength": lambda path, _n, _v, most: Fault(
        f"{path}: Too long: may not be more than {most} bytes", True
    ),
    "maxItems": _too_many,
    "maxProperties": _too_many,
    "minLength": _short("be at least {} chars long"),
    "minItems": _short("have at least {} items"),
    "minProperties": _short("have at least {} properties"),
    "pattern": lambda path, named, value, pattern: Fault(
        invalid(path, value, f"{named} in body should match '{pattern}'")
    ),
    "minimum": lambda p, n, v, least: _range(p, n, v, f"greater than or equal to {least}"),
    "maximum": lambda p, n, v, most: _range(p, n, v, f"less than or equal to {most}"),
    "multipleOf": lambda p, n, v, step: _range(p, n, v, f"a multiple of {step}"),
    "anyOf": lambda _, named, *_rest: unmet(named, "at least one schema (anyOf)"),
    "oneOf": lambda _, named, *_rest: unmet(named, "one and only one schema (oneOf)"),
    "allOf": lambda _, named, *_rest: unmet(named, "all the schemas (allOf)"),
    "not": lambda _, named, *_rest: unmet(named, "the schema (not)"),
}
"""Keyword of the schema -> path, path as the text names it, value and keyword's value to words."""
