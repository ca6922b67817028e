"""Helm releases as values: what is wanted of one, and what a cluster holds of it.

Whether anything is to be done is decided without Helm and without the chart's repository: whatever
goes into a release is summed up in a digest, and the digest stands in the description of the
revision that was made of it. A foreign upgrade, a rollback or a failure writes another description.

Source:
    Helm 4 ``pkg/release/v1``, ``pkg/chart/v2/util/validate_name.go`` (53 characters).
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from dpfctl.errors import InputError
from dpfctl.model import kinds
from dpfctl.model.applications import digest
from dpfctl.model.resources import Ref, Resource

OCI = "oci://"
HTTPS = "https://"
LONGEST_NAME = 53
"""Characters that Helm takes for the name of a release."""

SCHEMA = 1
"""Of the digest: another way to compute it gets another number."""

_GIT = "name the chart in spec.helmChart.source.chart, or use --engine argocd"
_KEPT = 44
_DIGITS = 8
_ARCHIVE_DIGITS = 16
_OURS = re.compile(
    rf"dpfctl/{SCHEMA} inputs=sha256:([0-9a-f]{{64}}) chart=sha256:([0-9a-f]{{{_ARCHIVE_DIGITS}}})"
)


@dataclass(frozen=True, slots=True)
class Chart:
    """Where a chart comes from, as a DPUService names it.

    Attributes:
        repo_url: ``oci://`` or ``https://`` URL of the repository.
        name: ``spec.helmChart.source.chart``, may be empty.
        path: ``spec.helmChart.source.path``, may be empty.
        version: As requested: a version, or a range such as ``>=1.0 <2`` or ``1.x``.
    """

    repo_url: str
    name: str
    path: str
    version: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.repo_url, self.name or self.path) if part)


def called(chart: Chart) -> str:
    """Return what messages call a chart."""
    return f"chart {chart} {chart.version}".rstrip()


def check_source(chart: Chart) -> None:
    """Refuse a source that holds no chart Helm could fetch.

    Raises:
        InputError: It is one.
    """
    if not chart.repo_url.startswith((OCI, HTTPS)):
        raise InputError(f"{called(chart)}: its repository must be an {OCI} or {HTTPS} URL")
    if chart.repo_url.startswith(HTTPS) and not chart.name:
        fact = "an https URL with a path and no chart is a Git repository"
        raise InputError(f"{called(chart)}: {fact}, which Helm cannot read", _GIT)


@dataclass(frozen=True, slots=True)
class Release:
    """What is wanted.

    Attributes:
        name: Of the release, see ``release_name``.
        namespace: Where it is installed.
        chart: What it is made of.
        values: Merged values. May hold secrets.
        labels: Labels of the release itself, by which it is found again.
    """

    name: str
    namespace: str
    chart: Chart
    values: Mapping[str, Any] = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> Ref:
        """Name of this release."""
        return Ref(kinds.RELEASE, self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """What the newest revision of a release says.

    Attributes:
        name: Of the release.
        namespace: Where it is installed.
        revision: Counted from 1.
        status: As Helm calls it: ``deployed``, ``failed``, ``pending-upgrade``; ``UNREADABLE`` if
            the record is damaged, and then all that follows but ``labels`` is empty.
        description: What whoever made the revision says about it.
        chart_name: Of the chart.
        chart_version: Of the chart.
        app_version: Of what the chart installs, empty if it does not say.
        values: What the user of Helm gave. May hold secrets.
        deployed_at: When the revision was begun, UTC.
        manifest: The rendered objects as YAML. May hold secrets.
        labels: Labels of the release itself.
        secret: The Secret that holds the revision.
    """

    name: str
    namespace: str
    revision: int
    status: str
    description: str
    chart_name: str
    chart_version: str
    app_version: str
    values: Mapping[str, Any] = field(repr=False)
    deployed_at: datetime | None
    manifest: str = field(repr=False)
    secret: Resource = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def ref(self) -> Ref:
        """Name of this release."""
        return Ref(kinds.RELEASE, self.namespace, self.name)


class Sentinel(NamedTuple):
    """What a description of ours holds.

    Attributes:
        inputs: Digest of all that went in, 64 hexadecimal digits.
        archive: First 16 hexadecimal digits of the SHA-256 of the chart's archive.
    """

    inputs: str
    archive: str


def release_name(source_release_name: str, application_name: str) -> str:
    """Return the name of a release.

    Args:
        source_release_name: ``spec.helmChart.source.releaseName``, may be empty.
        application_name: Name of the Application that Argo CD would have.

    Returns:
        The first one as it is, for Helm to judge; else the second one, shortened where Helm would
        not take it: its first 44 characters, a dash and 8 digits of its digest.

    Source:
        DPF 26.x ``internal/dpuservice/controllers/dpuservice_controller.go``: without a releaseName
        Argo CD uses the Application's name.
    """
    if source_release_name or len(application_name) <= LONGEST_NAME:
        return source_release_name or application_name
    head = application_name[:_KEPT].rstrip("-.")
    return f"{head}-{digest(application_name)[:_DIGITS]}"


def inputs_digest(release: Release) -> str:
    """Return the SHA-256 of all that goes into a release, 64 hexadecimal digits.

    Credentials, timeouts and versions of tools are not part of it, nor are labels.
    """
    chart = release.chart
    inputs = {
        "schema": SCHEMA,
        "repoURL": chart.repo_url,
        "chart": chart.name,
        "path": chart.path,
        "version": chart.version,
        "releaseName": release.name,
        "namespace": release.namespace,
        "values": release.values,
    }
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def description_of(release: Release, archive_sha256: str) -> str:
    """Return the description by which a revision is known again.

    Args:
        release: What the revision is made of.
        archive_sha256: Of the chart's archive, 64 hexadecimal digits.
    """
    archive = archive_sha256[:_ARCHIVE_DIGITS]
    return f"dpfctl/{SCHEMA} inputs=sha256:{inputs_digest(release)} chart=sha256:{archive}"


def read_description(text: str) -> Sentinel | None:
    """Return what a description of ours holds, None for one of somebody else."""
    found = _OURS.fullmatch(text)
    return Sentinel(found[1], found[2]) if found else None
