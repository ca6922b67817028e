"""What a CustomResourceDefinition says about the objects of its kind."""

from collections.abc import Mapping
from typing import Any

from dpfctl.model.kinds import Kind
from dpfctl.model.resources import Resource


def crd_schema(crd: Resource, kind: Kind) -> Mapping[str, Any] | None:
    """Return the OpenAPI v3 schema of the version that is read and written.

    Args:
        crd: A CustomResourceDefinition.
        kind: The kind it defines.

    Returns:
        ``openAPIV3Schema`` of ``kind.version``, None if that version is not served or the CRD
        gives no schema.
    """
    for version in crd.items("spec", "versions"):
        entry = Resource(crd.kind, version)
        if entry.text("name") == kind.version and entry.at("served") is True:
            return entry.mapping("schema", "openAPIV3Schema") or None
    return None
