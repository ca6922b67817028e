"""What the clusters of a fleet file know of each kind: by a CRD of their own, else by ours."""

from collections.abc import Callable
from functools import cache
from typing import Any

from dpfctl.apiserver.admission import ObjectSchema, object_schema, unknown_schema
from dpfctl.cluster.packaged_crds import packaged_crds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.fleet import ObjectKey, key_of
from dpfctl.model.kinds import CUSTOM_RESOURCE_DEFINITION, Kind
from dpfctl.model.resources import Ref, Resource

Find = Callable[[ClusterName, ObjectKey], Any]
"""Cluster and key to an object as it stands now, None if there is none."""


class FleetSchemas:
    """The schemas that were asked for, each made ready once."""

    def __init__(self) -> None:
        self._known: dict[tuple[ClusterName, Kind], tuple[Any, ObjectSchema]] = {}

    def of(self, find: Find, cluster: ClusterName, kind: Kind) -> ObjectSchema:
        """Return what a cluster knows of a kind now."""
        crd = find(cluster, key_of(Ref(CUSTOM_RESOURCE_DEFINITION, "", kind.resource)))
        if (cluster, kind) in self._known:
            known, schema = self._known[cluster, kind]
            if known is crd:
                return schema
        schema = packaged_schema(kind) if crd is None else object_schema(_crd(crd), kind)
        self._known[cluster, kind] = (crd, schema)
        return schema

    @property
    def warnings(self) -> tuple[str, ...]:
        """The rules that objects were not judged by, since they are none of ours."""
        lines = (
            f"{schema.kind.resource}: a rule of its CRD is not checked: {rule}"
            for _, schema in self._known.values()
            for rule in schema.unknown_rules
        )
        return tuple(dict.fromkeys(lines))


@cache
def packaged_schema(kind: Kind) -> ObjectSchema:
    """Return what the packaged CRD of a kind says; of other kinds only what their row says."""
    crd = packaged_crds().get(kind.resource)
    return unknown_schema(kind) if crd is None else object_schema(crd, kind)


def _crd(raw: Any) -> Resource:
    return Resource(CUSTOM_RESOURCE_DEFINITION, raw)
