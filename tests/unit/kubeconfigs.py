"""Kubeconfig files for tests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from dpfctl.cluster.config import ClusterConfig
from dpfctl.cluster.kubeconfig import ConnectOptions, load_config
from dpfctl.errors import DpfctlError

PEM = b"-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n"


def document(
    name: str = "one",
    *,
    cluster: Mapping[str, Any] | None = None,
    user: Mapping[str, Any] | None = None,
    current_context: str | None = None,
    **top: Any,
) -> dict[str, Any]:
    """A kubeconfig whose context, cluster and user bear one name."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name if current_context is None else current_context,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": cluster or {"server": f"https://{name}:6443"}}],
        "users": [{"name": name, "user": user or {"token": f"{name}-token"}}],
        **top,
    }


class Files:
    """Kubeconfig files in a folder, and how to load them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, content: Any, name: str = "config") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    def load(
        self, content: Any, environ: dict[str, str] | None = None, **options: Any
    ) -> ClusterConfig:
        path = self.write(content)
        return load_config(ConnectOptions(kubeconfig=str(path), **options), environ or {})

    def fail(self, content: Any, **options: Any) -> DpfctlError:
        with pytest.raises(DpfctlError) as caught:
            self.load(content, **options)
        return caught.value


def joined(*paths: Path) -> str:
    """A KUBECONFIG list."""
    return ":".join(str(path) for path in paths)
