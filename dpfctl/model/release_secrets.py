"""The Secrets in which Helm keeps its releases: one per revision, the newest one counts.

They come from clusters that others write to, so whatever stands in them is read with a limit, and
a record that cannot be read is told as such.

Source:
    Helm 4 ``pkg/storage/driver/secrets.go`` and ``util.go``: base64 of gzipped JSON, labels
    ``owner``, ``name``, ``status`` and ``version``.
"""

import base64
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from dpfctl.errors import RejectedError
from dpfctl.model.releases import StoredRelease
from dpfctl.model.resources import Resource
from dpfctl.model.timestamps import parse_time

UNREADABLE = "unreadable"
"""Status of a release whose record is damaged."""

PENDING = ("pending-install", "pending-upgrade", "pending-rollback")
"""Statuses of a release that Helm is at work on, or was when it died."""

FAILED = "failed"

_SYSTEM_LABELS = frozenset({"owner", "name", "status", "version", "createdAt", "modifiedAt"})
_NUMBER = re.compile(r"[0-9]{1,9}")
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
_LARGEST = 64 << 20
"""Bytes that a record may have when unpacked; packed it cannot exceed 1 MiB."""


def read_releases(secrets: Iterable[Resource]) -> dict[tuple[str, str], StoredRelease]:
    """Return the newest revision of each release.

    Args:
        secrets: Secrets of one cluster; those that are not Helm's are passed over.

    Returns:
        (namespace, name) -> what is stored, in that order. Only the newest record is unpacked.
    """
    newest: dict[tuple[str, str], Resource] = {}
    for secret in secrets:
        name = secret.label("name")
        if not name or secret.label("owner") != "helm":
            continue
        key = (secret.namespace, name)
        if key not in newest or _revision(secret) > _revision(newest[key]):
            newest[key] = secret
    return {key: _stored(*key, newest[key]) for key in sorted(newest)}


def unlocked(secret: Resource) -> Mapping[str, Any]:
    """Return the Secret of a stale ``pending-*`` revision with the revision marked as failed.

    Helm goes on from a failed revision, and refuses to from a pending one. History is kept.

    Raises:
        RejectedError: The record is damaged, or its revision is not pending.

    Source:
        Flux helm-controller 1.6 ``internal/action/unlock.go``.
    """
    try:
        payload = _payload(secret)
    except ValueError:
        raise RejectedError(f"{secret.ref}: holds no release that can be read") from None
    info = _mapping(payload, "info")
    status = _text(info, "status")
    if status not in PENDING:
        raise RejectedError(f"{secret.ref}: its revision is {status or 'unknown'}, not pending")
    told = f"Release unlocked from stale '{status}' state"
    failed = {**payload, "info": {**info, "status": FAILED, "description": told}}
    labels = {**secret.mapping("metadata", "labels"), "status": FAILED}
    return {
        **secret.raw,
        "metadata": {**secret.metadata, "labels": labels},
        "data": {**secret.mapping("data"), "release": _packed(failed)},
    }


def _stored(namespace: str, name: str, secret: Resource) -> StoredRelease:
    status = ""
    try:
        payload = _payload(secret)
    except ValueError:
        payload, status = {}, UNREADABLE
    info, chart = _mapping(payload, "info"), _mapping(_mapping(payload, "chart"), "metadata")
    return StoredRelease(
        name=name,
        namespace=namespace,
        revision=_revision(secret),
        status=status or _text(info, "status") or UNREADABLE,
        description=_text(info, "description"),
        chart_name=_text(chart, "name"),
        chart_version=_text(chart, "version"),
        app_version=_text(chart, "appVersion"),
        values=_mapping(payload, "config"),
        deployed_at=parse_time(info.get("last_deployed")),
        manifest=_text(payload, "manifest"),
        secret=secret,
        labels=_own_labels(secret),
    )


def _own_labels(secret: Resource) -> dict[str, str]:
    return {
        key: value
        for key, value in secret.mapping("metadata", "labels").items()
        if key not in _SYSTEM_LABELS and isinstance(value, str)
    }


def _revision(secret: Resource) -> int:
    """The number of a revision, 0 if the label is missing or no number."""
    text = secret.label("version") or ""
    return int(text) if _NUMBER.fullmatch(text) else 0


def _payload(secret: Resource) -> dict[str, Any]:
    """Unpack a record.

    Raises:
        ValueError: It is damaged, or larger than any record can be.
    """
    try:
        outer = base64.b64decode(secret.text("data", "release"), validate=True)
        data = base64.b64decode(outer, validate=True)
        payload = json.loads(_unzipped(data) if data.startswith(_GZIP) else data)
    except (zlib.error, RecursionError) as error:
        raise ValueError("damaged") from error
    if not isinstance(payload, dict):
        raise ValueError("no object")
    return payload


def _unzipped(data: bytes) -> bytes:
    unzipping = zlib.decompressobj(_GZIP_WINDOW)
    found = unzipping.decompress(data, _LARGEST)
    if not unzipping.eof:
        raise ValueError("cut off, or too large")
    return found


def _packed(payload: Mapping[str, Any]) -> str:
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    data = gzip.compress(text.encode("utf-8", "surrogatepass"), mtime=0)
    return base64.b64encode(base64.b64encode(data)).decode()


def _mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""
