"""Paths of the Kubernetes API for our kinds; names are checked before they get into one."""

import re
from urllib.parse import quote

from dpfctl.errors import InputError
from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Ref

# What the API server itself accepts as a path segment, narrowed to what any kind of ours uses.
_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9._:]{0,251}[A-Za-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


def collection_path(kind: Kind, namespace: str | None) -> str:
    """Return the path of all objects of a kind, of one namespace or, with None, of all.

    Raises:
        InputError: The namespace is none.
    """
    base = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    if not kind.namespaced or namespace is None:
        return f"{base}/{kind.plural}"
    if not _NAMESPACE.fullmatch(namespace):
        raise InputError(f"namespace/{namespace}: not a namespace name")
    return f"{base}/namespaces/{namespace}/{kind.plural}"


def object_path(ref: Ref) -> str:
    """Return the path of one object.

    Raises:
        InputError: Name or namespace cannot be one.
    """
    if not _NAME.fullmatch(ref.name):
        raise InputError(f"{ref}: not an object name")
    return f"{collection_path(ref.kind, ref.namespace)}/{quote(ref.name, safe=':')}"
