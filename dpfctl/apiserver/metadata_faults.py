"""``metadata`` judged as an API server judges it, the same for every kind.

Source:
    Kubernetes 1.36 ``apimachinery/pkg/api/validation/objectmeta.go`` and
    ``apimachinery/pkg/util/validation``; texts as measured.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dpfctl.apiserver.plain_values import same
from dpfctl.apiserver.schema_words import Fault, invalid, quoted

_LONGEST_NAME = 253
_LONGEST_PART = 63
_MOST_ANNOTATIONS = 256 << 10
_PART = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_VALUE = rf"({_PART})?"
_EDGES = "and must start and end with an alphanumeric character"
_NO_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
    f" '.', {_EDGES} (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_WHAT_PARTS_ARE = (
    f"must consist of alphanumeric characters, '-', '_' or '.', {_EDGES} (e.g. 'MyName', or"
    f" 'my.name', or '123-abc', regex used for validation is '{_PART}')"
)
_NO_KEY = (
    f"a valid label key {_WHAT_PARTS_ARE} with an optional DNS subdomain prefix and '/' (e.g."
    " 'example.com/MyName')"
)
_NO_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.',"
    f" {_EDGES} (e.g. 'MyValue', or 'my_value', or '12345', regex used for validation is"
    f" '{_VALUE}')"
)
_IMMUTABLE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp")


def new_faults(metadata: Mapping[str, Any]) -> Iterator[Fault]:
    """Judge the metadata of a new object."""
    name = metadata.get("name", "")
    if not name:
        text = "metadata.name: Required value: name or generateName is required"
        yield Fault(text, is_blocking=True)
        return
    if len(name) > _LONGEST_NAME:
        fact = f"must be no more than {_LONGEST_NAME} characters"
        yield Fault(invalid("metadata.name", name, fact))
    if not re.fullmatch(_SUBDOMAIN, name):
        yield Fault(invalid("metadata.name", name, _NO_SUBDOMAIN))
    yield from _common_faults(metadata)


def changed_faults(metadata: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Fault]:
    """Judge the metadata of an object that is being changed."""
    yield from _common_faults(metadata)
    if old.get("deletionTimestamp"):
        before = old.get("finalizers") or ()
        added = sorted({one for one in metadata.get("finalizers") or () if one not in before})
        if added:
            listed = ", ".join(quoted(name) for name in added)
            yield Fault(
                "metadata.finalizers: Forbidden: no new finalizers can be added if the object is"
                f" being deleted, found new finalizers []string{{{listed}}}"
            )
    for name in _IMMUTABLE:
        if not same(metadata.get(name), old.get(name)):
            shown = metadata.get(name)
            yield Fault(invalid(f"metadata.{name}", shown or "", "field is immutable"))


def _common_faults(metadata: Mapping[str, Any]) -> Iterator[Fault]:
    for key, value in (metadata.get("labels") or {}).items():
        yield from (Fault(invalid("metadata.labels", key, fact)) for fact in _key_facts(key))
        yield from (Fault(invalid("metadata.labels", value, fact)) for fact in _value_facts(value))
    yield from _annotation_faults(metadata.get("annotations") or {})
    for name in metadata.get("finalizers") or ():
        facts = _key_facts(name)
        yield from (Fault(invalid("metadata.finalizers", name, fact)) for fact in facts)
    yield from _owner_faults(metadata.get("ownerReferences") or ())


def _annotation_faults(annotations: Mapping[str, str]) -> Iterator[Fault]:
    size = 0
    for key, value in annotations.items():
        size += len(key.encode()) + len(value.encode())
        facts = _key_facts(key.lower())
        yield from (Fault(invalid("metadata.annotations", key, fact)) for fact in facts)
    if size > _MOST_ANNOTATIONS:
        text = f"metadata.annotations: Too long: may not be more than {_MOST_ANNOTATIONS} bytes"
        yield Fault(text, is_blocking=True)


def _owner_faults(owners: Iterable[Mapping[str, Any]]) -> Iterator[Fault]:
    path = "metadata.ownerReferences"
    controllers = []
    for owner in owners:
        if not owner["apiVersion"]:
            yield Fault(invalid(f"{path}.apiVersion", "", "version must not be empty"))
        for name in ("kind", "name", "uid"):
            if not owner[name]:
                yield Fault(invalid(f"{path}.{name}", "", "must not be empty"))
        if owner.get("controller") is True:
            controllers.append(f"{owner['kind']}/{owner['name']}")
    if len(controllers) > 1:
        fact = 'Only one reference can have Controller set to true. Found "true" in references for'
        yield Fault(invalid(path, list(owners), f"{fact} {' and '.join(controllers[:2])}"))


def _key_facts(key: str) -> Iterator[str]:
    """What is wrong with a qualified name: ``name`` or ``prefix/name``."""
    if key.count("/") > 1:
        yield _NO_KEY
        return
    prefix, slash, name = key.rpartition("/")
    if slash and not prefix:
        yield "prefix part must be non-empty"
    elif len(prefix) > _LONGEST_NAME:
        yield f"prefix part must be no more than {_LONGEST_NAME} bytes"
    elif prefix and not re.fullmatch(_SUBDOMAIN, prefix):
        yield f"prefix part {_NO_SUBDOMAIN}"
    if not name:
        yield "name part must be non-empty"
    elif len(name) > _LONGEST_PART:
        yield f"name part must be no more than {_LONGEST_PART} bytes"
    if not re.fullmatch(_PART, name):
        yield f"name part {_WHAT_PARTS_ARE}"


def _value_facts(value: str) -> Iterator[str]:
    if len(value) > _LONGEST_PART:
        yield f"must be no more than {_LONGEST_PART} bytes"
    if not re.fullmatch(_VALUE, value):
        yield _NO_VALUE
