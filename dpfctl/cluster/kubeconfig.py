"""From flags, environment and files to one ``ClusterConfig``: which cluster, and as whom.

The order is kubectl's. The client library's loader is not used: it runs commands and opens files
for any kubeconfig it is given, takes ``"false"`` for true, leaves private keys in temporary files,
goes on without credentials when a credential program fails, may rewrite the user's file, and costs
0.2 s to import. Nothing here imports it, and nothing here opens a connection.
"""

import base64
import difflib
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dpfctl.cluster.config import ClusterConfig
from dpfctl.cluster.credentials import FixedCredentials, TokenFile
from dpfctl.cluster.exec_plugin import GROUP
from dpfctl.cluster.kubeconfig_files import (
    Fields,
    Kubeconfig,
    merge_kubeconfigs,
    read_kubeconfig,
)
from dpfctl.cluster.proxies import Proxy, find_proxy, parse_proxy
from dpfctl.cluster.servers import Server, parse_server
from dpfctl.cluster.users import read_impersonation, read_pem, read_user
from dpfctl.cluster.wording import listed, one_line
from dpfctl.errors import AccessError, InputError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """The connection flags, empty where not given.

    Attributes:
        kubeconfig: ``--kubeconfig``.
        context: ``--context``.
        namespace: ``--namespace``.
        as_user: ``--as``.
        as_groups: ``--as-group``, each of them.
        request_timeout: ``--request-timeout`` in seconds, 0 for no limit; None if not given.
    """

    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    request_timeout: float | None = None


def load_config(
    options: ConnectOptions,
    environ: Mapping[str, str],
    service_account: Path = SERVICE_ACCOUNT,
) -> ClusterConfig:
    """Find the cluster: ``--kubeconfig``, ``KUBECONFIG``, in-cluster, then ``~/.kube/config``.

    Args:
        options: The flags.
        environ: The environment; proxies are read from it as well.
        service_account: Folder that pods find their token in.

    Raises:
        AccessError: There is no cluster, or the one chosen cannot be used.
        InputError: A file cannot be read or is broken, or flags contradict each other.
    """
    if options.kubeconfig:
        return _from_kubeconfig(_named(options.kubeconfig), options, environ)
    if environ.get("KUBECONFIG"):
        return _from_kubeconfig(_from_list(environ["KUBECONFIG"]), options, environ)
    if not options.context and _is_in_cluster(environ, service_account):
        return _in_cluster(options, environ, service_account)
    return _from_kubeconfig(_from_home(environ), options, environ)


def _named(path: str) -> Kubeconfig:
    try:
        return read_kubeconfig(Path(path).expanduser())
    except FileNotFoundError:
        raise InputError(f"--kubeconfig: {path}: no such file") from None


def _from_list(paths: str) -> Kubeconfig:
    """Read the files of ``KUBECONFIG``; those that do not exist are passed over, as in kubectl."""
    found = []
    for path in dict.fromkeys(p for p in paths.split(os.pathsep) if p):
        try:
            found.append(read_kubeconfig(Path(path)))
        except FileNotFoundError:
            continue
    if not found:
        raise AccessError("no cluster: no kubeconfig found", _tried(f"KUBECONFIG={paths}"))
    return merge_kubeconfigs(found)


def _from_home(environ: Mapping[str, str]) -> Kubeconfig:
    home = environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
    path = Path(home, ".kube", "config")
    try:
        return read_kubeconfig(path)
    except FileNotFoundError:
        tried = f"--kubeconfig, KUBECONFIG, in-cluster, {path}"
        raise AccessError("no cluster: no kubeconfig found", _tried(tried)) from None


def _tried(places: str) -> str:
    return f"tried {one_line(places)}; {_LOOK_AROUND}"


def _is_in_cluster(environ: Mapping[str, str], folder: Path) -> bool:
    has_service = environ.get("KUBERNETES_SERVICE_HOST") and environ.get("KUBERNETES_SERVICE_PORT")
    return bool(has_service) and (folder / "token").is_file()


def _in_cluster(options: ConnectOptions, environ: Mapping[str, str], folder: Path) -> ClusterConfig:
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ["KUBERNETES_SERVICE_PORT"]
    url = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    nobody = Fields("in-cluster", folder, {})
    return ClusterConfig(
        server=parse_server("in-cluster", url),
        label="in-cluster",
        user="service account",
        namespace=options.namespace or _optional(folder / "namespace").decode().strip(),
        ca=_optional(folder / "ca.crt"),
        proxy=find_proxy(url, environ),
        credentials=TokenFile(folder / "token"),
        impersonation=read_impersonation(nobody, options.as_user, options.as_groups),
        request_timeout=options.request_timeout,
    )


def _optional(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _from_kubeconfig(
    kubeconfig: Kubeconfig, options: ConnectOptions, environ: Mapping[str, str]
) -> ClusterConfig:
    name, context = _choose_context(kubeconfig, options.context)
    cluster = _follow(context, "cluster", kubeconfig.clusters)
    user = _follow(context, "user", kubeconfig.users)
    server = parse_server(cluster.where, cluster.text("server"))
    ca, proxy = read_pem(cluster, "certificate-authority"), _proxy(cluster, server, environ)
    config = ClusterConfig(
        server=server,
        label=f"context {one_line(name, 80)}",
        user=one_line(context.text("user"), 80),
        namespace=options.namespace or context.text("namespace"),
        ca=ca,
        tls_server_name=cluster.text("tls-server-name"),
        skip_verify=cluster.flag("insecure-skip-tls-verify"),
        proxy=proxy,
        credentials=read_user(user, _cluster_info(cluster, server, ca), environ),
        impersonation=read_impersonation(user, options.as_user, options.as_groups),
        request_timeout=options.request_timeout,
    )
    _check(cluster, config)
    return config


def _choose_context(kubeconfig: Kubeconfig, wanted: str) -> tuple[str, Fields]:
    name = wanted or kubeconfig.current
    known = list(kubeconfig.contexts)
    if not name:
        fact = "has no current-context" if known else "has no contexts"
        hint = f"choose one with --context: {listed(known)}" if known else _LOOK_AROUND
        raise AccessError(f"no cluster: {kubeconfig.source}: {fact}", hint)
    if name in kubeconfig.contexts:
        return name, kubeconfig.contexts[name]
    flag = "--context" if wanted else f"{kubeconfig.source}: current-context"
    raise AccessError(f"{flag}: no context is called {one_line(name, 80)}", _nearest(name, known))


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    meant = f"did you mean {one_line(close[0], 80)}? " if close else ""
    return f"{meant}known contexts: {listed(known) or 'none'}"


def _follow(context: Fields, name: str, entries: Mapping[str, Fields]) -> Fields:
    """Return the entry a context names; a context without a user acts as anonymous."""
    wanted = context.text(name)
    if wanted in entries:
        return entries[wanted]
    if name == "user" and not wanted:
        return Fields(f"{context.where}: user", context.folder, {})
    fact = f"no {name} is called {one_line(wanted, 80)}" if wanted else "missing"
    raise AccessError(f"{context.where}: {name}: {fact}")


def _proxy(cluster: Fields, server: Server, environ: Mapping[str, str]) -> Proxy | None:
    named = cluster.text("proxy-url")
    if named:
        return parse_proxy(named, f"{cluster.where}: proxy-url")
    return find_proxy(server.url, environ)


def _check(cluster: Fields, config: ClusterConfig) -> None:
    if config.skip_verify and config.ca:
        fact = "contradicts certificate-authority"
        raise AccessError(
            f"{cluster.where}: insecure-skip-tls-verify: {fact}", "remove one of them"
        )
    if config.server.scheme == "http" and config.credentials != FixedCredentials():
        fact = "plain http is accepted without credentials only"
        raise AccessError(f"{cluster.where}: server: {fact}", "use https")


def _cluster_info(cluster: Fields, server: Server, ca: bytes) -> dict[str, Any]:
    """``spec.cluster`` of an ExecCredential: how the program itself can reach the cluster."""
    info: dict[str, Any] = {"server": server.url, "config": _exec_config(cluster)}
    if ca:
        info["certificate-authority-data"] = base64.b64encode(ca).decode()
    for name in ("tls-server-name", "proxy-url"):
        if cluster.text(name):
            info[name] = cluster.text(name)
    if cluster.flag("insecure-skip-tls-verify"):
        info["insecure-skip-tls-verify"] = True
    return info


def _exec_config(cluster: Fields) -> Any:
    """The extension a cluster entry holds for credential programs, None if it has none."""
    extensions = cluster.raw.get("extensions")
    for entry in extensions if isinstance(extensions, list) else ():
        if isinstance(entry, dict) and entry.get("name") == f"{GROUP}/exec":
            return entry.get("extension")
    return None


_LOOK_AROUND = "use --kubeconfig FILE, or look around with --from demo"
