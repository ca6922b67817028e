"""One cluster: etcd and kube-apiserver on loopback, and what makes pods run where asked for."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Self

import urllib3

from tests.controlplane import controllers
from tests.controlplane.api import Api, Json
from tests.controlplane.binaries import ensure
from tests.controlplane.layout import Layout, new_layout, write_private
from tests.controlplane.processes import Child, StartError, end_children, wait_until

READY_SECONDS = 60.0
PORT_TRIES = 3
PROGRAMS = ("etcd", "kube-apiserver")

# They wait for controllers: one for the service account of a pod's namespace, one for whoever takes
# the not-ready taint off a new node. Simulated pods and nodes need neither.
_DISABLED_PLUGINS = "ServiceAccount,TaintNodesByCondition"

_AUDIT_POLICY: Json = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "users": ["system:apiserver"]},
        {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*"]},
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True, slots=True)
class ControlPlane(Layout):
    """A running cluster.

    ``api`` speaks as admin (``system:masters``). The reader is a user without any right of its own,
    member of the group ``readers``: what it may do is granted by the test.
    """

    children: tuple[Child, ...]
    api: Api
    has_nodes: bool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def api_for(self, token: str) -> Api:
        """A client for another user, for the caller to close."""
        return Api(self.url, self.ca_file, token)

    def close(self) -> None:
        """Close the connections and end the processes; twice is the same as once."""
        self.api.close()
        end_children(self.children)


def start_cluster(
    folder: Path,
    name: str,
    *,
    extra_flags: Sequence[str] = (),
    audit: bool = False,
    with_nodes: bool = False,
    programs: Mapping[str, Path] | None = None,
) -> ControlPlane:
    """Start a cluster and wait until it answers (3 to 5 s).

    Args:
        folder: Existing folder for its data and logs.
        name: Of the cluster in messages and of the context in its kubeconfigs.
        extra_flags: Further flags of kube-apiserver, for example
            ``--etcd-compaction-interval=1s``.
        audit: Whether to log one JSON line per request (level Metadata) into ``audit_log``.
        with_nodes: Whether controller manager, scheduler and simulated kubelets run too.
        programs: Where they are, found or built by default.

    Raises:
        BinaryError: A program is missing and could not be built.
        StartError: A program ended or did not get ready.
    """
    found = programs or ensure(PROGRAMS + controllers.PROGRAMS if with_nodes else PROGRAMS)
    for tries_left in reversed(range(PORT_TRIES)):
        layout = new_layout(folder, name)
        try:
            cluster = _start(
                layout, found, [*extra_flags, *(_audit_flags(layout) if audit else ())]
            )
        except StartError as error:
            if not tries_left or "address already in use" not in str(error):
                raise
        else:
            return add_controllers(cluster, found) if with_nodes else cluster
    raise AssertionError("a try either returns or raises")


def add_controllers(cluster: ControlPlane, programs: Mapping[str, Path]) -> ControlPlane:
    """Let pods run in a cluster that already holds what they should find.

    Returns:
        The cluster that is to be closed instead of the given one. On failure that one is closed.

    Raises:
        StartError: A program ended or did not get ready.
    """
    with ExitStack() as undo:
        undo.enter_context(cluster)
        started = controllers.start_controllers(programs, cluster)
        undo.pop_all()
    return replace(cluster, children=(*cluster.children, *started), has_nodes=True)


def _start(layout: Layout, programs: Mapping[str, Path], flags: Sequence[str]) -> ControlPlane:
    children: list[Child] = []
    with ExitStack() as undo:
        undo.callback(end_children, children)
        children.append(layout.start(programs["etcd"], _etcd_flags(layout)))
        server_flags = [*_server_flags(layout), *flags]
        children.append(layout.start(programs["kube-apiserver"], server_flags))
        wait_until(layout.ca_file.exists, children, READY_SECONDS)
        api = undo.enter_context(Api(layout.url, layout.ca_file, layout.admin_token))
        wait_until(lambda: _is_ready(api), children, READY_SECONDS)
        write_private(layout.kubeconfig, layout.kubeconfig_text(layout.admin_token))
        undo.pop_all()
    known = {field.name: getattr(layout, field.name) for field in fields(layout)}
    return ControlPlane(**known, children=tuple(children), api=api, has_nodes=False)


def _is_ready(api: Api) -> bool:
    try:
        return api.request("GET", "/readyz").status == 200
    except urllib3.exceptions.HTTPError:  # nobody listens yet, or the certificate is half written
        return False


def _etcd_flags(layout: Layout) -> list[str]:
    return [
        f"--name={layout.name}",
        f"--data-dir={layout.folder / 'etcd'}",
        f"--listen-client-urls={layout.etcd_url}",
        f"--advertise-client-urls={layout.etcd_url}",
        f"--listen-peer-urls={layout.peer_url}",
        f"--initial-advertise-peer-urls={layout.peer_url}",
        f"--initial-cluster={layout.name}={layout.peer_url}",
        "--unsafe-no-fsync",
        "--quota-backend-bytes=8589934592",
        "--log-level=warn",
    ]


def _server_flags(layout: Layout) -> list[str]:
    return [
        f"--etcd-servers={layout.etcd_url}",
        f"--cert-dir={layout.ca_file.parent}",
        f"--secure-port={layout.url.rpartition(':')[2]}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={layout.signing_key}",
        f"--service-account-signing-key-file={layout.signing_key}",
        f"--token-auth-file={layout.tokens_file}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--allow-privileged=true",
        "--delete-collection-workers=8",
        f"--disable-admission-plugins={_DISABLED_PLUGINS}",
    ]


def _audit_flags(layout: Layout) -> list[str]:
    policy = layout.folder / "audit-policy.json"
    policy.write_text(json.dumps(_AUDIT_POLICY))
    return [f"--audit-policy-file={policy}", f"--audit-log-path={layout.audit_log}"]
