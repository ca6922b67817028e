"""The way from the host cluster into its DPU clusters, by the kubeconfigs that Secrets hold."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dpfctl.cluster.config import ClusterConfig
from dpfctl.cluster.crew import side_by_side
from dpfctl.cluster.dpu_kubeconfig import check_address, check_host, read_dpu_kubeconfig
from dpfctl.cluster.kube import KubeCluster, connect
from dpfctl.cluster.patience import Patience
from dpfctl.cluster.proxies import find_proxy, is_loopback
from dpfctl.cluster.wording import one_line
from dpfctl.errors import AccessError, DpfctlError, ForbiddenError, NotFoundError
from dpfctl.model import kinds
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.twins import IDENTITY, host_error, twin_errors

KEYS = ("super-admin.conf", "admin.conf", "kubeconfig")
"""Keys of the Secret, the first one that exists counts."""

AT_ONCE = 16
DPU_PATIENCE = Patience(connects=1, remembers=True)
"""A DPU cluster that does not answer once is dead for the rest of the run."""


@dataclass(frozen=True, slots=True)
class DpuConnection:
    """One DPUCluster object and the way into the cluster it stands for.

    Attributes:
        ref: The DPUCluster.
        cluster: The cluster, None if there is no way in.
        error: Why not, None if there is.
        uid: Of its kube-system namespace: two connections with one uid lead to one cluster. Empty
            if we may not know.
    """

    ref: Ref
    cluster: KubeCluster | None
    error: DpfctlError | None = None
    uid: str = ""


def connect_dpu_clusters(
    host: KubeCluster, resources: Sequence[Resource], environ: Mapping[str, str]
) -> tuple[DpuConnection, ...]:
    """Open all DPU clusters side by side; one that cannot be opened does not hold up the others.

    Args:
        host: The host cluster, which holds the Secrets.
        resources: n DPUClusters.
        environ: Environment, for proxies.

    Returns:
        n connections in the order given, each with a cluster for the caller to close, or with an
        error; that is what two have, too, that lead to one cluster.

    Raises:
        AccessError: The host cluster itself does not answer.
    """
    identity = _identity(host) if resources else ""
    jobs = [partial(_connection, host, identity, resource, environ) for resource in resources]
    return _without_twins(side_by_side(jobs, AT_ONCE))


def connect_dpu_cluster(
    host: KubeCluster, resource: Resource, environ: Mapping[str, str]
) -> KubeCluster:
    """Prepare one DPU cluster: its Secret is read, but nothing is sent to the cluster itself.

    Raises:
        NotFoundError: There is no kubeconfig.
        AccessError: The Secret may not be read, or its kubeconfig is not acceptable.
    """
    config = dpu_config(host, resource)
    local = is_loopback(host.config.server.host)
    check = partial(_checked, str(resource.ref), partial(check_address, loopback_allowed=local))
    _checked(str(resource.ref), partial(check_host, loopback_allowed=local), config.server.host)
    proxied = replace(
        config,
        proxy=find_proxy(config.server.url, environ),
        request_timeout=host.config.request_timeout,
    )
    return connect(proxied, patience=DPU_PATIENCE, check=check)


def dpu_config(host: KubeCluster, resource: Resource) -> ClusterConfig:
    """Read the kubeconfig of a DPUCluster from its Secret in the same namespace.

    Raises:
        NotFoundError: The DPUCluster names no Secret, or there is none.
        AccessError: The Secret may not be read, or its kubeconfig is not acceptable.

    Source:
        ``internal/dpucluster/dpucluster.go``, DPF v25.1, for the text of a missing key.
    """
    name = resource.text("spec", "kubeconfig")
    if not name:
        raise NotFoundError(f"{resource.ref}: has no kubeconfig yet", _NOT_YET)
    secret = _get_secret(host, resource, name)
    data = secret.mapping("data")
    key = next((key for key in KEYS if data.get(key)), "")
    if not key:
        fact = f"not in the expected format: data.{KEYS[0]} not found"
        raise AccessError(f"{resource.ref}: secret {secret.namespace}/{secret.name} {fact}")
    where = f"{resource.ref}: secret {secret.namespace}/{one_line(secret.name)}: {key}"
    label = f"dpu cluster {resource.namespace}/{resource.name}"
    return read_dpu_kubeconfig(where, _decode(where, data[key]), label)


def _get_secret(host: KubeCluster, resource: Resource, name: str) -> Resource:
    try:
        return host.get(Ref(kinds.SECRET, resource.namespace, name))
    except DpfctlError as error:
        raise type(error)(f"{resource.ref}: {error.message}", error.hint) from error


def _decode(where: str, value: object) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "", validate=True)
    except (binascii.Error, ValueError):
        raise AccessError(f"{where}: not base64") from None


def _connection(
    host: KubeCluster, identity: str, resource: Resource, environ: Mapping[str, str]
) -> DpuConnection:
    try:
        cluster = connect_dpu_cluster(host, resource, environ)
    except DpfctlError as error:
        return DpuConnection(resource.ref, None, error)
    try:
        uid = _identity(cluster)
        _refuse_host(host, cluster, identity, uid, resource.ref)
    except DpfctlError as error:
        cluster.close()
        return DpuConnection(resource.ref, None, error)
    return DpuConnection(resource.ref, cluster, None, uid)


def _without_twins(found: Sequence[DpuConnection]) -> tuple[DpuConnection, ...]:
    """Close those that lead to the same cluster as another one."""
    errors = twin_errors({(one.ref.namespace, one.ref.name): one.uid for one in found})
    return tuple(_refused(one, errors.get((one.ref.namespace, one.ref.name))) for one in found)


def _refused(one: DpuConnection, error: DpfctlError | None) -> DpuConnection:
    if error is None or one.cluster is None:
        return one
    one.cluster.close()
    return DpuConnection(one.ref, None, error, one.uid)


def _identity(cluster: KubeCluster) -> str:
    """What tells clusters apart whatever their address: the uid of kube-system."""
    try:
        return cluster.get(IDENTITY).uid
    except (ForbiddenError, NotFoundError):
        return ""


def _refuse_host(
    host: KubeCluster, cluster: KubeCluster, host_uid: str, uid: str, ref: Ref
) -> None:
    same_uid = uid and uid == host_uid
    if same_uid or cluster.config.server == host.config.server:
        raise host_error((ref.namespace, ref.name))


def _checked(name: str, check: Callable[..., None], value: object) -> None:
    """Run a check of an address and say whose it is."""
    try:
        check(value)
    except AccessError as error:
        raise AccessError(f"{name}: server: {error.message}", error.hint) from None


_NOT_YET = "the cluster manager names it in spec.kubeconfig once the DPU cluster exists"
