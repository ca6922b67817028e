"""Values held against a schema: what is unknown, missing, or of the wrong type.

One mechanism for three schemas: that of Zone documents, that of manifests of any release, and that
of the CRDs of a cluster. Of OpenAPI and JSON Schema it knows what those use to say which fields
there are; formats, patterns and CEL rules are the API server's.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from dpfctl.model.documents import Path, shown

Schema = Mapping[str, Any]
"""A structural schema of a CRD, or a JSON Schema without references."""

INT_OR_STRING = "x-kubernetes-int-or-string"
KEEPS_UNKNOWN = "x-kubernetes-preserve-unknown-fields"

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


class Flaw(StrEnum):
    """In which way a value does not fit."""

    UNKNOWN = "unknown"
    MISSING = "missing"
    TYPE = "type"
    VALUE = "value"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Problem:
    """One place at which a value does not fit its schema.

    Attributes:
        flaw: In which way.
        path: The field; one that is missing is named as well.
        fact: What is wrong, without the field.
        hint: What to do, may be empty.
    """

    flaw: Flaw
    path: Path
    fact: str
    hint: str = ""

    @property
    def message(self) -> str:
        """The field and what is wrong with it."""
        return f"{shown(self.path)}: {self.fact}" if self.path else self.fact


def find_problems(value: Any, schema: Schema, path: Path = ()) -> Iterator[Problem]:
    """Yield what does not fit, in the order of the value; missing fields come first.

    Args:
        value: Plain values.
        schema: What is allowed. A mapping that declares fields takes no others, unless it says so.
        path: Where the value stands, for the paths of the problems.
    """
    return _Check(schema, path).walk(value, schema, path)


def property_of(schema: Schema, *names: str) -> Schema | None:
    """Return the schema of a field below a schema, None if it is not declared there."""
    found: Any = schema
    for name in names:
        found = found.get("properties", {}).get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def rest_of(schema: Schema) -> Schema | None:
    """Return the schema of fields that are not declared, None if there may be none."""
    rest = schema.get("additionalProperties")
    if isinstance(rest, Mapping):
        return rest
    is_free = rest is True or schema.get(KEEPS_UNKNOWN) is True or not _types(schema)
    return {} if is_free else None


@dataclass(frozen=True, slots=True)
class _Check:
    """One walk; the root is kept to say where else a field would be at home."""

    root: Schema
    base: Path

    def walk(self, value: Any, schema: Schema, path: Path) -> Iterator[Problem]:
        if value is None:
            if _types(schema) and schema.get("nullable") is not True:
                yield Problem(Flaw.EMPTY, path, "has no value", _EMPTY)
        elif not _fits(value, schema):
            yield _wrong_type(value, schema, path)
        elif isinstance(value, dict):
            yield from _too_few(value, schema, "minProperties", path)
            yield from self.fields(value, schema, path)
        elif isinstance(value, list):
            yield from _too_few(value, schema, "minItems", path)
            for number, item in enumerate(value):
                yield from self.walk(item, schema.get("items") or {}, (*path, number))
        else:
            yield from _wrong_value(value, schema, path)

    def fields(self, value: dict[str, Any], schema: Schema, path: Path) -> Iterator[Problem]:
        for name in schema.get("required", ()):
            if name not in value:
                yield Problem(Flaw.MISSING, (*path, name), "is missing")
        for name, child in value.items():
            below = property_of(schema, name)
            below = rest_of(schema) if below is None else below
            if below is None:
                yield self.unknown(name, schema, path)
            else:
                yield from self.walk(child, below, (*path, name))

    def unknown(self, name: str, schema: Schema, path: Path) -> Problem:
        known = schema.get("properties") or {}
        return Problem(
            Flaw.UNKNOWN,
            (*path, name),
            "unknown field",
            self.home(name, path) or _near(name, known),
        )

    def home(self, name: str, path: Path) -> str:
        """Say where a field of that name belongs, if only one place can be meant."""
        within = tuple(step for step in path if isinstance(step, str))
        homes = [(*self.base, *home) for home in _homes(self.root, name)]
        below = [home for home in homes if home[: len(within)] == within]
        found = below or homes
        return f"it belongs to {shown(found[0])}" if len(found) == 1 else ""


def _homes(schema: Schema, name: str) -> Iterator[Path]:
    """Paths below a schema at which a field of that name is declared, lists passed through."""
    for field, child in (schema.get("properties") or {}).items():
        if field == name:
            yield (field,)
        yield from ((field, *home) for home in _homes(child, name))
    if isinstance(schema.get("items"), Mapping):
        yield from _homes(schema["items"], name)


def _near(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"the fields here are {', '.join(sorted(known))}" if known else "there is none here"


def _types(schema: Schema) -> tuple[str, ...]:
    if schema.get(INT_OR_STRING) is True:
        return ("integer", "string")
    named = schema.get("type")
    if isinstance(named, str):
        return (named,)
    return tuple(named) if named else ()


def _fits(value: Any, schema: Schema) -> bool:
    types = _types(schema)
    if isinstance(value, bool):
        return not types or "boolean" in types
    return not types or any(isinstance(value, _TYPES[name]) for name in types)


def _wrong_type(value: Any, schema: Schema, path: Path) -> Problem:
    types = _types(schema)
    hint = ""
    if "string" in types and not isinstance(value, dict | list):
        hint = f'quote it: "{json.dumps(value)}"'
    wanted = " or ".join(_WORDS[name] for name in types)
    return Problem(Flaw.TYPE, path, f"must be {wanted}", hint)


def _wrong_value(value: Any, schema: Schema, path: Path) -> Iterator[Problem]:
    allowed = [schema["const"]] if "const" in schema else schema.get("enum")
    if allowed and value not in allowed:
        wanted = " or ".join(str(entry) for entry in allowed)
        yield Problem(Flaw.VALUE, path, f'"{value}" must be {wanted}')
    if value == "" and schema.get("minLength"):
        yield Problem(Flaw.VALUE, path, "must not be empty")


def _too_few(value: Any, schema: Schema, bound: str, path: Path) -> Iterator[Problem]:
    if not value and schema.get(bound):
        yield Problem(Flaw.VALUE, path, "must not be empty")


_EMPTY = "give it a value, or leave the field out"
