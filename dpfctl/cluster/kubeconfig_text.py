"""A kubeconfig for a program of another room: one cluster, one user, and nothing to look up.

Built from what we ourselves connect with, so it names no file and starts no program.
"""

import base64
import json
from typing import Any
from urllib.parse import quote

from dpfctl.cluster.config import ClusterConfig, Impersonation
from dpfctl.cluster.credentials import Credentials
from dpfctl.cluster.proxies import Proxy

_NAME = "dpfctl"


def kubeconfig_text(config: ClusterConfig) -> str:
    """Return a kubeconfig with the credentials of this moment. Secret.

    Args:
        config: A cluster and its user, as loaded; ``skip_verify`` stands only where the user's own
            kubeconfig asked for it.

    Returns:
        JSON, which is YAML.

    Raises:
        AccessError: The credentials cannot be had.
    """
    user = _user(config.credentials.current()) | _impersonation(config.impersonation)
    context = {"cluster": _NAME, "user": _NAME}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": _NAME,
            "clusters": [{"name": _NAME, "cluster": _cluster(config)}],
            "users": [{"name": _NAME, "user": user}],
            "contexts": [{"name": _NAME, "context": context}],
        }
    )


def _cluster(config: ClusterConfig) -> dict[str, Any]:
    found: dict[str, Any] = {"server": config.server.url}
    if config.ca:
        found["certificate-authority-data"] = _encoded(config.ca)
    if config.skip_verify:
        found["insecure-skip-tls-verify"] = True
    if config.tls_server_name:
        found["tls-server-name"] = config.tls_server_name
    if config.proxy:
        found["proxy-url"] = _with_login(config.proxy)
    return found


def _user(credentials: Credentials) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if credentials.token:
        found["token"] = credentials.token
    if credentials.certificate:
        found["client-certificate-data"] = _encoded(credentials.certificate)
        found["client-key-data"] = _encoded(credentials.key)
    return found


def _impersonation(who: Impersonation) -> dict[str, Any]:
    if not who.user:
        return {}
    extra: dict[str, list[str]] = {}
    for key, value in who.extra:
        extra.setdefault(key, []).append(value)
    found = {
        "as": who.user,
        "as-uid": who.uid,
        "as-groups": list(who.groups),
        "as-user-extra": extra,
    }
    return {key: value for key, value in found.items() if value}


def _with_login(proxy: Proxy) -> str:
    if not proxy.login:
        return proxy.url
    user, _, password = proxy.login.partition(":")
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return proxy.url.replace("://", f"://{login}@", 1)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
