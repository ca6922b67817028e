"""The Lease that keeps two passes apart, so that neither does the work of the other.

Nothing is right or wrong because of it: every write is safe by itself. Whoever lost the Lease, or
may not write one, only wastes requests.

Source:
    ``coordination.k8s.io/v1``, Kubernetes 1.36.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from dpfctl.cluster.kube import KubeCluster
from dpfctl.errors import AlreadyExistsError, ConflictError, DpfctlError, NotFoundError
from dpfctl.model import kinds
from dpfctl.model.cluster import Cluster
from dpfctl.model.resources import Ref, Resource
from dpfctl.reconcile.guards import is_held

NAME = "dpfctl-reconcile"
SECONDS = 30
RENEWAL_SECONDS = 10.0
PARTING_SECONDS = 0.3
"""How long a renewal that is under way may still take."""
HURRY_SECONDS = 0.5
"""How long giving the Lease back may take after an interrupt; it runs out by itself."""


@contextmanager
def pass_lease(
    cluster: Cluster, namespace: str, holder: str, is_hurried: Callable[[], bool]
) -> Iterator[Resource | None]:
    """Hold the Lease of a fleet while a pass writes.

    Args:
        cluster: The host cluster.
        namespace: That of the DPF operator.
        holder: Who runs the pass: user, machine, process.
        is_hurried: Whether the pass was interrupted: then nobody waits long for a server.

    Yields:
        The Lease as it was before, None if there was none.

    Raises:
        ConflictError: Another pass holds it.
        ForbiddenError: It may not be read or written.
    """
    ref = Ref(kinds.LEASE, namespace, NAME)
    before = _acquire(cluster, ref, holder)
    done = threading.Event()
    renewing = (cluster, ref, holder, done)
    thread = threading.Thread(target=_renew, args=renewing, name="dpfctl-lease", daemon=True)
    thread.start()
    limit: float | None = HURRY_SECONDS
    try:
        yield before
        limit = HURRY_SECONDS if is_hurried() else None
    finally:
        done.set()
        thread.join(PARTING_SECONDS)
        if not _is_silent(cluster):
            parting = threading.Thread(target=_release, args=(cluster, ref, holder), daemon=True)
            parting.start()
            parting.join(limit)


def _acquire(cluster: Cluster, ref: Ref, holder: str) -> Resource | None:
    try:
        found = cluster.get(ref)
    except NotFoundError:
        try:
            cluster.create(ref.kind, _body(cluster, ref, holder, 0))
            return None
        except AlreadyExistsError:  # somebody else has just begun
            found = cluster.get(ref)
    if is_held(found, _now(cluster)):
        raise _busy(found)
    transitions = found.at("spec", "leaseTransitions")
    wanted = _body(cluster, ref, holder, transitions + 1 if isinstance(transitions, int) else 1)
    body = {"metadata": {"resourceVersion": found.resource_version}, "spec": wanted["spec"]}
    try:
        cluster.merge(ref, body)
    except ConflictError:
        raise _busy(cluster.get(ref)) from None
    return found


def _busy(lease: Resource) -> ConflictError:
    holder = lease.text("spec", "holderIdentity") or "somebody"
    fact = f"{lease.ref}: another pass is under way: {holder}"
    return ConflictError(fact, f"wait for it; after a crash it ends by itself within {SECONDS} s")


def _body(cluster: Cluster, ref: Ref, holder: str, transitions: int) -> dict[str, Any]:
    now = _micro_time(cluster)
    return {
        "metadata": {"namespace": ref.namespace, "name": ref.name},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": SECONDS,
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": transitions,
        },
    }


def _renew(cluster: Cluster, ref: Ref, holder: str, done: threading.Event) -> None:
    while not done.wait(RENEWAL_SECONDS):
        try:
            found = cluster.get(ref)
            if found.text("spec", "holderIdentity") != holder:
                return
            version = {"resourceVersion": found.resource_version}
            cluster.merge(ref, {"metadata": version, "spec": {"renewTime": _micro_time(cluster)}})
        except DpfctlError:
            continue  # the next time, or never: it only says that we are still there


def _release(cluster: Cluster, ref: Ref, holder: str) -> None:
    """Let others begin at once; if that fails, they wait until the Lease is over."""
    try:
        found = cluster.get(ref)
        if found.text("spec", "holderIdentity") == holder:
            version = {"resourceVersion": found.resource_version}
            given_back = {"holderIdentity": None, "renewTime": _micro_time(cluster)}
            cluster.merge(ref, {"metadata": version, "spec": given_back})
    except DpfctlError:
        return


def _is_silent(cluster: Cluster) -> bool:
    """Whether an interrupt left a request without an answer: then nobody waits for one more."""
    return isinstance(cluster, KubeCluster) and cluster.is_waiting


def _now(cluster: Cluster) -> datetime:
    """The clock of the API server, by which everybody measures; ours may be wrong."""
    return cluster.clock or datetime.now(UTC)


def _micro_time(cluster: Cluster) -> str:
    return _now(cluster).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
