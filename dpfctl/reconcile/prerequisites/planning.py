"""What a service needs in a cluster before its chart comes: a namespace, and Secrets to pull with.

Pull secrets of a namespace are copied to all DPU clusters, whether a service of it is deployed
there or not, and every labelled Secret of that namespace that the host cluster lacks is deleted
there: the host cluster has the say about them.

Source:
    DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from dpfctl.apiserver.applied import is_applied
from dpfctl.errors import NotFoundError
from dpfctl.model import kinds, labels
from dpfctl.model.cluster import ClusterName
from dpfctl.model.conditions import AWAITING_DELETION
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Ref, Resource
from dpfctl.plan import Action, Change
from dpfctl.reconcile.identity import CONTROLLER
from dpfctl.reconcile.steps import Fault, Step
from dpfctl.reconcile.world import World, name_of

_COPIED = ("type", "immutable", "data")


def namespace_change(
    namespace: str, cluster: ClusterName, world: World, *, labelled: bool
) -> Change:
    """Plan the namespace of a service in a cluster.

    Args:
        namespace: Namespace of the service.
        cluster: The DPU cluster, or HOST.
        world: What is known.
        labelled: Whether it gets the labels by which DPF knows the namespaces it made; those that
            are there are kept.

    Returns:
        One change; ``NONE`` for a namespace that is there, with the labels if it is to have them.
    """
    side = world.side(cluster)
    live = side.find(Ref(kinds.NAMESPACE, "", namespace)) if isinstance(side, Inventory) else None
    marks = {labels.PREREQUISITE_NAMESPACE: namespace, labels.PREREQUISITE: "true"}
    body = {
        "apiVersion": kinds.NAMESPACE.api_version,
        "kind": kinds.NAMESPACE.name,
        "metadata": {"name": namespace, **({"labels": marks} if labelled else {})},
    }
    return _applied(body, live, _base(kinds.NAMESPACE, namespace, cluster, Step.NAMESPACE))


def secret_changes(
    namespace: str, cluster: ClusterName, world: World
) -> tuple[Change, ...] | Fault:
    """Plan the copies of a namespace's pull secrets in one DPU cluster.

    Args:
        namespace: Namespace of services.
        cluster: A DPU cluster, selected by them or not.
        world: What is known.

    Returns:
        A change for every pull secret of the host cluster, ``NONE`` for one that is the same; then
        deletions of those that the host cluster lacks. A fault if one of the two lists is missing:
        then nothing may be deleted. Nothing at all for a fleet file without pull secrets, which
        says nothing about which there are.
    """
    found = world.host.list(kinds.PULL_SECRET)
    if world.is_file and not found:
        return ()
    if lack := world.host.lack(kinds.PULL_SECRET):
        return Fault(Step.PULL_SECRET, lack)
    side = world.side(cluster)
    if not isinstance(side, Inventory):
        return Fault(Step.PULL_SECRET, f"get cluster {cluster[1]}: {side.message}", cluster)
    if lack := side.lack(kinds.PULL_SECRET):
        return Fault(Step.PULL_SECRET, lack, cluster)
    wanted = [secret for secret in found if secret.namespace == namespace]
    names = {secret.name for secret in wanted}
    copies = (_copied(secret, side.find(secret.ref), cluster) for secret in wanted)
    return (*copies, *_orphans(namespace, names, cluster, side))


def lost_pull_secrets(namespace: str, world: World) -> tuple[Change, ...] | Fault:
    """Plan the end of all copies of a namespace's pull secrets, in all DPU clusters.

    Args:
        namespace: A namespace all of whose DPUServices are being deleted.
        world: What is known.

    Returns:
        Deletions, by cluster. A fault if a cluster cannot be read: its Secrets would stay forever.
    """
    if lack := world.host.lack(kinds.DPU_CLUSTER):
        return _stay(lack)
    changes: list[Change] = []
    for cluster in map(name_of, world.clusters):
        side = world.side(cluster)
        if not isinstance(side, Inventory):
            return _stay(f"get cluster {cluster[1]}: {side.message}")
        if lack := side.lack(kinds.PULL_SECRET):
            return _stay(f"get cluster {cluster[1]}: {lack}")
        changes += _orphans(namespace, set(), cluster, side)
    return tuple(changes)


def replan_prerequisite(change: Change, fresh: Resource | None) -> Change:
    """Plan a namespace, a Secret or a list of privileged services again on the object as it is now.

    A Secret that has lost its label meanwhile is nobody's copy, and stays.

    Raises:
        NotFoundError: The object to be changed is gone.
    """
    if change.action is Action.APPLY:
        return _applied(change.after, fresh, change)
    if change.action is Action.PATCH:
        return _with_data(change, fresh)
    is_copy = fresh is not None and fresh.label(labels.PULL_SECRET) is not None
    if fresh is None or fresh.is_deleting or not is_copy:
        return replace(change, action=Action.NONE, before=fresh)
    return replace(change, before=fresh)


def _copied(secret: Resource, live: Resource | None, cluster: ClusterName) -> Change:
    metadata = {
        "name": secret.name,
        "namespace": secret.namespace,
        "labels": dict(secret.mapping("metadata", "labels")),
    }
    said = {name: secret.at(name) for name in _COPIED if secret.at(name) not in (None, "", {})}
    body = {"apiVersion": secret.kind.api_version, "kind": secret.kind.name, "metadata": metadata}
    base = _base(secret.kind, secret.name, cluster, Step.PULL_SECRET, secret.namespace)
    return _applied({**body, **said}, live, base)


def _orphans(
    namespace: str, kept: set[str], cluster: ClusterName, side: Inventory
) -> Iterator[Change]:
    """Yield the end of labelled Secrets of a namespace that are not among those to be kept."""
    for live in side.list(kinds.PULL_SECRET):
        if live.namespace == namespace and live.name not in kept and not live.is_deleting:
            base = _base(live.kind, live.name, cluster, Step.ORPHAN_SECRET, namespace)
            reason = "is no pull secret of the host cluster"
            yield replace(
                base, action=Action.DELETE, done="deleted", before=live, reasons=(reason,)
            )


def _base(
    kind: kinds.Kind, name: str, cluster: ClusterName, step: Step, namespace: str = ""
) -> Change:
    """A change that does nothing yet, in the name of DPF's controller, whose objects these are."""
    return Change(
        Ref(kind, namespace, name),
        Action.NONE,
        "",
        None,
        stage=step,
        force=True,
        cluster=cluster,
        manager=CONTROLLER,
        needs=(),
    )


def _applied(body: Mapping[str, Any], live: Resource | None, base: Change) -> Change:
    if live is None:
        return replace(base, action=Action.APPLY, done="created", before=None, after=body)
    if _is_as_wanted(live, body):
        return replace(base, action=Action.NONE, done="configured", before=live, after=live.raw)
    return replace(base, action=Action.APPLY, done="configured", before=live, after=body)


def _with_data(change: Change, fresh: Resource | None) -> Change:
    """Let a change give an object the data that it has."""
    if fresh is None:
        raise NotFoundError(f"{change.ref}: was deleted meanwhile", "run the command again")
    data = change.after["data"]
    is_same = fresh.mapping("data") == data
    after = fresh.raw if is_same else {**fresh.raw, "data": data}
    return replace(
        change, action=Action.NONE if is_same else Action.PATCH, before=fresh, after=after
    )


def _is_as_wanted(live: Resource, body: Mapping[str, Any]) -> bool:
    """Whether nothing need be sent; of a namespace only the labels count, whoever set them."""
    if live.kind != kinds.NAMESPACE:
        return is_applied(live, body, manager=CONTROLLER)
    marks = body["metadata"].get("labels", {})
    return all(live.label(key) == value for key, value in marks.items())


def _stay(text: str) -> Fault:
    return Fault(Step.REMOVE, f"Error occurred: {text}", reason=AWAITING_DELETION)
