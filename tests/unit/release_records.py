"""Secrets as Helm stores its releases in."""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.release_secrets import read_releases
from dpfctl.model.releases import Chart, Release, StoredRelease
from dpfctl.model.resources import Resource
from tests.builders import ago, build

CHART = Chart("oci://registry.example.com/charts", "dpf-service", "", "1.x")
RELEASE = Release("edge-hbn", "dpf", CHART, {"b": [1, None], "a": {"é": True}})


def payload(**info: Any) -> dict[str, Any]:
    """What Helm packs into a record."""
    told = {"status": "deployed", "description": "Install complete", "last_deployed": ago("5m")}
    return {
        "name": "edge-hbn",
        "info": told | info,
        "chart": {"metadata": {"name": "dpf-service", "version": "1.2.0", "appVersion": "3"}},
        "config": {"image": {"tag": "1"}},
        "manifest": "kind: DaemonSet\n",
        "version": 1,
        "namespace": "dpf",
    }


def packed(content: Any) -> str:
    """A record as it stands in the data of a Secret."""
    data = gzip.compress(json.dumps(content).encode())
    return base64.b64encode(base64.b64encode(data)).decode()


def record(
    name: str = "edge-hbn",
    revision: int | str = 1,
    data: str | None = None,
    labels: Mapping[str, str] | None = None,
    namespace: str = "dpf",
    **info: Any,
) -> Resource:
    """The Secret of one revision."""
    content = packed(payload(**info)) if data is None else data
    marks = {"owner": "helm", "name": name, "version": str(revision), "status": "deployed"}
    built = build(kinds.SECRET, f"sh.helm.release.v1.{name}.v{revision}", namespace)
    return built.having(
        metadata={"labels": marks | dict(labels or {}), "resourceVersion": "7"},
        type="helm.sh/release.v1",
        data={"release": content},
    ).resource


def stored(**info: Any) -> StoredRelease:
    """The one release of a cluster."""
    (found,) = read_releases([record(**info)]).values()
    return found
