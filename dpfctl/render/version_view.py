"""Versions as lines of text."""

from collections.abc import Mapping
from typing import Any

from dpfctl.render.text import clean

UNKNOWN = "unknown"


def version_text(data: Mapping[str, Any]) -> str:
    """Write what ``dpfctl version`` found; the client's line is that of the Go tool."""
    lines = [f"Client Version: {data['clientVersion']}"]
    if "serverVersion" in data:
        lines.append(f"Server Version: {clean(data['serverVersion']) or UNKNOWN}")
        lines.append(f"DPF Version: {clean(data['dpfVersion']) or UNKNOWN}")
        lines += [
            f"API {clean(group)}: {clean(', '.join(versions))}"
            for group, versions in data["apiVersions"].items()
        ]
    return "".join(f"{line}\n" for line in lines)
