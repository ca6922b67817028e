"""Quantities of resources in the form in which Kubernetes writes them.

DPF reads and writes them again, so ``1024Mi`` of a service is ``1Gi`` in the values of its chart.

Source:
    Kubernetes 1.36 ``apimachinery/pkg/api/resource/quantity.go``.
"""

import re
from fractions import Fraction
from math import ceil
from typing import Any

_FORM = re.compile(r"([-+]?)([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+|[KMGTPE]i|[numkMGTPE])?")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_NANO = 10**9
_LONGEST = 64


def canonical(quantity: Any) -> str:
    """Return a quantity as Kubernetes writes it: a whole number, the largest suffix that fits.

    Args:
        quantity: A number or a text such as ``6Gi``, ``500m``, ``0.5``; what is no quantity is
            only made a text.
    """
    text = str(quantity)
    found = _FORM.fullmatch(text)
    if found is None or len(text) > _LONGEST:
        return text
    number, suffix = Fraction(f"{found[1]}{found[2]}"), found[3] or ""
    if suffix in _BINARY[1:]:
        return _binary(number * 1024 ** _BINARY.index(suffix))
    if suffix in _DECIMAL:
        return _decimal(number * Fraction(1000) ** (_DECIMAL.index(suffix) - 3))
    exponent = int(suffix[1:])
    if abs(exponent) > _LONGEST:
        return text
    return _decimal(number * Fraction(10) ** exponent, is_exponent=True)


def _binary(number: Fraction) -> str:
    """Write a number with a binary suffix; a small one, or a fraction, has a decimal one."""
    if abs(number) < 1024 or number.denominator != 1:
        return _decimal(number)
    whole, power = number.numerator, 0
    while whole % 1024 == 0 and power < len(_BINARY) - 1:
        whole, power = whole // 1024, power + 1
    return f"{whole}{_BINARY[power]}"


def _decimal(number: Fraction, *, is_exponent: bool = False) -> str:
    """Write a number with a decimal suffix or exponent, rounded up to billionths."""
    size = ceil(abs(number) * _NANO)
    power = 0 if size else 3
    while size and size % 1000 == 0 and power < len(_DECIMAL) - 1:
        size, power = size // 1000, power + 1
    whole = -size if number < 0 else size
    exponent = 3 * (power - 3)
    if is_exponent:
        return f"{whole}e{exponent}" if exponent else str(whole)
    return f"{whole}{_DECIMAL[power]}"
