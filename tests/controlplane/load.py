"""Put objects into a cluster as a file tells them: kinds, namespaces, objects, then status."""

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.controlplane.api import FIELD_MANAGER, MERGE_PATCH, Api, Json, ServedKind, at_once
from tests.controlplane.cluster import ControlPlane

SERVE_SECONDS = 30.0

# What the server alone decides; a file that was read from a cluster carries it along.
_SERVERS_OWN = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)

_QUERY = {"fieldManager": FIELD_MANAGER}
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

Key = tuple[str, str, str, str]


def apply_objects(cluster: ControlPlane, objects: Iterable[Json]) -> list[Json]:
    """Create objects with their status, or bring those that exist to the given state.

    Missing namespaces are created, CustomResourceDefinitions established before their kinds are
    needed, owners created before what they own, so that owner references carry the real UIDs.
    UIDs and creation times are the server's. An object in deletion (``deletionTimestamp``) is
    deleted once its status is set, and stays if it has finalizers.

    Args:
        cluster: Where to.
        objects: In any order; otherwise their order is kept, eight at a time.

    Returns:
        The objects as the server answered them, in the given order, CRDs and namespaces left out.

    Raises:
        ApiError: The server refused one.
        LookupError: The server does not know the kind of one.
    """
    crds: list[Json] = []
    namespaces: list[Json] = []
    others: list[Json] = []
    special = {"CustomResourceDefinition": crds, "Namespace": namespaces}
    for one in objects:
        special.get(one["kind"], others).append(one)
    install_crds(cluster, crds)
    _ensure_namespaces(cluster, namespaces, others)
    return _Load(cluster.api).apply_all(others)


def install_crds(cluster: ControlPlane, crds: Sequence[Json]) -> None:
    """Apply CustomResourceDefinitions and wait until their kinds are served.

    Raises:
        ApiError: The server refused one.
        TimeoutError: A kind was not served in time.
    """
    at_once(lambda crd: cluster.api.apply(f"{_CRDS}/{crd['metadata']['name']}", _given(crd)), crds)
    deadline = time.monotonic() + SERVE_SECONDS
    for crd in crds:
        _wait_until_served(cluster.api, crd["spec"], deadline)


def create_namespace(cluster: ControlPlane, name: str, metadata: Json | None = None) -> None:
    """Create a namespace, unless it exists."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata or {"name": name}}
    cluster.api.apply(f"/api/v1/namespaces/{name}", body)


def _wait_until_served(api: Api, spec: Json, deadline: float) -> None:
    """Wait for what ``Established`` promises: every version answers a LIST."""
    for version in spec["versions"]:
        path = f"/apis/{spec['group']}/{version['name']}/{spec['names']['plural']}"
        while version["served"] and api.request("GET", path, query={"limit": "1"}).status == 404:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path}: not served after {SERVE_SECONDS:.0f} s")
            time.sleep(0.02)


def _ensure_namespaces(
    cluster: ControlPlane, namespaces: Sequence[Json], objects: Sequence[Json]
) -> None:
    wanted: dict[str, Json | None] = {
        space: None for one in objects if (space := one["metadata"].get("namespace"))
    }
    wanted |= {one["metadata"]["name"]: _given(one)["metadata"] for one in namespaces}
    at_once(lambda name: create_namespace(cluster, name, wanted[name]), wanted)


class _Load:
    """One load: what the server knows, and the UIDs it has given so far."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._kinds: Mapping[tuple[str, str], ServedKind] = api.served_kinds()
        self._uids: dict[Key, str] = {}

    def apply_all(self, objects: Sequence[Json]) -> list[Json]:
        made: dict[int, Json] = {}
        for wave in _waves(objects):
            answers = at_once(self._apply, [objects[at] for at in wave])
            made |= dict(zip(wave, answers, strict=True))
            self._uids |= {_key(answer): answer["metadata"]["uid"] for answer in answers}
        return [made[at] for at in range(len(objects))]

    def _apply(self, one: Json) -> Json:
        kind = self._kinds.get((one["apiVersion"], one["kind"]))
        if not kind:
            raise LookupError(f"the server does not know {one['kind']} of {one['apiVersion']}")
        metadata = one["metadata"]
        path = kind.path(metadata.get("namespace", "default"), metadata["name"])
        answer = self._api.apply(path, self._owned_here(_given(one)))
        if "status" in one and "status" in kind.subresources:
            status = {"status": one["status"]}
            answer = self._api.call("PATCH", f"{path}/status", status, MERGE_PATCH, _QUERY)
        if "deletionTimestamp" in metadata:
            answer = self._api.call("DELETE", path)
        return answer

    def _owned_here(self, one: Json) -> Json:
        """The object with the UIDs that its owners have here."""
        metadata = one["metadata"]
        owners = [
            {**owner, "uid": self._uid(owner, metadata.get("namespace", ""))}
            for owner in metadata.get("ownerReferences", ())
        ]
        return {**one, "metadata": {**metadata, "ownerReferences": owners}} if owners else one

    def _uid(self, owner: Json, namespace: str) -> str:
        known = (self._uids[key] for key in _owner_keys(owner, namespace) if key in self._uids)
        return next(known, None) or owner.get("uid") or str(uuid.uuid4())


def _waves(objects: Sequence[Json]) -> list[list[int]]:
    """Positions of the objects, owners in an earlier wave than what they own."""
    positions = {_key(one): at for at, one in enumerate(objects)}
    depths: dict[int, int] = {}

    def depth(at: int) -> int:
        if at not in depths:
            depths[at] = 0  # ends a circle
            metadata = objects[at]["metadata"]
            keys = (
                key
                for owner in metadata.get("ownerReferences", ())
                for key in _owner_keys(owner, metadata.get("namespace", ""))
            )
            depths[at] = max(
                (depth(positions[key]) + 1 for key in keys if key in positions), default=0
            )
        return depths[at]

    waves: dict[int, list[int]] = {}
    for at in range(len(objects)):
        waves.setdefault(depth(at), []).append(at)
    return [waves[number] for number in sorted(waves)]


def _key(one: Json) -> Key:
    metadata = one["metadata"]
    return one["apiVersion"], one["kind"], metadata.get("namespace", ""), metadata["name"]


def _owner_keys(owner: Json, namespace: str) -> Iterator[Key]:
    """Where an owner can be: in the namespace of what it owns, or in none."""
    for place in dict.fromkeys((namespace, "")):
        yield owner["apiVersion"], owner["kind"], place, owner["name"]


def _given(one: Json) -> Json:
    """What its author says about an object: all but what the server alone decides.

    The status stays for kinds without a status subresource; the server drops it for the others.
    """
    metadata = {key: value for key, value in one["metadata"].items() if key not in _SERVERS_OWN}
    return {**one, "metadata": metadata}
