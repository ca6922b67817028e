"""Objects judged by the schema of their CRD.

The library walks the schema; what Kubernetes understands otherwise than JSON Schema draft 4 does
is here.

Source:
    Kubernetes 1.36 ``kube-openapi/pkg/validation`` and
    ``apiextensions-apiserver/pkg/apiserver/schema/listtype``.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from dpfctl.apiserver.correlation import Correlated, entry_key
from dpfctl.apiserver.plain_values import ABSENT
from dpfctl.apiserver.schema_words import WORDS, Fault, joined, quoted, unmet
from dpfctl.apiserver.structural import Schema, field_schema

Validator = Callable[[Any], Iterable[Any]]
"""A value to the errors that the library found."""

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})"
)
_END = re.compile(r"(\\.)|(\[(?:\\.|[^\]\\])*\])|\$", re.DOTALL)
_INT32 = range(-(2**31), 2**31)


def make_validator(schema: Schema) -> Validator:
    """Prepare a schema: this takes longer than judging an object by it."""
    validator = _library()(schema)
    return lambda value: validator.iter_errors(value)


def schema_faults(validator: Validator, place: Correlated, root: str = "") -> list[Fault]:
    """Judge a value by a schema.

    Args:
        validator: What ``make_validator`` made of the schema of the place.
        place: The value, and what it was before: what did not change is not judged.
        root: Path of the value in its object; empty for the object itself.
    """
    errors = list(validator(place.new))
    if place.old is not ABSENT:
        errors = [error for error in errors if not place.covers(error.absolute_path)]
    return [fault for error in errors for fault in _faults(error, root)]


def duplicates(schema: Schema, value: Any, path: str = "") -> Iterator[Fault]:
    """Find entries of sets and keyed lists that are there twice."""
    if isinstance(value, dict):
        for name, child in value.items():
            below = field_schema(schema, name)
            if below is not None:
                yield from duplicates(below, child, joined(path, name))
    elif isinstance(value, list):
        yield from _duplicate_entries(schema, value, path)
        items = schema.get("items")
        if isinstance(items, dict):
            for index, entry in enumerate(value):
                yield from duplicates(items, entry, joined(path, index))


def _duplicate_entries(schema: Schema, value: list[Any], path: str) -> Iterator[Fault]:
    relation = schema.get("x-kubernetes-list-type")
    if relation not in ("map", "set"):
        return
    seen: dict[str, int] = {}
    for index, entry in enumerate(value):
        name = entry_key(schema, entry) if relation == "map" else entry
        times = seen[quoted(name)] = seen.get(quoted(name), 0) + 1
        if times == 2:
            yield Fault(f"{joined(path, index)}: Duplicate value: {quoted(name)}")


def _faults(error: Any, root: str) -> Iterator[Fault]:
    inner = ""
    for step in error.absolute_path:
        inner = joined(inner, step)
    path = joined(root, inner) if root and inner else inner or root
    named = inner or root
    word = WORDS.get(error.validator)
    if word is None:
        yield unmet(named, f"({error.validator})")
    else:
        yield word(path, named, error.instance, error.validator_value)


@cache
def _library() -> Any:
    """The library's draft 4, with the keywords that mean something else in a CRD."""
    from jsonschema import Draft4Validator, Draft6Validator
    from jsonschema.validators import extend

    make: Any = extend  # it has no types
    return make(
        Draft4Validator,
        {
            "type": _check_type,
            "required": _check_required,
            "pattern": _check_pattern,
            "format": _check_format,
            "x-kubernetes-int-or-string": _check_int_or_string,
        },
        type_checker=Draft6Validator.TYPE_CHECKER,  # 1.0 is an integer
    )


def _error(*path: str) -> Any:
    from jsonschema import ValidationError

    return ValidationError("", path=path)


def _check_type(validator: Any, wanted: Any, value: Any, schema: Schema) -> Iterator[Any]:
    if value is None and schema.get("nullable") is True:
        return
    if not validator.is_type(value, wanted):
        yield _error()


def _check_int_or_string(_: Any, wanted: Any, value: Any, schema: Schema) -> Iterator[Any]:
    if value is None and schema.get("nullable") is True:
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
    if wanted is True and not (is_number or isinstance(value, str)):
        yield _error()


def _check_required(_: Any, wanted: Any, value: Any, _schema: Schema) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from (_error(name) for name in wanted if name not in value)


def _check_pattern(_: Any, pattern: Any, value: Any, _schema: Schema) -> Iterator[Any]:
    if isinstance(value, str) and not _go_pattern(pattern).search(value):
        yield _error()


def _check_format(_: Any, wanted: Any, value: Any, _schema: Schema) -> Iterator[Any]:
    check = _FORMATS.get(wanted)
    if check is not None and not check(value):
        yield _error()


@cache
def _go_pattern(pattern: str) -> re.Pattern[str]:
    # As Go reads it: the dollar is the very end, classes know ASCII only.
    return re.compile(
        _END.sub(lambda found: found[0] if found[0] != "$" else r"\Z", pattern), re.ASCII
    )


def _is_date_time(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    day, mark, time = value[:10], value[10:11], value[11:]
    try:
        datetime.fromisoformat(day)
    except ValueError:
        return False
    return bool(_DATE.fullmatch(day)) and mark in "Tt" and bool(_TIME.fullmatch(time.lower()))


def _is_ipv4(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    parts = value.split(".")
    try:
        # Leading zeros are fine there.
        ipaddress.IPv4Address(".".join(str(int(part)) for part in parts if part.isdecimal()))
    except ValueError:
        return False
    return len(parts) == 4


def _is_int32(value: Any) -> bool:
    return not isinstance(value, int) or value in _INT32


_FORMATS: dict[str, Callable[[Any], bool]] = {
    "date-time": _is_date_time,
    "ipv4": _is_ipv4,
    "int32": _is_int32,
}
"""The formats that our CRDs use. Any other takes everything, as one does that a server lacks."""
