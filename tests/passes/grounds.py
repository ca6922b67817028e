"""A cluster that one scenario after the other runs on, cleared in between.

A lease is wiped of every kind there is, which takes as long as a scenario. Scenarios leave objects
of few kinds; those are cleared here, and the wipe comes at the end of a module.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dpfctl.model import kinds
from dpfctl.model.kinds import Kind
from dpfctl.reconcile.world import ON_DPUS, ON_HOST
from tests.cluster.host_sites import path_of
from tests.controlplane.api import JSON, MERGE_PATCH, Api, Json, at_once
from tests.controlplane.cluster import ControlPlane

_MORE = (kinds.SECRET, kinds.CONFIG_MAP, kinds.DEPLOYMENT, kinds.LEASE)
KINDS = tuple(dict.fromkeys(k for k in (*ON_HOST, *ON_DPUS, *_MORE) if not k.selector))
"""What passes and their scenarios write; namespaces with the rest."""

_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_NOW = {"gracePeriodSeconds": 0}
_BARE = {"metadata": {"finalizers": None}}


@dataclass(frozen=True, slots=True)
class Ground:
    """One cluster, and what belongs to it.

    Attributes:
        cluster: The cluster, leased by whoever made this.
        clean: Paths of the objects that were there from the beginning.
    """

    cluster: ControlPlane
    clean: frozenset[str]

    def clear(self) -> None:
        """Take out what a scenario has left, whatever finalizers say."""
        api = self.cluster.api
        left = {p: held for p, held in found_on(api).items() if p not in self.clean}
        spaces = [path for path in left if path.startswith(_SPACES)]
        at_once(lambda path: _send(api, "PATCH", path, _BARE), [p for p in left if left[p]])
        at_once(lambda path: _send(api, "DELETE", path, _NOW), left)
        at_once(lambda path: _finalize(api, path), spaces)


def make_ground(cluster: ControlPlane) -> Ground:
    """Remember what belongs to a clean cluster."""
    return Ground(cluster, frozenset(found_on(cluster.api)))


def found_on(api: Api) -> Mapping[str, bool]:
    """Path of each object of our kinds -> whether finalizers hold it."""
    lists = at_once(lambda kind: (kind, _listed(api, kind)), KINDS)
    return {
        path_of(kind, one["name"], one.get("namespace", "")): bool(one.get("finalizers"))
        for kind, found in lists
        for one in found
        if one.get("namespace") != "kube-system"  # the API server's own
    }


_SPACES = path_of(kinds.NAMESPACE, "")


def _listed(api: Api, kind: Kind) -> list[Json]:
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.api_version}"
    items = api.items(f"{root}/{kind.plural}", headers={"Accept": _METADATA_ONLY})
    return [item["metadata"] for item in items]


def _send(api: Api, method: str, path: str, body: Json) -> None:
    """Send a request about an object that may be gone by now."""
    answer = api.request(method, path, body, MERGE_PATCH if method == "PATCH" else JSON)
    assert answer.status < 400 or answer.status in (404, 409), f"{path}: {answer.message()}"


def _finalize(api: Api, path: str) -> None:
    """Do what the controller manager does for a namespace that is empty."""
    name = path.removeprefix(_SPACES)
    _send(api, "PUT", f"{path}/finalize", {"metadata": {"name": name}, "spec": {"finalizers": []}})
