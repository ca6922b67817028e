"""What a release makes of its objects: by name, never by content, which may hold secrets."""

from collections.abc import Iterator, Mapping
from typing import Any

from dpfctl.errors import InputError
from dpfctl.model.yaml_text import parse_yaml

_Objects = dict[str, Mapping[str, Any]]


def manifest_changes(before: str, after: str) -> tuple[str, ...]:
    """Say what becomes of the objects of a release when its manifest changes.

    Args:
        before: Manifest of the revision that is there, empty for none; YAML as Helm renders it.
        after: Manifest that would follow.

    Returns:
        One line for each object that is created, changed or removed, by kind and name. Secrets are
        left out, since Helm does not show them; so is everything if a manifest cannot be read.
    """
    try:
        old, new = _objects(before), _objects(after)
    except InputError:
        return ()
    return tuple(_told(old, new))


def _told(old: _Objects, new: _Objects) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"{name} created"
        elif name not in new:
            yield f"{name} removed"
        elif old[name] != new[name]:
            yield f"{name} changed"


def _objects(manifest: str) -> _Objects:
    """The objects of a manifest by kind, namespace if they name one, and name.

    Raises:
        InputError: It is no YAML.
    """
    found: _Objects = {}
    for one in parse_yaml(manifest, "manifest"):
        if not isinstance(one, dict) or one.get("kind") == "Secret":
            continue
        metadata = one.get("metadata")
        named = metadata if isinstance(metadata, dict) else {}
        path = (named.get("namespace"), named.get("name"))
        name = "/".join(str(part) for part in path if part)
        found[f"{one.get('kind')} {name}".rstrip()] = one
    return found
