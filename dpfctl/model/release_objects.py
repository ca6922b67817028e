"""Releases in the form of objects, so that plans and reports carry them like any other change.

No API serves this kind. A wanted release has a spec, a stored one a status besides; neither is
ever shown whole, since values may hold secrets.
"""

from collections.abc import Mapping
from typing import Any

from dpfctl.model import kinds
from dpfctl.model.releases import Chart, Release, StoredRelease
from dpfctl.model.resources import Ref, Resource
from dpfctl.model.timestamps import format_time


def release_body(wanted: Release) -> dict[str, Any]:
    """Return a wanted release as an object, for plans and reports; it holds the values."""
    chart = {"repoURL": wanted.chart.repo_url, "chart": wanted.chart.name}
    chart |= {"path": wanted.chart.path, "version": wanted.chart.version}
    return {
        "apiVersion": kinds.RELEASE.api_version,
        "kind": kinds.RELEASE.name,
        "metadata": _metadata(wanted.ref, wanted.labels),
        "spec": {
            "chart": {key: text for key, text in chart.items() if text},
            "values": dict(wanted.values),
        },
    }


def release_of(body: Mapping[str, Any]) -> Release:
    """Return the wanted release behind its object, the inverse of ``release_body``."""
    found = Resource(kinds.RELEASE, body)
    repo_url, name, path, version = (
        found.text("spec", "chart", key) for key in ("repoURL", "chart", "path", "version")
    )
    chart = Chart(repo_url, name, path, version)
    labels = found.mapping("metadata", "labels")
    return Release(found.name, found.namespace, chart, found.mapping("spec", "values"), labels)


def release_resource(stored: StoredRelease) -> Resource:
    """Return a stored release as an object; its resourceVersion is the revision."""
    chart = {"chart": stored.chart_name, "version": stored.chart_version}
    status = {
        "revision": stored.revision,
        "status": stored.status,
        "description": stored.description,
        "appVersion": stored.app_version,
        "deployedAt": format_time(stored.deployed_at) if stored.deployed_at else "",
    }
    version = {"resourceVersion": str(stored.revision)}
    body = {
        "apiVersion": kinds.RELEASE.api_version,
        "kind": kinds.RELEASE.name,
        "metadata": _metadata(stored.ref, stored.labels) | version,
        "spec": {"chart": chart, "values": dict(stored.values)},
        "status": {key: value for key, value in status.items() if value},
    }
    return Resource(kinds.RELEASE, body)


def _metadata(ref: Ref, labels: Mapping[str, str]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": ref.name, "namespace": ref.namespace}
    return metadata | ({"labels": dict(labels)} if labels else {})
