"""What happens to a test whose programs are missing: built, failed or skipped."""

import os
from pathlib import Path

import pytest

from tests.controlplane.binaries import BinaryError, ensure, find

HOW = "run 'python -m tests.controlplane.binaries' once, or set DPFCTL_REQUIRE_CONTROLPLANE=1"


def is_required() -> bool:
    """Whether this run must not skip: in CI, and under ``make test``."""
    return bool(os.environ.get("CI")) or os.environ.get("DPFCTL_REQUIRE_CONTROLPLANE") == "1"


def require_binaries(*names: str) -> dict[str, Path]:
    """The path of each program; the calling test is skipped or fails where there is none.

    Args:
        names: Programs of ``tests.controlplane.binaries.TOOLS``.
    """
    if found := find(names):
        return found
    if not is_required():
        pytest.skip(f"no {', '.join(names)} yet: {HOW}")
    try:
        return ensure(names)
    except BinaryError as error:
        pytest.fail(str(error), pytrace=False)
