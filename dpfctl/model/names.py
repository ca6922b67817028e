"""Names that Kubernetes takes for objects and namespaces.

Source:
    Kubernetes ``apimachinery/pkg/util/validation``: RFC 1123 subdomains and labels.
"""

import re

RFC_1123 = "lower-case letters, digits and '-', beginning and ending with a letter or digit"
"""How a name may look, as a hint."""

_LONGEST_NAME = 253
_LONGEST_NAMESPACE = 63
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def is_object_name(text: str) -> bool:
    """Whether an object of most kinds may be called that; also the prefix of a label's key."""
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def is_namespace_name(text: str) -> bool:
    """Whether a namespace may be called that."""
    return len(text) <= _LONGEST_NAMESPACE and _NAMESPACE.fullmatch(text) is not None
