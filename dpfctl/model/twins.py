"""DPUClusters that lead to one cluster by mistake, or to the host cluster.

Nobody knows which of two is right, and what is done for one of them would be undone for the other,
so neither is used. Clusters are told apart by the uid of their kube-system namespace, whatever
address leads to them.
"""

from collections.abc import Mapping

from dpfctl.errors import AccessError, DpfctlError
from dpfctl.model import kinds
from dpfctl.model.cluster import ClusterName
from dpfctl.model.inventory import Inventory
from dpfctl.model.resources import Ref

IDENTITY = Ref(kinds.NAMESPACE, "", "kube-system")
"""The namespace whose uid tells clusters apart."""

Side = Inventory | DpfctlError


def twin_errors(uids: Mapping[ClusterName, str]) -> dict[ClusterName, AccessError]:
    """Return why DPUClusters cannot be used that lead to the same cluster as another one.

    Args:
        uids: DPUCluster -> uid of its kube-system namespace, empty if it is not known.

    Returns:
        An error for each that has a twin; it names the first of the others.
    """
    alike: dict[str, list[ClusterName]] = {}
    for name, uid in uids.items():
        alike.setdefault(uid, []).append(name)
    found = {}
    for name, uid in uids.items():
        others = [other for other in alike[uid] if other != name]
        if uid and others:
            fact = f"its kubeconfig leads to the same cluster as {_ref(others[0])}"
            found[name] = AccessError(f"{_ref(name)}: {fact}", _HINT)
    return found


def host_error(name: ClusterName) -> AccessError:
    """Return why a DPUCluster cannot be used that leads to the host cluster."""
    hint = "host and DPU clusters must not be one; correct the Secret"
    return AccessError(f"{_ref(name)}: its kubeconfig leads to the host cluster", hint)


def without_twins(host: Inventory, sides: Mapping[ClusterName, Side]) -> dict[ClusterName, Side]:
    """Return what is known of DPU clusters, with an error in place of each that has a twin.

    Whoever may list Namespaces need not have the right to get one, so this finds what was not
    noticed when the clusters were opened.

    Args:
        host: Lists of the host cluster, Namespaces among them.
        sides: DPUCluster -> its lists, Namespaces among them, or why nothing is known of it.
    """
    uids = {name: _uid(side) for name, side in sides.items()}
    own = _uid(host)
    hosts = {name: host_error(name) for name, uid in uids.items() if uid and uid == own}
    return {**sides, **twin_errors(uids), **hosts}


def _uid(side: Side) -> str:
    found = side.find(IDENTITY) if isinstance(side, Inventory) else None
    return found.uid if found else ""


def _ref(name: ClusterName) -> Ref:
    return Ref(kinds.DPU_CLUSTER, *name)


_HINT = "correct the Secret of one of them, or delete the DPUCluster that is one too many"
