"""Plain values to JSON text, one object of the API per line.

A fleet has thousands of objects: a line each keeps the file small, ``grep`` and ``diff`` useful,
and writing it as fast as the C encoder is. Characters outside ASCII are escaped, so that reading
the file takes one byte of memory per character.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

_CONTAINERS = frozenset(("items", "host", "dpuClusters"))
_ENCODER = json.JSONEncoder(allow_nan=False, check_circular=False)


def write_json(documents: Iterable[Any]) -> bytes:
    """Write values as JSON texts that follow one another, each ending a line.

    Raises:
        TypeError: A value is none that JSON has.
        ValueError: A number is not finite.
    """
    return "".join(f"{''.join(_pieces(document, ''))}\n" for document in documents).encode()


def _pieces(value: Any, indent: str) -> Iterator[str]:
    deeper = f"{indent}  "
    if isinstance(value, dict) and not _CONTAINERS.isdisjoint(value):
        yield "{"
        for number, (key, child) in enumerate(value.items()):
            yield f"{',' if number else ''}\n{deeper}{_ENCODER.encode(key)}: "
            yield from _pieces(child, deeper)
        yield f"\n{indent}}}"
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield "["
        for number, child in enumerate(value):
            yield f"{',' if number else ''}\n{deeper}"
            yield from _pieces(child, deeper)
        yield f"\n{indent}]"
    else:
        yield _ENCODER.encode(value)
